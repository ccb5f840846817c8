"""From a finding to what is done about it: playbooks with real processes, approvals, undo, expiry,
and what keeps them from doing harm."""
import json
import re
import shutil
import time
import uuid

import house as h
from house import wait_for
import pytest

ROOT = h.ROOT

# Each resource type that is searched for is a finding of its own, so that a test starts its playbook.
RULE = """
title: Trial {type}
id: {id}
name: trial_{type}
logsource: {{product: healthcare, category: record-access}}
detection:
  search: {{activity_name: search, resource.type: {type}, status_detail: allowed}}
  condition: search
level: high
sentence: "{{actor.user.uid}} searched."
advice: Nothing.
tags: [hospitaller.trial_{type}]
"""
PLAYBOOK = """
name: {name}
description: A trial.
when: {{tags: [hospitaller.trial_{type}], per: actor, quiet: 0s}}
steps:
{steps}
"""
TYPES = {
    "ends": ("Appointment", "  - do: snapshot-trail\n  - do: end-sessions\n"),
    "steps": ("Immunization", "  - do: demand-step-up\n    for: 1h\n"),
    "locks": ("CarePlan", "  - do: lock-account\n    for: 1h\n"
              "    approve: {by: security-officer, within: 5m, otherwise: skip}\n"),
    "record": ("Procedure", "  - do: lock-record\n    for: 8s\n"
               "    approve: {by: privacy-officer, within: 5m, otherwise: skip}\n"),
    "late": ("Condition", "  - do: lock-account\n    for: 1h\n"
             "    approve: {by: security-officer, within: 10s, otherwise: escalate, to: administrator}\n"
             "  - do: open-task\n    role: security-officer\n    text: Look.\n"),
    "short": ("Goal", "  - do: demand-step-up\n    for: 6s\n"),
    "shuts": ("Claim", "  - do: lock-account\n    for: 1h\n"
              "    approve: {by: security-officer, within: 5m, otherwise: skip}\n"),
    "token": ("Device", "  - do: revoke-token\n    for: 1h\n"),
    "says": ("Coverage", "  - do: notify\n    to: nowhere\n    text: Look.\n"),
}


def write_trials(rules, types=TYPES):
    for name, (type, steps) in types.items():
        (rules / "detect" / f"trial_{name}.yml").write_text(
            RULE.format(type=type, id=uuid.uuid5(uuid.NAMESPACE_DNS, name)))
        (rules / "playbooks" / f"trial-{name}.yaml").write_text(
            PLAYBOOK.format(name=f"trial-{name}", type=type, steps=steps))


def write_certain(rules):
    """One that is certain opens an incident, and that starts a playbook of its own."""
    (rules / "detect" / "trial_certain.yml").write_text(
        RULE.format(type="DocumentReference", id=uuid.uuid5(uuid.NAMESPACE_DNS, "certain")).replace(
            "hospitaller.trial_DocumentReference", "hospitaller.certain"))
    (rules / "playbooks" / "trial-incident.yaml").write_text(
        PLAYBOOK.format(name="trial-incident", type="", steps="  - do: snapshot-trail\n  - do: end-sessions\n").replace(
            "hospitaller.trial_", "hospitaller.incident"))


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    folder = tmp_path_factory.mktemp("playbooks")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    write_trials(rules)
    write_certain(rules)
    with h.House(folder, settings=[f"rules={rules}"]) as house:
        house.rules = rules
        house.bundle(h.practitioner("p1"), h.patient("q1"), h.patient("q2", "Stone"), h.observation("o1", "q1"),
                     h.encounter("e1", "q1", "p1"), h.encounter("e2", "q2", "p1"))
        for n in range(8):
            house.account(f"dr.{n}", "clinician", "Practitioner/p1")
        for login, role in (("ms.lane", "privacy-officer"), ("so.kim", "security-officer"),
                            ("so.two", "security-officer"), ("ad.min", "administrator"),
                            ("fd.one", "front-desk"), ("fd.two", "front-desk"), ("app", "application")):
            house.account(login, role)
        house.lane, house.kim, house.admin = (house.sign_in(n) for n in ("ms.lane", "so.kim", "ad.min"))
        yield house


