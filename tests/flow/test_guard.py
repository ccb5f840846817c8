"""Blocks, quarantine and zones, with real traffic between hosts that are network namespaces."""
import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from house import ROOT, Client, House
from network import ECHO, NetHouse, Network

ZONES = """
default: deny
longest-block: 2h
zones:
  staff: {prefixes: [10.40.0.0/24, "2001:db8:40::/64"]}
  devices: {prefixes: [10.20.0.0/24, "2001:db8:20::/64"]}
  guests: {prefixes: [10.50.0.0/24]}
flows:
  - {name: staff see devices, why: monitors, from: staff, to: devices, tcp: [443, 8000-8010], ping: true}
quarantine-reach: [10.50.0.34]
never-block:
  - {address: 10.20.0.53, why: name server of the wards}
"""


@pytest.fixture(scope="module")
def net():
    with Network() as net:
        net.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        net.host("pump", "10.20.0.2/24", "10.20.0.1/24")
        net.host("guest", "10.50.0.34/24", "10.50.0.1/24")
        net.host("six", "2001:db8:40::102/64", "2001:db8:40::1/64")
        net.host("seven", "2001:db8:20::2/64", "2001:db8:20::1/64")
        for host, address in (("ward", "10.40.0.2"), ("pump", "10.20.0.2"), ("guest", "10.50.0.34"),
                              ("seven", "2001:db8:20::2")):
            net.serve(host, address)
        net.serve("pump", "10.20.0.2", 8005)
        net.serve("pump", "10.20.0.2", 22)
        net.serve("seven", "2001:db8:20::2", 22)
        net.serve(None, "10.40.0.1", 7000)
        yield net


@pytest.fixture(scope="module")
def own(net, tmp_path_factory):
    with NetHouse(tmp_path_factory.mktemp("guard"), net, ZONES) as house:
        yield house


@pytest.fixture(autouse=True)
def clean(request):
    """Each test begins without blocks and without zones that wait."""
    yield
    if "own" in request.fixturenames:
        house = request.getfixturevalue("own")
        house.guard("rollback", check=False)
        for kind, verb in (("block", "unblock"), ("quarantine", "release")):
            for address in house.lines(kind):
                house.guard(verb, address)


def table(net):
    return net.nft("list", "table", "inet", "hospitaller").stdout


def without_counts(shown):
    return re.sub(r"(packets|bytes) \d+|expires \w+", "", shown)


def test_a_block_drops_both_ways_and_is_lifted(own, net):
    assert net.speaks("guest", "10.40.0.2") and net.speaks("ward", "10.50.0.34")
    assert "is blocked for 3600 seconds" in own.block("10.50.0.34", case="INC-7").stdout
    assert not net.speaks("guest", "10.40.0.2") and not net.speaks("ward", "10.50.0.34")
    assert not net.speaks("guest", "10.40.0.1", 7000), "the server itself does not hear it either"
    assert net.speaks("ward", "10.20.0.2"), "nobody else is meant"
    line = own.lines("block")["10.50.0.34"]
    assert line["case"] == "INC-7" and line["reason"] == "a test" and 3590 <= line["seconds"] <= 3600
    assert line["packets"] >= 3 and line["bytes"] >= 3 * 40
    own.guard("unblock", "10.50.0.34")
    assert net.speaks("guest", "10.40.0.2") and not own.lines("block")
    assert own.guard("unblock", "10.50.0.34", check=False).returncode == 4


def test_a_connection_that_stands_ends_too(own, net):
    net.serve("pump", "10.20.0.2", 9000, ECHO)
    beat = net.beat("ward", "10.20.0.2", 9000)
    time.sleep(0.5)
    own.block("10.40.0.2")
    told = time.time()
    time.sleep(0.8)
    assert told - 1 < net.last_beat(beat) < told + 0.05, "what was on its way arrives"


