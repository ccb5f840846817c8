"""A reviewer decides about somebody in the queue: it was fine, or it is an incident."""
import json
import os
import signal
import sqlite3
import time

import house as h
import pytest

from test_explained import people, queue

TODAY = time.strftime("%Y-%m-%d", time.gmtime())


def look(house, client, patient):
    broken = client.post("/api/break-glass", {"patient": patient, "reason": "Called to this patient"})
    assert broken.status == 200
    assert client.get(f"/fhir/Patient/{patient}").status == 200


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    with h.House(tmp_path_factory.mktemp("review")) as house:
        people(house)
        house.bundle(h.practitioner("p3", "Reed"), h.patient("f", "Hale", "Nora"),
                     h.patient("e", "Moss", "Lea", deceasedBoolean=True))
        house.account("dr.reed", "clinician", "Practitioner/p3")
        house.account("so.kim", "security-officer")
        house.stone, house.reed = house.sign_in("dr.stone"), house.sign_in("dr.reed")
        house.lane = house.sign_in("ms.lane")
        look(house, house.stone, "d")  # who has died: noticeable, and no incident by itself
        yield house


def decide(client, account, verdict, **more):
    return client.post("/api/queue", {"account": account, "queue": "worst", "day": TODAY, "verdict": verdict, **more})


def waits(lane, name):
    told = queue(lane, lambda q: q.get("waiting") == 0 and any(i["who"]["name"] == name for i in q["items"]))
    return next(i for i in told["items"] if i["who"]["name"] == name)


def settled(ward):
    """Watch has weighed everything that was done."""
    end = time.time() + 20
    size = ward.lane.get("/api/trail/state").json["size"]
    while time.time() < end:
        status = json.loads(ward.cli("status", "--json").stdout)
        if (status.get("watch") or {}).get("place", 0) >= size and ward.lane.get("/api/queue").json.get("waiting") == 0:
            break
        time.sleep(0.3)
    time.sleep(2.5)  # and has told


def test_what_was_refused_was_not_opened(ward):
    assert ward.stone.get("/fhir/Patient/f").status == 403
    settled(ward)
    (item,) = ward.lane.get("/api/queue").json["items"]
    assert item["records"] == 2 and item["why"][0] == (
        "Looked for 2 records without an explanation on one day, and opened 1: "
        "the other was refused, or only found in a list.")


def test_only_who_may_and_with_a_reason(ward):
    item = waits(ward.lane, "Dr.Stone")
    assert item["day"] == TODAY and item["queue"] == "worst"
    assert decide(ward.reed, "dr.stone", "fine", reason="a friend").status == 403
    assert decide(ward.lane, "dr.stone", "fine").status == 422
    assert decide(ward.lane, "dr.stone", "perhaps", reason="x").status == 422
    assert decide(ward.lane, "dr.nobody", "fine", reason="x").status == 422
    assert decide(ward.lane, "ms.lane", "fine", reason="it was me").status == 422
    assert decide(ward.lane, "dr.berg", "fine", reason="treats them").status == 404
    assert waits(ward.lane, "Dr.Stone")


def test_what_is_fine_is_out_at_once_and_on_the_trail_with_its_reason(ward):
    done = decide(ward.lane, "dr.stone", "fine", reason="covered the ward that night")
    assert done.status == 200 and done.json == {"records": 2, "days": 1}
    assert ward.lane.get("/api/queue").json["items"] == []
    entry = ward.lane.get("/api/trail?action=queue-review&outcome=allowed").json["entries"][0]
    assert entry["reason"] == "covered the ward that night" and entry["target"]
    assert "Dr.Stone" in entry["sentence"] and "fine" in entry["sentence"]
    failed = ward.lane.get("/api/trail?action=queue-review&outcome=failed").json["entries"]
    assert len(failed) == 1  # about whom nothing was shown


def test_a_decision_is_taken_back_and_made_again(ward):
    assert decide(ward.lane, "dr.stone", "again").json == {"records": 2}
    (item,) = ward.lane.get("/api/queue").json["items"]
    assert item["who"]["name"] == "Dr.Stone" and item["records"] == 2
    entry = ward.lane.get("/api/trail?action=queue-review&outcome=allowed").json["entries"][0]
    assert "to be decided again" in entry["sentence"]
    assert decide(ward.lane, "dr.stone", "fine", reason="it was right").status == 200
    assert ward.lane.get("/api/queue").json["items"] == []


