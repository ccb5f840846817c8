"""Somebody with valid access makes so much noise that one act of theirs should not be seen among it. It is
found all the same, or that something had to give way is told."""
import json
import socket
import sqlite3
import ssl
import threading
import time
import uuid

import house as h
import pytest
from house import wait_for

PATIENTS = 2300
PROGRAMS = 22000
RULE = """
title: A program that reads
id: {read}
name: trial_program_reads
logsource: {{product: healthcare, category: record-access}}
detection:
  it: {{activity_name: read, resource.type: Patient}}
  condition: it
level: informational
---
title: A program reads three times
id: {thrice}
correlation:
  type: event_count
  rules: [trial_program_reads]
  group-by: [http_request.user_agent]
  timespan: 1h
  condition: {{gte: 3}}
sentence: "{{http_request.user_agent}} read {{count}} times."
level: low
"""


def flood(house, token, asks, connections=3):
    """Sends all of (path, user agent), many at once on each connection; how many were answered how."""
    statuses, lock = {}, threading.Lock()

    def send(mine):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        s = context.wrap_socket(socket.create_connection(("127.0.0.1", house.port), timeout=60))
        stream = s.makefile("rb")
        for at in range(0, len(mine), 40):
            some = mine[at:at + 40]
            s.sendall(b"".join(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
                f"User-Agent: {agent}\r\n\r\n".encode() for path, agent in some))
            for _ in some:
                status, size = int(stream.readline().split()[1]), 0
                while (line := stream.readline().strip()):
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                stream.read(size)
                with lock:
                    statuses[status] = statuses.get(status, 0) + 1
        s.close()

    threads = [threading.Thread(target=send, args=(asks[i::connections],)) for i in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flooded")
    setting = h.rules_without_playbooks(folder)
    (folder / "rules" / "detect" / "trial.yml").write_text(RULE.format(read=uuid.uuid4(), thrice=uuid.uuid4()))
    famous = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VIP"}]}}
    with h.House(folder, settings=[setting]) as house:
        house.bundle(h.practitioner("p1"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(PATIENTS)],
                     h.patient("star", "Famous", **famous),
                     {"resourceType": "Appointment", "id": "course", "status": "booked", "participant": [
                         {"actor": {"reference": f"Patient/{p}"}, "status": "accepted"}
                         for p in [f"q{i}" for i in range(40)] + ["star"]]})
        for login, role, person in (("ms.desk", "front-desk", ""), ("mr.desk", "front-desk", ""),
                                    ("dr.berg", "clinician", "Practitioner/p1"), ("ms.lane", "privacy-officer", ""),
                                    ("ad.min", "administrator", "")):
            house.account(login, role, person)
        house.lure = json.loads(house.cli("lure", "make", "--patients", 1, "--label", "trial", "--json").stdout)[0]["id"]
        house.desk, house.other, house.berg, house.lane, house.admin = (
            house.sign_in(n) for n in ("ms.desk", "mr.desk", "dr.berg", "ms.lane", "ad.min"))
        yield house


def told(house):
    answer = house.lane.get("/api/findings")
    return answer.json["findings"] if answer.status == 200 else []


def named(house, title):
    return [f for f in told(house) if title in f["title"]]


def caught_up(house):
    answer = house.admin.get("/api/status")
    return answer.status == 200 and answer.json["watch"]["lag"] == 0


def looked_at(house, index):
    """Accesses to a patient who stands so far behind in an entry that were, or will be, explained."""
    with sqlite3.connect(f"file:{house.state}/watch/access.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM look WHERE idx = ?", [index]).fetchone()[0]


def test_one_act_among_hundreds_that_a_rule_finds(ward):
    """Hundreds of findings of one rule, before and after the act that matters, and somebody else's with them."""
    noise = [(f"/fhir/Patient/q{i}", "curl/8.0") for i in range(150)]
    assert flood(ward, ward.desk.token, noise) == {200: 150}
    assert ward.desk.get(f"/fhir/Patient/{ward.lure}").status == 200
    assert flood(ward, ward.desk.token, noise * 20) == {200: 3000}
    ward.other.get("/fhir/Patient/q1", headers={"User-Agent": "curl/8.0"})
    honey = wait_for(lambda: named(ward, "An invented record was touched"))
    assert honey[0]["certain"] and honey[0]["who"]["name"] == "Ms.Desk"
    # The flood of one hides no other.
    wait_for(lambda: {f["who"]["name"] for f in named(ward, "A record read by a tool")} == {"Ms.Desk", "Mr.Desk"})
    held = wait_for(lambda: named(ward, "A rule finds more than anybody can read"))
    assert "A record read by a tool" in held[0]["sentence"] and held[0]["level"] == "medium" and "actor" not in held[0]
    rule = next(r for r in ward.lane.get("/api/findings").json["detect"]["rules"] if "by a tool" in r["title"])
    assert rule["held_back"] >= 2900
    # In the room of the incident it can be seen, too, whatever came before and after it.
    (one,) = ward.lane.get("/api/incidents?state=all").json["incidents"]
    room = ward.lane.get(f"/api/incidents/{one['number']}").json
    assert any(t.get("title") == "An invented record was touched" for t in room["timeline"])
    shown = sum(t["kind"] == "finding" for t in room["timeline"])
    assert room["timeline_left_out"] == room["findings"] - shown > 0


def test_the_last_of_forty_in_one_answer(ward):
    """Whom one wants to see stands behind many others."""
    assert ward.desk.get("/fhir/Appointment/course").status == 200
    wait_for(lambda: looked_at(ward, 0))
    wait_for(lambda: looked_at(ward, 40))


def test_whom_one_wants_among_three_others(ward):
    """A search that finds many is a list, and no access to each; one by ids or numbers is not."""
    def waiting():
        with sqlite3.connect(f"file:{ward.state}/watch/access.db?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM look").fetchone()[0]

    before = waiting()
    found = ward.berg.get("/fhir/Patient?name=marsh&_count=5")
    assert found.status == 200 and len(found.json["entry"]) == 5
    assert len(ward.berg.get("/fhir/Patient?_id=q2000,q2001,q2002,star").json["entry"]) == 4
    assert len(ward.berg.get("/fhir/Patient?identifier=MRN-q2003,MRN-q2004,MRN-q2005,MRN-q2006").json["entry"]) == 4
    wait_for(lambda: waiting() == before + 8)


def test_one_record_behind_two_thousand(ward):
    """More patients than anybody's day has lines: the day is found, with who it was."""
    assert named(ward, "More patients on one day") == []
    asks = [(f"/fhir/Patient/q{i % PATIENTS}", "console") for i in range(20000)]
    began = time.time()
    assert flood(ward, ward.other.token, asks) == {200: 20000}
    assert ward.other.get("/fhir/Patient/star").status == 200
    print(f"20,000 accesses in {time.time() - began:.1f} s")
    found = wait_for(lambda: named(ward, "More patients on one day"), 90)
    assert len(found) == 1 and found[0]["who"]["name"] == "Mr.Desk" and found[0]["level"] == "high"
    assert named(ward, "Many records in an hour")
    wait_for(lambda: ward.lane.get("/api/queue").json.get("waiting") == 0, 120)


def test_thousands_of_names_of_programs(ward):
    """Each request under another name, so that tables that are kept by name overflow."""
    asks = [(f"/fhir/Patient/q{i % 50}", f"reader {i}") for i in range(PROGRAMS)]
    assert flood(ward, ward.desk.token, asks) == {200: PROGRAMS}
    wait_for(lambda: caught_up(ward), 90)
    forgot = wait_for(lambda: named(ward, "A rule has to forget what it counts"))
    assert "A program reads three times" in forgot[0]["sentence"]
    wait_for(lambda: named(ward, "More addresses and programs than can be told apart"))
    assert ward.lane.get("/api/findings").json["detect"]["memory"]["evicted_groups"] > 0
    assert ward.admin.get("/api/behaviour").json["crowded"] > 0
    assert "no room" in ward.cli("behaviour", "status").stdout


def test_one_guessed_password_among_thousands_of_failures(ward):
    """Nobodies by the thousand, and five tries at one who is somebody."""
    stranger = h.Client(ward)

    def fail(login):
        return stranger.post("/api/sign-in", {"login": login, "password": "not the right one at all"}).status

    for i in range(1200):
        assert fail(f"nobody{i}") in (401, 429)
        if i in (300, 500, 700, 900, 1100):
            fail("dr.berg")
    secret = ward.secrets["dr.berg"]
    wait_for(lambda: stranger.post("/api/sign-in", {"login": "dr.berg", "password": secret["password"]}).status == 200)
    ward.sign_in("dr.berg")  # who guessed waits as long as they have to
    found = wait_for(lambda: named(ward, "A password may have been guessed"))
    assert found[0]["who"]["name"] == "Dr.Berg" and len(found[0]["evidence"]) >= 2
