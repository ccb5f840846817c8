"""What an attacker would try with playbooks: have them keep a colleague from work."""
import shutil
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "flow"))
import house as h  # noqa: E402
from house import wait_for

RULES = """
title: Trial wrong password
id: {id}
name: trial_wrong_password
logsource: {{product: healthcare, category: authentication}}
detection:
  failed: {{activity_name: sign-in, status: Failure}}
  condition: failed
level: high
sentence: "{{actor.user.uid}} gave a wrong password."
advice: Nothing.
tags: [hospitaller.trial_password]
---
title: Trial search
id: {other}
name: trial_search
logsource: {{product: healthcare, category: record-access}}
detection:
  search: {{activity_name: search, resource.type: Appointment, status_detail: allowed}}
  condition: search
level: high
sentence: "{{actor.user.uid}} searched."
advice: Nothing.
tags: [hospitaller.trial_search]
"""
PLAYBOOK = """
name: {name}
description: The hardest that can be asked for without approval, and then a lock.
when: {{tags: [hospitaller.{name}], quiet: 0s}}
steps:
  - do: end-sessions
  - do: demand-step-up
    for: 1h
  - do: lock-account
    for: 1h
    approve: {{by: security-officer, within: 1h, otherwise: skip}}
"""


@pytest.fixture()
def ward(tmp_path):
    rules = tmp_path / "rules"
    shutil.copytree(h.ROOT / "rules", rules)
    (rules / "detect" / "trial.yml").write_text(RULES.format(id=uuid.uuid4(), other=uuid.uuid4()))
    for name in ("trial_password", "trial_search"):
        (rules / "playbooks" / f"{name}.yaml").write_text(PLAYBOOK.format(name=name))
    with h.House(tmp_path, settings=[f"rules={rules}"]) as house:
        house.rules = rules
        house.bundle(h.practitioner("p1"), h.patient("q1"), h.encounter("e1", "q1", "p1"))
        for login, role in (("dr.berg", "clinician"), ("dr.case", "clinician"), ("so.kim", "security-officer"),
                            ("ms.lane", "privacy-officer")):
            house.account(login, role, "Practitioner/p1" if role == "clinician" else "")
        house.kim = house.sign_in("so.kim")
        yield house


def steps(house, playbook):
    answer = house.kim.get("/api/playbooks/runs")
    return [s for r in (answer.json["runs"] if answer.status == 200 else []) if r["playbook"] == playbook
            for s in r["steps"]]


def search(client):
    return client.get("/fhir/Appointment?patient=q1").status


def test_failing_at_a_colleagues_password_keeps_them_from_nothing(ward):
    berg = ward.sign_in("dr.berg")
    stranger = h.Client(ward)
    for n in range(4):
        stranger.post("/api/sign-in", {"login": "dr.berg", "password": f"guess number {n} of mine", "kind": "bearer"})
    asked = wait_for(lambda: [s for s in steps(ward, "trial_password") if s["state"] == "asked"])
    assert {s["action"] for s in asked} == {"end-sessions"}, asked  # a person has to agree, and nothing was done
    assert all("needs approval" in s["words"] for s in asked)
    assert berg.get("/fhir/Patient/q1").status == 200
    assert not [s for s in steps(ward, "trial_password") if s["state"] == "done"]


def test_a_control_whoever_does_it_in_a_session_of_theirs_is_contained(ward):
    berg = ward.sign_in("dr.berg")
    assert search(berg) == 200
    wait_for(lambda: [s for s in steps(ward, "trial_search") if s["state"] == "done"])
    assert berg.get("/api/me").status == 401


def test_many_findings_about_one_account_do_not_end_its_sessions_for_ever(ward):
    """Two acts without approval in an hour; what comes after waits for a person."""
    berg = ward.sign_in("dr.berg")
    search(berg)
    wait_for(lambda: len([s for s in steps(ward, "trial_search") if s["state"] == "done"]) >= 2)
    again = ward.sign_in("dr.berg")
    search(again)
    asked = wait_for(lambda: [s for s in steps(ward, "trial_search")
                              if s["state"] == "asked" and s["action"] == "end-sessions"])
    assert "within the hour" in asked[0]["words"]
    assert again.get("/fhir/Patient/q1").status == 200


def test_who_is_on_the_never_touch_list_is_not_touched_even_with_approval(ward):
    path = ward.rules / "playbooks" / "never-touch.yaml"
    path.write_text(path.read_text().replace("accounts: []", "accounts: [dr.case]"))
    case = ward.sign_in("dr.case")
    search(case)
    refused = wait_for(lambda: [s for s in steps(ward, "trial_search") if s["state"] == "refused"])
    assert "never-touch" in refused[0]["words"]
    run = next(r for r in ward.kim.get("/api/playbooks/runs").json["runs"] if r["playbook"] == "trial_search")
    lock = wait_for(lambda: [s for s in steps(ward, "trial_search") if s["state"] == "asked"])[0]
    assert ward.kim.post(f"/api/playbooks/runs/{run['id']}/approve", {"step": lock["step"]}).status == 200
    wait_for(lambda: [s for s in steps(ward, "trial_search") if s["action"] == "lock-account" and s["state"] == "refused"])
    assert case.get("/fhir/Patient/q1").status == 200


def test_a_never_touch_list_that_cannot_be_read_spares_everybody(ward):
    (ward.rules / "playbooks" / "never-touch.yaml").write_text("accounts: nobody\n")
    berg = ward.sign_in("dr.berg")
    search(berg)
    refused = wait_for(lambda: [s for s in steps(ward, "trial_search") if s["state"] == "refused"])
    assert "never-touch.yaml:1" in refused[0]["words"] and "nobody is touched" in refused[0]["words"]
    assert berg.get("/fhir/Patient/q1").status == 200


def test_only_whose_role_is_asked_decides(ward):
    berg = ward.sign_in("dr.berg")
    search(berg)
    run, lock = wait_for(lambda: next(((r, s) for r in ward.kim.get("/api/playbooks/runs").json["runs"]
                                       for s in r["steps"] if s["action"] == "lock-account" and s["state"] == "asked"),
                                      None))
    fresh = ward.sign_in("dr.berg")
    assert fresh.post(f"/api/playbooks/runs/{run['id']}/approve", {"step": lock["step"]}).status == 403


def test_the_last_open_account_of_a_role_is_not_locked(ward):
    ward.account("nurse.one", "nurse", "Practitioner/p1")
    nurse = ward.sign_in("nurse.one")
    search(nurse)
    run, lock = wait_for(lambda: next(((r, s) for r in ward.kim.get("/api/playbooks/runs").json["runs"]
                                       for s in r["steps"] if s["action"] == "lock-account" and s["state"] == "asked"),
                                      None))
    assert ward.kim.post(f"/api/playbooks/runs/{run['id']}/approve", {"step": lock["step"]}).status == 200
    refused = wait_for(lambda: [s for s in steps(ward, "trial_search") if s["action"] == "lock-account" and s["state"] == "refused"])
    assert "last open account" in refused[0]["words"]
