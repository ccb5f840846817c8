"""Somebody who is in tries to tell an invented record from a real one, by everything that an answer holds.

What still gives one away is said in docs/lures.md; the tests at the end show that it does, so that the page stays
true.
"""
import json
import statistics
import time

import house as h
import pytest

FAMILY = "Zellner"


def real(id):
    """What the hospital's own import brings, in the shape of the house."""
    patient = {"resourceType": "Patient", "id": id, "name": [{"use": "official", "family": FAMILY, "given": ["Ada"]}],
               "gender": "female", "birthDate": "1950-02-03",
               "address": [{"line": ["Mill Lane 3"], "city": "Lindenau", "postalCode": "40117"}],
               "telecom": [{"system": "phone", "value": "0123 456789"}],
               "identifier": [{"system": "urn:mrn", "value": "MRN-4711"}]}
    return [patient, h.observation("o-" + id, id)]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bait")
    with h.House(folder, settings=[h.rules_without_playbooks(folder)]) as house:
        house.real = ["0b2f6a52-7f0c-4a3e-9d1a-6f1f0c9b7d01", "7c1d9e30-2b8e-4c55-8a17-3e0d5f6a9b02"]
        house.bundle(h.practitioner("p1"), *real(house.real[0]), *real(house.real[1]))
        made = json.loads(house.cli("lure", "make", "--patients", 2, "--accounts", 1, "--number", "urn:mrn|MRN-4711",
                                    "--json").stdout)
        house.bait = [m["id"] for m in made if m["kind"] == "patient"]
        (house.bait_account,) = [m for m in made if m["kind"] == "account"]
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("ad.min", "administrator", ""),
                                    ("ms.desk", "front-desk", ""), ("ms.lane", "privacy-officer", "")):
            house.account(login, role, person)
        house.berg, house.admin, house.desk, house.lane = (
            house.sign_in(n) for n in ("dr.berg", "ad.min", "ms.desk", "ms.lane"))
        for patient in house.real + house.bait:
            assert house.berg.post("/api/break-glass", {"patient": patient, "reason": "a long enough one"}).status == 200
        yield house


