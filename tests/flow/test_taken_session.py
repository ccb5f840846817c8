"""A session that is used from a second place ends at once; a password that may have been guessed is a
person's affair, for anybody can fail at a colleague's password."""
import http.client
import json
import ssl

import house as h
from house import wait_for
import pytest


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    with h.House(tmp_path_factory.mktemp("taken")) as house:
        house.bundle(h.practitioner("p1"), h.patient("q1"), h.patient("q2", "Stone"), h.encounter("e1", "q1", "p1"),
                     h.encounter("e2", "q2", "p1"))
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.account("so.kim", "security-officer")
        house.kim = house.sign_in("so.kim")
        yield house


def from_elsewhere(house, path, token=None, body=None):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    door = http.client.HTTPSConnection("127.0.0.1", house.port, context=context, timeout=20,
                                       source_address=("127.0.0.77", 0))
    headers = {"Authorization": f"Bearer {token}"} if token else {"Content-Type": "application/json"}
    door.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
    return door.getresponse().status


def runs(house, name):
    return [r for r in house.kim.get("/api/playbooks/runs").json["runs"] if r["playbook"] == name]


def step(house, name, action, state):
    return [s for r in runs(house, name) for s in r["steps"] if s["action"] == action and s["state"] == state]


def test_after_a_guessed_password_a_taken_session_still_ends_at_once(ward):
    ward.sign_in("dr.berg")  # from where they always do: there nobody makes them wait
    for n in range(5):
        guess = {"login": "dr.berg", "password": f"summer {n} of love", "kind": "bearer"}
        wait_for(lambda: from_elsewhere(ward, "/api/sign-in", body=guess) == 401)
    berg = ward.sign_in("dr.berg")
    assert berg.get("/fhir/Patient/q1").status == 200
    # Of the password alone nothing is done to them, but a task stands there, and a person is asked.
    wait_for(lambda: step(ward, "guessed", "open-task", "done"))
    wait_for(lambda: step(ward, "guessed", "end-sessions", "asked"))
    assert berg.get("/api/me").status == 200
    # Refused elsewhere is no proof; allowed elsewhere is.
    assert from_elsewhere(ward, "/fhir/Patient/q2", berg.token) == 200
    wait_for(lambda: step(ward, "takeover", "end-sessions", "done"))
    assert berg.get("/api/me").status == 401 and from_elsewhere(ward, "/fhir/Patient/q1", berg.token) == 401
    assert ward.sign_in("dr.berg").get("/fhir/Patient/q1").status == 200
