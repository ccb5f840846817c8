"""Invented patients, accounts and tokens: whoever touches one is found, and nobody else is."""
import json
import time
import urllib.parse

import house as h
import pytest
from test_facts import findings, wait_for


@pytest.fixture(scope="module")
def baited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("baited")
    with h.House(folder, settings=[h.rules_without_playbooks(folder)]) as house:
        house.bundle(h.practitioner("p1"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(4)],
                     h.encounter("e1", "q0", "p1"))
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("ms.lane", "privacy-officer", ""),
                                    ("ad.min", "administrator", ""), ("ms.desk", "front-desk", ""), ("so.kim", "security-officer", "")):
            house.account(login, role, person)
        made = json.loads(house.cli("lure", "make", "--patients", 2, "--accounts", 1, "--tokens", 1, "--label",
                                    "the build server's notes", "--number", "urn:mrn|MRN-000", "--json").stdout)
        house.patients = [m["id"] for m in made if m["kind"] == "patient"]
        (house.bait,) = [m for m in made if m["kind"] == "account"]
        (house.token,) = [m["token"] for m in made if m["kind"] == "token"]
        house.berg, house.lane, house.admin, house.desk = (
            house.sign_in(n) for n in ("dr.berg", "ms.lane", "ad.min", "ms.desk"))
        yield house


CERTAIN = ("An invented record was touched", "Somebody tried to sign in with an invented account",
           "An invented account was changed", "A token that was left as a lure was used")


def certain(house):
    return [f for title in CERTAIN for f in findings(house.lane, title)]


def family_of(house, id):
    """As who may see the trail sees it."""
    made = house.lane.get(f"/api/trail?patient={id}").json["entries"]
    return made[0]["patients"][0]["name"].split()[-1]


def test_making_and_listing_them_is_on_the_trail_and_finds_nothing(baited):
    listed = baited.cli("lure", "list").stdout
    assert all(id in listed for id in baited.patients) and "the build server's notes" in listed
    assert baited.token not in listed
    entries = baited.lane.get("/api/trail?action=lures&_count=50").json["entries"]
    assert [e["detail"].split(":")[0] for e in entries].count("made") == 4
    assert all(e["patients"] == [] and id not in json.dumps(e) for e in entries for id in baited.patients)
    time.sleep(1)
    assert certain(baited) == []


def test_what_is_honest_touches_none(baited):
    """Looking a patient up by name, the trail and its names, the command line's own work."""
    found = baited.desk.get("/fhir/Patient?family=" + urllib.parse.quote(family_of(baited, baited.patients[0])))
    assert baited.patients[0] in [e["resource"]["id"] for e in found.json["entry"]]
    assert baited.berg.get("/fhir/Patient/q0").status == 200
    for words in (("records", "verify"), ("key", "rotate")):
        baited.cli(*words)
    baited.bundle(h.patient("q9", "Marsh9"))
    assert baited.lane.get(f"/api/trail?patient={baited.patients[0]}").json["entries"]
    assert baited.lane.get("/api/queue").status == 200
    time.sleep(1.5)
    assert certain(baited) == []
    listed = baited.lane.get(f"/api/trail?patient={baited.patients[0]}&action=search").json["entries"]
    assert listed and all(e["flags"] == ["honey-listed"] for e in listed)


def test_opening_one_is_certain(baited):
    answer = baited.berg.get(f"/fhir/Patient/{baited.patients[0]}")
    assert answer.status == 403  # as every stranger's
    found = wait_for(lambda: findings(baited.lane, CERTAIN[0]))
    assert found[0]["certain"] and found[0]["level"] == "critical"
    assert found[0]["who"]["name"] == "Dr.Berg" and found[0]["about"]["id"] == baited.patients[0]
    # Who may not see names is told which patient it was, in a sentence as good.
    nameless = findings(baited.sign_in("so.kim"), CERTAIN[0])[0]
    assert nameless["sentence"].startswith(f"Dr.Berg touched the invented patient {baited.patients[0]} (read, denied)")
    assert nameless["about"] == {"id": baited.patients[0]}
    broken = baited.berg.post("/api/break-glass", {"patient": baited.patients[1], "reason": "curious about this one"})
    assert broken.status == 200
    assert len(baited.berg.get(f"/fhir/Observation?patient={baited.patients[1]}").json["entry"]) == 3
    wait_for(lambda: len([f for f in findings(baited.lane, CERTAIN[0])
                          if f["about"]["id"] == baited.patients[1]]) == 2)
    # Nobody is kept from working by it.
    assert baited.berg.get("/fhir/Patient/q0").status == 200


def test_looking_one_up_by_its_id_is_certain(baited):
    before = len(findings(baited.lane, CERTAIN[0]))
    assert len(baited.desk.get(f"/fhir/Patient?_id={baited.patients[1]}").json["entry"]) == 1
    wait_for(lambda: len(findings(baited.lane, CERTAIN[0])) == before + 1)


