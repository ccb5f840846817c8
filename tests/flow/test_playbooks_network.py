"""A finding blocks an address between real hosts, which are network namespaces: by itself where it
is nobody of the house, with approval where it is; undone, and over by itself."""
import json
import shutil
import time
import uuid

import pytest
from house import ROOT, wait_for
from network import ECHO, NetHouse, Network

ZONES = """
default: allow
never-block:
  - {address: 203.0.113.53, why: the partner's name server}
quarantine-reach: [10.40.0.2]
"""
RULE = """
title: Trial wrong password
id: {id}
name: trial_wrong_password
logsource: {{product: healthcare, category: authentication}}
detection:
  failed: {{activity_name: sign-in, status: Failure}}
  condition: failed
level: high
sentence: "{{actor.user.uid}} gave a wrong password."
advice: Nothing.
tags: [hospitaller.trial_net]
"""
PLAYBOOK = """
name: trial-net
description: A trial.
when: {tags: [hospitaller.trial_net], quiet: 0s}
steps:
  - do: block-address
    for: 6s
    why: A trial.
"""
# A failed sign-in, from wherever this runs; prints when it was sent.
KNOCK = """
import http.client, json, ssl, sys, time
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
c = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]), timeout=5, context=context)
print(time.time(), flush=True)
c.request("POST", "/api/sign-in", json.dumps({"login": "dr.berg", "password": "a guess of mine", "kind": "bearer"}),
          {"Content-Type": "application/json"})
try:
    c.getresponse().read()
except OSError:
    pass  # blocked before the answer came
"""


@pytest.fixture(scope="module")
def net():
    with Network() as net:
        net.host("stranger", "203.0.113.66/24", "203.0.113.1/24")
        net.host("partner", "203.0.113.53/24", "203.0.113.2/24")
        net.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        net.on_server("ip", "route", "replace", "203.0.113.53/32", "dev", f"{net.tag}2")
        net.serve("ward", "10.40.0.2")
        net.serve("ward", "10.40.0.2", 9000, ECHO)
        yield net


@pytest.fixture(scope="module")
def own(net, tmp_path_factory):
    folder = tmp_path_factory.mktemp("playbooks")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    (rules / "detect" / "trial.yml").write_text(RULE.format(id=uuid.uuid4()))
    (rules / "playbooks" / "trial.yaml").write_text(PLAYBOOK)
    house = NetHouse(folder, net, ZONES, settings=[f"rules={rules}"])
    house.settings.append(f"listen=0.0.0.0:{house.port}")  # within a namespace of its own
    with house:
        house.account("dr.berg", "clinician")
        yield house


def knock(own, net, host, address):
    done = net.on(host, "/usr/bin/python3", "-c", KNOCK, address, own.port, check=False)
    return float(done.stdout.split()[0])


def steps(own, state=None):
    runs = json.loads(own.cli("playbooks", "runs", "--json").stdout)["runs"]
    return [(r, s) for r in runs if r["playbook"] == "trial-net" for s in r["steps"] if state in (None, s["state"])]


def test_a_stranger_is_blocked_undone_and_over(own, net):
    assert net.speaks("stranger", "10.40.0.2")
    beat = net.beat("stranger", "10.40.0.2", 9000)
    time.sleep(0.4)
    sent = knock(own, net, "stranger", "203.0.113.1")
    run, step = wait_for(lambda: steps(own, "done"))[0]
    last = net.last_beat(beat)
    print(f"seconds from the request to the last packet: {last - sent:.3f}")
    assert not net.speaks("stranger", "10.40.0.2", seconds=0.3)
    assert "203.0.113.66" in own.lines("block")
    own.cli("playbooks", "undo", run["id"], step["step"], "--reason", "it was a trial")
    wait_for(lambda: steps(own, "undone"))
    assert net.speaks("stranger", "10.40.0.2")
    trail = own.cli("trail", "search", "--action", "block").stdout
    assert "block-address for 6 seconds: 203.0.113.66" in trail and "Hospitaller" in trail
    # Again, and now nobody undoes it.
    knock(own, net, "stranger", "203.0.113.1")
    wait_for(lambda: steps(own, "done"))
    assert not net.speaks("stranger", "10.40.0.2", seconds=0.3)
    wait_for(lambda: net.speaks("stranger", "10.40.0.2", seconds=0.3))
    wait_for(lambda: steps(own, "over"))
    wait_for(lambda: "ended by itself" in own.cli("findings").stdout)


def test_an_address_of_the_house_waits_for_a_person(own, net):
    knock(own, net, "ward", "10.40.0.1")
    run, step = wait_for(lambda: steps(own, "asked"))[0]
    assert step["role"] == "security-officer" and "of the house" in step["words"]
    assert net.speaks("stranger", "10.40.0.2")
    own.cli("playbooks", "refuse", run["id"], step["step"])
    wait_for(lambda: steps(own, "declined"))
    assert net.speaks("stranger", "10.40.0.2")


def test_what_guard_never_blocks_is_not_blocked(own, net):
    knock(own, net, "partner", "203.0.113.2")
    run, step = wait_for(lambda: steps(own, "refused"))[0]
    assert "name server" in step["words"] or "never" in step["words"]
    assert net.speaks("partner", "10.40.0.2")
    assert "203.0.113.53" not in own.lines("block")
