"""Is this access explained, and who should be asked about it?"""
import json
import sqlite3
import subprocess
import time

import house as h
import pytest


def refer(type, id):
    return {"reference": f"{type}/{id}"}


def stay(id, patient, ward, practitioner=None):
    """Here since yesterday."""
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86400))
    made = {"resourceType": "Encounter", "id": id, "status": "in-progress", "class": {"code": "IMP"},
            "subject": refer("Patient", patient), "period": {"start": since}}
    if ward:
        made["location"] = [{"location": refer("Location", ward)}]
    if practitioner:
        made["participant"] = [{"individual": refer("Practitioner", practitioner)}]
    return made


def role(id, practitioner, ward):
    return {"resourceType": "PractitionerRole", "id": id, "practitioner": refer("Practitioner", practitioner),
            "location": [refer("Location", ward)]}


VIP = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CEL"}]}}


def people(house):
    house.bundle(h.practitioner("p1"), h.practitioner("p2", "Stone"), {"resourceType": "Location", "id": "w1"},
                 {"resourceType": "Location", "id": "w2"}, role("r1", "p1", "w1"), role("r2", "p2", "w1"),
                 h.patient("a"), h.patient("b", "Quill", "Ines"), h.patient("c", "Ferreira", "Tiago", **VIP), h.patient("d", "Okoye", "Ada", deceasedBoolean=True),
                 stay("e1", "a", "w1", "p1"), stay("e2", "b", "w1"))
    house.account("dr.berg", "clinician", "Practitioner/p1")
    house.account("dr.stone", "clinician", "Practitioner/p2")
    house.account("ms.lane", "privacy-officer")
    house.account("ms.desk", "front-desk")


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    with h.House(tmp_path_factory.mktemp("ward"), test="turned-clock") as house:
        people(house)
        house.berg = house.sign_in("dr.berg")
        house.stone = house.sign_in("dr.stone")
        house.lane = house.sign_in("ms.lane")
        assert house.berg.get("/fhir/Patient/a").status == 200
        assert house.stone.get("/fhir/Patient/c").status == 403
        broken = house.stone.post("/api/break-glass", {"patient": "c", "reason": "Called to this patient"})
        assert broken.status == 200
        assert house.stone.get("/fhir/Patient/c").status == 200
        house.berg.post("/api/break-glass", {"patient": "d", "reason": "Called to this patient"})
        assert house.berg.get("/fhir/Patient/d").status == 200
        yield house


def entry(house, who, patient, action="read", outcome="allowed"):
    entries = house.lane.get(f"/api/trail?who={who}&patient={patient}&action={action}&outcome={outcome}").json["entries"]
    return entries[0]["seq"]


def queue(client, wanted, seconds=20):
    """The queue as soon as it is as wanted."""
    end = time.time() + seconds
    while True:
        answer = client.get("/api/queue")
        assert answer.status == 200
        if wanted(answer.json) or time.time() > end:
            return answer.json
        time.sleep(0.3)


def test_who_treats_is_explained_by_a_path(ward):
    told = ward.lane.get(f"/api/trail/{entry(ward, 'dr.berg', 'a')}/explanation").json
    assert told["explanation"] == "encounter" and told["explained"] and told["strength"] == 95
    assert [s.get("resource") for s in told["path"]] == ["Practitioner/p1", "Encounter/e1", "Patient/a"]
    assert told["path"][1]["words"].startswith("participant since ")
    assert told["path"][2]["name"] == "Paul Marsh"


def test_a_ward_explains_and_curiosity_does_not(ward):
    ward.stone.post("/api/break-glass", {"patient": "b", "reason": "Looking after this patient"})
    ward.stone.get("/fhir/Patient/b")
    told = ward.lane.get(f"/api/trail/{entry(ward, 'dr.stone', 'b')}/explanation").json
    assert told["explanation"] == "ward" and told["explained"]
    assert [s["resource"] for s in told["path"]] == ["Practitioner/p2", "PractitionerRole/r2", "Location/w1",
                                                     "Encounter/e2", "Patient/b"]
    told = ward.lane.get(f"/api/trail/{entry(ward, 'dr.stone', 'c')}/explanation").json
    assert told["explanation"] == "nothing" and not told["explained"] and told["path"] == []
    assert [f["code"] for f in told["flags"]] == ["vip"]


