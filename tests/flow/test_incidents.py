"""From misuse to incident, note, verdict and evidence that somebody checks who trusts nobody here."""
import json
import re
import shutil
import subprocess
import time

import house as h
from house import wait_for
import pytest
from courier import Authority, Web

ROOT = h.ROOT
HONEY = """
title: Honey record {number}
id: 7d7a3a52-25fc-4b9f-9d6c-0a51e6a2b0f{number}
logsource: {{product: healthcare, category: {category}}}
detection:
  it: {{activity_name: {action}, status_detail: {outcome}}}
  condition: it
level: {level}
tags: [attack.{tactic}{certain}]
sentence: "{{actor.user.uid}} did it."
"""


def rule(house, number, action, level="high", tactic="collection", certain=False, outcome="allowed",
         category="record-access"):
    text = HONEY.format(number=number, action=action, level=level, tactic=tactic, outcome=outcome, category=category,
                        certain=", hospitaller.certain" if certain else "")
    (house.rules / "detect" / f"own{number}.yml").write_text(text)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("incidents")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    for file in (rules / "detect").glob("*.yml"):
        file.unlink()
    shutil.rmtree(rules / "detect" / "tests")
    (rules / "detect" / "exceptions.yaml").write_text("[]\n")
    (rules / "incidents.yaml").write_text("letters:\n  organization: St Anna Hospital\n  phone: 0800 1\n")
    with h.House(folder, settings=[f"rules={rules}"]) as house:
        house.rules = rules
        rule(house, 1, "break-glass", certain=True, category="access-grant")
        rule(house, 2, "search", level="medium")
        rule(house, 3, "read", tactic="exfiltration")
        rule(house, 4, "who-saw", outcome="denied", tactic="discovery", level="critical")
        house.bundle(h.practitioner("p1"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(5)],
                     h.observation("o1", "q0"), h.encounter("e1", "q1", "p1"))
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("dr.moor", "clinician", ""),
                                    ("ms.lane", "privacy-officer", ""), ("so.kim", "security-officer", ""),
                                    ("ms.desk", "front-desk", "")):
            house.account(login, role, person)
        house.berg, house.lane, house.kim, house.desk = (
            house.sign_in(n) for n in ("dr.berg", "ms.lane", "so.kim", "ms.desk"))
        wait_for(lambda: len(house.lane.get("/api/findings").json["detect"]["rules"]) == 4)
        yield house


def incidents(client, state="all"):
    answer = client.get(f"/api/incidents?state={state}")
    assert answer.status == 200, answer.body
    return answer.json["incidents"]


def act(client, number, what, **body):
    return client.post(f"/api/incidents/{number}/{what}", body)


def break_glass(client, patient):
    answer = client.post("/api/break-glass", {"patient": patient, "reason": "emergency at the door"})
    assert answer.status in (200, 201), answer.body


def test_misuse_becomes_an_incident_with_names_for_those_who_may_see_them(house):
    break_glass(house.berg, "q0")
    assert house.berg.get("/fhir/Patient/q0").status == 200
    assert house.berg.get("/fhir/Observation/o1").status == 200
    one = wait_for(lambda: incidents(house.lane))[0]
    assert re.fullmatch(r"20\d\d-0001", one["number"]) and one["state"] == "open"
    house.number = one["number"]
    wait_for(lambda: len(house.lane.get(f"/api/incidents/{house.number}").json["evidence"]) == 3)
    room = house.lane.get(f"/api/incidents/{house.number}").json
    assert room["who"]["account"] == house.secrets["dr.berg"]["id"]
    assert room["patients"] == {"count": 1, "listed": [{"id": "q0", "name": "Paul Marsh0"}]}
    assert [t["kind"] for t in room["timeline"]][:2] == ["opened", "finding"]
    assert room["timeline"][1]["text"] == "Dr.Berg did it."
    assert "results and measurements" in room["kinds"] and "personal details" in room["kinds"]
    clocks = {c["duty"]: c for c in room["clocks"]}
    assert clocks["authority"]["state"] == "running" and re.match(r"2 days 23 hours left", clocks["authority"]["words"])
    assert clocks["media"]["state"] == "not-needed"
    kim = house.kim.get(f"/api/incidents/{house.number}").json
    assert kim["patients"] == {"count": 1, "listed": [{"id": "q0"}]}  # may not see names
    assert "Marsh" not in json.dumps(kim)


