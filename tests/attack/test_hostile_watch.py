"""A watch that was taken over has guard's channel and the vault's in its hands. It can carry no order and no answer,
and that is all: what it makes up, changes, keeps for later or sends again is not believed, and orders of its own are
told past it."""
import contextlib
import json
import os
import re
import socket
import struct
import subprocess
import time

import pytest
from house import PROGRAM, wait_for
from inside import held, socket_between
from network import NetHouse, Network

BLOCK, UNBLOCK, QUARANTINE, RELEASE, ZONES, CONFIRM, ROLLBACK = range(1, 8)
DONE, REFUSED, COUNTERS, EXPIRED = range(16, 20)
ORDER, OUTCOME = 32, 33
NO_PROOF = struct.pack("<Qq", 1, 0) + b"x" * 32


def text(words):
    return struct.pack("<I", len(words)) + words.encode()


def order(verb, address="10.40.0.2", seconds=3600, proof=NO_PROOF):
    made = struct.pack("<Q", 77)
    if verb <= RELEASE:
        made += bytes([4, 32]) + socket.inet_aton(address) + bytes(12)
    if verb in (BLOCK, QUARANTINE, ZONES):
        made += struct.pack("<I", 60 if verb == ZONES else seconds)
    return made + text("INC-7") + text("a whim") + proof


def exactly(source, size):
    got = b""
    while len(got) < size:
        more = source.recv(size - len(got))
        assert more, "the other side closed"
        got += more
    return got


class Taken:
    """Watch's two ends, while watch itself does nothing."""

    def __init__(self, own):
        watch, space = own.pids("watch")[0], ["ip", "netns", "exec", own.net.server]
        self.guard = socket_between(watch, own.pids("guard")[0], space)
        self.vault = socket_between(watch, own.pids("vault")[0], space)

    @staticmethod
    def send(to, kind, payload):
        to.settimeout(20)
        to.sendall(struct.pack("<IHH", len(payload), kind, 0) + payload)

    @staticmethod
    def read(source, kinds):
        """The next of these kinds; others are read and forgotten."""
        source.settimeout(20)
        while True:
            size, kind, _ = struct.unpack("<IHH", exactly(source, 8))
            payload = exactly(source, size)
            if kind in kinds:
                return kind, payload

    def orders(self, verb, payload):
        self.send(self.guard, verb, payload)
        kind, answer = self.read(self.guard, (DONE, REFUSED))
        self.answer = bytes([kind]) + answer
        size, = struct.unpack_from("<I", answer, 9)
        return kind, answer[13:13 + size].decode()


@contextlib.contextmanager
def taken(own):
    """Over watch is whoever took it; afterwards it is started again, as the finding says."""
    pid = own.pids("watch")[0]
    with held(pid):
        it = Taken(own)
        yield it
        it.guard.close()
        it.vault.close()
        os.kill(pid, 9)
    wait_for(lambda: own.pids("watch") not in ([], [pid]) and own.guard("list", check=False).returncode == 0)


@pytest.fixture(scope="module")
def net():
    with Network() as net:
        net.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        net.host("stranger", "10.99.0.66/24", "10.99.0.1/24")
        net.serve("ward", "10.40.0.2")
        yield net


@pytest.fixture(scope="module")
def own(net, tmp_path_factory):
    with NetHouse(tmp_path_factory.mktemp("hostile-watch"), net, "") as house:
        time.sleep(2.5)  # just after a key was made, what is forged is refused and not told
        yield house


def forged(own):
    entries = json.loads(own.cli("trail", "search", "--action", "forged-order", "--json").stdout)["entries"]
    return [e["detail"] for e in entries]


def test_what_watch_makes_up_is_refused_and_told(own, net):
    own.block("10.99.0.66")
    assert not net.speaks("stranger", "10.40.0.2") and not forged(own)
    with taken(own) as it:
        for verb, address in ((UNBLOCK, "10.99.0.66"), (BLOCK, "10.40.0.2"), (QUARANTINE, "10.40.0.2"),
                              (RELEASE, "10.99.0.66"), (ZONES, ""), (CONFIRM, ""), (ROLLBACK, "")):
            assert it.orders(verb, order(verb, address or "0.0.0.0")) == (
                REFUSED, "The vault did not give this order."), verb
        assert not net.speaks("stranger", "10.40.0.2"), "the block holds"
        told = r"\(the last of (\d+)\)"
        wait_for(lambda: sum(int((re.search(told, d) or [0, 1])[1]) for d in forged(own)) == 7)
    assert set(own.lines("block")) == {"10.99.0.66"} and not own.lines("quarantine")
    assert any("unblock 10.99.0.66" in d for d in forged(own))
    assert ("Somebody tried to have guard do what the vault did not order (unblock 10.99.0.66: "
            "The vault did not give this order.)") in own.cli("trail", "search", "--action", "forged-order").stdout
    found = wait_for(lambda: [f for f in json.loads(own.cli("findings", "--json").stdout)["findings"]
                              if "vault did not give" in f["title"]])
    assert found[0]["level"] == "critical"
    own.guard("unblock", "10.99.0.66")
    assert net.speaks("stranger", "10.40.0.2")


