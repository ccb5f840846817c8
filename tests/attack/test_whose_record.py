"""Whose record a resource is, where its subject does not say so with a plain "Patient/1".

An application may store everything; dr.berg (Practitioner/p1) treats patient a and nobody else.
"""
import time
import uuid

import pytest

from house import Client, encounter, observation, patient


@pytest.fixture(scope="module")
def app(house):
    house.account("feeder", "application")
    return Client(house, house.cli("account", "token", "feeder", "--label", "feeder").stdout.strip())


def about(subject):
    made = observation("x", "a", value=44.4)
    made.pop("id")
    made["subject"] = subject
    return made


NOWHERE = ({"display": "Ruth Quill"}, {"identifier": {"system": "urn:mrn", "value": "MRN-z"}},
           {"reference": "Patient?identifier=urn:mrn|MRN-z"}, {"reference": "Ruth Quill"},
           {"reference": "https://elsewhere.example/fhir/Patient/a"}, {"reference": "urn:uuid:" + str(uuid.uuid4())})


@pytest.mark.parametrize("stand_in", ("unknown", "nobody"))
def test_no_patient_is_a_master_key(app, berg, stand_in):
    assert app.put(f"/fhir/Patient/{stand_in}", patient(stand_in)).status in (200, 201)
    assert app.put(f"/fhir/Encounter/of-{stand_in}", encounter(f"of-{stand_in}", stand_in, "p1")).status == 201
    for subject in NOWHERE:
        made = app.post("/fhir/Observation", about(subject))
        assert made.status == 201, made.body
        answer = berg.get("/fhir/Observation/" + made.json["id"])
        assert answer.status == 403, (subject, answer.body)
    assert berg.get("/fhir/Observation/not-there").status == 403


def test_the_trail_says_that_the_patient_is_not_known(app, berg, officer):
    made = app.post("/fhir/Observation", about({"display": "Ruth Quill"})).json
    assert berg.get("/fhir/Observation/" + made["id"]).status == 403
    entry = next(e for e in officer.get("/api/trail?outcome=denied").json["entries"]
                 if e["resource"] == "Observation/" + made["id"])
    assert "a patient who is not known here" in entry["sentence"], entry
