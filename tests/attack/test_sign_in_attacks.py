"""Somebody who has a password, a ticket or a session that is not theirs, and wants more."""
import uuid

import pytest
from house import Client, PASSWORD


@pytest.fixture(scope="module")
def admin(house):
    return house.sign_in("mr.admin")


def ticket(house, login, password=None):
    secret = house.secrets[login]
    return Client(house).post("/api/sign-in", {"login": login, "kind": "bearer",
                                               "password": password or secret.get("password") or secret["given"]}).json


def test_many_tickets_do_not_buy_many_guesses_at_a_code(house):
    house.account("dr.much", "clinician", "Practitioner/p7")
    house.sign_in("dr.much")
    tickets = [ticket(house, "dr.much")["ticket"] for _ in range(8)]
    answers = [Client(house).post("/api/sign-in/second-factor", {"ticket": t, "code": "000000"})
               for t in tickets for _ in range(4)]
    refused = [a for a in answers if a.status == 429]
    assert refused and all(int(a.headers["retry-after"]) >= 1 for a in refused)
    assert {a.status for a in answers} == {401, 429}


def test_a_second_ticket_to_enrol_does_not_replace_a_factor(house):
    house.account("dr.new", "clinician", "Practitioner/p8")
    client, secret = Client(house), house.secrets["dr.new"]
    secret["password"] = PASSWORD.format(uuid.uuid4().hex[:6])
    step = ticket(house, "dr.new", secret["given"])
    step = client.post("/api/sign-in/password", {"ticket": step["ticket"], "password": secret["password"]}).json
    other = ticket(house, "dr.new")
    assert step["state"] == other["state"] == "enrol"
    assert client.post("/api/sign-in/enrol", {"ticket": other["ticket"]}).status == 200
    house.sign_in("dr.new")
    assert client.post("/api/sign-in/enrol", {"ticket": other["ticket"]}).status == 401


def test_a_ticket_from_before_a_password_was_changed_is_worth_nothing(house):
    house.account("dr.leaked", "clinician", "Practitioner/p9")
    client, secret = Client(house), house.secrets["dr.leaked"]
    thief = ticket(house, "dr.leaked")
    house.sign_in("dr.leaked")
    answer = client.post("/api/sign-in/password", {"ticket": thief["ticket"], "password": PASSWORD.format("thief1")})
    assert answer.status == 401
    assert ticket(house, "dr.leaked")["state"] == "second-factor"
    assert secret["password"]


def test_changing_a_password_ends_the_other_sessions(house):
    house.account("dr.two", "clinician", "Practitioner/p10")
    mine, stolen = house.sign_in("dr.two"), house.sign_in("dr.two")
    secret = house.secrets["dr.two"]
    answer = mine.post("/api/me/password", {"old": secret["password"], "new": PASSWORD.format("changed")})
    assert answer.status == 200, answer.body
    assert mine.get("/api/me").status == 200
    assert stolen.get("/api/me").status == 401


def test_a_stolen_session_does_not_guess_the_password(house):
    house.account("dr.guess", "clinician", "Practitioner/p11")
    stolen = house.sign_in("dr.guess")
    answers = [stolen.post("/api/me/password", {"old": f"wrong {i}", "new": PASSWORD.format("zz81qm")}).status
               for i in range(12)]
    assert 429 in answers and stolen.get("/api/me").status == 200


def test_a_patient_who_becomes_staff_needs_a_second_factor(house, admin):
    made = admin.post("/api/accounts", {"login": "temp", "name": "Temp", "role": "patient", "person": "Patient/zz"}).json
    house.secrets["temp"] = {"given": made["password"]}
    step = ticket(house, "temp")
    house.secrets["temp"]["password"] = PASSWORD.format("zq41kx")
    step = Client(house).post("/api/sign-in/password",
                              {"ticket": step["ticket"], "password": house.secrets["temp"]["password"]}).json
    assert step["state"] == "signed-in"
    assert admin.ask("PATCH", "/api/accounts/" + made["id"], {"role": "administrator"}).status == 200
    assert Client(house, step["token"]).get("/api/accounts").status == 401
    assert ticket(house, "temp")["state"] == "enrol"


def test_the_glass_always_breaks(berg):
    for i in range(230):
        answer = berg.post("/api/break-glass", {"patient": f"p{i}", "reason": "a whole ward at once, an emergency"})
        assert answer.status == 200, (i, answer.body)
    for i in range(3):
        assert berg.post("/api/break-glass", {"patient": "b", "reason": "unconscious, no one knows them"}).status == 200
    grants = berg.get("/api/break-glass").json["grants"]
    assert len([g for g in grants if g["patient"] == "b"]) == 1
    assert berg.get("/fhir/Patient/b").status == 200


def test_who_manages_accounts_does_not_become_a_clinician(house, admin):
    mine = house.secrets["mr.admin"]["id"]
    for me in (mine, "mr.admin"):
        assert admin.ask("PATCH", "/api/accounts/" + me, {"role": "clinician"}).status == 403
    assert admin.ask("PATCH", "/api/accounts/" + mine, {"name": "Mr. Admin"}).status == 200
    assert admin.get("/api/me").json["account"]["role"] == "administrator"
