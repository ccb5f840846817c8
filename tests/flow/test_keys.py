"""Root on the server rotates keys, forgets a patient, and looks at what the disk tells."""
import json
import subprocess

import pytest

from house import PROGRAM, Client, House, patient


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as h:
        h.bundle(*[patient(f"p{i}", family=f"Vogel{i}") for i in range(30)])
        h.account("app", "application")
        h.token = h.cli("account", "token", "app", "--label", "test").stdout.strip()
        yield h


def read(house, id):
    return Client(house, house.token).get(f"/fhir/Patient/{id}")


def test_keys_are_rotated_while_the_door_is_open(house):
    before = (house.state / "keys/ring").read_bytes()
    assert read(house, "p1").status == 200
    assert "gone" in house.cli("key", "rotate").stdout
    assert (house.state / "keys/ring").read_bytes() != before
    assert read(house, "p1").status == 200
    entries = json.loads(house.cli("trail", "search", "--action", "key-rotate", "--json").stdout)["entries"]
    assert "finished" in entries[0]["detail"]
    house.stop()
    house.start()  # nothing needs the key before any more
    assert read(house, "p2").json["name"][0]["family"] == "Vogel2"
    assert "gone" in house.cli("key", "rotate").stdout
    assert read(house, "p3").status == 200


def test_a_forgotten_patient_is_gone_and_the_act_is_on_the_trail(house):
    refused = house.cli("patient", "forget", "p7", "--reason", "asked for in writing", "--sure", "p8", check=False)
    assert refused.returncode == 2 and read(house, "p7").status == 200
    assert "destroyed" in house.cli(
        "patient", "forget", "p7", "--reason", "asked for in writing", "--sure", "p7").stdout
    never = read(house, "never")
    gone = read(house, "p7")
    assert (gone.status, gone.body) == (never.status, never.body)
    assert Client(house, house.token).get("/fhir/Patient/p7/_history").status == 404
    assert Client(house, house.token).get("/fhir/Patient?name=vogel7&_total=accurate").json["total"] == 0
    assert read(house, "p8").status == 200
    entry = json.loads(house.cli("trail", "search", "--action", "shred", "--json").stdout)["entries"][0]
    assert entry["reason"] == "asked for in writing"
    house.stop()
    house.start()
    assert read(house, "p7").status == 404
    assert house.cli("records", "verify").returncode == 0


def test_the_leak_report_counts_and_needs_no_server(house):
    leaks = {x["name"]: x["value"] for x in json.loads(house.cli("leak-report", "--json").stdout)["leaks"]}
    assert leaks["patients"] == 30 and leaks["clinical-shared"] == 0
    house.stop()
    again = {x["name"]: x["value"] for x in json.loads(house.cli("leak-report", "--json").stdout)["leaks"]}
    assert again == leaks
    house.start()
    assert house.cli("status").returncode == 0


def test_the_policy_is_shown_and_checked_before_it_is_loaded(house, tmp_path):
    shown = json.loads(house.cli("policy", "show", "Patient", "--json").stdout)
    assert shown["administrator"]["a stranger's"] == []
    assert "read" in shown["clinician"]["in one's care"]
    assert "read" in shown["patient"]["one's own"]
    (tmp_path / "rules/policy").mkdir(parents=True)
    (tmp_path / "rules/policy/hospital.yaml").write_text("rules:\n  - nam: x\n")
    broken = subprocess.run([PROGRAM, "--set", f"rules={tmp_path}/rules", "policy", "show"],
                            capture_output=True, text=True)
    assert broken.returncode == 1 and "hospital.yaml:" in broken.stderr
