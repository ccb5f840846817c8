"""Somebody makes findings in a colleague's name, to have them kept from their work: they are not."""
import shutil
import time

import pytest
from house import ROOT, House, encounter, observation, patient, practitioner, wait_for

RULE = """
title: Refused
id: 7d7a3a52-25fc-4b9f-9d6c-0a51e6a2b0f{number}
logsource: {{product: healthcare, category: record-access}}
detection:
  it: {{activity_name: {action}, status_detail: denied}}
  condition: it
level: critical
tags: [attack.collection, attack.exfiltration, attack.impact]
sentence: "{{actor.user.uid}} was refused."
"""


@pytest.fixture()
def own(tmp_path):
    rules = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", rules)
    for file in (rules / "detect").glob("*.yml"):
        file.unlink()
    shutil.rmtree(rules / "detect" / "tests")
    (rules / "detect" / "exceptions.yaml").write_text("[]\n")
    (rules / "detect" / "one.yml").write_text(RULE.format(number=1, action="read"))
    with House(tmp_path, settings=[f"rules={rules}"]) as house:
        house.rules = rules
        house.bundle(practitioner("p1"), patient("a"), patient("b", "Lee"), encounter("e1", "a", "p1"),
                     observation("o1", "b"))
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.account("ms.lane", "privacy-officer")
        yield house


def test_a_flood_of_one_rule_opens_nothing_and_two_rules_take_no_care_away(own):
    """As a page would that sends the colleague's browser to records again and again."""
    berg, lane = own.sign_in("dr.berg"), own.sign_in("ms.lane")
    for _ in range(40):
        assert berg.get("/fhir/Observation/o1").status == 403
    wait_for(lambda: lane.get("/api/findings").json.get("total", 0) >= 40)
    time.sleep(3)  # a report and more
    assert lane.get("/api/incidents?state=all").json["incidents"] == []
    assert berg.get("/fhir/Patient?name=mar").status == 200
    # The control: a second rule and another tactic are an alert. Even then care goes on.
    (own.rules / "detect" / "two.yml").write_text(RULE.format(number=2, action="who-saw"))
    wait_for(lambda: len(lane.get("/api/findings").json.get("detect", {}).get("rules", [])) == 2)
    berg.get("/api/patients/b/seen")
    wait_for(lambda: lane.get("/api/incidents?state=all").json["incidents"])
    assert berg.get("/fhir/Patient/a").status == 200
    assert berg.get("/fhir/Patient?identifier=MRN-b").status == 200
    began = time.time()
    assert berg.post("/api/break-glass", {"patient": "b", "reason": "emergency at the door"}).status == 200
    assert time.time() - began < 2 and berg.get("/fhir/Observation/o1").status == 200


PLAYBOOK = """
name: house
description: Ends the sessions of whom an incident is about.
when: {tags: [hospitaller.incident], quiet: 0s}
steps:
  - do: end-sessions
"""


def test_an_incident_of_an_address_touches_nobody_who_sits_there(own):
    """Two people at one terminal server, each a little: the risk is the address's, and neither's."""
    (own.rules / "playbooks" / "house.yaml").write_text(PLAYBOOK)
    (own.rules / "detect" / "two.yml").write_text(RULE.format(number=2, action="who-saw"))
    own.account("dr.weiss", "clinician")
    own.account("so.kim", "security-officer")
    berg, weiss, lane, kim = (own.sign_in(n) for n in ("dr.berg", "dr.weiss", "ms.lane", "so.kim"))
    wait_for(lambda: len(lane.get("/api/findings").json.get("detect", {}).get("rules", [])) == 2)
    for _ in range(4):
        assert berg.get("/fhir/Observation/o1").status == 403
        assert weiss.get("/api/patients/b/seen").status == 403
    opened = wait_for(lambda: lane.get("/api/incidents?state=all").json["incidents"])
    assert [i["subject"] for i in opened] == ["address"]
    runs = wait_for(lambda: [r for r in kim.get("/api/playbooks/runs").json["runs"]
                             if r["playbook"] == "house" and r["steps"][0]["state"] not in ("waiting", "asked")])
    assert runs[0]["steps"][0]["state"] == "failed", runs
    assert berg.get("/api/me").status == 200 and weiss.get("/api/me").status == 200