def test_only_who_may_search_the_trail_may_look_or_act(house):
    for client in (house.berg, house.desk):
        assert client.get("/api/incidents").status == 403
        assert client.get(f"/api/incidents/{house.number}").status == 403
        assert act(client, house.number, "note", text="mine").status == 403
        assert client.get(f"/api/incidents/{house.number}/letters/internal").status == 403


def test_the_trail_has_the_finding_and_the_incident_once(house):
    def entries():
        found = house.lane.get("/api/trail?action=found").json["entries"]
        opened = house.lane.get("/api/trail?action=incident-open").json["entries"]
        return (found, opened) if len(found) >= 3 and opened else None
    found, opened = wait_for(entries)
    house.found = len(found)
    assert [e["who"]["account"] for e in opened] == ["watch"]
    assert house.number in opened[0]["sentence"] and "opened an incident" in opened[0]["sentence"]
    assert all(e["kind"] == "system" and e["patients"] == [] for e in found)


def test_people_work_on_it_and_every_act_is_on_the_trail(house):
    n = house.number
    assert act(house.lane, n, "assign", to="so.kim").json["assigned"] == "So.Kim (so.kim)"
    room = act(house.kim, n, "note", text="Spoke to the ward about Paul Marsh.").json
    note = [t for t in room["timeline"] if t["kind"] == "note"][0]
    assert note["text"] == "Spoke to the ward about Paul Marsh." and note["who"]["name"] == "So.Kim"
    assert act(house.kim, n, "task", text="Ask the head of the ward").json["tasks"][0]["text"] == "Ask the head of the ward"
    assert act(house.kim, n, "task-done", task=1).json["tasks"][0]["done"] is True
    assert act(house.kim, n, "task-done", task=1).status == 409
    assert act(house.kim, n, "contain").json["state"] == "contained"
    assert act(house.kim, n, "close").status == 409  # without a verdict
    entries = house.lane.get("/api/trail?action=incident-change").json["entries"]
    details = [e["detail"] for e in entries]
    for words in (f"assigned {n}", f"note on {n}", f"task for {n}", f"task done for {n}", f"contained {n}"):
        assert words in details, (words, details)
    assert any(e["outcome"] == "failed" for e in entries)
    assert act(house.kim, n, "note", text="x" * 1001).status == 422
    assert act(house.kim, n, "assign", to="nobody").status == 422
    assert act(house.kim, "2026-9999", "note", text="x").status == 404
    assert act(house.kim, n, "destroy").status == 404


def test_what_people_write_stands_on_no_disk_in_clear(house):
    for folder in ("watch", "trail", "run", "records", "identity"):
        for file in (house.state / folder).rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                for secret in (b"Spoke to the ward", b"head of the ward", b"Marsh", b"Dr.Berg"):
                    assert secret not in data, (file, secret)