def person(own, *words):
    return subprocess.Popen([PROGRAM, *own.options(), "guard", *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def test_what_the_vault_gave_is_done_once_and_as_it_was_given(own, net):
    with taken(own) as it:
        asks = person(own, "block", "10.99.0.66", "--for", "1h", "--reason", "a test")
        _, given = it.read(it.vault, (ORDER,))
        verb, given = given[0], given[1:]
        worse = given.replace(socket.inet_aton("10.99.0.66"), socket.inet_aton("10.40.0.2"))
        assert worse != given and it.orders(BLOCK, worse)[0] == REFUSED
        assert it.orders(QUARANTINE, given)[0] == REFUSED
        assert it.orders(verb, given)[0] == DONE
        it.send(it.vault, OUTCOME, it.answer)
        assert asks.wait(20) == 0 and "is blocked" in asks.stdout.read()
        # Somebody takes it back: what was given before is not given again by anybody else.
        asks = person(own, "unblock", "10.99.0.66")
        _, lift = it.read(it.vault, (ORDER,))
        assert it.orders(lift[0], lift[1:])[0] == DONE and net.speaks("stranger", "10.40.0.2")
        assert it.orders(verb, given) == (REFUSED, "The vault gave this order once, and it came again.")
        assert net.speaks("stranger", "10.40.0.2")
        asks.kill()
        asks.communicate()


def test_watch_cannot_say_that_guard_did_what_it_did_not(own, net):
    def answer(kind, ticket, words):
        return bytes([kind]) + struct.pack("<QB", ticket, BLOCK) + text(words) + NO_PROOF

    with taken(own) as it:
        asks = person(own, "block", "10.99.0.66", "--for", "1h", "--reason", "a test")
        _, given = it.read(it.vault, (ORDER,))
        ticket, = struct.unpack_from("<Q", given, 1)
        it.send(it.vault, OUTCOME, answer(DONE, ticket, "10.99.0.66 is blocked for 3600 seconds."))
        it.send(it.vault, OUTCOME, answer(REFUSED, ticket, "10.99.0.66 is never blocked."))
        it.send(it.vault, OUTCOME, answer(EXPIRED, 0, "10.99.0.66: its time is over."))
        assert asks.wait(30) == 4 and "whether it was carried out is not known" in asks.communicate()[1]
        assert net.speaks("stranger", "10.40.0.2")
        # What guard did answer is not told a second time, as the answer to something else.
        asks = person(own, "block", "10.99.0.66", "--for", "1h", "--reason", "a test")
        _, given = it.read(it.vault, (ORDER,))
        assert it.orders(given[0], given[1:])[0] == DONE
        it.send(it.vault, OUTCOME, it.answer)
        it.send(it.vault, OUTCOME, it.answer)
        assert asks.wait(20) == 0, asks.communicate()
        asks.communicate()
        asks = person(own, "list")
        _, given = it.read(it.vault, (ORDER,))
        ticket, = struct.unpack_from("<Q", given, 1)
        it.send(it.vault, OUTCOME, bytes([COUNTERS]) + struct.pack("<QBI", ticket, 1, 0) + text("no zones") +
                struct.pack("<H", 0) + NO_PROOF)
        assert asks.wait(30) == 4 and not asks.communicate()[0]
    assert not [e for e in json.loads(own.cli("trail", "search", "--action", "unblock", "--json").stdout)["entries"]
                if "time is over" in e["detail"]]
    assert "watch brought an answer that guard did not give" in own.log_text()
    own.guard("unblock", "10.99.0.66")


def test_an_order_is_not_kept_for_later(own, net):
    with taken(own) as it:
        asks = person(own, "block", "10.99.0.66", "--for", "1h", "--reason", "a test")
        _, given = it.read(it.vault, (ORDER,))
        assert asks.wait(30) != 0 and "not known" in asks.communicate()[1]
        time.sleep(0.5)
        assert it.orders(given[0], given[1:]) == (REFUSED, "This order came too late; give it again.")
        assert net.speaks("stranger", "10.40.0.2")


@pytest.mark.parametrize("role", ["guard", "vault", "watch"])
def test_whichever_is_started_again_orders_go_on(own, role):
    told = len(forged(own))
    pid = own.pids(role)[0]
    os.kill(pid, 9)
    wait_for(lambda: own.pids(role) not in ([], [pid]))
    wait_for(lambda: own.block("10.99.0.66", check=False).returncode == 0)
    own.guard("unblock", "10.99.0.66")
    assert len(forged(own)) == told
