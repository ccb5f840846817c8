"""Any byte of the trail or of a record changed, moved, dropped or replayed is found, offline, by
someone who does not trust the server."""
import contextlib
import http.client
import json
import os
import random
import shutil
import sqlite3
import struct
import threading
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


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Records with a history, stopped, with a copy of the database from an earlier day."""
    with House(tmp_path_factory.mktemp("against")) as house:
        house.bundle(patient("a"), patient("b"), patient("c"), *[observation(f"o{i}", "a", i) for i in range(30)])
        house.account("app", "application")
        app = Client(house, house.cli("account", "token", "app", "--label", "t").stdout.strip())
        assert app.put("/fhir/Observation/o1", observation("o1", "a", 5)).status == 200
        undone = {"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": observation("o2", "a", 66), "request": {"method": "PUT", "url": "Observation/o2"}},
            {"resource": observation("o3", "a", 66),
             "request": {"method": "PUT", "url": "Observation/o3", "ifMatch": 'W/"9"'}}]}
        assert app.post("/fhir", undone).status == 412  # what it meant to write is on the trail, and excused there
        house.cli("patient", "forget", "c", "--sure", "c", "--reason", "a court has ordered it")
    house.database = house.state / "records" / "records.db"
    shutil.copy(house.database, house.folder / "yesterday.db")
    shutil.copytree(house.state / "trail", house.folder / "yesterday")
    with house:
        app = Client(house, app.token)
        assert app.put("/fhir/Observation/o1", observation("o1", "a", 6)).status == 200
        assert app.put("/fhir/Observation/late", observation("late", "b", 7)).status == 201
    shutil.copy(house.database, house.folder / "today.db")
    yield house
    shutil.copy(house.folder / "today.db", house.database)


def against_the_trail(house, source="today.db", sql=""):
    shutil.copy(house.folder / source, house.database)
    for end in ("-wal", "-shm"):
        house.database.with_name("records.db" + end).unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(house.database)) as db:
        db.executescript(sql)
        db.commit()
        # Control: nothing in the database by itself tells; only the trail knows better.
        assert dict(db.execute("SELECT slot, version FROM lookup")) == \
            dict(db.execute("SELECT key >> 20, count(*) FROM blob GROUP BY 1"))
    with house:
        done = house.cli("records", "verify", "--json", check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["result"] == "whole" else 1), done
    return answer


NEWEST = "(SELECT key >> 20 FROM blob ORDER BY key DESC LIMIT 1)"  # the resource that was made last
SECOND = "(SELECT key >> 20 FROM blob WHERE key & 0xfffff = 3)"  # o1, of three versions


def test_control_the_untouched_records_are_those_of_the_trail(kept):
    answer = against_the_trail(kept)
    assert answer["result"] == "whole" and not answer["detail"], answer
    assert answer["versions"] == 36 and answer["entries"] > 36, answer


def test_records_of_an_older_day_are_found(kept):
    answer = against_the_trail(kept, "yesterday.db")
    assert answer["result"] == "broken" and "missing" in answer["detail"], answer
    assert "Observation/o1 version 3" in answer["detail"], answer


def test_a_resource_taken_away_with_every_row_about_it_is_found(kept):
    answer = against_the_trail(kept, sql="".join(
        f"DELETE FROM {table} WHERE slot = {NEWEST};" for table in ("lookup", "item", "find", "care", "linked")) +
        f"DELETE FROM blob WHERE key >> 20 = {NEWEST};")
    assert answer["result"] == "broken" and "Observation/late version 1" in answer["detail"], answer


def test_the_newest_version_taken_away_is_found(kept):
    answer = against_the_trail(kept, sql=f"UPDATE lookup SET version = 2 WHERE slot = {SECOND};"
                               f"UPDATE item SET version = 2 WHERE slot = {SECOND};"
                               f"DELETE FROM blob WHERE key >> 20 = {SECOND} AND key & 0xfffff = 3;")
    assert answer["result"] == "broken" and "Observation/o1 version 3" in answer["detail"], answer


def test_a_key_destroyed_behind_the_trail_is_found(kept):
    answer = against_the_trail(kept, sql="UPDATE patient SET wrapped = NULL, kek = 0 WHERE number = 2;")
    assert answer["result"] == "broken" and "does not say that it was destroyed" in answer["detail"], answer


def test_a_version_whose_write_the_trail_does_not_name_is_found(kept):
    """The trail of yesterday under the records of today: what was written since has no entry there."""
    trail = kept.state / "trail"
    trail.rename(kept.folder / "today")
    shutil.copytree(kept.folder / "yesterday", trail)
    for path in [trail, *trail.rglob("*")]:
        owner = (kept.folder / "today").stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    try:
        answer = against_the_trail(kept, sql="UPDATE state SET value = 40 WHERE name = 'trail_end';")
        assert answer["result"] == "broken" and "does not name the write" in answer["detail"], answer
    finally:
        shutil.rmtree(trail)
        (kept.folder / "today").rename(trail)


def test_what_is_under_way_or_was_interrupted_is_no_fault(tmp_path):
    """Checked while others write, and again after all of it was killed in the middle."""
    with House(tmp_path) as house:
        house.account("app", "application")
        token = house.cli("account", "token", "app", "--label", "t").stdout.strip()
        house.bundle(patient("a"))
        stop = threading.Event()

        def write(number):
            app = Client(house, token)
            try:
                for i in range(100000):
                    if stop.is_set():
                        return
                    app.put(f"/fhir/Observation/w{number}-{i % 40}", observation(f"w{number}-{i % 40}", "a", i))
            except (OSError, http.client.HTTPException):
                pass  # it was killed
        writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for writer in writers:
            writer.start()
        time.sleep(0.5)
        versions = []
        for _ in range(4):
            answer = json.loads(house.cli("records", "verify", "--json").stdout)
            assert answer["result"] == "whole", answer
            versions.append(answer["versions"])
        assert versions[-1] > versions[0] > 1, versions
        house.kill()
        stop.set()
        for writer in writers:
            writer.join()
        house.start()
        answer = json.loads(house.cli("records", "verify", "--json", check=False).stdout)
        assert answer["result"] == "whole", answer
