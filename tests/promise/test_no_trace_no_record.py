"""No byte of a record leaves before the audit entry that names it is on disk. If the trail cannot be
written, the door closes."""
import json
import os
import subprocess
import threading
import time

import pytest
from house import Client, House, observation, patient


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    folder.chmod(0o755)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", folder / "fault.so",
                    os.path.join(os.path.dirname(__file__), "fault.c"), "-ldl"], check=True)
    return folder / "fault.so"


def start(tmp_path, shim, monkeypatch, test=""):
    house = House(tmp_path, test=test)
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    monkeypatch.setenv("FAULT_DIR", str(house.state / "trail"))
    house.start()
    monkeypatch.delenv("LD_PRELOAD")
    house.bundle(patient("a"), observation("o", "a"))
    house.account("app", "application")
    house.app = Client(house, house.cli("account", "token", "app", "--label", "t").stdout.strip())
    assert house.app.get("/fhir/Patient/a").status == 200
    return house


def seconds_to_read(house):
    (house.state / "trail" / "fault-delay").touch()
    time.sleep(0.1)
    began = time.monotonic()
    assert house.app.get("/fhir/Patient/a").status == 200
    return time.monotonic() - began


def test_a_record_waits_for_its_entry(tmp_path, shim, monkeypatch):
    house = start(tmp_path, shim, monkeypatch)
    assert seconds_to_read(house) > 1.5
    house.kill()


def test_control_without_the_wait_it_leaves_first(tmp_path, shim, monkeypatch):
    house = start(tmp_path, shim, monkeypatch, test="no-trail-wait")
    assert seconds_to_read(house) < 1.0
    house.kill()


def test_a_trail_that_cannot_be_written_closes_the_door(tmp_path, shim, monkeypatch):
    house = start(tmp_path, shim, monkeypatch)
    (house.state / "trail" / "fault-eio").touch()
    answers = [house.app.get("/fhir/Patient/a").status for _ in range(5)]
    assert set(answers) == {503}
    assert house.app.put("/fhir/Observation/o9", observation("o9", "a")).status == 503
    assert "cannot sync" in house.log_text() or "ended with status" in house.log_text()
    (house.state / "trail" / "fault-eio").unlink()
    house.wait_ready()
    for _ in range(100):
        answer = house.app.get("/fhir/Patient/a")
        if answer.status == 200:
            break
        time.sleep(0.1)
    assert answer.status == 200, "what was acknowledged is still there"
    assert house.app.get("/fhir/Observation/o9").status == 404, "what was refused is not"
    house.stop()


def search(house, before):
    words = ["trail", "search", "--count", "1000", "--json"] + (["--before", before] if before else [])
    return json.loads(house.cli(*words).stdout)


def test_every_answered_read_is_on_the_trail(tmp_path, shim, monkeypatch):
    """Killed after answering: the entries of everything answered are there."""
    house = start(tmp_path, shim, monkeypatch)
    counted = []

    def read():
        client = Client(house, house.app.token)
        try:
            while client.get("/fhir/Patient/a").status == 200:
                counted.append(1)
        except OSError:
            pass

    threads = [threading.Thread(target=read) for _ in range(4)]
    for t in threads:
        t.start()
    time.sleep(1)
    house.kill()
    for t in threads:
        t.join()
    house.start()
    found, before = 0, None
    while True:
        page = search(house, before)
        found += sum(1 for e in page["entries"] if e["action"] == "read" and e["outcome"] == "allowed")
        before = page.get("next")
        if before is None:
            break
    assert counted and found >= len(counted)
    house.stop()
