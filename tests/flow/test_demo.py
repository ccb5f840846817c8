"""The stories that a newcomer plays: each is noticed, and what is shown of it is true."""
import json
import signal
import subprocess
import time
from datetime import date, timedelta
from pathlib import Path

import house as h
import pytest

SIM = h.BUILD / "sim" / "hospital-sim"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A running demonstration, as ./start makes it, but smaller."""
    with h.House(tmp_path_factory.mktemp("demo")) as house:
        demo = house.state / "demo"
        subprocess.run([SIM, "make", "--patients", "60", "--staff", "40", "--days", "14", "--out", demo], check=True)
        house.cli("import", demo / "bundles")
        subprocess.run([SIM, "accounts", "--demo", "--state", house.state, "--dir", demo, "--url",
                        f"https://127.0.0.1:{house.port}", "--hospitaller", h.PROGRAM], check=True)
        yield house


@pytest.mark.parametrize("story, rule", [("snoop", "f718ca84-0c1d-5f06-8577-459ebe165187"),
                                         ("exfiltrate", "26526089-b6db-5d2f-9528-e601ed860345"),
                                         ("takeover", "12902c84-66da-5df0-b8c2-1848eb4540a1")])
def test_a_story_is_noticed(town, story, rule):
    done = town.cli("demo", story, "--quick", "--json", check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 0 and rule in [f["rule"] for f in told["findings"]]
    assert all(f["after_seconds"] < 60 and f["sentence"] and f["advice"] for f in told["findings"])
    assert [s for s in told["steps"] if s["state"] == "done"], "nothing was done about it"


def private_houses():
    return {p for place in ("/dev/shm", "/tmp") for p in Path(place).glob("hospitaller-slow-*")}


def slow(folder, *words):
    house = h.House(folder)  # only its settings: no demonstration need be running
    return subprocess.Popen([h.PROGRAM, *house.options(), "demo", "slow", "--quick", *words], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_slow_story_is_found_by_what_adds_up_and_by_no_single_day(tmp_path):
    before = private_houses()
    process = slow(tmp_path, "--json")
    out, problems = process.communicate(timeout=280)
    assert process.returncode == 0, problems
    told = json.loads(out)
    account = told["played"]["account"]
    assert told["found"] and told["played"]["records"] >= 4 and account
    (mine,) = [i for i in told["adding"] if i["who"]["account"] == account]
    assert 3 <= mine["records"] <= told["played"]["records"] and mine["score"] >= 20
    assert all(look["score"] < 20 for look in mine["looks"])  # none of them by itself
    assert len({look["time"][:10] for look in mine["looks"]}) == len(mine["looks"])
    days = sorted(date.fromisoformat(look["time"][:10]) for look in mine["looks"])
    assert days[-1] - days[0] >= timedelta(days=7)
    # Others work, too. Whether any of them is shown for a day, the days decide; she never is.
    assert account not in [i["who"]["account"] for i in told["worst"]]
    assert private_houses() <= before


def test_it_says_what_is_real_and_what_is_turned_and_ends_within_two_minutes(tmp_path):
    began = time.time()
    process = slow(tmp_path)
    out, problems = process.communicate(timeout=280)
    assert process.returncode == 0, problems
    for words in ("private house", "Turned   its clock", "ADDS UP", "How it added up", "50 would explain it",
                  "Contained: nothing, by itself", "incidents contain", "trail search --patient"):
        assert words in out
    assert time.time() - began < 120


def test_when_it_is_interrupted_nothing_stays(tmp_path):
    before = private_houses()
    process = slow(tmp_path)
    (made,) = h.wait_for(lambda: private_houses() - before)
    h.wait_for(lambda: (made / "state" / "run" / "hospitaller.sock").exists())
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    out, problems = process.communicate(timeout=60)
    assert process.returncode == 4 and problems
    assert not made.exists()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(made) not in running
