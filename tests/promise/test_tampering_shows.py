"""Any byte of the trail or of a record changed, moved, dropped or replayed is found, offline, by
someone who does not trust the server."""
import contextlib
import json
import random
import shutil
import sqlite3
import struct
import time

import pytest
from house import Client, House, observation, patient


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    with House(tmp_path_factory.mktemp("tamper")) as house:
        house.bundle(patient("a"), patient("b"), *[observation(f"o{i}", "a", i) for i in range(20)])
        house.account("app", "application")
        app = Client(house, house.cli("account", "token", "app", "--label", "t").stdout.strip())
        for i in range(20):
            assert app.get(f"/fhir/Observation/o{i}").status == 200
            time.sleep(0.01)
        time.sleep(1.5)
        house.key, note = house.cli("trail", "key").stdout.split("\n\n", 1)
        house.outside = house.folder / "outside"
        house.outside.write_text(note)
    house.segment = house.state / "trail" / "segments" / "00000000.seg"
    house.intact = house.segment.read_bytes()
    house.used = len(house.intact.rstrip(b"\0"))
    yield house


def verify(house, *more):
    done = house.cli("trail", "verify", "--key", house.key, "--json", *more, check=False)
    return json.loads(done.stdout) if done.returncode in (0, 1) else {"whole": False, "problem": done.stderr}


def groups(data):
    at, found = 0, []
    while data[at:at + 4] == b"HLG1":
        size = struct.unpack("<I", data[at + 24:at + 28])[0]
        whole = (64 + size + 511) // 512 * 512
        found.append((at, whole))
        at += whole
    return found


def test_control_the_untouched_trail_is_whole(stopped):
    report = verify(stopped, "--checkpoint", stopped.outside)
    assert report["whole"] and report["entries"] > 40, report


def test_every_kind_of_changed_byte_is_found(stopped):
    random.seed(1)
    spots = random.sample(range(stopped.used), 150)
    for at in spots:
        data = bytearray(stopped.intact)
        data[at] ^= 1 << random.randrange(8)
        stopped.segment.write_bytes(data)
        report = verify(stopped)
        assert not report["whole"], at
        assert "segment" in report["problem"] or "checkpoint" in report["problem"], report
    stopped.segment.write_bytes(stopped.intact)


def test_moved_dropped_and_replayed_groups_are_found(stopped):
    found = groups(stopped.intact)
    assert len(found) > 5
    (a, n), (b, m) = found[2], found[3]
    first, second = stopped.intact[a:a + n], stopped.intact[b:b + m]
    swapped = stopped.intact[:a] + second + first + stopped.intact[b + m:]
    dropped = stopped.intact[:a] + stopped.intact[a + n:] + bytes(n)
    replayed = stopped.intact[:b] + first + stopped.intact[b + m:] if n == m else \
        (stopped.intact[:b] + first + stopped.intact[b + m:])[:len(stopped.intact)]
    wiped = stopped.intact[:a] + bytes(n) + stopped.intact[a + n:]
    for changed in (swapped, dropped, replayed, wiped):
        stopped.segment.write_bytes(changed)
        assert not verify(stopped)["whole"]
    stopped.segment.write_bytes(stopped.intact)


def test_a_trail_cut_with_its_checkpoints_is_found_from_outside(stopped):
    trail = stopped.state / "trail"
    last, every = (trail / "checkpoint").read_bytes(), (trail / "checkpoints").read_bytes()
    first_note = every[:every.index(b"\n\n") + 2] + every[every.index(b"\n\n") + 2:].split(b"\n", 1)[0] + b"\n"
    size = int(first_note.split(b"\n")[1])
    keep = 0
    for start, length in groups(stopped.intact):
        first = struct.unpack("<Q", stopped.intact[start + 8:start + 16])[0]
        if first < size:
            keep = start + length
    stopped.segment.write_bytes(stopped.intact[:keep] + bytes(len(stopped.intact) - keep))
    (trail / "checkpoint").write_bytes(first_note)
    (trail / "checkpoints").write_bytes(first_note)
    assert not verify(stopped, "--checkpoint", stopped.outside)["whole"]
    (trail / "checkpoint").write_bytes(last)
    (trail / "checkpoints").write_bytes(every)
    stopped.segment.write_bytes(stopped.intact)
    assert verify(stopped)["whole"]


def test_swapped_and_changed_records_are_found(stopped, tmp_path):
    database = stopped.state / "records" / "records.db"
    shutil.copy(database, tmp_path / "before.db")

    def tamper(sql):
        shutil.copy(tmp_path / "before.db", database)
        for end in ("-wal", "-shm"):
            database.with_name("records.db" + end).unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(database)) as db:
            if sql:
                db.execute(sql)
            db.commit()
        with stopped:
            done = stopped.cli("records", "verify", "--json", check=False)
        return json.loads(done.stdout)["result"]

    try:
        assert tamper("") == "whole"
        assert tamper("UPDATE blob SET sealed = (SELECT sealed FROM blob b2 WHERE b2.key > blob.key "
                      "ORDER BY key LIMIT 1) WHERE key = (SELECT min(key) FROM blob)") == "broken"
        assert tamper("UPDATE blob SET updated = updated + 1 WHERE key = (SELECT max(key) FROM blob)") == "broken"
        assert tamper("UPDATE blob SET sealed = zeroblob(length(sealed)) WHERE key = "
                      "(SELECT max(key) FROM blob)") == "broken"
    finally:
        shutil.copy(tmp_path / "before.db", database)
