"""Watch loses what it knew, all of it or one of its databases: no number means two things, what people wrote stays
findable, and the trail read anew gives the same findings."""
import json
import shutil

import house as h
import pytest
from house import wait_for
from test_incidents import rule

GONE = {"everything": None, "findings": "findings.db", "incidents": "incidents.db"}


@pytest.fixture(params=GONE)
def lost(request, tmp_path):
    return request.param


@pytest.fixture
def house(tmp_path):
    rules = tmp_path / "rules"
    shutil.copytree(h.ROOT / "rules", rules)
    for file in (rules / "detect").glob("*.yml"):
        file.unlink()
    shutil.rmtree(rules / "detect" / "tests")
    (rules / "detect" / "exceptions.yaml").write_text("[]\n")
    for file in (rules / "playbooks").glob("*.yaml"):
        if file.name != "never-touch.yaml":
            file.unlink()
    with h.House(tmp_path, settings=[f"rules={rules}"]) as house:
        house.rules = rules
        rule(house, 1, "break-glass", certain=True, category="access-grant")
        rule(house, 2, "search", level="medium")
        house.bundle(h.practitioner("p1"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(4)])
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("dr.moor", "clinician", ""),
                                    ("dr.hart", "clinician", ""),
                                    ("ms.lane", "privacy-officer", "")):
            house.account(login, role, person)
        house.berg, house.moor, house.hart, house.lane = (
            house.sign_in(n) for n in ("dr.berg", "dr.moor", "dr.hart", "ms.lane"))
        wait_for(lambda: len(house.lane.get("/api/findings").json["detect"]["rules"]) == 2)
        yield house


def misuse(client, patient):
    answer = client.post("/api/break-glass", {"patient": patient, "reason": "emergency at the door"})
    assert answer.status in (200, 201), answer.body
    assert client.get("/fhir/Patient?family=Marsh").status == 200


def findings(house):
    shown = house.lane.get("/api/findings").json.get("findings", [])  # or watch told nothing yet
    return {(f["rule"], f["seq"]): f["id"] for f in shown}


def noted(house, action):
    """What the trail says that watch did: number, and what it was."""
    found = json.loads(house.cli("trail", "search", "--action", action, "--count", "200", "--json").stdout)["entries"]
    return [(int(e["version"]), e["detail"], e.get("refers_to")) for e in found if e["who"]["account"] == "watch"]


def incidents(house):
    return {i["number"] for i in house.lane.get("/api/incidents?state=all").json.get("incidents", [])}


def lose(house, what):
    house.stop()
    if GONE[what]:
        for file in (house.state / "watch").glob(GONE[what] + "*"):
            file.unlink()
    else:
        shutil.rmtree(house.state / "watch")
    house.start()


def test_no_number_is_used_twice(house, lost):
    misuse(house.berg, "q0")
    misuse(house.moor, "q1")
    before = wait_for(lambda: len(findings(house)) == 4 and len(incidents(house)) == 2 and findings(house))
    numbers = incidents(house)
    wait_for(lambda: len(noted(house, "found")) == 4 and len(noted(house, "incident-open")) == 2)
    kept = min(numbers)
    assert house.lane.post(f"/api/incidents/{kept}/note", {"text": "I asked them about it."}).status in (200, 201)
    trail = {n: what for n, *what in noted(house, "found")}
    lose(house, lost)

    after = wait_for(lambda: len(findings(house)) == 4 and findings(house))
    assert set(after) == set(before), "the same findings"
    if lost == "incidents":
        assert after == before
    else:
        assert min(after.values()) > max(before.values())
    misuse(house.hart, "q2")
    more = wait_for(lambda: len(findings(house)) == 6 and findings(house))
    fresh = {f: n for f, n in more.items() if f not in before}
    assert min(fresh.values()) > max(after.values())
    again = 6 if lost == "findings" else 10  # incidents begin anew: what belongs to them was found again
    wait_for(lambda: len(noted(house, "found")) == again)
    found, opened = noted(house, "found"), noted(house, "incident-open")
    assert len({n for n, *_ in found}) == len(found) and len({n for n, *_ in opened}) == len(opened)
    assert {n: what for n, *what in found if n in trail} == trail

    answer = house.lane.get(f"/api/incidents/{kept}")
    if lost == "findings":
        assert answer.status == 200 and "I asked them about it." in answer.body.decode()
        assert incidents(house) >= numbers
    else:
        assert min(incidents(house)) > max(numbers)
        assert answer.status == 404 and "stands there" in answer.words
    shown = json.loads(house.cli("trail", "search", "--action", "incident-change", "--json").stdout)["entries"]
    assert [(e["query"], e["reason"]) for e in shown] == [(kept, "I asked them about it.")]