def test_ranges(own, net):
    own.block("10.50.0.32/28")
    assert not net.speaks("guest", "10.40.0.2")
    assert "ends at another time" in own.block("10.50.0.32/27", "30m", check=False).stderr
    own.block("10.50.0.32/27", "2h")  # the smaller one ends sooner and gives way
    assert set(own.lines("block")) == {"10.50.0.32/27"}
    assert not net.speaks("guest", "10.40.0.2")
    assert "already" in own.block("10.50.0.48/28", "1h").stdout
    own.block("10.50.0.34", "5m")  # one address has its own set
    own.guard("unblock", "10.50.0.32/27")
    assert not net.speaks("guest", "10.40.0.2")
    for wide, words in (("10.0.0.0/8", "at most a /16"), ("::/0", "at most a /32"), ("0.0.0.0/0", "/16")):
        assert words in own.block(wide, check=False).stderr


def test_ipv6(own, net):
    assert net.speaks("six", "2001:db8:20::2")
    own.block("2001:db8:40::102")
    assert not net.speaks("six", "2001:db8:20::2")
    own.guard("unblock", "2001:db8:40::102")
    own.block("2001:db8:40::100/120")
    assert not net.speaks("six", "2001:db8:20::2")


@pytest.mark.parametrize("address", ["10.50.0.34/33", "010.50.0.34", "10.50.0.34/24", "::ffff:10.50.0.34",
                                     "guest", "10.50.0.34 }", "10.50.0.34,10.50.0.3"])
def test_what_is_no_address_is_refused(own, net, address):
    before = table(net)
    done = own.block(address, check=False)
    assert done.returncode == 4 and "not an address" in done.stderr
    assert table(net) == before


def test_times_have_bounds(own):
    assert "no block is longer than 7200 seconds" in own.block("10.50.0.34", "3h", check=False).stderr
    assert own.block("10.50.0.34", "8d", check=False).returncode != 0
    assert own.block("10.50.0.34", "0s", check=False).returncode == 2
    assert own.guard("block", "10.50.0.34", "--for", "1h", check=False).returncode == 2, "without a reason"


def test_a_block_again_begins_anew(own):
    own.block("10.50.0.34", "1h")
    own.block("10.50.0.34", "5m")
    assert own.lines("block")["10.50.0.34"]["seconds"] <= 300
    own.block("10.50.0.34", "2h")
    assert own.lines("block")["10.50.0.34"]["seconds"] > 7000


def test_quarantine_leaves_what_may_reach_it(own, net):
    # Not confirmed: only what the file says is never blocked holds; so the reach is applied first.
    own.guard("apply", "--confirm-within", "60s")
    own.guard("rollback")
    own.guard("quarantine", "10.20.0.2", "--for", "5m", "--reason", "a pump that scans")
    assert not net.speaks("ward", "10.20.0.2") and not net.speaks("pump", "10.40.0.2")
    assert net.speaks("guest", "10.20.0.2") and net.speaks("pump", "10.50.0.34"), "the reach of the file"
    own.guard("release", "10.20.0.2")
    assert net.speaks("ward", "10.20.0.2")
    assert "one host" in own.guard("quarantine", "10.20.0.0/24", "--reason", "x", check=False).stderr


def test_zones_hold_and_are_undone_when_nobody_confirms(own, net):
    assert net.speaks("guest", "10.20.0.2") and net.speaks("ward", "10.20.0.2", 22)
    shown = own.guard("apply", "--confirm-within", "5s").stdout
    assert "3 zones and 1 flow hold" in shown and "unless confirmed" in shown
    assert net.speaks("ward", "10.20.0.2") and net.speaks("ward", "10.20.0.2", 8005)
    assert not net.speaks("ward", "10.20.0.2", 22, 0.3), "no flow"
    assert not net.speaks("pump", "10.40.0.2", 443, 0.3), "the flow goes one way"
    assert not net.speaks("guest", "10.20.0.2", 443, 0.3)
    assert net.speaks("six", "2001:db8:20::2") and not net.speaks("six", "2001:db8:20::2", 22, 0.3)
    assert own.lines("flow")["staff see devices"]["packets"] > 0
    assert own.lines("denied")["from guests"]["packets"] > 0
    assert "Other zones wait" in own.guard("apply", check=False).stderr
    end = time.time() + 10
    while time.time() < end and not net.speaks("guest", "10.20.0.2", 443, 0.3):
        pass
    assert time.time() < end, "they are undone"
    assert own.guard("confirm", check=False).returncode == 4
    assert "Nobody confirmed" in own.cli("trail", "search", "--action", "zones").stdout


