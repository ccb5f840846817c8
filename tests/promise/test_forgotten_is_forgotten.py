"""Destroying a patient's key makes the record unreadable everywhere: in the house at once, in backups
of it when the next rotation of keys has ended, which the trail states."""
import json
import shutil
import sqlite3
import subprocess

import pytest
from house import Client, House, encounter, observation, patient, practitioner

WORDS = ["Zyxwander", "Quillfeather", "MRN-zq81742", "1931-07-19", "schlafkrankheit"]


def fill(house):
    house.bundle(practitioner("d"), patient("kept", "Marsh"),
                 patient("gone", "Zyxwander", "Quillfeather", "1931-07-19", identifier=[{"value": "MRN-zq81742"}]),
                 {**observation("o", "gone"), "note": [{"text": "schlafkrankheit"}]}, encounter("e", "gone", "d"),
                 encounter("k", "kept", "d"))
    house.account("app", "application")
    house.app = Client(house, house.cli("account", "token", "app", "--label", "t").stdout.strip())
    house.account("dr.berg", "clinician", "Practitioner/d")
    house.account("ms.lane", "privacy-officer")
    house.berg, house.lane = house.sign_in("dr.berg"), house.sign_in("ms.lane")
    assert house.app.put("/fhir/Patient/gone", patient("gone", "Zyxwander", "Quillfeather", "1931-07-19")).status == 200


PATHS = ["/fhir/Patient/gone", "/fhir/Patient/gone/_history", "/fhir/Patient/gone/_history/1",
         "/fhir/Patient/gone/$everything", "/fhir/Observation/o", "/fhir/Observation/o/_history",
         "/fhir/Observation?patient=gone", "/fhir/Observation?patient=gone&code=718-7", "/fhir/Encounter/e",
         "/fhir/Patient?name=zyxwander", "/fhir/Patient?name=quillf", "/fhir/Patient?birthdate=1931-07-19",
         "/fhir/Patient?identifier=MRN-zq81742", "/fhir/Patient?_id=gone", "/fhir/Patient?_lastUpdated=ge2020-01-01",
         "/api/me/patients", "/api/patients/gone/seen"]


def told(house):
    """All answers about them, to whoever treats them, an application and who reviews."""
    return [(path, client.get(path)) for path in PATHS for client in (house.app, house.berg, house.lane)]


def without_what_was_asked(json):
    """What a search was for comes back in its links, and stays on the trail: docs/promises.md says so."""
    if isinstance(json, dict):
        return {k: without_what_was_asked(v) for k, v in json.items() if k not in ("link", "query")}
    return [without_what_was_asked(v) for v in json] if isinstance(json, list) else json


def words_in(text):
    clean = str(without_what_was_asked(json.loads(text))).lower()
    return [w for w in WORDS if w.lower() in clean]


def tells(house):
    return {path for path, answer in told(house) if words_in(answer.body)}


def keys_of(state):
    """What stands in the rows of data keys: the only columns that are of a key's size."""
    with sqlite3.connect(f"file:{state}/records/records.db?mode=ro", uri=True) as db:
        return {bytes(value) for row in db.execute("SELECT * FROM patient") for value in row
                if isinstance(value, bytes) and len(value) >= 32}


def files_with(state, needle):
    return [str(path) for path in state.rglob("*") if path.is_file() and needle in path.read_bytes()]


def forget(house):
    return house.cli("patient", "forget", "gone", "--reason", "asked for in writing", "--sure", "gone").stdout


def back_up(house, to):
    """The state as it is on the disk, without the keys, which are kept elsewhere."""
    house.stop()
    subprocess.run(["cp", "-a", house.state, to], check=True)
    shutil.rmtree(to / "keys")
    house.start()


def restored(backup, keys_from, folder):
    """The backup beside the keys that a house has now, with everything that a house can open."""
    folder.mkdir()
    state = folder / "state"
    subprocess.run(["cp", "-a", backup, state], check=True)
    subprocess.run(["cp", "-a", keys_from.state / "keys", state / "keys"], check=True)
    house = House(folder, state=state)
    house.secrets, house.used = keys_from.secrets, keys_from.used
    return house


def reads_of(house, was):
    """What a restored house says of them: nothing when it does not even start."""
    ready = house.wait_ready
    house.wait_ready = lambda: ready(8)
    try:
        house.start()
        return Client(house, was.app.token).get("/fhir/Patient/gone").body.decode()
    except AssertionError as error:
        return f"does not start: {error}"
    finally:
        house.stop()


@pytest.fixture
def house(tmp_path):
    with House(tmp_path / "own" if (tmp_path / "own").mkdir() is None else tmp_path) as house:
        fill(house)
        yield house


def test_nothing_in_the_house_tells_of_them(house):
    assert len(tells(house)) >= 14, "the control: all of these told of them"
    house.stop()
    before = keys_of(house.state)
    house.start()
    forget(house)
    assert tells(house) == set()
    assert house.app.get("/fhir/Patient/kept").status == 200
    never = house.app.get("/fhir/Patient/never")
    assert house.app.get("/fhir/Patient/gone").body.replace(b"gone", b"never") == never.body
    glass = house.berg.post("/api/break-glass", {"patient": "gone", "reason": "emergency at the door"})
    assert glass.status in (200, 404) and house.berg.get("/fhir/Patient/gone").status in (403, 404)
    # The trail says that it was done and why, and of whom by number alone.
    trail = house.cli("trail", "search", "--count", "1000", "--json").stdout
    assert "asked for in writing" in trail and "Patient/gone" in trail
    for text in (trail, *(house.lane.get(p).body for p in ("/api/trail?_count=200", "/api/findings", "/api/queue"))):
        assert words_in(text) == []
    house.stop()
    (lost,) = before - keys_of(house.state)
    assert files_with(house.state, lost) == [], "the wrapped key is in no file any more, nor in a journal"
    kept = next(iter(keys_of(house.state)))
    assert files_with(house.state, kept), "the control: such a key is found where it is"
    house.start()
    assert tells(house) == set()
    assert house.cli("records", "verify").returncode == 0


def test_a_backup_from_before_opens_nothing_once_keys_were_rotated(house, tmp_path):
    back_up(house, tmp_path / "backup")
    assert "rotat" in forget(house), "it says when the backups follow"
    # The control: until then the house's keys still open the backup.
    assert "Zyxwander" in reads_of(restored(tmp_path / "backup", house, tmp_path / "early"), house)
    house.cli("key", "rotate")
    stated = json.loads(house.cli("trail", "search", "--action", "key-rotate", "--json").stdout)["entries"][0]
    assert "finished" in stated["detail"] and stated["time"], "the date is on the trail"
    late = restored(tmp_path / "backup", house, tmp_path / "late")
    says = reads_of(late, house)
    assert "Zyxwander" not in says and "does not start" in says and "records" in says, says
    assert house.app.get("/fhir/Patient/kept").status == 200 and house.app.get("/fhir/Patient/gone").status == 404


def test_control_a_backup_with_its_own_keys_opens_for_ever(house, tmp_path):
    """Why the ring of keys is not kept with backups."""
    back_up(house, tmp_path / "backup")
    subprocess.run(["cp", "-a", house.state / "keys", tmp_path / "keys"], check=True)
    forget(house)
    house.cli("key", "rotate")
    opened = restored(tmp_path / "backup", house, tmp_path / "late")
    shutil.rmtree(opened.state / "keys")
    subprocess.run(["cp", "-a", tmp_path / "keys", opened.state / "keys"], check=True)
    assert "Zyxwander" in reads_of(opened, house)
