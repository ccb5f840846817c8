"""The trail is about patients, too: what of it leaves is an access like any other."""
import json

import pytest
from house import Client, patient


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
