"""Somebody wants a colleague kept from work: by a picture in a mail that touches a lure, by her open session, by
what others do behind the address that all share, by judging or approving their own. Whatever is done to anybody
without a person's word is small, ends by itself, and never stands in the way of care."""
import json
import shutil
import time

import house as h
import pytest
from house import ROOT, wait_for

LURE = "An invented record was touched"


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    folder = tmp_path_factory.mktemp("framed")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    with h.House(folder, settings=[f"rules={rules}"]) as house:
        house.bundle(h.practitioner("p1"), h.practitioner("p2"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(4)],
                     h.encounter("e1", "q0", "p1"), h.encounter("e2", "q0", "p2"))
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("dr.case", "clinician", "Practitioner/p2"),
                                    ("dr.day", "clinician", "Practitioner/p2"), ("ms.desk", "front-desk", ""), ("ms.lane", "privacy-officer", ""),
                                    ("mr.lane", "privacy-officer", ""), ("so.kim", "security-officer", ""),
                                    ("so.lee", "security-officer", ""), ("ad.min", "administrator", "")):
            house.account(login, role, person)
        house.lures = [m["id"] for m in json.loads(
            house.cli("lure", "make", "--patients", 3, "--label", "trial", "--json").stdout)]
        house.lane, house.kim = house.sign_in("ms.lane"), house.sign_in("so.kim")
        yield house


def cookie(house, login):
    """Signed in with a browser: what it sends along with every request, whoever makes it ask."""
    client, secret = h.Client(house), house.secrets[login]
    house.sign_in(login)  # whatever the account still needs
    ticket = client.post("/api/sign-in", {"login": login, "password": secret["password"]}).json["ticket"]
    answer = client.post("/api/sign-in/second-factor", {"ticket": ticket, "code": house.code(login)})
    return answer.headers["set-cookie"].split(";")[0]


def findings(house, title):
    answer = house.lane.get("/api/findings")
    return [f for f in answer.json["findings"] if title in f["title"]] if answer.status == 200 else []


def runs(house, playbook, login):
    answer = house.kim.get("/api/playbooks/runs")
    return [r for r in (answer.json["runs"] if answer.status == 200 else [])
            if r["playbook"] == playbook and r.get("who", {}).get("account") == house.secrets[login]["id"]]


def step(house, playbook, login, action, state):
    return next(((r, s) for r in runs(house, playbook, login) for s in r["steps"]
                 if s["action"] == action and s["state"] == state), None)


def test_a_picture_in_a_mail_touches_nothing(ward):
    """The mail shows <img src="https://house/fhir/Patient/LURE">, or a link to it; the browser adds the cookie."""
    carried, before = cookie(ward, "dr.berg"), len(findings(ward, LURE))
    browser = h.Client(ward)
    for where, kind in (("cross-site", "image"), ("same-site", "image"), ("none", "document"), ("same-origin", "image")):
        for path in (f"/fhir/Patient/{ward.lures[0]}", f"/fhir/Observation?patient={ward.lures[0]}",
                     f"/fhir/Patient?_id={ward.lures[0]}", f"/api/patients/{ward.lures[0]}/seen"):
            answer = browser.get(path, headers={"Cookie": carried, "Sec-Fetch-Site": where, "Sec-Fetch-Dest": kind})
            assert answer.status == 403 and ward.lures[0].encode() not in answer.body, (where, path, answer.status)
    for body, kind in ((b'{"patient":"%s","reason":"emergency at the door"}' % ward.lures[0].encode(), "text/plain"),
                       (b"patient=x", "application/x-www-form-urlencoded")):
        assert browser.post("/api/break-glass", body, {"Cookie": carried, "Content-Type": kind}).status == 403
    time.sleep(2)
    assert len(findings(ward, LURE)) == before
    entries = ward.lane.get(f"/api/trail?patient={ward.lures[0]}").json["entries"]
    assert not [e for e in entries if e["address"] != "local"], entries  # nothing stands there in her name
    ours = {"Cookie": carried, "X-Hospitaller": "console"}
    assert browser.get("/api/me", headers=ours).status == 200  # and she is still in
    # The control: what her own page asks for counts.
    browser.get(f"/fhir/Patient/{ward.lures[0]}", headers=ours)
    wait_for(lambda: len(findings(ward, LURE)) > before)


