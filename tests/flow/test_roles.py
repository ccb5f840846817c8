"""Roles die and come back; the others carry on, and nothing is half done."""
import contextlib
import json
import os
import signal
import threading
import time

import pytest
from house import Client, House, observation, patient


@pytest.fixture()
def own(tmp_path):
    with House(tmp_path) as house:
        house.bundle(patient("a"))
        house.account("app", "application")
        token = house.cli("account", "token", "app", "--label", "test").stdout.strip()
        house.app = Client(house, token)
        yield house


def test_each_role_is_confined_as_the_kernel_reports(own):
    time.sleep(1.5)
    roles = {r["name"]: r for r in json.loads(own.cli("status", "--json").stdout)["roles"]}
    for name in ("vault", "watch", "courier", "gate-worker"):
        c = roles[name]["confinement"]
        assert c["seccomp"] and c["no_new_privileges"] and int(c["capabilities"], 16) == 0, name
        assert roles[name]["user"] != "root"
    for name in ("vault", "watch", "courier"):
        status = open(f"/proc/{roles[name]['pid']}/status").read()
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status


def test_a_killed_vault_comes_back_and_sessions_live_on(own):
    assert own.app.get("/fhir/Patient/a").status == 200
    os.kill(own.pids("vault")[0], signal.SIGKILL)
    seen = set()
    for _ in range(200):
        seen.add(own.app.get("/fhir/Patient/a").status)
        if 200 in seen and 503 in seen:
            break
        time.sleep(0.02)
    assert seen == {200, 503}


def test_requests_in_flight_get_503_and_are_not_half_done(own):
    answers = []

    def write(i):
        client = Client(own, own.app.token)
        for n in range(40):
            answer = client.put(f"/fhir/Observation/w{i}-{n}", observation(f"w{i}-{n}", "a"))
            answers.append((f"w{i}-{n}", answer.status))

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    while len(answers) < 8:  # some are answered, some under way
        time.sleep(0.01)
    os.kill(own.pids("vault")[0], signal.SIGKILL)
    for t in threads:
        t.join()
    own.wait_ready()
    assert {s for _, s in answers} <= {200, 201, 503}
    stored = [i for i, s in answers if s in (200, 201)]
    assert stored and all(own.app.get("/fhir/Observation/" + i).status == 200 for i in stored)


def test_a_killed_gate_and_watch_come_back(own):
    for name in ("watch", "gate"):
        for pid in own.pids(name):
            with contextlib.suppress(ProcessLookupError):  # a worker whose master is gone ends by itself
                os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    own.wait_ready()
    assert own.app.get("/fhir/Patient/a").status == 200


def test_stopping_leaves_nothing_behind(own):
    own.stop()
    assert own.log_text().rstrip().endswith("stopped")


def test_an_import_can_be_run_again(own):
    resources = [patient("i1"), observation("i2", "i1"), observation("i3", "i1")]
    assert own.bundle(*resources)["created"] == 3
    again = own.bundle(*resources)
    assert again["created"] == 0 and again["unchanged"] == 3


def test_records_are_verified_while_others_read_them(own):
    """Some at a time: the command goes on where the server stopped, and misses nothing."""
    own.bundle(*[observation(f"v{i}", "a") for i in range(450)])
    shown = json.loads(own.cli("records", "verify", "--json").stdout)
    assert shown["result"] == "whole" and shown["versions"] == 451 and "next" not in shown
