"""Threat intelligence: from feeds and files to a finding, and back to those who share."""
import json
import os
import shutil
import signal
import time

import house as h
import pytest
from courier import Authority, Web, secret_file
from taxii import ACCEPT, Misp, Taxii, indicator

ROOT = h.ROOT


def until(what, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


def agent(text):
    return f"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = '{text}']"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A hospital with feeds of three kinds, and a list."""
    folder = tmp_path_factory.mktemp("told")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    authority = Authority(folder)
    taxii = Taxii(authority.context("localhost"), "hospital", "secret")
    misp = Misp(authority.context("localhost"))
    lists = Web(authority.context("localhost"), answer=lambda r: (
        (304, {"ETag": '"l1"'}, b"") if r["headers"].get("if-none-match") == '"l1"'
        else (200, {"ETag": '"l1"'}, b"# a list\n198.51.100.0/24\nevil.example\nnot an indicator\n")))
    secret = secret_file(folder / "taxii-secret", "user: hospital\npassword: secret\n")
    common = f"  kind: feed\n  ca: {authority.ca}\n  timeout: 10s\n"
    destinations = folder / "destinations.yaml"
    destinations.write_text(
        f"cert:\n{common}  url: {taxii.url}\n  accept: {ACCEPT}\n  credentials: {secret}\n"
        f"misp:\n{common}  url: https://localhost:{misp.port}/feed\n"
        f"lists:\n{common}  url: https://localhost:{lists.port}/list.txt\n")
    (rules / "intelligence/sources.yaml").write_text(
        "sources:\n"
        "  - {name: cert, kind: taxii, feed: cert, every: 5s}\n"
        "  - {name: misp, kind: misp, feed: misp, every: 5s, sure: 70}\n"
        "  - {name: lists, kind: list, feed: lists, every: 5s, tlp: green}\n")
    taxii.add(*[indicator(f"[ipv4-addr:value = '192.0.2.{i}']") for i in range(5)],
              indicator(agent("Evil Reader/1.0"), id="indicator--0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e6",
                        name="A reader of records", confidence=90,
                        object_marking_refs=["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]),
              indicator("[file:name = 'x.exe']", id="indicator--11111111-b099-4dc3-b0df-2ea3f49ae2e6"))
    misp.add(int(time.time()) - 100, ("user-agent", "Leaker/2.0"), ("ip-dst", "203.0.113.9"), tags=["tlp:red"])
    misp.add(int(time.time()) - 200, ("domain", "worse.example"))
    with h.House(folder, settings=[f"rules={rules}", f"destinations={destinations}"]) as house:
        house.taxii, house.misp, house.lists, house.rules = taxii, misp, lists, rules
        house.bundle(h.practitioner("p1"), h.patient("q0", "Mustermann"), h.encounter("e1", "q0", "p1"))
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("ms.lane", "privacy-officer", "")):
            house.account(login, role, person)
        house.berg, house.lane = (house.sign_in(n) for n in ("dr.berg", "ms.lane"))
        yield house
    for server in (taxii, misp, lists):
        server.close()


def status(house):
    return json.loads(house.cli("intelligence", "status", "--json").stdout)


def source(house, name):
    return next((s for s in status(house)["list"] if s["name"] == name), {})


def look(house, value):
    return json.loads(house.cli("intelligence", "look", value, "--json").stdout)


def test_feeds_are_fetched_page_by_page(told):
    until(lambda: source(told, "cert").get("indicators") == 6 and source(told, "misp").get("indicators") == 3 and
          source(told, "lists").get("indicators") == 2)
    asked = [r["path"].partition("?")[2] for r in told.taxii.requests]
    assert asked[:4] == ["limit=1000", "limit=1000&next=2", "limit=1000&next=4", "limit=1000&next=6"]
    cert = source(told, "cert")
    assert cert["left_out"] >= 1 and cert["problem"] == ""
    assert cert["examples"][0]["id"] == "indicator--11111111-b099-4dc3-b0df-2ea3f49ae2e6"
    assert "not compared" in cert["examples"][0]["why"]
    until(lambda: any("added_after=" in r["path"] for r in told.taxii.requests))
    until(lambda: any(r["headers"].get("if-none-match") == '"l1"' for r in told.lists.requests))
    assert source(told, "lists")["examples"] == [{"id": "line 4", "why": "nothing that is known"}]
    paths = [r["path"] for r in told.misp.requests]
    assert paths[0] == "/feed/manifest.json" and len(paths) >= 3
    found = look(told, "http://www.evil.example/x")["indicators"]
    assert found[0]["value"] == "evil.example" and found[0]["tlp"] == "green" and found[0]["matches"]
    hit = look(told, "203.0.113.9")["indicators"][0]
    assert hit["tlp"] == "red" and hit["sure"] == 70 and hit["author"] == "CERT Example"
    assert look(told, "192.0.3.1")["indicators"] == []


def test_what_comes_in_is_matched_and_told(told):
    until(lambda: look(told, "Evil Reader/1.0")["indicators"])
    began = time.time()
    for _ in range(3):
        assert told.berg.get("/fhir/Patient/q0", headers={"User-Agent": "Evil Reader/1.0"}).status == 200
    found = until(lambda: [f for f in told.lane.get("/api/findings").json["findings"]
                           if f["source"] == "intelligence" and f["rule"] == "intelligence.agent"])
    print(f"found after {time.time() - began:.2f} s")
    assert len(found) == 1 and found[0]["level"] == "high" and found[0]["who"]["name"] == "Dr.Berg"
    assert 'Dr.Berg came from 127.0.0.1 with the program evil reader/1.0, which the list "cert" names' in found[0]["sentence"]
    # On a host inside that is more than a bad address: the playbook for infected hosts starts. This server itself is
    # no host of the house's networks, so nobody is asked to put it in quarantine.
    assert "hospitaller.infected" in found[0]["tags"]
    run = until(lambda: [r for r in json.loads(told.cli("playbooks", "runs", "--json").stdout)["runs"]
                         if r["playbook"] == "infected"])[0]
    until(lambda: [s for s in json.loads(told.cli("playbooks", "show", run["id"], "--json").stdout)["steps"]
                   if s["action"] == "open-task" and s["state"] == "done"])
    assert "quarantine-host" not in {s["action"] for s in run["steps"]}
    assert "A reader of records" in found[0]["sentence"] and "(90 of 100 sure)" in found[0]["sentence"]
    seen = until(lambda: [s for s in look(told, "Evil Reader/1.0")["sightings"] if s["count"] == 3])
    assert seen[0]["who"]["name"] == "Dr.Berg"
    answer = told.lane.get("/api/intelligence/look?value=Evil%20Reader/1.0").json
    assert answer["sightings"][0]["count"] == 3
    assert told.berg.get("/api/intelligence").status == 403
    entries = told.lane.get("/api/trail?action=trail-search").json["entries"]
    assert any(e["query"] == "threat intelligence: Evil Reader/1.0" for e in entries)


def test_a_revoked_one_goes_and_a_new_one_comes(told):
    told.taxii.add(indicator("[ipv4-addr:value = '203.0.113.77']"))
    told.taxii.add(indicator(agent("Evil Reader/1.0"), id="indicator--0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e6",
                             revoked=True))
    until(lambda: look(told, "203.0.113.77")["indicators"] and not look(told, "Evil Reader/1.0")["indicators"])


def test_a_broken_feed_wipes_nothing(told):
    before = source(told, "cert")["indicators"]
    for broken in (b"<html>maintenance</html>", b'{"title": "Error"}', b'{"objects": ['):
        told.taxii.broken = broken
        until(lambda: source(told, "cert")["failures"] > 0)
        assert source(told, "cert")["problem"] and source(told, "cert")["indicators"] == before
        told.taxii.broken = None
        until(lambda: source(told, "cert")["failures"] == 0)
    assert look(told, "192.0.2.3")["indicators"]


def test_a_file_is_imported_and_survives_a_kill(told, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("agent part: grabber\nno indicator here\n127.0.0.1\n")
    checked = told.cli("intelligence", "import", "--check", str(file))
    assert "2 indicators, 1 left out; nothing was kept" in checked.stdout
    assert "line 2: nothing that is known" in checked.stderr
    told.cli("intelligence", "import", str(file))
    until(lambda: source(told, "mine.txt").get("indicators") == 2)
    local = look(told, "127.0.0.1")["indicators"][0]
    assert local["matches"] is False and local["warning_list"] == "Private and special ranges"
    told.berg.get("/fhir/Patient/q0", headers={"User-Agent": "My Grabber (x)"})
    until(lambda: look(told, "My Grabber (x)")["sightings"])
    time.sleep(3)  # kept every two seconds
    os.kill(told.pids("watch")[0], signal.SIGKILL)
    until(lambda: told.cli("intelligence", "look", "grabber", "--json", check=False).returncode == 0)
    seen = until(lambda: look(told, "a grabber b")["sightings"])
    assert seen[0]["count"] == 1
    file.write_text("<html>")
    refused = told.cli("intelligence", "import", str(file), check=False)
    assert refused.returncode == 1 and "neither STIX" in refused.stderr


def test_sharing_tells_nobody_of_anybody(told, tmp_path):
    patient_like = "Leaker/2.0"
    told.berg.get("/fhir/Patient?name=Mustermann", headers={"User-Agent": patient_like})
    until(lambda: look(told, patient_like)["sightings"])
    out = tmp_path / "bundle.json"
    done = told.cli("intelligence", "share", "--out", str(out), "--identity", "Example Hospital")
    text = out.read_text()
    bundle = json.loads(text)
    assert bundle["type"] == "bundle" and bundle["objects"][0]["name"] == "Example Hospital"
    sightings = [o for o in bundle["objects"] if o["type"] == "sighting"]
    reader = [s for s in sightings if s["sighting_of_ref"] == "indicator--0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e6"]
    assert reader[0]["count"] == 3 and reader[0]["first_seen"] <= reader[0]["last_seen"]
    assert reader[0]["object_marking_refs"] == ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]
    assert "1 sighting withheld" in done.stderr and "leaker" not in text.lower()  # red
    ours = ["Mustermann", "q0", "Berg", "dr.berg", "127.0.0.1", "Patient", "Grabber (x)", "actor", "session"]
    assert not [word for word in ours if word in text]
    allowed = {"type", "spec_version", "id", "created_by_ref", "created", "modified", "name", "identity_class",
               "pattern", "pattern_type", "valid_from", "first_seen", "last_seen", "count", "sighting_of_ref",
               "where_sighted_refs", "object_marking_refs"}
    assert {key for o in bundle["objects"] for key in o} <= allowed
    again = tmp_path / "again.json"
    told.cli("intelligence", "share", "--out", str(again), "--identity", "Example Hospital")
    assert again.read_text() == text
    assert told.cli("intelligence", "share", "--tlp", "red", check=False).returncode != 0
