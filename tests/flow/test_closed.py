"""A vault that cannot open what it keeps: it says what is wrong and what to do, to whom it concerns, does not spin,
and goes on when the matter is mended."""
import json
import os
import shutil
import time

import pytest
from house import ROOT, Client, House, patient, wait_for


def start(house):
    """Until the vault answers, whatever it answers."""
    house.wait_ready = lambda: wait_for(lambda: health(house) == 503 and house.cli("status", check=False).returncode == 4)
    house.start()
    del house.wait_ready


def health(house):
    try:
        return Client(house).get("/api/health").status
    except OSError:
        return None


def says(house):
    done = house.cli("status", check=False)
    assert done.returncode == 4, done
    return done.stderr


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as house:
        house.bundle(patient("a"))
        house.account("app", "application")
        house.app = Client(house, house.cli("account", "token", "app", "--label", "test").stdout.strip())
        yield house


def goes_on_when_mended(house):
    os.kill(house.pids("vault")[0], 9)  # nobody has to: it tries again after a minute
    house.wait_ready()
    assert house.app.get("/fhir/Patient/a").status == 200


def test_records_under_another_key(house):
    keys = house.state / "keys"
    house.stop()
    shutil.copytree(keys, house.folder / "old")
    house.start()
    house.cli("key", "rotate")
    house.stop()
    shutil.copytree(keys, house.folder / "new")
    put(house.folder / "old", keys)
    start(house)
    told = says(house)
    assert "sealed under another key" in told and str(keys) in told and "hospitaller records verify" in told
    assert told.split("vault is closed: ")[1][:60] in house.log_text()
    answer = house.app.get("/fhir/Patient/a")
    assert answer.status == 503 and answer.json["resourceType"] == "OperationOutcome"
    assert "hospitaller status" in answer.words and "key" not in answer.words, "who comes by the door may be anybody"
    vault = house.pids("vault")
    time.sleep(4)
    assert house.pids("vault") == vault and house.log_text().count("sealed under another key") == 1
    put(house.folder / "new", keys)
    goes_on_when_mended(house)
    assert json.loads(house.cli("records", "verify", "--json").stdout)["result"] == "whole"


def put(source, keys):
    """A copy of the keys in their place, as a person would."""
    for file in source.iterdir():
        (keys / file.name).write_bytes(file.read_bytes())


def test_a_passphrase_that_does_not_belong(house):
    path = house.state / "keys" / "passphrase"
    kept = path.read_bytes()
    house.stop()
    path.write_bytes(b"seven quiet otters rowing home\n")
    start(house)
    assert "the passphrase is not the one" in says(house) and "belong together" in says(house)
    path.write_bytes(kept)
    goes_on_when_mended(house)


def test_a_trail_that_somebody_changed(house):
    house.stop()
    path = house.state / "trail" / "checkpoint"
    kept = path.read_text()
    path.write_text(kept.replace("hospitaller/trail", "hospitaller/trial", 1))
    start(house)
    assert "hospitaller trail verify --key KEY" in says(house) and "copy it" in says(house)
    path.write_text(kept)
    goes_on_when_mended(house)


def test_a_policy_with_a_word_that_is_unknown(tmp_path):
    rules = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", rules)
    policy = rules / "policy" / "hospital.yaml"
    kept = policy.read_text()
    policy.write_text(kept + "colour: red\n")
    house = House(tmp_path, settings=[f"rules={rules}"])
    try:
        start(house)
        told = says(house)
        assert f"{policy}:{len(kept.splitlines()) + 1}:" in told and "hospitaller policy show" in told
        policy.write_text(kept)
        os.kill(house.pids("vault")[0], 9)
        house.wait_ready()
    finally:
        house.stop()