def test_zones_that_are_confirmed_stay_and_flows_end_at_once(own, net):
    try:
        own.guard("apply", "--confirm-within", "20s")
        own.guard("confirm")
        own.restart_guard()
        assert not net.speaks("guest", "10.20.0.2", 443, 0.3) and net.speaks("ward", "10.20.0.2")
        net.serve("pump", "10.20.0.2", 8001, ECHO)
        own.zones.write_text(ZONES.replace("tcp: [443, 8000-8010]", "tcp: [443], udp: [8001]"))
        own.guard("apply", "--confirm-within", "20s")
        beat = net.beat("ward", "10.20.0.2", 8001)
        time.sleep(0.4)
        own.guard("rollback")
        told = time.time()
        time.sleep(0.5)
        last = net.last_beat(beat)
        assert told - 2 < last <= told + 0.05, "it flowed, and a flow taken back ends where it stands"
        assert not net.speaks("ward", "10.20.0.2", 22, 0.3) and net.speaks("ward", "10.20.0.2", 8005)
    finally:
        own.zones.write_text("default: allow\n" + ZONES.split("default: deny\n")[1])
        own.guard("apply")
        own.guard("confirm")
        own.zones.write_text(ZONES)
    assert net.speaks("guest", "10.20.0.2")


def test_guard_killed_before_the_confirmation_undoes(own, net):
    own.guard("apply", "--confirm-within", "600s")
    assert not net.speaks("guest", "10.20.0.2", 443, 0.3)
    own.restart_guard()
    assert net.speaks("guest", "10.20.0.2"), "nobody had confirmed"
    assert "zones that nobody had confirmed are undone" in own.log_text()
    assert own.guard("confirm", check=False).returncode == 4


def test_a_file_that_is_wrong_changes_nothing(own, net):
    before = without_counts(table(net))
    for text, words in ((ZONES.replace("to: devices", "to: nowhere"), "there is no zone 'nowhere'"),
                        (ZONES.replace("443, 8000", "443, 0-8000"), "not a port"),
                        (ZONES + "colour: red\n", "is not a key"),
                        (ZONES.replace("10.50.0.0/24", "10.40.0.0/16"), "overlaps"),
                        (ZONES.replace("staff see devices", "'x\" drop; flush ruleset #'"), "a name is")):
        own.zones.write_text(text)
        try:
            done = own.guard("apply", check=False)
            assert done.returncode == 4 and words in done.stderr and "line" in done.stderr
            offline = own.guard("check", own.zones, check=False)
            assert offline.returncode == 1 and words in offline.stderr
        finally:
            own.zones.write_text(ZONES)
        assert without_counts(table(net)) == before


def test_check_prints_what_the_kernel_takes(own, net):
    for file in (own.zones, ROOT / "rules" / "network" / "zones.yaml"):
        printed = own.guard("check", file).stdout
        subprocess.run(["ip", "netns", "exec", net.server, "nft", "-c", "-f", "-"], input=printed, text=True,
                       check=True)
        assert all("inet hospitaller" in line for line in printed.splitlines())


def test_blocks_and_their_time_survive_a_killed_guard(own, net):
    own.block("10.50.0.34", "60s", case="INC-9")
    own.block("10.60.0.0/24", "10m")
    time.sleep(2.2)
    own.restart_guard()
    assert not net.speaks("guest", "10.40.0.2")
    lines = own.lines("block")
    assert 50 < lines["10.50.0.34"]["seconds"] <= 58 and lines["10.50.0.34"]["case"] == "INC-9"
    net.nft("delete", "table", "inet", "hospitaller")  # as after a reboot
    own.restart_guard()
    assert not net.speaks("guest", "10.40.0.2")
    lines = own.lines("block")
    assert set(lines) == {"10.50.0.34", "10.60.0.0/24"} and 40 < lines["10.50.0.34"]["seconds"] <= 58
    assert "2 blocks that the kernel had lost are back" in own.log_text()


