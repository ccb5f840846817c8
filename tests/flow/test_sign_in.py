"""Signing in with a second factor, and what attackers try with it."""
from house import Client, totp


def test_a_code_is_accepted_once(house):
    house.sign_in("dr.berg")
    client, secret = Client(house), house.secrets["dr.berg"]
    code = totp(secret["totp"], house.used["dr.berg"] * 30)
    ticket = client.post("/api/sign-in", {"login": "dr.berg", "password": secret["password"]}).json["ticket"]
    assert client.post("/api/sign-in/second-factor", {"ticket": ticket, "code": code}).status == 401


def test_a_recovery_code_works_once(house):
    client, secret = Client(house), house.secrets["dr.berg"]
    code = secret["recovery"][0]
    for expected in (200, 401):
        ticket = client.post("/api/sign-in", {"login": "dr.berg", "password": secret["password"]}).json["ticket"]
        assert client.post("/api/sign-in/second-factor", {"ticket": ticket, "code": code}).status == expected


def test_wrong_passwords_and_unknown_logins_look_alike(house):
    client = Client(house)
    wrong = client.post("/api/sign-in", {"login": "ms.lane", "password": "not this one at all"})
    unknown = client.post("/api/sign-in", {"login": "nobody.here", "password": "not this one at all"})
    assert (wrong.status, wrong.body) == (unknown.status, unknown.body) == (401, wrong.body)


def test_weak_passwords_are_refused_with_advice(house):
    house.account("new.nurse", "nurse")
    client = Client(house)
    ticket = client.post("/api/sign-in", {"login": "new.nurse",
                                          "password": house.secrets["new.nurse"]["given"]}).json["ticket"]
    for weak in ("short", "password1", "new.nurse2026", "aaaaaaaaaaaa"):
        answer = client.post("/api/sign-in/password", {"ticket": ticket, "password": weak})
        assert answer.status == 422 and answer.json["suggestions"], weak


def test_the_advice_is_what_will_be_decided(house):
    """The name in it, and the length that an account without a second factor needs."""
    house.account("adam.shortly", "nurse")
    house.account("pat.longley", "patient", "Patient/b")
    for login, words in (("adam.shortly", ("shortly-otter-tundra-91", "bobcat-otter-9", "lively-bobcat-tundra-91")),
                         ("pat.longley", ("bobcat-otter-9", "longley-otter-tundra-91", "lively-bobcat-tundra-91"))):
        client = Client(house)
        given = {"login": login, "password": house.secrets[login]["given"], "kind": "bearer"}
        ticket = client.post("/api/sign-in", given).json["ticket"]
        said = []
        for word in words:
            advice = client.post("/api/password/advice", {"ticket": ticket, "password": word}).json
            step = client.post("/api/sign-in/password", {"ticket": ticket, "password": word})
            assert advice["acceptable"] == (step.status == 200), (login, word, advice, step.body)
            assert advice["acceptable"] or advice["warning"] == step.json["message"], (advice, step.body)
            said.append(advice["acceptable"])
            ticket = step.json.get("ticket", ticket)
            if step.status == 200:
                break
        assert said[0] is False and said[-1] is True, said
    own = client.post("/api/password/advice", {"password": "longley-otter-tundra-91"})
    assert own.status == 401, own.body
    client.token = step.json["token"]
    assert client.post("/api/password/advice", {"password": "longley-otter-tundra-91"}).json["acceptable"] is False


def test_guessing_is_slowed_but_the_usual_place_is_not(house):
    house.sign_in("ms.lane")
    client = Client(house)
    statuses = [client.post("/api/sign-in", {"login": "no.such.account", "password": "guess number %d" % i}).status
                for i in range(8)]
    assert statuses[0] == 401 and statuses[-1] == 429
    house.sign_in("ms.lane")


def test_sessions_are_listed_and_end(house):
    one, two = house.sign_in("dr.berg"), house.sign_in("dr.berg")
    handles = [s["handle"] for s in two.get("/api/sessions").json["sessions"]]
    assert one.session["handle"] in handles
    assert two.delete("/api/sessions/" + one.session["handle"]).status == 204
    assert one.get("/api/me").status == 401
    assert two.post("/api/sign-out").status == 200
    assert two.get("/api/me").status == 401


def test_locking_an_account_ends_its_sessions(house):
    house.account("dr.stone", "clinician", "Practitioner/p2")
    stone = house.sign_in("dr.stone")
    house.cli("account", "lock", "dr.stone")
    assert stone.get("/api/me").status == 401


def test_a_cookie_needs_our_own_page(house):
    client, secret = Client(house), house.secrets["dr.berg"]
    ticket = client.post("/api/sign-in", {"login": "dr.berg", "password": secret["password"]}).json["ticket"]
    answer = client.post("/api/sign-in/second-factor", {"ticket": ticket, "code": house.code("dr.berg")})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hospitaller=hc_") and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    value = cookie.split(";")[0]
    ours = {"Cookie": value, "X-Hospitaller": "console"}
    assert client.get("/fhir/Patient/a", headers=ours).status == 200
    assert client.get("/fhir/Patient/a", headers={"Cookie": value}).status == 403
    assert client.get("/api/health", headers={"Cookie": value}).status == 200
    assert client.post("/api/sign-out", headers={"Cookie": value}).status == 403
    assert client.post("/api/sign-out", headers={"Cookie": value, "X-Hospitaller": "console"}).status == 200


def test_a_recovery_code_may_be_written_as_people_do(house):
    house.account("typist", "clinician")
    house.sign_in("typist")
    client, secret = Client(house), house.secrets["typist"]
    for code in (secret["recovery"][1].upper().replace("-", " "), secret["recovery"][2].upper()):
        ticket = client.post("/api/sign-in", {"login": "typist", "password": secret["password"]}).json["ticket"]
        assert client.post("/api/sign-in/second-factor", {"ticket": ticket, "code": code}).status == 200, code


def test_what_an_account_cannot_change_is_refused(house):
    admin = house.sign_in("mr.admin")
    path = "/api/accounts/" + house.secrets["ms.desk"]["id"]
    for change in ({"person": "Practitioner/p1"}, {"name": "Desk", "person": "Practitioner/p1"}, {"role": 1}):
        answer = admin.ask("PATCH", path, change)
        assert answer.status == 422 and answer.json["error"] == "invalid", (change, answer.body)
    assert admin.ask("PATCH", path, {"name": "Desk"}).json["name"] == "Desk"
