"""What is found stays findable: a flood of small findings hides none of the others."""
import json
import shutil
import uuid

import house as h
from house import wait_for
import pytest

RULE = f"""
title: Somebody searched
id: {uuid.uuid5(uuid.NAMESPACE_DNS, 'somebody searched')}
logsource: {{product: healthcare, category: record-access}}
detection:
  search: {{activity_name: search, resource.type: Observation}}
  condition: search
level: low
sentence: "{{actor.user.uid}} searched."
advice: Nothing.
"""
GLASS = "Glass broken for several patients within an hour"
FLOOD = 80


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(h.ROOT / "rules", folder / "rules")
    (folder / "rules" / "detect" / "trial.yml").write_text(RULE)
    with h.House(folder, settings=[f"rules={folder / 'rules'}"]) as house:
        house.bundle(h.practitioner("p1"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(4)],
                     h.encounter("e1", "q0", "p1"))
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.account("ms.lane", "privacy-officer")
        berg, house.lane = house.sign_in("dr.berg"), house.sign_in("ms.lane")
        house.berg = berg
        for i in range(1, 4):
            assert berg.post("/api/break-glass", {"patient": f"q{i}", "reason": "emergency at the door"}).status == 200
        wait_for(lambda: [f for f in ask(house, "") if f["title"] == GLASS])
        for _ in range(FLOOD):
            assert berg.get("/fhir/Observation?patient=q0").status == 200
        wait_for(lambda: len([f for f in every(house) if f["title"] == "Somebody searched"]) == FLOOD)
        yield house


def ask(house, query):
    answer = house.lane.get(f"/api/findings{query}")
    if answer.status == 503 and not query:
        return []
    assert answer.status == 200, answer.body
    return answer.json["findings"]


def every(house, query="?level=informational"):
    """All pages."""
    found, before = [], ""
    while True:
        page = house.lane.get(f"/api/findings{query}{before}").json
        found += page["findings"]
        if "next" not in page:
            return found
        before = f"&before={page['next']}"


def test_the_newest_of_each_rule_come_first_and_the_rest_page_by_page(flooded):
    page = flooded.lane.get("/api/findings").json
    assert GLASS in {f["title"] for f in page["findings"]}
    assert page["next"] == page["findings"][0]["id"] + 1
    rest = flooded.lane.get(f"/api/findings?before={page['next']}").json
    assert rest["findings"][0]["id"] == page["findings"][0]["id"]
    older = flooded.lane.get(f"/api/findings?before={rest['next']}").json
    assert max(f["id"] for f in older["findings"]) < rest["next"]


def test_every_page_together_is_everything_once(flooded):
    all = every(flooded)
    ids = [f["id"] for f in all]
    assert ids == sorted(set(ids), reverse=True) and len(ids) == flooded.lane.get("/api/findings").json["total"]


def test_by_level_and_by_rule(flooded):
    worse = ask(flooded, "?level=high")
    assert [f["title"] for f in worse] == [GLASS] and worse[0]["who"]["name"] == "Dr.Berg"
    rule = worse[0]["rule"]
    other = ask(flooded, "?level=low")[0]["rule"]
    assert [f["rule"] for f in every(flooded, f"?rule={rule}")] == [rule]
    assert {f["rule"] for f in every(flooded, f"?rule={rule},{other}")} == {rule, other}
    assert ask(flooded, "?rule=nothing") == []
    assert flooded.lane.get("/api/findings?level=awful").status == 422
    assert flooded.berg.get("/api/findings?level=high").status == 403


def test_the_look_is_on_the_trail(flooded):
    before = flooded.lane.get("/api/trail/state").json["size"]
    ask(flooded, "?level=high")
    assert flooded.lane.get("/api/trail/state").json["size"] > before


def test_the_command_line_does_the_same(flooded):
    shown = flooded.cli("findings", "--level", "high").stdout
    assert GLASS in shown and "Somebody searched" not in shown
    number = json.loads(flooded.cli("findings", "--level", "high", "--json").stdout)["findings"][0]["id"]
    assert shown.startswith(f"{number}  ")
    assert "there are more: --before" in flooded.cli("findings").stdout
    assert flooded.cli("findings", "--level", "awful", check=False).returncode == 2