def test_a_broken_file_of_blocks_does_not_keep_guard_from_its_work(own, net):
    own.block("10.50.0.34")
    path = own.state / "guard" / "blocks"
    path.write_bytes(path.read_bytes()[:-3])
    own.restart_guard()
    assert not net.speaks("guest", "10.40.0.2")
    assert own.lines("block")["10.50.0.34"]["reason"] == "set by hand", "found in the kernel"
    assert "the file of blocks is not whole" in own.log_text()
    assert (own.state / "guard" / "blocks.broken").exists()


def test_what_is_done_by_hand_is_seen(own, net):
    net.nft("add", "element", "inet", "hospitaller", "block4", "{ 10.50.0.34 }")
    line = own.lines("block")["10.50.0.34"]
    assert line["reason"] == "set by hand" and 0 < line["seconds"] <= 86400, "it ends, too"
    own.guard("unblock", "10.50.0.34")
    assert net.speaks("guest", "10.40.0.2")
    own.block("10.50.0.34")
    net.nft("delete", "element", "inet", "hospitaller", "block4", "{ 10.50.0.34 }")
    own.lines("block")
    time.sleep(0.6)
    assert not own.lines("block"), "it is not said to hold"
    assert "lifted it by hand" in own.log_text()


def test_other_tables_are_left_alone(own, net):
    net.nft("add table inet theirs; add chain inet theirs c { type filter hook input priority 0; }")
    before = net.nft("list", "table", "inet", "theirs").stdout
    own.guard("apply")
    own.guard("rollback")
    own.block("10.50.0.34")
    own.guard("unblock", "10.50.0.34")
    tables = set(net.nft("list", "tables").stdout.split("\n")) - {""}
    assert tables == {"table inet theirs", "table inet hospitaller"}
    assert net.nft("list", "table", "inet", "theirs").stdout == before
    net.nft("delete", "table", "inet", "theirs")


def test_every_act_is_on_the_trail_before(own):
    own.block("10.50.0.34", case="INC-3")
    own.block("127.0.0.1", check=False)
    own.guard("unblock", "10.50.0.34")
    entries = json.loads(own.cli("trail", "search", "--count", "4", "--json").stdout)["entries"]
    told = [(e["action"], e["outcome"], e["detail"]) for e in reversed(entries)]
    assert told[0] == ("block", "allowed", "10.50.0.34, for 3600 seconds")
    assert told[1] == ("block", "allowed", "127.0.0.1, for 3600 seconds")
    assert told[2][:2] == ("block", "failed") and "loopback" in told[2][2]
    assert told[3] == ("unblock", "allowed", "10.50.0.34")
    assert "loopback" in own.cli("trail", "search", "--outcome", "failed", "--action", "block").stdout


def test_nothing_is_done_before_its_entry_is_on_disk(net, tmp_path, monkeypatch):
    shim = tmp_path / "fault.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, ROOT / "tests" / "promise" / "fault.c", "-ldl"],
                   check=True)
    shim.chmod(0o755)
    with Network() as alone:
        alone.host("guest", "10.50.0.34/24", "10.50.0.1/24")
        house = NetHouse(tmp_path, alone, "")
        monkeypatch.setenv("LD_PRELOAD", str(shim))
        monkeypatch.setenv("FAULT_DIR", str(house.state / "trail"))
        house.start()
        monkeypatch.delenv("LD_PRELOAD")
        began = time.monotonic()
        house.block("10.50.0.33")
        assert time.monotonic() - began < 1.0, "control: the disk is fast"
        (house.state / "trail" / "fault-delay").touch()
        time.sleep(0.1)
        began = time.monotonic()
        house.block("10.50.0.34")
        assert time.monotonic() - began > 1.5
        (house.state / "trail" / "fault-delay").unlink()
        (house.state / "trail" / "fault-eio").touch()
        assert house.block("10.50.0.35", check=False).returncode != 0
        shown = alone.nft("list", "set", "inet", "hospitaller", "block4").stdout
        assert "10.50.0.34" in shown and "10.50.0.35" not in shown
        house.kill()


