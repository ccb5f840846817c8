"""The configured `base`: absolute references to this server mean what is here."""
import pytest

import house as h

BASE = "https://his.example/fhir"


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    with h.House(tmp_path_factory.mktemp("house"), settings=("base=" + BASE,)) as house:
        house.bundle(h.practitioner("p1"), h.patient("a"), h.patient("b"), h.encounter("e1", "a", "p1"))
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.account("feeder", "application")
        yield house


@pytest.fixture(scope="module")
def app(known):
    return h.Client(known, known.cli("account", "token", "feeder", "--label", "feeder").stdout.strip())


def about(reference):
    made = h.observation("x", "a")
    made.pop("id")
    made["subject"]["reference"] = reference
    return made


def test_a_reference_to_this_server_is_stored_as_relative(known, app):
    made = app.post("/fhir/Observation", about(BASE + "/Patient/a")).json
    assert made["subject"]["reference"] == "Patient/a"
    berg = known.sign_in("dr.berg")
    assert berg.get("/fhir/Observation/" + made["id"]).status == 200
    other = app.post("/fhir/Observation", about(BASE + "/Patient/b")).json
    assert berg.get("/fhir/Observation/" + other["id"]).status == 403
    for query in ("patient=a", "patient=Patient/a", f"patient={BASE}/Patient/a", f"subject={BASE}/Patient/a"):
        found = berg.get("/fhir/Observation?" + query).json
        assert [e["resource"]["id"] for e in found["entry"]] == [made["id"]], query
        assert found["entry"][0]["fullUrl"] == f"{BASE}/Observation/{made['id']}"
    assert berg.get(f"/fhir/Observation?patient={BASE}/Patient/b").status == 403


def test_the_host_header_decides_nothing(app):
    elsewhere = "https://elsewhere.example/fhir/Patient/a"
    made = app.ask("POST", "/fhir/Observation", about(elsewhere), {"Host": "elsewhere.example"}).json
    assert made["subject"]["reference"] == elsewhere
    found = app.ask("GET", f"/fhir/Observation?patient=a", headers={"Host": "elsewhere.example"}).json
    assert made["id"] not in [e["resource"]["id"] for e in found.get("entry", [])]
    assert found["link"][0]["url"].startswith(BASE)
    # Nor does a name that only begins like ours.
    for near in ("https://his.example/fhirx/Patient/a", "https://his.example.evil/fhir/Patient/a"):
        assert app.post("/fhir/Observation", about(near)).json["subject"]["reference"] == near


def test_in_a_transaction_too(app):
    entry = {"fullUrl": BASE + "/Observation/77", "resource": {**about(BASE + "/Patient/a"), "id": "77"},
             "request": {"method": "PUT", "url": "Observation/77"}}
    answer = app.post("/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]},
                      {"Prefer": "return=representation"})
    assert answer.json["entry"][0]["resource"]["subject"]["reference"] == "Patient/a", answer.body


def test_a_base_that_is_none_is_refused(known):
    for value in ("http://his.example/fhir", "https:///fhir", "his.example/fhir", "https://his.example/fhir/",
                  "https://his.example/", "https://his.example/ehr/fhir", "https://his example/fhir"):
        assert known.cli("--set", "base=" + value, "config", "show", check=False).returncode != 0, value