def test_the_assessment_moves_the_clocks(house):
    n = house.number
    assert act(house.lane, n, "assess", key="breach", value="no").status == 409
    for factor in ("nature", "recipient", "acquired", "mitigated"):
        assert act(house.lane, n, "assess", key=f"factor-{factor}", value=f"About the {factor}.").status == 200
    assert act(house.lane, n, "assess", key="harm", value="unlikely").status == 200
    assert act(house.lane, n, "assess", key="discovered", value="someday").status == 422
    room = act(house.lane, n, "assess", key="breach", value="no").json
    assert {c["state"] for c in room["clocks"]} == {"not-needed"}
    assert room["assessment"]["factor-nature"]["value"] == "About the nature."
    act(house.lane, n, "assess", key="breach", value="yes")
    act(house.lane, n, "assess", key="aware", value="2026-01-01T00:00:00Z")
    room = act(house.lane, n, "assess", key="harm", value="high").json
    clocks = {c["duty"]: c for c in room["clocks"]}
    assert clocks["authority"]["state"] == "overdue" and clocks["authority"]["words"].startswith("overdue by ")
    assert clocks["subjects"]["words"].startswith("due without undue delay")
    assert incidents(house.lane)[0]["clock"]["state"] == "overdue"


def test_letters_invent_nothing(house):
    n = house.number
    act(house.lane, n, "assess", key="description", value="A record was opened without need.")
    text = house.lane.get(f"/api/incidents/{n}/letters/patient?patient=q0").json["text"]
    assert "Dear Paul Marsh0," in text and "St Anna Hospital" in text and n in text
    assert "A record was opened without need." in text
    assert "[TO FILL IN: what those concerned should do to protect themselves]" in text
    assert house.lane.get(f"/api/incidents/{n}/letters/patient?patient=q3").status == 422
    assert house.lane.get(f"/api/incidents/{n}/letters/love").status == 404
    assert house.lane.get(f"/api/incidents/{n}/letters/..%2Fpolicy").status in (400, 404)
    assert "[TO FILL IN: name of the patient]" in house.kim.get(f"/api/incidents/{n}/letters/patient?patient=q0").json["text"]
    internal = house.lane.get(f"/api/incidents/{n}/letters/internal").json["text"]
    assert "About the nature." in internal and "Spoke to the ward" in internal and "GDPR Art. 33" in internal
    done = house.cli("incidents", "letter", n, "authority")
    assert "St Anna Hospital" in done.stdout and "personal data breach" in done.stdout


def test_high_risk_asks_for_a_fresh_code_and_never_stands_in_the_way_of_care(house):
    berg = house.berg
    wait_for(lambda: house.lane.get(f"/api/incidents/{house.number}").json["risk"]["points"] >= 50)
    wait_for(lambda: berg.get("/fhir/Patient?name=mars").status == 403, 10)
    answer = berg.get("/fhir/Patient?name=mars")
    assert answer.status == 403, answer.body
    assert berg.get("/fhir/Patient?identifier=MRN-q2").status == 200  # one person
    assert berg.get("/fhir/Patient?name=mars&birthdate=1970-03-04").status == 200
    for many in ("name=mars&birthdate=ge1900-01-01", "name=mars&birthdate=1970", "_id=q1,q2,q3",
                 "identifier=MRN-q1,MRN-q2", "birthdate=1970-03-04"):
        assert berg.get("/fhir/Patient?" + many).status == 403, many
    assert berg.get("/fhir/Patient/q1").status == 200  # in their care
    break_glass(berg, "q2")
    assert berg.get("/fhir/Patient/q2").status == 200
    assert berg.get("/api/me/patients").status == 200
    code = house.code("dr.berg")
    assert berg.post("/api/me/second-factor", {"code": "000000"}).status == 422
    assert berg.post("/api/me/second-factor", {"code": code}).status == 200
    # At more than 90 points searches over many stay shut.
    answer = berg.get("/fhir/Patient?name=mars")
    assert answer.status == 403 and "one person" in answer.words
    denied = house.lane.get("/api/trail?outcome=denied&who=dr.berg").json["entries"]
    assert "no searches over many" in [e.get("rule") for e in denied]


