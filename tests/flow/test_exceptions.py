"""What is known to be fine does not count: one line, with a reason and an end, on the trail before it counts."""
import json
import time

import house as h
import pytest
from test_facts import findings, wait_for

RULE = "26526089-b6db-5d2f-9528-e601ed860345"  # glass broken for several patients
TITLE = "Glass broken for several"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fine")
    with h.House(folder, settings=[h.rules_without_playbooks(folder)]) as house:
        house.bundle(h.practitioner("p1"), h.practitioner("p2"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(9)])
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("dr.stone", "clinician",
                                    "Practitioner/p2"), ("ms.lane", "privacy-officer", ""),
                                    ("so.kim", "security-officer", ""), ("ad.min", "administrator", "")):
            house.account(login, role, person)
        house.berg, house.stone, house.lane, house.kim, house.admin = (
            house.sign_in(n) for n in ("dr.berg", "dr.stone", "ms.lane", "so.kim", "ad.min"))
        yield house


def glasses(client, patients):
    for p in patients:
        answer = client.post("/api/break-glass", {"patient": p, "reason": "accident with many injured"})
        assert answer.status == 200, answer.body


def except_(house, **more):
    return house.lane.post("/api/exceptions", {"rule": RULE, "when": "actor.user.uid=dr.berg", "until": "2099-01-31",
                                               "reason": "Paul Marsh's team takes the accidents", **more})


def test_an_exception_counts_at_once_and_is_on_the_trail(house):
    answer = except_(house)
    assert answer.status == 201, answer.body
    house.made = answer.json["id"]
    entry = house.lane.get("/api/trail?action=exception").json["entries"][0]
    assert entry["outcome"] == "allowed" and entry["reason"] == "Paul Marsh's team takes the accidents"
    assert entry["target"] == house.secrets["dr.berg"]["id"] and RULE in entry["detail"]
    glasses(house.berg, ["q0", "q1", "q2"])
    glasses(house.stone, ["q3", "q4", "q5"])
    found = wait_for(lambda: findings(house.lane, TITLE))
    time.sleep(1)
    assert [f["who"]["name"] for f in findings(house.lane, TITLE)] == ["Dr.Stone"] and len(found) == 1


def test_it_is_listed_with_its_use_its_name_and_its_reason(house):
    (one,) = house.kim.get("/api/exceptions").json["exceptions"]
    assert one["id"] == house.made and one["rule"] == RULE and TITLE in one["title"]
    assert one["who"]["name"] == "Dr.Berg" and one["field"] == "actor.user.uid" and len(one["value"]) == 16
    assert one["reason"] == "Paul Marsh's team takes the accidents" and one["until"] == "2099-01-31"
    assert one["used"] >= 3 and one["added"] and not one["ended"]


def test_watch_keeps_neither_the_name_nor_the_reason(house):
    kept = b"".join(p.read_bytes() for p in (house.state / "watch").iterdir() if p.is_file())
    assert RULE.encode() in kept
    for word in (b"Marsh", b"accidents", b"dr.berg", b"Dr.Berg", house.secrets["dr.berg"]["id"].encode()):
        assert word not in kept


def test_the_number_of_a_finding_is_enough(house):
    number = findings(house.lane, TITLE)[0]["actor"]
    answer = except_(house, when=f"actor.user.uid={number}")
    assert answer.status == 201
    (one,) = [e for e in house.lane.get("/api/exceptions").json["exceptions"] if e["value"] == number]
    assert one["who"]["name"] == "Dr.Stone"
    assert house.lane.delete(f"/api/exceptions/{answer.json['id']}").status == 204


def test_what_makes_no_sense_is_refused_and_the_trail_says_so(house):
    for more, status in (({"rule": "00000000-0000-4000-8000-000000000000"}, 404), ({"when": "no.field=1"}, 422),
                         ({"when": "actor.user.uid"}, 422), ({"until": "tomorrow"}, 422),
                         ({"until": "2020-01-01"}, 422), ({"reason": ""}, 422), ({"reason": "x" * 400}, 422),
                         ({"when": "time.hour=3\n- {rule: x"}, 422)):
        answer = except_(house, **more)
        assert answer.status == status, (more, answer.status, answer.body)
    assert len(house.lane.get("/api/exceptions").json["exceptions"]) == 1
    entries = house.lane.get("/api/trail?action=exception&outcome=failed").json["entries"]
    assert len(entries) >= 5 and all(e["refers_to"] for e in entries)


def test_only_officers_make_them(house):
    for client in (house.berg, house.admin, h.Client(house)):
        assert client.get("/api/exceptions").status in (401, 403)
        assert client.post("/api/exceptions", {"rule": RULE, "when": "time.hour=1", "reason": "x" * 10,
                                               "until": "2099-01-31"}).status in (401, 403)
        assert client.delete(f"/api/exceptions/{house.made}").status in (401, 403)


def test_what_the_administrator_wrote_by_hand_is_not_taken_out_here(house):
    text = 'a "quoted" reason: with {signs} # and more'
    answer = except_(house, when="http_request.user_agent=Ward \"7\": x", reason=text)
    assert answer.status == 201
    (one,) = [e for e in house.lane.get("/api/exceptions").json["exceptions"] if e["id"] == answer.json["id"]]
    assert one["reason"] == text and one["value"] == 'Ward "7": x'
    assert house.lane.delete(f"/api/exceptions/{one['id']}").status == 204


def test_they_outlive_a_restart_and_count_until_they_are_removed(house):
    house.kill()
    house.start()
    house.lane, house.berg = house.sign_in("ms.lane"), house.sign_in("dr.berg")
    listed = wait_for(lambda: house.lane.get("/api/exceptions").json.get("exceptions"))
    assert [e["id"] for e in listed] == [house.made]
    assert house.lane.delete(f"/api/exceptions/{house.made}").status == 204
    assert house.lane.delete(f"/api/exceptions/{house.made}").status == 404
    assert house.lane.get("/api/exceptions").json["exceptions"] == []
    glasses(house.berg, ["q0", "q1", "q2"])
    wait_for(lambda: [f for f in findings(house.lane, TITLE) if f["who"]["name"] == "Dr.Berg"])


def test_the_command_line_does_the_same(house):
    done = house.cli("rules", "except", RULE, "--when", "user.uid=dr.stone", "--reason", "agreed with the head",
                     "--until", "2099-06-30")
    id = done.stdout.split()[1]
    listed = house.cli("rules", "exceptions").stdout
    assert id in listed and "Dr.Stone" in listed and "agreed with the head" in listed
    assert json.loads(house.cli("rules", "exceptions", "--json").stdout)["exceptions"][0]["id"] == id
    house.cli("rules", "unexcept", id)
    assert house.cli("rules", "unexcept", id, check=False).returncode == 1
    assert house.cli("rules", "except", RULE, "--when", "nonsense", "--reason", "x", "--until", "2099-06-30",
                     check=False).returncode == 2