def act(client, type, patient="q1"):
    answer = client.get(f"/fhir/{type}?patient={patient}")
    assert answer.status == 200, answer.body


def runs(client, name, state=None):
    answer = client.get("/api/playbooks/runs")
    if answer.status != 200:
        return []
    return [r for r in answer.json["runs"] if r["playbook"] == name and (state is None or r["state"] == state)]


def step_of(client, name, action, state):
    for run in runs(client, name):
        for step in run["steps"]:
            if step["action"] == action and step["state"] == state:
                return run, step
    return None


def decide(client, verb, run, step, **more):
    return client.post(f"/api/playbooks/runs/{run['id']}/{verb}", {"step": step["step"], **more})


def read(client, patient="q1"):
    return client.get(f"/fhir/Patient/{patient}")


def test_ours_are_all_fine(ward):
    answer = ward.kim.get("/api/playbooks").json
    names = {p["name"] for p in answer["playbooks"]}
    assert {"snooping", "takeover", "guessed", "exfiltration", "honey", "slow", "infected"} <= names
    assert answer["problems"] == []
    assert ward.sign_in("dr.0").get("/api/playbooks").status == 403


def test_each_of_ours_can_be_started():
    """By a rule that there is, or by a tag that something gives."""
    rules = "".join(f.read_text() for f in (ROOT / "rules" / "detect").glob("*.yml"))
    source = rules + "".join(f.read_text() for f in (ROOT / "src" / "watch").rglob("*.c"))
    for file in (ROOT / "rules" / "playbooks").glob("*.yaml"):
        when = file.read_text().partition("when:")[2].partition("steps:")[0]
        ids, tags = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", when), re.findall(r"hospitaller\.\w+", when)
        assert file.name == "never-touch.yaml" or ids or [t for t in tags if t in source], f"nothing starts {file.name}"
        assert all(f"id: {id}" in rules for id in ids), file.name


def test_sessions_end_and_it_is_on_the_trail_before(ward):
    berg = ward.sign_in("dr.0")
    act(berg, "Appointment")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-ends", "end-sessions", "done"))
    assert berg.get("/api/me").status == 401
    assert run["who"]["account"] == ward.secrets["dr.0"]["id"]
    snapshot = next(s for s in run["steps"] if s["action"] == "snapshot-trail")
    assert "entries under the root" in snapshot["words"]
    entry = ward.lane.get("/api/trail?action=act").json["entries"][0]
    assert entry["who"]["account"] == "watch" and "end-sessions" in entry["detail"]
    assert ward.sign_in("dr.0").get("/api/me").status == 200


def test_step_up_asks_for_the_second_factor_and_glass_still_breaks(ward):
    berg = ward.sign_in("dr.1")
    act(berg, "Immunization")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-steps", "demand-step-up", "done"))
    refused = read(berg)
    assert refused.status == 403 and "second factor" in refused.words, refused.body
    glass = berg.post("/api/break-glass", {"patient": "q1", "reason": "emergency at the door"})
    assert glass.status == 200, glass.body
    assert read(berg).status == 200
    entry = ward.lane.get("/api/trail?patient=q1&action=read").json["entries"][0]
    assert entry["purpose"] == "BTG"
    fresh = ward.sign_in("dr.1")
    assert read(fresh, "q2").status == 200
    assert decide(ward.kim, "undo", run, step).status == 200
    wait_for(lambda: step_of(ward.kim, "trial-steps", "demand-step-up", "undone"))
    assert read(berg, "q2").status == 200