def test_her_open_session_costs_her_a_sign_in_and_no_patient_anything(ward):
    """Somebody walks up to the desk where she is signed in, and touches one lure after another."""
    desk = ward.sign_in("ms.desk")
    assert desk.get(f"/fhir/Patient/{ward.lures[1]}").status == 200
    wait_for(lambda: step(ward, "honey", "ms.desk", "end-sessions", "done"))
    run, lock = wait_for(lambda: step(ward, "honey", "ms.desk", "lock-account", "asked"))
    assert desk.get("/api/me").status == 401
    again = ward.sign_in("ms.desk")
    assert again.get("/fhir/Patient/q1").status == 200
    again.get(f"/fhir/Patient/{ward.lures[2]}")
    again.get(f"/fhir/Patient/{ward.lures[1]}")
    time.sleep(3)
    assert again.get("/fhir/Patient/q1").status == 200  # once an hour, and no account is locked by itself
    assert not step(ward, "honey", "ms.desk", "lock-account", "done")
    assert ward.kim.post(f"/api/playbooks/runs/{run['id']}/refuse", {"step": lock["step"]}).status == 200
    assert again.get("/fhir/Patient/q1").status == 200


def test_what_one_does_behind_an_address_is_not_held_against_all(ward):
    """A ward's terminal server: one of them takes everything; the others go on, whatever the address's risk is."""
    thief, colleague = ward.sign_in("dr.case"), ward.sign_in("dr.day")
    for i in range(60):
        thief.get("/fhir/Patient?name=mar")
        thief.get(f"/fhir/Patient/q{i % 4}", headers={"User-Agent": "curl/8.0"})
    wait_for(lambda: findings(ward, "Searches as fast as a machine"))
    time.sleep(3)
    blocks = [s for r in ward.kim.get("/api/playbooks/runs").json["runs"] for s in r["steps"]
              if s["action"] == "block-address"]
    assert all(s["state"] != "done" for s in blocks)
    assert colleague.get("/fhir/Patient/q0").status == 200
    assert colleague.get("/fhir/Patient?name=mar").status == 200
    assert colleague.post("/api/break-glass", {"patient": "q3", "reason": "emergency at the door"}).status == 200
    assert colleague.get("/fhir/Patient/q3").status == 200


def test_a_locked_record_opens_to_whoever_breaks_the_glass(ward):
    """Only a privacy officer locks a record, and nobody is kept from the patient by it."""
    book = ward.folder / "rules" / "playbooks" / "trial.yaml"
    book.write_text("name: trial-lock\ndescription: A trial.\nwhen: {tags: [hospitaller.honey], quiet: 0s}\nsteps:\n"
                    "  - do: lock-record\n    for: 1h\n    approve: {by: privacy-officer, within: 1h, otherwise: skip}\n")
    wait_for(lambda: "trial-lock" in [b["name"] for b in ward.kim.get("/api/playbooks").json["playbooks"]])
    desk = ward.sign_in("ms.desk")
    desk.get(f"/fhir/Patient/{ward.lures[2]}")
    run, lock = wait_for(lambda: step(ward, "trial-lock", "ms.desk", "lock-record", "asked"))
    assert lock["role"] == "privacy-officer"
    path = f"/api/playbooks/runs/{run['id']}"
    assert ward.kim.post(f"{path}/approve", {"step": lock["step"]}).status == 403
    assert ward.lane.post(f"{path}/approve", {"step": lock["step"]}).status == 200
    wait_for(lambda: step(ward, "trial-lock", "ms.desk", "lock-record", "done"))
    berg = ward.sign_in("dr.berg")
    assert berg.get(f"/fhir/Patient/{ward.lures[2]}").status == 403
    assert berg.post("/api/break-glass", {"patient": ward.lures[2], "reason": "emergency at the door"}).status == 200
    assert berg.get(f"/fhir/Patient/{ward.lures[2]}").status == 200
    book.unlink()


