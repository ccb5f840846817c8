"""The clock of a whole house can be turned for a test, while it runs; and of no other house."""
import subprocess
import time
from datetime import datetime, timezone

import house as h
import pytest

DAY = 86400


def newest(house):
    """When the newest entry of the trail says that it was, in seconds from now."""
    entries = h.json.loads(house.cli("trail", "search", "--count", 1, "--json").stdout)["entries"]
    at = datetime.fromisoformat(entries[0]["time"][:19]).replace(tzinfo=timezone.utc)
    return at.timestamp() - time.time()


def test_all_roles_follow_at_once(tmp_path):
    with h.House(tmp_path, test="turned-clock") as house:
        assert abs(newest(house)) < 60
        house.turn(-40 * DAY)
        house.account("ms.lane", "privacy-officer")
        lane = house.sign_in("ms.lane")  # with a code of the day that it is in the house
        assert abs(newest(house) + 40 * DAY) < 60
        h.wait_for(lambda: lane.get("/api/queue").json["ready"])
        house.turn(0)
        assert lane.get("/api/me").status == 401  # her session was of six weeks ago
        house.account("dr.berg", "clinician")
        assert abs(newest(house)) < 60
        assert "the clock of this house is turned" in house.log_text()


def test_a_house_without_the_option_is_not_turned(tmp_path):
    """The control: what lies there turns nothing, and no setting does."""
    with h.House(tmp_path) as house:
        house.turn(3 * DAY)
        house.account("ms.lane", "privacy-officer")
        assert abs(newest(house)) < 60
        house.stop()
        house.start()
        assert abs(newest(house)) < 60
        assert "turned" not in house.log_text()
        refused = house.cli("--set", "clock=3", "status", check=False)
        assert refused.returncode == 2


@pytest.mark.parametrize("wrong, words", [
    (lambda clock: clock.unlink(), "No such file"),
    (lambda clock: clock.write_bytes(b"soon"), "eight bytes"),
    (lambda clock: clock.chmod(0o666), "nobody else may write it"),
    (lambda clock: h.os.chown(clock, 1, 1), "must be root's")])
def test_a_clock_that_anybody_could_turn_is_refused(tmp_path, wrong, words):
    house = h.House(tmp_path, test="turned-clock")
    house.turn(0)
    wrong(house.state / "clock")
    done = subprocess.run([h.PROGRAM, *house.options(), "run"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and words in done.stderr