def test_the_right_password_of_an_invented_account_lets_nobody_in(baited):
    client = h.Client(baited)
    answers = [client.post("/api/sign-in", {"login": baited.bait["label"], "password": word})
               for word in (baited.bait["password"], "not the right one")]
    others = client.post("/api/sign-in", {"login": "dr.berg", "password": "not the right one"})
    assert [a.status for a in answers] == [401, 401] == [others.status] * 2
    assert answers[0].body == answers[1].body == others.body
    found = wait_for(lambda: (lambda f: f if len(f) >= 2 else None)(findings(baited.lane, CERTAIN[1])))
    assert len(found) == 2 and found[0]["certain"] and "127.0.0.1" in found[0]["sentence"]
    given, family = baited.bait["label"].split(".")[0], baited.bait["label"].split(".")[-1]
    assert found[0]["who"]["account"] == baited.bait["id"] and family in found[0]["who"]["name"].lower()


def test_an_administrator_who_resets_it_is_found(baited):
    answer = baited.admin.post(f"/api/accounts/{baited.bait['id']}/reset-password")
    assert answer.status == 200
    found = wait_for(lambda: findings(baited.lane, CERTAIN[2]))
    assert found[0]["who"]["name"] == "Ad.Min" and len(found) == 1
    client = h.Client(baited)
    assert client.post("/api/sign-in", {"login": baited.bait["label"], "password": answer.json["password"]}).status == 401


def test_a_token_that_was_left_somewhere(baited):
    assert baited.token.startswith("hb_") and len(baited.token) == len(baited.berg.token)
    thief, guesser = h.Client(baited, baited.token), h.Client(baited, "hb_" + "x" * (len(baited.token) - 3))
    answer, other = thief.get("/fhir/Patient?name=mar"), guesser.get("/fhir/Patient?name=mar")
    assert answer.status == other.status == 401 and answer.json["issue"] == other.json["issue"]
    found = wait_for(lambda: findings(baited.lane, CERTAIN[3]))
    assert len(found) == 1 and found[0]["certain"]
    entry = baited.lane.get(f"/api/trail/{found[0]['seq']}").json
    assert entry["detail"] == "the build server's notes" and entry["flags"] == ["honey"]


def test_a_token_used_a_thousand_times_does_not_fill_the_trail(baited):
    thief = h.Client(baited, baited.token)
    before = baited.lane.get("/api/trail/state").json["size"]
    began = time.time()
    for _ in range(300):
        assert thief.get("/api/me").status == 401
    grown = baited.lane.get("/api/trail/state").json["size"] - before
    assert grown <= 5 + 2 * (time.time() - began)
    time.sleep(1.1)
    thief.get("/api/me")
    wait_for(lambda: [e for e in baited.lane.get("/api/trail?action=token-use").json["entries"]
                      if "more since the last entry" in e["detail"]])


def test_only_the_command_line_knows_them(baited):
    for client in (baited.berg, baited.lane, baited.admin, h.Client(baited)):
        assert client.get("/api/lures").status == 404
        assert client.post("/api/lures", {"kind": "patient", "id": "q0"}).status == 404
        assert client.delete(f"/api/lures/patient/{baited.patients[0]}").status == 404


def test_nothing_on_disk_tells(baited):
    kept = (baited.state / "identity" / "lures").read_bytes()
    assert len(kept) == 256 * 1024
    for word in (*baited.patients, baited.bait["id"], baited.bait["label"], baited.token, "build server"):
        assert word.encode() not in kept
    for file in (f for f in (baited.state / "watch").iterdir() if f.is_file()):
        data = file.read_bytes()
        assert not [id for id in baited.patients if id.encode() in data]


def test_they_are_known_after_a_restart_and_gone_when_removed(baited):
    baited.kill()
    baited.start()
    baited.lane, baited.berg = baited.sign_in("ms.lane"), baited.sign_in("dr.berg")
    before = None
    while before != (now := len(findings(baited.lane, CERTAIN[0]))):  # what was under way at the kill comes, too
        before = now
        time.sleep(3)
    baited.berg.get(f"/fhir/Patient/{baited.patients[0]}")
    wait_for(lambda: len(findings(baited.lane, CERTAIN[0])) == before + 1)
    assert "1 removed" in baited.cli("lure", "remove", baited.patients[0]).stdout
    baited.berg.get(f"/fhir/Patient/{baited.patients[0]}")
    assert "3 removed" in baited.cli("lure", "remove", "all").stdout
    assert h.Client(baited, baited.token).get("/api/me").status == 401
    time.sleep(1.5)
    assert len(findings(baited.lane, CERTAIN[0])) == before + 1
    assert json.loads(baited.cli("lure", "list", "--json").stdout)["lures"] == []
    accounts = baited.sign_in("ad.min").get("/api/accounts").json["accounts"]
    assert [a["state"] for a in accounts if a["id"] == baited.bait["id"]] == ["locked"]


def test_wrong_use_is_refused(baited):
    assert baited.cli("lure", "make", check=False).returncode == 2
    assert baited.cli("lure", "make", "--patients", "0", check=False).returncode == 2
    assert baited.cli("lure", "remove", "nothing", check=False).returncode == 1
