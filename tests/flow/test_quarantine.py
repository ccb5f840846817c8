"""A host that knocks where the zones let nobody in: found, and put in quarantine by the playbook once somebody agrees,
with real traffic between hosts that are network namespaces. What must never be touched is not, and the run says so."""
import json
import shutil

import pytest
from house import ROOT, wait_for
from network import NetHouse, Network

ZONES = """
default: deny
zones:
  records: {prefixes: [10.30.0.0/24, "2001:db8:30::/64"]}
  staff: {prefixes: [10.40.0.0/24, 10.41.0.0/24, "2001:db8:40::/64"]}
  devices: {prefixes: [10.20.0.0/24, 10.21.0.0/24]}
  service: {prefixes: [10.60.0.0/24]}
flows:
  - {name: staff read records, why: the console, from: staff, to: records, tcp: [443]}
  - {name: devices report, why: results, from: devices, to: records, tcp: [443]}
  - {name: staff are cleaned, why: updates and scanners, from: staff, to: service, tcp: [8530]}
quarantine-reach: [10.60.0.9]
never-block:
  - {address: 10.21.0.5, why: the ventilators' gateway}
"""
# To each of these ports once, as something does that looks for doors.
SCAN = """
import socket, sys
for port in range(1000, 1030):
    s = socket.socket(); s.setblocking(False); s.connect_ex((sys.argv[1], port)); s.close()
"""
# To one port again and again, as something does whose flow is missing.
KNOCK = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(25): s.sendto(b"result", (sys.argv[1], 9999))
"""


@pytest.fixture(scope="module")
def net():
    with Network() as net:
        net.host("records", "10.30.0.20/24", "10.30.0.1/24")
        net.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        net.host("office", "10.41.0.2/24", "10.41.0.1/24")
        net.host("pump", "10.20.0.2/24", "10.20.0.1/24")
        net.host("gateway", "10.21.0.5/24", "10.21.0.1/24")
        net.host("cleaner", "10.60.0.9/24", "10.60.0.1/24")
        net.host("six", "2001:db8:40::2/64", "2001:db8:40::1/64")
        net.host("records6", "2001:db8:30::20/64", "2001:db8:30::1/64")
        net.serve("records", "10.30.0.20")
        net.serve("cleaner", "10.60.0.9", 8530)
        yield net


@pytest.fixture(scope="module")
def own(net, tmp_path_factory):
    """The zones hold, and by the time a test looks three hosts have looked for doors, and two have knocked
    at one."""
    folder = tmp_path_factory.mktemp("quarantine")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    file = rules / "playbooks" / "infected.yaml"
    assert "for: 4h" in file.read_text()
    file.write_text(file.read_text().replace("for: 4h", "for: 20s"))  # so that its end can be waited for
    with NetHouse(folder, net, ZONES, settings=[f"rules={rules}"]) as house:
        house.guard("apply")
        house.guard("confirm")
        for host, there in (("ward", "10.20.0.2"), ("office", "10.20.0.2"), ("gateway", "10.40.0.2")):
            net.on(host, "/usr/bin/python3", "-c", SCAN, there)
        net.on("pump", "/usr/bin/python3", "-c", KNOCK, "10.30.0.20")
        net.on("six", "/usr/bin/python3", "-c", KNOCK, "2001:db8:30::20")
        yield house


def asked(own, key, *words):
    """What the command line lists; nothing while watch has told nothing yet, which is said on the other stream."""
    done = own.cli(*words, "--json", check=False)
    assert done.returncode == 0 or (done.returncode == 4 and "unavailable" in done.stderr), (words, done)
    return json.loads(done.stdout)[key] if done.stdout else []


def steps(own, address, state, action="quarantine-host"):
    runs = asked(own, "runs", "playbooks", "runs")
    return [(r, s) for r in runs if r["playbook"] == "infected" and r.get("address") == address
            for s in r["steps"] if s["action"] == action and s["state"] == state]


def findings(own, rule, address):
    return [f for f in asked(own, "findings", "findings") if f["rule"] == rule and f.get("address") == address]


def reaches_records(net, host):
    return net.speaks(host, "10.30.0.20", seconds=0.3)


def approve(own, address):
    run, step = wait_for(lambda: steps(own, address, "asked"))[0]
    own.cli("playbooks", "approve", run["id"], step["step"], "--reason", "called the ward")
    return run, step


def test_a_host_that_knocks_is_found(own):
    found = wait_for(lambda: findings(own, "system.scan", "10.40.0.2"))
    assert len(found) == 1 and found[0]["level"] == "high" and "t1046" in found[0]["attack"]
    assert found[0]["sentence"].startswith(
        "10.40.0.2 sent 30 packets within ten minutes to where no flow of the zones leads: "
        "to 30 places, most often to port 10"), found
    knocks = findings(own, "system.knocks", "10.20.0.2")
    assert len(knocks) == 1 and knocks[0]["level"] == "medium"
    assert knocks[0]["sentence"] == ("10.20.0.2 sent 25 packets within ten minutes to where no flow of the zones "
                                     "leads: to port 9999 (udp) of 10.30.0.20.")
    six = findings(own, "system.knocks", "2001:db8:40::2")
    assert len(six) == 1 and six[0]["sentence"].endswith("to port 9999 (udp) of 2001:db8:30::20.")
    line = own.lines("knock")["10.20.0.2"]
    assert line["places"] == 1 and line["packets"] == 25
    assert "10.20.0.2" in own.guard("list").stdout
    assert not steps(own, "10.20.0.2", "asked"), "a flow that is missing is no infection"


def test_it_is_put_in_quarantine_when_somebody_agrees_and_taken_out(own, net):
    run, step = wait_for(lambda: steps(own, "10.40.0.2", "asked"))[0]
    assert step["role"] == "security-officer"
    assert reaches_records(net, "ward"), "nothing is done before somebody agrees"
    approve(own, "10.40.0.2")
    wait_for(lambda: steps(own, "10.40.0.2", "done"))
    assert not reaches_records(net, "ward")
    assert net.speaks("ward", "10.60.0.9", 8530), "who cleans it is still reached"
    assert reaches_records(net, "office"), "nobody else is meant"
    assert "10.40.0.2" in own.lines("quarantine")
    own.cli("playbooks", "undo", run["id"], step["step"], "--reason", "an inventory of ours")
    wait_for(lambda: steps(own, "10.40.0.2", "undone"))
    assert reaches_records(net, "ward")
    trail = own.cli("trail", "search", "--action", "quarantine").stdout
    assert "quarantine-host for 20 seconds: 10.40.0.2" in trail
    assert wait_for(lambda: steps(own, "10.40.0.2", "done", "open-task")), "somebody looks at it"


def test_it_ends_by_itself(own, net):
    approve(own, "10.41.0.2")
    wait_for(lambda: steps(own, "10.41.0.2", "done"))
    assert not reaches_records(net, "office")
    wait_for(lambda: reaches_records(net, "office"))
    wait_for(lambda: steps(own, "10.41.0.2", "over"))
    assert "10.41.0.2" not in own.lines("quarantine")
    wait_for(lambda: "10.41.0.2: its time is over" in own.cli("findings").stdout)


def test_what_must_never_be_touched_is_not_whatever_the_playbook_says(own, net):
    assert findings(own, "system.scan", "10.21.0.5"), "it did what the others did"
    approve(own, "10.21.0.5")
    run, step = wait_for(lambda: steps(own, "10.21.0.5", "refused"))[0]
    assert "ventilators' gateway" in step["words"], step
    assert "ventilators' gateway" in own.cli("playbooks", "show", run["id"]).stdout
    assert reaches_records(net, "gateway") and "10.21.0.5" not in own.lines("quarantine")
    failed = own.cli("trail", "search", "--action", "quarantine", "--outcome", "failed").stdout
    assert "10.21.0.5" in failed and "ventilators' gateway" in failed
