"""From the order to the block within a second; every block expires; what must never be blocked (a
ventilator's gateway) is never blocked, whoever asks and whatever got into a set. With real traffic
between hosts that are network namespaces."""
import time

import pytest
from network import ECHO, NetHouse, Network

ZONES = """
lifelines:
  - {address: 10.20.0.5, why: gateway of the ventilators}
never-block:
  - {address: 10.41.0.53, why: name server of the wards}
"""


@pytest.fixture(scope="module")
def net():
    with Network() as net:
        net.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        net.host("names", "10.41.0.53/24", "10.41.0.1/24")
        net.host("gateway", "10.20.0.5/24", "10.20.0.1/24")
        net.host("ventilator", "10.21.0.9/24", "10.21.0.1/24")
        net.host("stranger", "10.99.0.66/24", "10.99.0.1/24")
        net.on_server("ip", "route", "add", "default", "via", "10.99.0.254")
        net.serve("ward", "10.40.0.2")
        net.serve("names", "10.41.0.53")
        net.serve("gateway", "10.20.0.5")
        net.serve("ward", "10.40.0.2", 9000, ECHO)
        yield net


@pytest.fixture(scope="module")
def own(net, tmp_path_factory):
    with NetHouse(tmp_path_factory.mktemp("bounded"), net, ZONES) as house:
        yield house


def test_within_a_second_of_the_order(own, net):
    """A hundred packets a second; the time runs from before the command is started."""
    took = []
    for _ in range(5):
        beat = net.beat("stranger", "10.40.0.2", 9000)
        time.sleep(0.4)
        ordered = time.time()
        own.block("10.99.0.66")
        time.sleep(1.2)
        last = net.last_beat(beat)
        assert last > ordered - 0.3, "it flowed until then"
        took.append(last - ordered)
        own.guard("unblock", "10.99.0.66")
    print("seconds from the order to the last packet:", [round(t, 3) for t in took])
    assert max(took) < 1.0


def test_control_without_an_order_it_flows_on(own, net):
    beat = net.beat("stranger", "10.40.0.2", 9000)
    time.sleep(0.4)
    ordered = time.time()
    time.sleep(1.2)
    assert net.last_beat(beat) - ordered > 1.0


def test_every_block_ends_even_when_nobody_lives_to_end_it(tmp_path):
    with Network() as net:
        net.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        net.host("stranger", "10.99.0.66/24", "10.99.0.1/24")
        net.host("other", "10.98.0.66/24", "10.98.0.1/24")
        net.serve("ward", "10.40.0.2")
        house = NetHouse(tmp_path, net, ZONES).start()
        house.block("10.99.0.66", "4s")
        house.block("10.98.0.66", "1h")  # control: this one has not ended yet
        house.kill()
        assert not net.speaks("stranger", "10.40.0.2", seconds=0.3)
        end = time.time() + 6
        while time.time() < end and not net.speaks("stranger", "10.40.0.2", seconds=0.3):
            pass
        assert time.time() < end, "it ended in the kernel"
        assert not net.speaks("other", "10.40.0.2", seconds=0.3)
        # Whoever adds an element without a time gets one all the same.
        net.nft("add", "element", "inet", "hospitaller", "block4", "{ 10.97.0.1 }")
        assert "10.97.0.1" in net.nft("list", "set", "inet", "hospitaller", "block4").stdout
        for line in net.nft("list", "set", "inet", "hospitaller", "block4").stdout.splitlines():
            assert "10.97.0.1" not in line or "expires" in line
        for time_asked in ("8d", "25h"):
            assert house.block("10.99.0.66", time_asked, check=False).returncode != 0


def test_what_must_never_be_blocked_is_refused_whoever_asks(own, net):
    for address, why in (("10.20.0.5", "gateway of the ventilators"), ("10.20.0.0/24", "gateway of the ventilators"),
                         ("10.20.0.0/16", "gateway of the ventilators"), ("10.41.0.53", "name server of the wards"),
                         ("10.41.0.52/31", "name server of the wards"), ("127.0.0.1", "loopback"),
                         ("127.1.0.0/16", "loopback"), ("::1", "loopback"), ("fe80::1", "link-local"),
                         ("10.40.0.1", "an address of this server"),
                         ("10.99.0.254", "a gateway of this server's routes")):
        done = own.block(address, check=False)
        assert done.returncode == 4 and why in done.stderr, (address, done.stderr)
        if "/" not in address:
            done = own.guard("quarantine", address, "--for", "1m", "--reason", "x", check=False)
            assert done.returncode == 4 and why in done.stderr
    assert not own.lines("block") and not own.lines("quarantine")


def force(net, sets, address):
    for name in sets:
        net.nft("add", "element", "inet", "hospitaller", name, "{ %s }" % address)


def loose(net):
    for name in ("block4", "blocknet4", "quarantine4"):
        net.nft("flush", "set", "inet", "hospitaller", name)


@pytest.mark.parametrize("sets, address", [(("block4", "quarantine4", "blocknet4"), "10.20.0.5"),
                                           (("blocknet4",), "10.20.0.0/15"), (("blocknet4",), "0.0.0.0/0"),
                                           (("block4", "quarantine4"), "10.21.0.9")])
def test_an_entry_forced_in_by_hand_does_not_reach_the_gateway(own, net, sets, address):
    try:
        force(net, sets, address)
        assert net.speaks("ventilator", "10.20.0.5"), "both ways, also where the other end is blocked"
        if address != "10.20.0.5":
            assert not net.speaks("ventilator", "10.40.0.2", seconds=0.3), "the entry is in force"
    finally:
        loose(net)


def test_an_entry_forced_in_by_hand_does_not_reach_the_name_server(own, net):
    try:
        force(net, ("block4", "blocknet4", "quarantine4"), "10.41.0.53")
        assert net.speaks("ward", "10.41.0.53")
        own.block("10.99.0.66")
        assert not net.speaks("stranger", "10.41.0.53", seconds=0.3), "but who is blocked is blocked there, too"
    finally:
        loose(net)
        own.guard("unblock", "10.99.0.66", check=False)


def test_control_without_the_list_the_gateway_is_cut_off(tmp_path):
    with Network() as net:
        net.host("gateway", "10.20.0.5/24", "10.20.0.1/24")
        net.host("ventilator", "10.21.0.9/24", "10.21.0.1/24")
        net.serve("gateway", "10.20.0.5")
        with NetHouse(tmp_path, net, ZONES, test="no-never-block") as house:
            assert net.speaks("ventilator", "10.20.0.5")
            house.block("10.20.0.5")
            assert not net.speaks("ventilator", "10.20.0.5", seconds=0.3)
