"""The trail is about patients, too: what of it leaves is an access like any other."""
import json

import pytest
from house import Client, encounter, patient


@pytest.fixture(scope="module")
def paul(house):
    client = Client(house)
    secret = house.secrets["paul"]
    step = client.post("/api/sign-in", {"login": "paul", "password": secret["given"], "kind": "bearer"}).json
    step = client.post("/api/sign-in/password",
                       {"ticket": step["ticket"], "password": "a long phrase about herons at dusk"}).json
    client.token = step["token"]
    return client


@pytest.fixture(scope="module")
def searched(house, berg):
    """A search that found patient a, and somebody else of the same name."""
    house.bundle(patient("a2", "Marsh", "Secretia"))
    assert len(berg.get("/fhir/Patient?name=marsh").json["entry"]) == 2


def test_patients_learn_nothing_of_others_who_were_found_with_them(paul, searched):
    answer = paul.get("/api/patients/a/seen?_count=200")
    assert answer.status == 200
    assert any(e["action"] == "search" for e in answer.json["entries"])
    assert b'"a2"' not in answer.body and b"Secretia" not in answer.body
    assert b"name=marsh" not in answer.body
    assert not [e for e in answer.json["entries"] if "address" in e]


def test_patients_are_told_only_what_is_true_of_them(house, paul, berg):
    """dr.berg asks who has seen another record, in whose trail the name of patient a occurs, too."""
    house.bundle(patient("p", "Rowan", "Ida"), encounter("rv1", "p", "p1"))
    shared = {"resourceType": "Appointment", "id": "rv2", "status": "booked", "participant": [
        {"status": "accepted", "actor": {"reference": f"Patient/{who}"}} for who in ("p", "a")]}
    house.bundle(shared)
    assert berg.get("/fhir/Appointment/rv2").status == 200
    assert berg.get("/api/patients/p/seen").status == 200
    answer = paul.get("/api/patients/a/seen?_count=200")
    assert b"rv1" not in answer.body and b"Patient/p" not in answer.body and b"Rowan" not in answer.body
    entries = answer.json["entries"]
    asked = [e for e in entries if e["action"] == "who-saw" and e["who"].get("name") == "Dr.Berg"]
    assert not [e for e in asked if "Encounter/e1" not in json.dumps(e)], asked
    read = [e for e in entries if e.get("resource") == "Appointment/rv2" and e["action"] == "read"]
    assert read and all("evidence" not in e.get("relationship", {}) or not e["relationship"]["evidence"]
                        for e in read), read


def test_a_name_that_was_only_joined_in_is_worded_as_such(house, paul, officer):
    assert officer.get("/api/patients/p/seen?_count=200").status == 200
    entries = paul.get("/api/patients/a/seen?_count=200").json["entries"]
    joined = [e for e in entries if e["kind"] == "review" and e["who"].get("role") == "privacy-officer"]
    assert all("asked who has seen" not in e["sentence"] for e in joined if "resource" not in e), joined


def test_clinicians_learn_nothing_of_others_from_who_has_seen_a_record(berg, searched):
    answer = berg.get("/api/patients/a/seen?_count=200")
    assert answer.status == 200 and b'"a2"' not in answer.body and b"Secretia" not in answer.body


def test_names_joined_into_the_trail_are_on_the_trail(house, officer, searched):
    answer = officer.get("/api/trail?action=search&who=dr.berg")
    assert b"Secretia" in answer.body
    mine = officer.get("/api/trail?patient=a2&who=ms.lane").json["entries"]
    assert [e for e in mine if e["action"] == "trail-search" and e["query"] == "action=search&who=dr.berg"], mine


def test_one_entry_with_a_name_in_it_is_on_the_trail(officer, searched):
    entry = officer.get("/api/trail?action=search&who=dr.berg").json["entries"][0]
    assert b"Secretia" in officer.get(f"/api/trail/{entry['seq']}").body
    mine = officer.get("/api/trail?patient=a2&who=ms.lane").json["entries"]
    assert [e for e in mine if e["query"] == f"entry {entry['seq']}"], mine


def test_the_security_officer_sees_no_name_not_even_in_a_search(house, searched):
    house.account("mr.guard", "security-officer")
    guard = house.sign_in("mr.guard")
    answer = guard.get("/api/trail?_count=500")
    assert answer.status == 200
    assert b"Secretia" not in answer.body and b"marsh" not in answer.body.lower()
    assert any("name=\u2026" in e.get("query", "") for e in answer.json["entries"])


def test_the_command_line_sees_no_name_either(house, searched):
    shown = house.cli("trail", "search", "--count", "500", "--json").stdout
    assert shown and "Secretia" not in shown and "marsh" not in shown.lower()


def test_a_search_of_the_whole_trail_comes_in_pages_that_end(house, officer, berg):
    """Whoever asks for what is not there must not keep everybody waiting while all is looked at."""
    before = officer.get("/api/trail/state").json["size"]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": "Patient/a"}} for _ in range(11000)]}
    for _ in range(2):
        assert berg.post("/fhir", bundle).status == 200
    assert officer.get("/api/trail/state").json["size"] > before + 21000
    page = officer.get("/api/trail?action=search&until=2001-01-01").json
    assert page["entries"] == [] and page["next"] > 1
    pages = 1
    while "next" in page:
        page = officer.get(f"/api/trail?action=search&until=2001-01-01&before={page['next']}").json
        pages += 1
    assert 2 <= pages <= 4
    shown = json.loads(house.cli("trail", "search", "--action", "start", "--json").stdout)
    assert len(shown["entries"]) == 1 and "next" not in shown
    shown = json.loads(house.cli("trail", "search", "--action", "read", "--count", "2500", "--json").stdout)
    assert len(shown["entries"]) == 2500 and len({e["seq"] for e in shown["entries"]}) == 2500