def test_a_lock_waits_for_the_named_role_and_leaves_broken_glass(ward):
    berg = ward.sign_in("dr.2")
    act(berg, "CarePlan")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-locks", "lock-account", "asked"))
    assert read(berg).status == 200  # nothing happened yet
    assert step["role"] == "security-officer" and step["on_timeout"] == "skip"
    assert decide(ward.lane, "approve", run, step).status == 403
    assert decide(ward.admin, "approve", run, step).status == 403
    assert decide(ward.kim, "approve", run, step, reason="called, no answer").status == 200
    wait_for(lambda: step_of(ward.kim, "trial-locks", "lock-account", "done"))
    assert berg.get("/api/me").status == 401
    fresh = ward.sign_in("dr.2")
    refused = read(fresh)
    assert refused.status == 403 and refused.json["issue"][0]["diagnostics"], refused.body
    glass = fresh.post("/api/break-glass", {"patient": "q1", "reason": "emergency at the door"})
    assert glass.status == 200, glass.body
    assert read(fresh).status == 200 and read(fresh, "q2").status == 403
    measures = ward.kim.get("/api/measures").json["measures"]
    assert [m for m in measures if m.get("account") == "dr.2" and m["action"] == "lock-account"]
    approved = ward.lane.get("/api/trail?action=approve").json["entries"][0]
    assert approved["who"]["name"] == "So.Kim" and approved["reason"] == "called, no answer"
    assert decide(ward.kim, "undo", run, step).status == 200
    wait_for(lambda: step_of(ward.kim, "trial-locks", "lock-account", "undone"))
    assert read(fresh).status == 200


def test_who_cannot_break_glass_is_told_whom_to_call(ward):
    desk = ward.sign_in("fd.two")
    act(desk, "Claim")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-shuts", "lock-account", "asked"))
    assert decide(ward.kim, "approve", run, step).status == 200
    wait_for(lambda: step_of(ward.kim, "trial-shuts", "lock-account", "done"))
    assert desk.get("/api/me").status == 401
    answer = h.Client(ward).post("/api/sign-in", {"login": "fd.two", "kind": "bearer",
                                                  "password": ward.secrets["fd.two"]["password"]})
    assert answer.status == 403 and answer.json["error"] == "account-locked"
    assert "security officer" in answer.words and "until 20" in answer.words
    wrong = h.Client(ward).post("/api/sign-in", {"login": "fd.two", "kind": "bearer", "password": "a guess of mine"})
    assert wrong.status == 401  # a stranger does not learn that it is locked
    key = next(m["key"] for m in ward.kim.get("/api/measures").json["measures"] if m.get("account") == "fd.two")
    assert ward.sign_in("dr.7").post(f"/api/measures/{key}/lift").status == 403
    assert ward.admin.post(f"/api/measures/{key}/lift", {"reason": "spoke to them on the telephone"}).status == 200
    lifted = ward.lane.get("/api/trail?action=act-end").json["entries"][0]
    assert lifted["reason"] == "spoke to them on the telephone" and "lock-account" in lifted["detail"]
    assert ward.sign_in("fd.two").get("/api/me").status == 200


def test_a_token_is_refused_and_taken_again(ward):
    made = ward.admin.post(f"/api/accounts/{ward.secrets['app']['id']}/tokens", {"label": "x"}).json
    app = h.Client(ward, made["token"])
    act(app, "Device")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-token", "revoke-token", "asked"))
    assert app.get("/fhir/Patient/q1").status == 200  # people may treat through it: somebody decides
    assert decide(ward.kim, "approve", run, step).status == 200
    run, step = wait_for(lambda: step_of(ward.kim, "trial-token", "revoke-token", "done"))
    assert app.get("/fhir/Patient/q1").status == 401
    assert decide(ward.kim, "undo", run, step).status == 200
    wait_for(lambda: step_of(ward.kim, "trial-token", "revoke-token", "undone"))
    assert app.get("/fhir/Patient/q1").status == 200


