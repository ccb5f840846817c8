"""What a person ordinarily does, against today: from acts at the door to the page of who may see it."""
import sqlite3

import house as h
from house import wait_for
import pytest


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    with h.House(tmp_path_factory.mktemp("behaviour")) as house:
        house.bundle(h.practitioner("p1"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(4)],
                     *[h.encounter(f"e{i}", f"q{i}", "p1") for i in range(4)])
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.account("ms.lane", "privacy-officer")
        house.account("mr.admin", "administrator")
        house.account("dr.idle", "clinician")
        house.berg, house.lane = house.sign_in("dr.berg"), house.sign_in("ms.lane")
        yield house


def today(client, feature, login="dr.berg"):
    answer = client.get(f"/api/behaviour/{login}")
    rows = answer.json["features"] if answer.status == 200 else []
    return next((r["today"] for r in rows if r["feature"] == feature), None)


def test_a_day_is_counted(watched):
    before = today(watched.lane, "records") or 0
    for i in range(4):
        assert watched.berg.get(f"/fhir/Patient/q{i}").status == 200
    wait_for(lambda: today(watched.lane, "records") == before + 4)
    assert today(watched.lane, "patients") in (3, 4)  # by a bitmap: two of four share a bit once in 340 runs
    answer = watched.lane.get("/api/behaviour/dr.berg").json
    assert answer["account"] == {"id": watched.secrets["dr.berg"]["id"], "login": "dr.berg",
                                 "name": answer["account"]["name"], "role": "clinician"}
    assert answer["days"] == 0 and not answer["found_today"] and len(answer["usual_hours"]) == 24
    assert watched.lane.get(f"/api/behaviour/{answer['account']['id']}").json == answer  # by id, too


def test_who_may_look_and_that_it_is_on_the_trail(watched):
    assert watched.berg.get("/api/behaviour/ms.lane").status == 403
    assert watched.sign_in("mr.admin").get("/api/behaviour/dr.berg").status == 403
    assert watched.lane.get("/api/behaviour/nobody").status == 404
    assert watched.lane.get("/api/behaviour/dr.idle").status == 404  # never did anything
    entries = watched.lane.get("/api/trail?action=trail-search&who=ms.lane").json["entries"]
    assert any(e["query"] == "behaviour of dr.berg" for e in entries)


def test_the_command_shows_it(watched):
    done = watched.cli("behaviour", "who", "dr.berg")
    assert "dr.berg" in done.stdout and "different patients" in done.stdout
    assert watched.cli("behaviour", "who", "nobody", check=False).returncode != 0


def test_how_far_it_is(watched):
    answer = watched.sign_in("mr.admin").get("/api/behaviour").json
    assert answer["learning"] and answer["people"] >= 2 and answer["forgotten"] == 0
    assert set(answer["thresholds"].values()) == {None}
    assert watched.berg.get("/api/behaviour").status == 403
    assert "still learns" in watched.cli("behaviour", "status").stdout


def test_killed_or_without_its_database_the_day_is_the_same(watched):
    before = today(watched.lane, "records")
    watched.kill()
    watched.start()
    lane = watched.sign_in("ms.lane")
    wait_for(lambda: today(lane, "records") == before)
    watched.stop()
    (watched.state / "watch" / "behaviour.db").write_bytes(b"this is no database" * 100)
    watched.start()
    lane = watched.sign_in("ms.lane")
    wait_for(lambda: today(lane, "records") == before)
    assert "learning anew from the trail" in watched.log_text()
    watched.stop()
    with sqlite3.connect(f"file:{watched.state}/watch/behaviour.db?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    data = (watched.state / "watch" / "behaviour.db").read_bytes()
    assert b"Berg" not in data and b"Marsh" not in data and watched.secrets["dr.berg"]["id"].encode() not in data
    watched.start()