def test_the_evidence_is_checked_without_the_server(house, tmp_path):
    out = tmp_path / "bundle"
    key = house.lane.get("/api/trail/state").json["key"]
    done = house.cli("incidents", "evidence", house.number, "--out", out)  # waits for the next checkpoint
    leaves = [line.split() for line in (out / "leaves.txt").read_text().splitlines()]
    evidence = json.loads((out / "incident.json").read_text())["evidence"]
    assert len(leaves) == len(evidence) >= 3, done.stdout
    house.stop()  # nobody is asked any more
    verify = h.BUILD / "src" / "trail_verify" / "trail-verify"
    if not verify.exists():
        verify = next(p for p in h.BUILD.rglob("trail-verify") if p.is_file())
    for number, leaf in leaves:
        check = [verify, "inclusion", out / "proofs" / f"{number}.txt", "--key", key, "--leaf", leaf]
        assert subprocess.run(check, capture_output=True).returncode == 0
        check[-1] = ("0" if leaf[0] != "0" else "1") + leaf[1:]
        assert subprocess.run(check, capture_output=True).returncode == 1
        entry = json.loads((out / "entries" / f"{number}.json").read_text())
        assert entry["seq"] == int(number) and entry["sentence"]
    assert "trail-verify inclusion" in (out / "README.md").read_text()
    assert "Marsh0" not in (out / "incident.json").read_text()  # root on the server sees no names
    house.start()
    house.lane, house.kim = house.sign_in("ms.lane"), house.sign_in("so.kim")


def test_killed_in_the_middle_nothing_is_doubled_or_lost(house):
    wait_for(lambda: house.lane.get("/api/incidents").status == 200)
    before = wait_for(lambda: incidents(house.lane))
    room = house.lane.get(f"/api/incidents/{house.number}").json
    berg = house.sign_in("dr.berg")
    for i in range(3):
        berg.get("/fhir/Patient/q1")
        for pid in house.pids("watch"):
            subprocess.run(["kill", "-9", str(pid)], check=False)
        time.sleep(0.4)
    house.kill()
    house.start()
    house.lane, house.kim = house.sign_in("ms.lane"), house.sign_in("so.kim")
    reads = len(house.lane.get("/api/trail?action=read&who=dr.berg&outcome=allowed").json["entries"])

    def settled():
        answer = house.lane.get(f"/api/incidents/{house.number}")
        now = answer.json if answer.status == 200 else {}
        return now if now.get("findings", 0) >= room["findings"] + 3 else None
    after = wait_for(settled)
    seqs = [(t["rule"], t["seq"]) for t in after["timeline"] if t["kind"] == "finding"]
    assert len(seqs) == len(set(seqs))
    assert sum("0f3" in rule for rule, _ in seqs) == reads
    assert [i["number"] for i in incidents(house.lane)] == [i["number"] for i in before]

    def once_each():
        found = house.lane.get("/api/trail?action=found&_count=500").json["entries"]
        fired = {r["title"]: r["fired"] for r in house.lane.get("/api/incidents?state=all").json["rules"]}
        return len(found) == sum(fired.values())
    wait_for(once_each)
    time.sleep(2)
    assert once_each()  # whatever was killed
    opened = house.lane.get("/api/trail?action=incident-open").json["entries"]
    assert len(opened) == len(before)


def test_a_false_alarm_teaches_and_a_verdict_closes(house):
    n = house.number
    room = act(house.lane, n, "verdict", verdict="false-alarm", text="It was an emergency.").json
    assert any(p["text"].startswith("- {rule: 7d7a3a52") for p in room["proposals"])
    assert room["clocks"] == [] and room["risk"]["points"] == 0
    record = {r["rule"][-2:]: r for r in house.lane.get("/api/incidents?state=all").json["rules"]}
    assert record["f1"]["false"] >= 1 and record["f1"]["true"] == 0
    assert act(house.kim, n, "close").json["state"] == "closed"
    assert incidents(house.lane, "closed")[0]["number"] == n
    assert act(house.kim, n, "contain").status == 409
    assert house.lane.get("/api/trail?action=incident-close").json["entries"][0]["detail"] == f"closed {n}"
    berg = house.sign_in("dr.berg")
    wait_for(lambda: berg.get("/fhir/Patient?name=mars").status == 200)  # no risk any more