def test_a_locked_record_opens_with_broken_glass_and_by_itself_later(ward):
    berg, other = ward.sign_in("dr.3"), ward.sign_in("dr.4")
    act(berg, "Procedure")
    run, step = wait_for(lambda: step_of(ward.lane, "trial-record", "lock-record", "asked"))
    assert decide(ward.kim, "approve", run, step).status == 403
    assert decide(ward.lane, "approve", run, step).status == 200
    wait_for(lambda: step_of(ward.lane, "trial-record", "lock-record", "done"))
    refused = read(other)
    assert refused.status == 403 and "break the glass" in refused.words
    assert read(other, "q2").status == 200
    assert other.post("/api/break-glass", {"patient": "q1", "reason": "emergency at the door"}).status == 200
    assert read(other).status == 200
    wait_for(lambda: read(berg).status == 200)
    wait_for(lambda: step_of(ward.lane, "trial-record", "lock-record", "over"))
    wait_for(lambda: [e for e in ward.lane.get("/api/trail?action=act-end").json["entries"]
                      if e["detail"] == "lock-record"])


def test_what_nobody_answers_goes_as_the_playbook_says(ward):
    berg = ward.sign_in("dr.5")
    act(berg, "Condition")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-late", "lock-account", "asked"))
    assert step["on_timeout"] == "escalate"

    def escalated():
        found = step_of(ward.kim, "trial-late", "lock-account", "asked")
        return found if found and found[1]["role"] == "administrator" else None
    run, step = wait_for(escalated, 30)
    assert decide(ward.kim, "approve", run, step).status == 403
    assert decide(ward.admin, "refuse", run, step).status == 200
    wait_for(lambda: step_of(ward.kim, "trial-late", "lock-account", "declined"))
    run, task = wait_for(lambda: step_of(ward.kim, "trial-late", "open-task", "done"))
    assert "Look." in task["words"]
    assert decide(ward.kim, "undo", run, task).status == 200
    assert step_of(ward.kim, "trial-late", "open-task", "undone")
    assert read(berg).status == 200


def test_it_survives_being_killed_and_ends_in_time(ward):
    berg = ward.sign_in("dr.6")
    act(berg, "Goal")
    wait_for(lambda: step_of(ward.kim, "trial-short", "demand-step-up", "done"))
    assert read(berg).status == 403
    ward.kill()
    ward.start()
    ward.lane, ward.kim, ward.admin = (ward.sign_in(n) for n in ("ms.lane", "so.kim", "ad.min"))
    wait_for(lambda: read(berg).status == 200, 30)  # it ended, or ends now
    wait_for(lambda: step_of(ward.kim, "trial-short", "demand-step-up", "over"), 30)
    assert len(runs(ward.kim, "trial-short")) == 1  # nothing started twice


def test_a_message_to_nowhere_is_a_finding_of_its_own(ward):
    """The courier goes nowhere that no file names, and says so."""
    desk = ward.sign_in("fd.one")
    act(desk, "Coverage")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-says", "notify", "refused"))
    assert "nowhere: it was not sent: no destination has this name" in step["words"]
    found = wait_for(lambda: [f for f in ward.lane.get("/api/findings").json["findings"]
                              if f["rule"] == "system.elsewhere"])
    assert "nowhere" in found[0]["sentence"] and found[0]["source"] == "system"


def test_an_incident_that_opens_starts_a_playbook(ward):
    berg = ward.sign_in("dr.7")
    act(berg, "DocumentReference")
    run, step = wait_for(lambda: step_of(ward.kim, "trial-incident", "end-sessions", "done"))
    assert run["incident"] in {i["number"] for i in ward.lane.get("/api/incidents?state=all").json["incidents"]}
    assert run["who"]["account"] == ward.secrets["dr.7"]["id"] and berg.get("/api/me").status == 401
    # the address that all of them share may have an incident of its own, at night more than by day
    assert len([r for r in runs(ward.kim, "trial-incident") if r["incident"] == run["incident"]]) == 1
    entry = next(e for e in ward.lane.get("/api/trail?action=act").json["entries"] if "end-sessions" in e["detail"])
    assert entry["query"] == f"case {run['incident']}"