def test_the_same_look_again_does_not_count(ward):
    assert ward.stone.get("/fhir/Patient/d").status == 200
    settled(ward)
    assert ward.lane.get("/api/queue").json["items"] == []
    assert decide(ward.lane, "dr.stone", "fine", reason="again").status == 404


def test_deciding_brings_up_no_more_than_the_day_has_places_for(ward):
    look(ward, ward.reed, "d")
    look(ward, ward.reed, "f")
    settled(ward)
    assert ward.lane.get("/api/queue").json["items"] == []  # one place a day in a house so small


def test_an_incident_is_opened_with_its_proofs_and_its_patients(ward):
    done = decide(ward.lane, "dr.reed", "incident", reason="nobody sent for them")
    assert done.status == 200 and done.json["records"] == 2, done.body
    room = ward.lane.get(f"/api/incidents/{done.json['number']}").json
    assert room["who"]["name"] == "Dr.Reed" and {p["id"] for p in room["patients"]["listed"]} == {"d", "f"}
    found = [t for t in room["timeline"] if t["kind"] == "finding" and t["rule"] == "access.queue"]
    assert len(found) == 1 and found[0]["text"].startswith(
        "Dr.Reed looked for 2 records on 1 day without anything that explains it, and opened 2;")
    assert "the patient had died (1)" in found[0]["text"]
    opened = next(t for t in room["timeline"] if t["kind"] in ("open", "review"))
    assert opened["who"]["name"] == "Ms.Lane" and opened["text"] == "nobody sent for them"
    assert decide(ward.lane, "dr.reed", "incident").status == 404


def test_more_about_the_same_person_joins_their_incident(ward):
    look(ward, ward.reed, "e")
    settled(ward)
    done = decide(ward.lane, "dr.reed", "incident")
    assert done.status == 200 and done.json["records"] == 1 and done.json["joined"] is True, done.body
    room = ward.lane.get(f"/api/incidents/{done.json['number']}").json
    assert [t["who"]["name"] for t in room["timeline"] if t["kind"] == "review"][-1:] == ["Ms.Lane"]


def test_the_command_line_does_the_same(ward):
    look(ward, ward.stone, "e")
    settled(ward)
    shown = ward.cli("queue", "list").stdout  # who has the day's place, with what came since
    assert f"worst  {TODAY}, not over yet" in shown and "Dr.Stone" in shown and "1 to decide about" in shown
    assert ward.cli("queue", "review", "dr.stone", TODAY, "fine", check=False).returncode == 4
    done = ward.cli("queue", "review", "dr.stone", TODAY, "fine", "--reason", "a new ward", "--json")
    assert json.loads(done.stdout) == {"records": 1, "days": 1}
    assert "0 to decide about" in ward.cli("queue", "list").stdout


def judged(ward):
    return sqlite3.connect(f"file:{ward.state}/watch/access.db?mode=ro", uri=True).execute(
        "SELECT count(*) FROM look WHERE acts & 32 AND score = 0").fetchone()[0]


def test_it_outlives_a_kill(ward):
    before = judged(ward)
    for pid in ward.pids("watch"):
        os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    settled(ward)
    assert ward.lane.get("/api/queue").json["items"] == [] and judged(ward) == before == 6


def test_watch_keeps_no_reason_and_no_name(ward):
    kept = b"".join(p.read_bytes() for p in (ward.state / "watch").iterdir() if p.is_file())
    for word in (b"covered the ward", b"nobody sent", b"Reed", b"dr.reed"):
        assert word not in kept


def test_the_news_changes_and_tells_nothing(ward):
    before = ward.lane.get("/api/news").json
    assert set(before) == {"since", "findings", "incidents", "runs", "queue", "unassigned"}
    listed = ward.lane.get("/api/incidents?state=open").json["incidents"]
    assert before["queue"] == 0 and before["unassigned"] == len(listed) > 0
    assert ward.reed.get("/api/news").status == 403  # who is watched does not see that something was found
    size = ward.lane.get("/api/trail/state").json["size"]
    ward.lane.get("/api/news")
    assert ward.lane.get("/api/trail/state").json["size"] == size
    number = ward.lane.get("/api/incidents").json["incidents"][0]["number"]
    assert ward.lane.post(f"/api/incidents/{number}/note", {"text": "Spoke to them"}).status == 200
    h.wait_for(lambda: ward.lane.get("/api/news").json["incidents"] != before["incidents"])