def test_the_command_line_draws_the_path(ward):
    shown = ward.cli("trail", "explain", entry(ward, "dr.berg", "a")).stdout.splitlines()
    assert shown[0].startswith("It is explained: ") and shown[0].endswith("strength 95 of 100")
    assert [line.split()[0] for line in shown[1:4]] == ["Practitioner/p1", "Encounter/e1", "Patient/a"]
    other = ward.cli("trail", "explain", entry(ward, "dr.stone", "c"), "--patient", "c").stdout
    assert "Nothing in the hospital's data" in other and "noticeable: the patient is known to all" in other
    assert ward.cli("trail", "explain", 99999999, check=False).returncode == 1
    assert ward.cli("trail", "explain", "x", check=False).returncode == 2


def test_the_unexplained_is_in_the_queue_with_its_reasons(ward):
    told = queue(ward.lane, lambda q: q["items"] and q["waiting"] == 0 and q["incidents"])
    assert told["ready"] and told["staff"] >= 2
    (item,) = told["items"]
    assert item["who"]["name"] == "Dr.Berg" and item["queue"] == "worst" and not item["closed"]
    assert item["records"] == 1 and item["looks"][0]["patient"] == {"id": "d", "name": "Ada Okoye"}
    assert item["why"][0] == "Opened 1 record without an explanation on one day."
    assert item["looks"][0]["explanation"] == "nothing"


def test_who_is_in_an_incident_is_not_in_the_queue_too(ward):
    """Dr. Stone broke the glass for somebody known to all: an incident, which comes first."""
    told = queue(ward.lane, lambda q: q["incidents"])
    assert told["incidents"] == 1 and "Dr.Stone" not in [i["who"]["name"] for i in told["items"]]
    (incident,) = ward.lane.get("/api/incidents").json["incidents"]
    assert "well-known patient" in incident["title"]


def test_the_queue_is_for_those_who_may_search_the_trail_and_on_it(ward):
    assert ward.berg.get("/api/queue").status == 403
    assert ward.sign_in("ms.desk").get("/api/trail/1/explanation").status == 403
    ward.lane.get("/api/queue")
    noted = [e for e in ward.lane.get("/api/trail?action=trail-search&who=ms.lane").json["entries"]
             if e.get("query") == "the queue"]
    assert noted and [p["id"] for p in noted[0]["patients"]] == ["d"]


def test_what_is_no_access_has_no_explanation(ward):
    assert ward.lane.get("/api/trail/0/explanation").status == 404
    assert ward.lane.get("/api/trail/99999999/explanation").status == 404
    assert ward.lane.get("/api/trail/x/explanation").status == 404
    seq = entry(ward, "dr.berg", "a")
    assert ward.lane.get(f"/api/trail/{seq}/explanation?patient=b").status == 404


def test_watch_keeps_numbers_and_no_names(ward):
    queue(ward.lane, lambda q: q["items"])
    time.sleep(2.5)
    kept = b"".join(p.read_bytes() for p in (ward.state / "watch").iterdir() if p.is_file())
    for word in (b"Ferreira", b"Tiago", b"Stone", b"Practitioner", b"dr.stone", b"known to all"):
        assert word not in kept
    rows = sqlite3.connect(f"file:{ward.state}/watch/access.db?mode=ro", uri=True).execute(
        "SELECT actor, patient, score FROM look WHERE score > 0").fetchall()
    assert len(rows) == 2 and all(actor not in (0, 1) and score >= 2000 for actor, _, score in rows)


def test_made_again_from_the_trail_it_is_the_same(ward):
    """Removed, the watch's database comes back with the same lines."""
    def lines():
        ward.stop()
        got = sqlite3.connect(ward.state / "watch" / "access.db").execute(
            "SELECT day, actor, patient, seq, kind, strength, flags, score FROM look ORDER BY seq, patient").fetchall()
        return got
    before = lines()
    assert before
    for path in (ward.state / "watch").glob("access.db*"):
        path.unlink()
    ward.start()
    lane = ward.sign_in("ms.lane")
    queue(lane, lambda q: q["ready"] and q.get("waiting") == 0 and q.get("until"))
    time.sleep(3)
    assert lines() == before
    ward.start()


def test_documentation_that_comes_late_takes_it_out(ward):
    """Somebody else writes down that dr.berg was there; two days later it is looked at again."""
    ward.bundle(stay("e3", "d", None, "p1"))
    time.sleep(2.5)
    ward.turn(3 * 86400)
    lane = ward.sign_in("ms.lane")
    told = queue(lane, lambda q: q["ready"] and not q["items"])
    assert told["items"] == []


def test_the_watch_says_when_it_has_said_nothing_yet(tmp_path):
    with h.House(tmp_path) as house:
        house.account("ms.lane", "privacy-officer")
        lane = house.sign_in("ms.lane")
        told = queue(lane, lambda q: q["ready"])
        assert told["ready"] and told["items"] == []