def test_a_person_opens_one_from_a_finding(house):
    assert house.desk.get("/api/patients/q4/seen").status == 403
    wait_for(lambda: any(f["title"] == "Honey record 4" for f in house.lane.get("/api/findings").json["findings"]))
    wait_for(lambda: any(r["title"] == "Honey record 4" for r in house.lane.get("/api/incidents").json["rules"]))
    finding = [f for f in house.lane.get("/api/findings").json["findings"] if f["title"] == "Honey record 4"][0]
    answer = house.lane.post("/api/incidents", {"finding": finding["id"]})
    assert answer.status == 201 and answer.json["why"] == "A person opened it from a finding."
    assert [t["kind"] for t in answer.json["timeline"]] == ["finding", "opened", "open"]
    assert answer.json["who"]["name"] == "Ms.Desk"
    listed = next(i for i in house.lane.get("/api/incidents").json["incidents"] if i["number"] == answer.json["number"])
    assert listed["who"] == answer.json["who"]
    assert "; Ms.Desk" in house.cli("incidents", "list").stdout
    assert "Honey record 4" in house.cli("rules", "record").stdout
    record = json.loads(house.cli("rules", "record", "--json").stdout)["rules"]
    assert [r["fired"] for r in record if r["title"] == "Honey record 4"] == [1]
    assert house.lane.post("/api/incidents", {"finding": finding["id"]}).status == 409
    assert house.lane.post("/api/incidents", {"finding": 99999}).status == 404


def test_a_new_incident_is_told_without_naming_anybody(house, tmp_path):
    folder = tmp_path / "told"
    folder.mkdir()
    for one in (folder, tmp_path):
        one.chmod(0o755)
    authority = Authority(folder)
    rules = folder / "rules"
    shutil.copytree(house.rules, rules)
    (rules / "incidents.yaml").write_text("tell: hook\n")
    destinations = folder / "destinations.yaml"
    with Web(authority.context("localhost")) as web:
        destinations.write_text(f"hook:\n  kind: webhook\n  url: https://localhost:{web.port}/in\n"
                                f"  ca: {authority.ca}\n")
        with h.House(folder, settings=[f"rules={rules}", f"destinations={destinations}"]) as other:
            other.bundle(h.practitioner("p1"), h.patient("q0", "Marsh0"))
            other.account("dr.berg", "clinician", "Practitioner/p1")
            break_glass(other.sign_in("dr.berg"), "q0")
            wait_for(lambda: web.requests)
            time.sleep(3)
            assert len(web.requests) == 1  # once
            body = web.requests[0]["body"].decode()
            assert re.search(r"Incident 20\d\d-0001 was opened", body) and "Honey record 1" in body
            for secret in ("Berg", "Marsh", "q0", other.secrets["dr.berg"]["id"]):
                assert secret not in body


def test_the_command_line_does_all_of_it(house):
    n = incidents(house.lane, "open")[0]["number"]
    assert n in house.cli("incidents", "list").stdout
    house.cli("incidents", "assign", n, "ms.lane")
    house.cli("incidents", "note", n, "Looked at it.")
    house.cli("incidents", "task", n, "--add", "Ask the desk")
    house.cli("incidents", "task", n, "--done", "1")
    house.cli("incidents", "assess", n, "--key", "affected", "--value", "3")
    house.cli("incidents", "contain", n)
    house.cli("incidents", "verdict", n, "accident", "--text", "A wrong click")
    shown = house.cli("incidents", "close", n).stdout
    assert "closed" in shown and "Looked at it." in shown and "verdict: accident" in shown
    assert json.loads(house.cli("incidents", "show", n, "--json").stdout)["state"] == "closed"
    assert "factor-nature" in house.cli("incidents", "questions").stdout