def test_a_dry_run_changes_nothing(ward):
    found = ward.lane.get("/api/findings").json["findings"][0]
    before = ward.lane.get("/api/trail?action=act").json["entries"][0]["seq"]
    shown = ward.cli("playbooks", "dry-run", "takeover", "--finding", found["id"]).stdout
    assert "end-sessions" in shown and "would" in shown and "security-officer" in shown
    answer = ward.kim.post("/api/playbooks/exfiltration/dry-run", {"finding": found["id"]})
    assert answer.status == 200 and answer.json["state"] == "dry" and answer.json["steps"]
    time.sleep(0.5)
    assert ward.lane.get("/api/trail?action=act").json["entries"][0]["seq"] == before
    assert ward.kim.post("/api/playbooks/nothing/dry-run", {"finding": found["id"]}).status == 404


def test_a_dry_run_shows_what_the_vault_would_refuse_and_why(ward):
    found = next(f for f in ward.lane.get("/api/findings").json["findings"] if f.get("who", {}).get("account"))
    login = next(n for n, s in ward.secrets.items() if s["id"] == found["who"]["account"])
    steps = lambda: {s["action"]: s for s in ward.kim.post("/api/playbooks/takeover/dry-run",
                                                           {"finding": found["id"]}).json["steps"]}
    before = ward.lane.get("/api/trail?action=act").json["entries"][0]["seq"]
    assert steps()["lock-account"]["state"] == "would", "control"
    path = ward.rules / "playbooks" / "never-touch.yaml"
    kept = path.read_text()
    try:
        path.write_text(kept.replace("accounts: []", f"accounts: [{login}]"))
        shown = steps()
        for action in ("end-sessions", "lock-account"):
            assert shown[action]["state"] == "refused" and "never-touch" in shown[action]["words"], shown
        assert shown["open-task"]["state"] == "would", "it touches nobody"
        told = ward.cli("playbooks", "dry-run", "takeover", "--finding", found["id"]).stdout
        assert "would be refused: the account is on the never-touch list" in told
    finally:
        path.write_text(kept)
    assert ward.lane.get("/api/trail?action=act").json["entries"][0]["seq"] == before


def test_the_command_line(ward, tmp_path):
    assert "takeover" in ward.cli("playbooks", "list").stdout
    assert "trial-ends" in ward.cli("playbooks", "runs").stdout
    for measure in json.loads(ward.cli("playbooks", "measures", "--json").stdout)["measures"]:
        assert measure["key"] in ward.cli("playbooks", "measures").stdout
        assert "lifted" in ward.cli("playbooks", "lift", measure["key"], "--reason", "enough").stdout
    assert "Nothing holds." in ward.cli("playbooks", "measures").stdout
    assert ward.cli("playbooks", "lift", "none", check=False).returncode == 1
    run = runs(ward.kim, "trial-ends")[0]
    assert "end-sessions" in ward.cli("playbooks", "show", run["id"]).stdout
    exported = json.loads(ward.cli("playbooks", "export", "takeover").stdout)
    assert exported["spec_version"] == "cacao-2.0" and exported["workflow_start"] in exported["workflow"]
    file = tmp_path / "p.json"
    file.write_text(json.dumps(exported))
    assert "takeover" in ward.cli("playbooks", "check", file).stdout
    file.write_text("name: x\nsteps:\n  - do: fly\n")
    wrong = ward.cli("playbooks", "check", file, check=False)
    assert wrong.returncode == 1 and f"{file}:3" in wrong.stderr and "no action 'fly'" in wrong.stderr


def test_a_wrong_playbook_is_refused_with_its_line(ward):
    (ward.rules / "playbooks" / "wrong.yaml").write_text("name: wrong\nsteps:\n  - do: lock-account\n")
    problems = wait_for(lambda: ward.kim.get("/api/playbooks").json["problems"])
    assert problems[0].startswith("wrong.yaml:3") and "needs an approval" in problems[0]
    (ward.rules / "playbooks" / "wrong.yaml").unlink()
    wait_for(lambda: not ward.kim.get("/api/playbooks").json["problems"])
