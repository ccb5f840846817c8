"""The simulated hospital: invented from a seed, imported whole, worked in by its staff."""
import json
import subprocess
from pathlib import Path

import pytest
from house import BUILD, House

SIM = BUILD / "sim" / "hospital-sim"
SMALL = ("--patients", "25", "--staff", "24", "--days", "14")


def sim(*words):
    done = subprocess.run([SIM, *map(str, words)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def resources(folder):
    return [e["resource"] for path in sorted(Path(folder, "bundles").glob("*.json"))
            for e in json.loads(path.read_text())["entry"]]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    sim("make", "--seed", 7, *SMALL, "--out", folder)
    return folder


def test_the_same_seed_makes_the_same_bytes(town, tmp_path):
    sim("make", "--seed", 7, *SMALL, "--out", tmp_path / "again")
    sim("make", "--seed", 8, *SMALL, "--out", tmp_path / "other")
    assert files(tmp_path / "again") == {n: b for n, b in files(town).items() if n in files(tmp_path / "again")}
    other = files(tmp_path / "other")
    assert all(other[n] != b for n, b in files(tmp_path / "again").items())


def test_references_lead_somewhere(town):
    all_of_them = resources(town)
    known = {f"{r['resourceType']}/{r['id']}" for r in all_of_them}
    assert len(known) == len(all_of_them)

    def references(json_value):
        if isinstance(json_value, dict):
            for key, value in json_value.items():
                if key == "reference":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(json_value, list):
            for value in json_value:
                yield from references(value)

    assert {ref for r in all_of_them for ref in references(r)} <= known


def test_rosters_are_kept_twice_and_agree(town):
    rosters = json.loads((town / "truth" / "rosters.json").read_text())
    assert rosters["days"] == 14
    of = {r["id"]: r for r in resources(town)}
    slots = [r for r in of.values() if r["resourceType"] == "Slot"]
    for member in rosters["staff"]:
        assert len(member["days"]) == 14
        own = [s for s in slots if of[s["schedule"]["reference"].split("/")[1]]["actor"][0]["reference"]
               == "Practitioner/" + member["staff"]]
        shifts = [s for s in own if s["serviceType"][0]["text"] != "on call"]
        calls = [s for s in own if s["serviceType"][0]["text"] == "on call"]
        assert len(shifts) == (sum(c in "ELN" for c in member["days"]) if member["role"] == "nurse" else 0)
        assert sorted(s["start"][:10] for s in calls) == member["on_call"]
    # Every night somebody can be called.
    nights = {day for m in rosters["staff"] for day in m["on_call"]}
    assert len(nights) == 14


def test_somebody_is_known_to_all_and_some_work_here(town):
    labels = [code["code"] for r in resources(town) if r["resourceType"] == "Patient"
              for code in r.get("meta", {}).get("security", [])]
    people = json.loads((town / "truth" / "people.json").read_text())
    assert labels.count("CEL") == sum(p["vip"] for p in people) >= 1
    assert labels.count("EMP") == sum(p["is_patient"] and p["staff"] != "" for p in people)


def test_everything_is_imported(town, tmp_path):
    with House(tmp_path) as house:
        done = json.loads(house.cli("import", town / "bundles", "--json").stdout)
        assert done["created"] == len(resources(town))
        assert done["unchanged"] == 0 and not done.get("failed")
        again = json.loads(house.cli("import", town / "bundles", "--json").stdout)
        assert again["created"] == 0 and again["unchanged"] == len(resources(town))
