"""Somebody put files into the rules folder that should stop the watch, blind it, or turn it against the staff.
What is wrong is refused with its name; what was right before counts; the door stays open."""
import os
import shutil
import time
import uuid

import house as h
import pytest
from house import ROOT, wait_for

CATASTROPHIC = """
title: A regex that takes for ever
id: {id}
logsource: {{product: healthcare, category: record-access}}
detection:
  it: {{"http_request.user_agent|re": '^(a+)+$'}}
  condition: it
level: low
sentence: "It fits."
"""
EVERYTHING = """
title: Everything is a lure
id: {id}
logsource: {{product: healthcare, category: record-access}}
detection:
  it: {{activity_name: search, resource.type: Appointment}}
  condition: it
level: critical
sentence: "{{actor.user.uid}} touched something."
tags: [attack.collection, hospitaller.certain, hospitaller.honey]
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    with h.House(folder, settings=[f"rules={rules}"]) as house:
        house.rules, house.staff = rules, [f"dr.{i}" for i in range(9)]
        house.bundle(*[h.practitioner(f"p{i}") for i in range(9)], *[h.patient(f"q{i}") for i in range(4)],
                     *[h.encounter(f"e{i}", "q0", f"p{i}") for i in range(9)])
        for i, login in enumerate(house.staff):
            house.account(login, "clinician", f"Practitioner/p{i}")
        for login, role in (("ms.lane", "privacy-officer"), ("so.kim", "security-officer"), ("ad.min", "administrator")):
            house.account(login, role)
        house.berg, house.lane, house.kim, house.admin = (
            house.sign_in(n) for n in ("dr.0", "ms.lane", "so.kim", "ad.min"))
        yield house


def detect(house):
    answer = house.lane.get("/api/findings")
    return answer.json["detect"] if answer.status == 200 else {}


def findings(house, title):
    answer = house.lane.get("/api/findings")
    return [f for f in answer.json["findings"] if title in f["title"]] if answer.status == 200 else []


def problem(house, part):
    return wait_for(lambda: [p for p in detect(house).get("problems", []) if part in p["file"] + p["text"]])[0]


def lives(house):
    """Watch looks at what comes in now, with the rules that were there before."""
    before = len(findings(house, "Glass broken for several"))
    fresh = house.sign_in(house.staff.pop())
    for patient in ("q1", "q2", "q3"):
        assert fresh.post("/api/break-glass", {"patient": patient, "reason": "emergency at the door"}).status == 200
    wait_for(lambda: len(findings(house, "Glass broken for several")) > before)
    assert h.Client(house).get("/api/health").status == 200


def clean(house, *paths):
    for path in paths:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    wait_for(lambda: detect(house).get("problem_count") == 0)


def test_files_that_are_no_rules(ward):
    """A gigabyte, an endless device, pipes, links out of the folder and in circles, and a bomb of aliases."""
    folder, watch = ward.rules / "detect", ward.pids("watch")
    secret = ward.folder / "secret.yml"
    secret.write_text("title: the password is swordfish\n")
    secret.chmod(0o600)
    with open(folder / "huge.yml", "wb") as file:
        file.truncate(1 << 30)
    (folder / "zero.yml").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.yml")
    os.mkfifo(folder / "lists" / "pipe.txt")
    (folder / "out.yml").symlink_to(secret)
    (folder / "circle").symlink_to(".")
    (folder / "bomb.yml").write_text(BOMB)
    (folder / "deep.yml").write_text("title: " + "[" * 5000 + "]" * 5000)
    (folder / "binary.yml").write_bytes(os.urandom(4096))
    assert "too large" in problem(ward, "huge.yml")["text"]
    assert problem(ward, "bomb.yml")["line"] >= 1 and problem(ward, "deep.yml") and problem(ward, "binary.yml")
    assert "cannot be read" in problem(ward, "out.yml")["text"]
    assert problem(ward, "no ordinary file")
    assert b"swordfish" not in ward.lane.get("/api/findings").body and "swordfish" not in ward.log_text()
    lives(ward)
    clean(ward, *[folder / f for f in ("huge.yml", "zero.yml", "pipe.yml", "out.yml", "circle", "bomb.yml", "deep.yml",
                                       "binary.yml")], folder / "lists" / "pipe.txt")
    assert ward.pids("watch") == watch


def test_pipes_where_files_of_other_parts_belong(ward):
    """Whoever reads a pipe without a writer waits for ever: neither watch nor the door may."""
    watch, vault = ward.pids("watch"), ward.pids("vault")
    replaced = [ward.rules / f for f in ("incidents.yaml", "intelligence/sources.yaml", "network/zones.yaml",
                                         "playbooks/slow.yaml", "playbooks/never-touch.yaml", "letters/internal.md",
                                         "detect/exceptions.yaml")]
    kept = [f.read_bytes() for f in replaced]
    for file in replaced:
        file.unlink()
        os.mkfifo(file)
    os.mkfifo(ward.rules / "intelligence" / "warninglists" / "more.json")
    lives(ward)
    victim = ward.sign_in(ward.staff[-1])
    lure = ward.cli("lure", "make", "--patients", "1", "--label", "trial", "--json").stdout.split('"id": "')[1].split('"')[0]
    victim.get(f"/fhir/Patient/{lure}")
    run = wait_for(lambda: [r for r in ward.kim.get("/api/playbooks/runs").json["runs"] if r["playbook"] == "honey"])[0]

    def first():
        return ward.kim.get(f"/api/playbooks/runs/{run['id']}").json["steps"][0]

    wait_for(lambda: first()["state"] == "refused")
    assert "nobody is touched" in first()["words"]  # a list that cannot be read spares everybody
    assert victim.get("/fhir/Patient/q0").status == 200
    number = wait_for(lambda: ward.lane.get("/api/incidents").json["incidents"])[0]["number"]
    assert ward.lane.get(f"/api/incidents/{number}/letters/internal").status >= 400
    assert ward.pids("watch") == watch and ward.pids("vault") == vault
    for file, text in zip(replaced, kept):
        file.unlink()
        file.write_bytes(text)
    (ward.rules / "intelligence" / "warninglists" / "more.json").unlink()
    wait_for(lambda: detect(ward).get("problem_count") == 0)


def test_tens_of_thousands_of_files(ward):
    folder = ward.rules / "detect" / "many"
    folder.mkdir()
    rules = len(detect(ward)["rules"])
    began = time.time()
    for i in range(60000):
        os.mknod(folder / f"{i}")
    print(f"made in {time.time() - began:.1f} s")
    assert "the rules from before go on" in problem(ward, "too many files")["text"]
    assert len(detect(ward)["rules"]) == rules
    assert ward.kim.get("/api/playbooks").status == 200
    lives(ward)
    clean(ward, folder)
    folder.mkdir()
    for i in range(3000):
        (folder / f"{i}.yml").write_text("title: x\n")
    assert "the rules from before go on" in problem(ward, "too many files")["text"]
    lives(ward)
    clean(ward, folder)


def test_a_regex_that_takes_for_ever(ward):
    file = ward.rules / "detect" / "slow.yml"
    file.write_text(CATASTROPHIC.format(id=uuid.uuid4()))
    wait_for(lambda: [r for r in detect(ward).get("rules", []) if "for ever" in r["title"]])
    for _ in range(200):
        ward.berg.get("/fhir/Patient/q0", headers={"User-Agent": "a" * 60 + "!"})
    lives(ward)
    rule = wait_for(lambda: [r for r in detect(ward)["rules"] if r.get("regex_gave_up")])
    assert "for ever" in rule[0]["title"]
    clean(ward, file)


def test_a_rule_that_makes_everybody_an_attacker(ward):
    """Certain, of the highest level, and met by all: what is done to people without a person's word is bounded,
    nobody's account is locked, and care goes on."""
    file = ward.rules / "detect" / "everything.yml"
    never = ward.rules / "playbooks" / "never-touch.yaml"
    never.write_text(never.read_text().replace("most-by-itself-per-hour: 12", "most-by-itself-per-hour: 3"))
    staff = [ward.sign_in(login) for login in ward.staff]
    file.write_text(EVERYTHING.format(id=uuid.uuid4()))
    wait_for(lambda: [r for r in detect(ward).get("rules", []) if r["title"] == "Everything is a lure"])
    for one in staff:
        for _ in range(40):
            one.get("/fhir/Appointment?patient=q0")
    wait_for(lambda: findings(ward, "Everything is a lure"))

    def steps(action):
        return [s for r in ward.kim.get("/api/playbooks/runs").json["runs"] if r["playbook"] == "honey"
                and r["title"] == "Everything is a lure" for s in r["steps"] if s["action"] == action]

    wait_for(lambda: len(steps("end-sessions")) == len(staff))
    wait_for(lambda: all(s["state"] in ("done", "asked") for s in steps("end-sessions")))
    assert len([s for s in steps("end-sessions") if s["state"] == "done"]) <= 3
    assert all("within the hour" in s["words"] for s in steps("end-sessions") if s["state"] == "asked")
    assert not [s for s in steps("lock-account") if s["state"] == "done"]
    still = [one for one in staff if one.get("/api/me").status == 200]
    assert len(still) >= len(staff) - 3
    assert still[0].get("/fhir/Patient/q0").status == 200
    again = ward.sign_in(ward.staff[0])  # whose sessions ended comes in again, and works
    assert again.get("/fhir/Patient/q0").status == 200
    assert again.post("/api/break-glass", {"patient": "q1", "reason": "emergency at the door"}).status == 200
    assert again.get("/fhir/Patient/q1").status == 200
    clean(ward, file)