def test_nobody_judges_or_excepts_themselves(ward):
    """A privacy officer touches a lure, and would rather call it a false alarm."""
    mr, ms = ward.sign_in("mr.lane"), ward.lane
    assert mr.post("/api/break-glass", {"patient": ward.lures[0], "reason": "curious about this one"}).status == 200
    mine = ward.secrets["mr.lane"]["id"]

    def incident():
        return next((i["number"] for i in ms.get("/api/incidents?state=all").json["incidents"]
                     if ms.get(f"/api/incidents/{i['number']}").json.get("who", {}).get("account") == mine), None)

    number = wait_for(incident)
    wait_for(lambda: mr.get("/api/me").status == 401)  # what they did ended their sessions
    mr = ward.sign_in("mr.lane")
    for act, body in (("verdict", {"verdict": "false-alarm"}), ("contain", {}), ("assign", {}), ("close", {}),
                      ("assess", {"key": "breach", "value": "no"})):
        answer = mr.post(f"/api/incidents/{number}/{act}", body)
        assert answer.status == 403 and "about you" in answer.words, (act, answer.status, answer.body)
    assert mr.post(f"/api/incidents/{number}/note", {"text": "I wanted to see whether it is noticed."}).status == 200
    rule = findings(ward, LURE)[0]["rule"]
    opaque = next(f["actor"] for f in findings(ward, LURE) if f.get("who", {}).get("account") == mine)
    for when in (f"actor.user.uid={opaque}", "actor.user.uid=mr.lane", "actor.user.role=privacy-officer",
                 "src_endpoint.ip=127.0.0.1"):
        answer = mr.post("/api/exceptions", {"rule": rule, "when": when, "reason": "it is only me", "until": "2099-01-31"})
        assert answer.status == 403 and "about you" in answer.words, (when, answer.status)
    denied = ms.get("/api/trail?action=exception&outcome=denied").json["entries"]
    assert len(denied) == 4
    assert ms.get("/api/incidents?state=all").json["incidents"]
    assert ms.post(f"/api/incidents/{number}/verdict", {"verdict": "policy-violation"}).status == 200


def test_an_approval_is_given_once_for_what_was_seen_by_somebody_else(ward):
    """Stale tabs, replays, and whoever wants to approve what is about themselves."""
    lee, kim = ward.sign_in("so.lee"), ward.kim
    # Of lee's own: a lure is touched in lee's name.
    token = json.loads(ward.cli("lure", "make", "--accounts", 1, "--label", "trial", "--json").stdout)[0]["id"]
    admin = ward.sign_in("ad.min")
    admin.post(f"/api/accounts/{token}/reset-password")
    run, lock = wait_for(lambda: step(ward, "honey", "ad.min", "lock-account", "asked"))
    path = f"/api/playbooks/runs/{run['id']}"
    assert ward.sign_in("ad.min").post(f"{path}/approve", {"step": lock["step"]}).status == 403  # it is about them
    stale = kim.post(f"{path}/approve", {"step": lock["step"], "action": "end-sessions"})
    assert stale.status == 409 and "not what it was" in stale.words
    other = next(s["step"] for s in run["steps"] if s["action"] == "end-sessions")
    assert kim.post(f"{path}/approve", {"step": other}).status == 409  # nobody is asked about that one
    # The other officer declined it in another window; this one's is stale.
    assert lee.post(f"{path}/refuse", {"step": lock["step"]}).status == 200
    for verb in ("approve", "refuse", "approve"):
        assert kim.post(f"{path}/{verb}", {"step": lock["step"]}).status == 409
    assert ward.sign_in("ad.min").get("/api/status").status == 200
    approvals = ward.lane.get("/api/trail?action=approve&outcome=allowed").json["entries"]
    assert not [e for e in approvals if f"run {run['id']}," in e["query"]]