def shape(value):
    """The keys and kinds of what an answer holds, without its values."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def headers(answer):
    return {k: len(v) if k == "etag" else v for k, v in answer.headers.items()
            if k not in ("date", "last-modified", "content-length", "x-request-id", "x-trace", "location")}


def asked(house, path):
    real, bait = (house.berg.get(path.format(id=ids[0])) for ids in (house.real, house.bait))
    assert real.status == bait.status, path
    assert headers(real) == headers(bait), path
    return real.json, bait.json


def test_the_patient_itself(house):
    real, bait = asked(house, "/fhir/Patient/{id}")
    assert shape(real) == shape(bait)
    assert real["meta"].keys() == bait["meta"].keys() and real["meta"]["versionId"] == bait["meta"]["versionId"] == "1"
    assert len(real["id"]) == len(bait["id"])
    assert len(real["identifier"][0]["value"]) == len(bait["identifier"][0]["value"])


@pytest.mark.parametrize("path", ("/fhir/Patient/{id}/_history", "/fhir/Patient/{id}/_history/1",
                                  "/fhir/Patient?_id={id}"))
def test_versions_history_and_search(house, path):
    real, bait = asked(house, path)
    assert shape(real) == shape(bait)


def test_metadata_and_errors_say_nothing(house):
    assert b"honey" not in house.berg.get("/fhir/metadata").body and b"lure" not in house.berg.get("/fhir/metadata").body
    stranger = house.sign_in("ms.desk")
    answers = [stranger.get(f"/fhir/Observation?patient={ids[0]}") for ids in (house.real, house.bait)]
    assert [a.status for a in answers] == [403, 403] and answers[0].body == answers[1].body
    for tag in ("honey", "lure", "HTEST"):
        found = house.berg.get(f"/fhir/Patient?_id={house.bait[0]}&_tag={tag}")
        same = house.berg.get(f"/fhir/Patient?_id={house.real[0]}&_tag={tag}")
        assert found.status == same.status and len(found.json.get("entry", [])) == len(same.json.get("entry", []))


def test_who_has_seen_it(house):
    real, bait = (house.berg.get(f"/api/patients/{ids[0]}/seen?_count=100") for ids in (house.real, house.bait))
    assert real.status == bait.status == 200
    assert b"honey" not in bait.body and b"lure" not in bait.body
    for entry in bait.json["entries"]:
        assert "flags" not in entry and "target" not in entry
    ways = [{(e["action"], e["who"]["role"], e["outcome"]) for e in a.json["entries"]} for a in (real, bait)]
    assert ways[0] == ways[1]


def test_accounts_as_an_administrator_sees_them(house):
    accounts = {a["id"]: a for a in house.admin.get("/api/accounts").json["accounts"]}
    house.account("nurse.new", "nurse", "Practitioner/p1")
    fresh = [a for a in house.admin.get("/api/accounts").json["accounts"] if a["login"] == "nurse.new"][0]
    bait = accounts[house.bait_account["id"]]
    assert shape(bait) == shape(fresh)
    for key in ("state", "second_factor", "must_change_password"):
        assert bait[key] == fresh[key]
    assert b"honey" not in house.admin.get("/api/sessions?account=").body


def took(client, path):
    """Milliseconds."""
    begin = time.perf_counter()
    assert client.get(path).status == 200
    return (time.perf_counter() - begin) * 1000


def test_the_time_of_an_answer(house):
    """Real and invented in turn: the middles differ by less than real ones do among themselves."""
    times = {id: [] for id in house.real + house.bait}
    for _ in range(150):
        for id in times:
            times[id].append(took(house.berg, f"/fhir/Patient/{id}"))
    middles = {id: statistics.median(t) for id, t in times.items()}
    spread = statistics.median(statistics.quantiles(t, n=4)[2] - statistics.quantiles(t, n=4)[0]
                               for t in times.values())
    real = statistics.mean(middles[i] for i in house.real)
    bait = statistics.mean(middles[i] for i in house.bait)
    print(f"real {real:.3f} ms, invented {bait:.3f} ms, quartiles apart by {spread:.3f} ms")
    assert abs(real - bait) < max(spread, 0.2)


def sign_in_ms(house, login):
    begin = time.perf_counter()
    answer = h.Client(house).post("/api/sign-in", {"login": login, "password": "wrong horse battery"})
    assert answer.status == 401, answer.body
    return (time.perf_counter() - begin) * 1000


def test_the_time_of_a_refused_sign_in(house):
    """Few, for both are throttled alike."""
    real = [sign_in_ms(house, "ms.lane") for _ in range(3)]
    bait = [sign_in_ms(house, house.bait_account["label"]) for _ in range(3)]
    print(f"real {min(real):.1f} ms, invented {min(bait):.1f} ms")
    assert min(bait) < 3 * min(real) and min(real) < 3 * min(bait)


# ---- What gives them away, as docs/lures.md says.


def test_the_moment_it_was_stored_gives_it_away(house):
    """Lures of one call share a moment of their own. Made with the import they would share its moment."""
    moments = [house.berg.get(f"/fhir/Patient/{id}").json["meta"]["lastUpdated"] for id in house.bait]
    assert moments[0][:16] == moments[1][:16]
    assert "lastUpdated" in (h.ROOT / "docs" / "lures.md").read_text()


def test_that_nobody_ever_treated_them_gives_them_away(house):
    encounters = [house.berg.get(f"/fhir/Encounter?patient={id}").json["entry"] for id in house.bait]
    assert all("participant" not in e["resource"] for entries in encounters for e in entries)
    assert "participant" in (h.ROOT / "docs" / "lures.md").read_text()