def test_only_those_who_may_through_the_door(tmp_path):
    """A house that was never asked to contain anything: no table of ours is made."""
    with House(tmp_path) as house:
        for login, role, may in (("ms.safe", "security-officer", True), ("mr.admin", "administrator", True),
                                 ("dr.berg", "clinician", False), ("ms.lane", "privacy-officer", False)):
            house.account(login, role)
            client = house.sign_in(login)
            for verb in ("confirm", "rollback"):
                answer = client.post(f"/api/guard/{verb}", {})
                assert answer.status == (409 if may else 403), (role, answer.body)
                assert not may or "No zones wait" in answer.words
            assert client.get("/api/guard").status == (200 if may else 403)
            assert client.post("/api/guard/explode", {}).status == (404 if may else 403)
        assert Client(house).post("/api/guard/confirm", {}).status == 401
        assert "table inet hospitaller" not in subprocess.run(["nft", "list", "tables"], capture_output=True,
                                                              text=True, check=True).stdout


def test_guard_has_one_capability_and_netlink_alone(own):
    time.sleep(1.2)
    roles = {r["name"]: r for r in json.loads(own.cli("status", "--json").stdout)["roles"]}
    guard = roles["guard"]
    assert int(guard["confinement"]["capabilities"], 16) == 1 << 12, "CAP_NET_ADMIN"
    assert guard["user"] == "hospitaller-guard" and guard["confinement"]["seccomp"]
    assert "landlock" in guard["confinement"] and guard["confinement"]["no_new_privileges"]
    status = Path(f"/proc/{guard['pid']}/status").read_text()
    assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status
    assert re.search(r"CapPrm:\t0000000000001000", status) and re.search(r"CapAmb:\t0+\n", status)
    parent = Path(f"/proc/{own.process.pid}/status").read_text()
    assert re.search(r"CapEff:\t00000000000000e0", parent), "the parent has it to hand over, not in effect"
    for name in ("vault", "watch"):
        assert int(roles[name]["confinement"]["capabilities"], 16) == 0


def test_the_table_stays_when_the_server_stops(net, tmp_path):
    with Network() as alone:
        alone.host("guest", "10.50.0.34/24", "10.50.0.1/24")
        alone.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        alone.serve("ward", "10.40.0.2")
        house = NetHouse(tmp_path, alone, "never-block: []\n")
        house.start()
        house.block("10.50.0.34")
        house.stop()
        assert not alone.speaks("guest", "10.40.0.2"), "containment does not end with the server"
        house.zones.write_text("at-stop: clear\n")
        house.start()
        assert not alone.speaks("guest", "10.40.0.2")
        house.guard("apply")
        house.guard("confirm")
        house.stop()
        assert alone.speaks("guest", "10.40.0.2"), "unless it was told otherwise"
        assert "hospitaller" not in alone.nft("list", "tables").stdout
        house.start()
        assert not alone.speaks("guest", "10.40.0.2"), "the block has time left"
        house.stop()


def test_where_the_firewall_may_not_be_changed_it_is_said(tmp_path):
    """As in a container without CAP_NET_ADMIN: the house runs, and every order is refused with the reason."""
    with Network() as alone:
        house = NetHouse(tmp_path, alone, "", prefix=["setpriv", "--bounding-set", "-net_admin"])
        house.start()
        try:
            done = house.block("10.50.0.34", check=False)
            assert done.returncode == 4 and "Operation not permitted" in done.stderr
            assert "nothing can be contained" in json.loads(house.guard("list", "--json").stdout)["zones"]
            assert "lacking: NET_ADMIN" in house.log_text() and "nothing can be contained" in house.log_text()
            failed = house.cli("trail", "search", "--outcome", "failed", "--action", "block").stdout
            assert "cannot contain anything" in failed
        finally:
            house.stop()
