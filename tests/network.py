"""network: hosts as network namespaces around a hospitaller that routes between them, with real
traffic. Everything is gone when the test ends, however it ends.

    with Network() as net, NetHouse(tmp_path, net, zones=YAML) as house:
        net.host("ward", "10.40.0.2/24", "10.40.0.1/24")
        assert net.speaks("ward", "10.20.0.5")
"""
import json
import os
import subprocess
import time
import uuid
from pathlib import Path

from house import PROGRAM, House

# A server that answers each connection with one byte, and a client that wants it, as programs of
# their own: they run inside a namespace.
SERVER = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2]))); s.listen(64)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    c.sendall(b"x"); c.close()
"""
CLIENT = """
import socket, sys
try:
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3]))
    s.settimeout(float(sys.argv[3]))
    sys.exit(0 if s.recv(1) == b"x" else 1)
except OSError:
    sys.exit(1)
"""
# Sends a datagram every 10 ms and says when the last answer came, until its input ends.
BEAT = """
import select, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setblocking(False)
to = (sys.argv[1], int(sys.argv[2])); last = 0.0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    try: s.sendto(b"beat", to)
    except OSError: pass
    try:
        while s.recv(16): last = time.time()
    except OSError: pass
print(last)
"""
ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    data, who = s.recvfrom(64)
    try: s.sendto(data, who)
    except OSError: pass
"""


def run(*words, check=True):
    return subprocess.run([str(w) for w in words], check=check, capture_output=True, text=True)


class Network:
    def __init__(self):
        self.tag = "hg" + uuid.uuid4().hex[:6]
        self.server = self.tag + "-srv"
        self.hosts, self.processes = {}, []

    def __enter__(self):
        run("ip", "netns", "add", self.server)
        self.on_server("ip", "link", "set", "lo", "up")
        for what, value in (("ipv4/ip_forward", 1), ("ipv6/conf/all/forwarding", 1),
                            ("ipv6/conf/default/accept_dad", 0)):
            self.on_server("sh", "-c", f"echo {value} > /proc/sys/net/{what}")
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
        for name in [self.server, *self.hosts.values()]:
            run("ip", "netns", "del", name, check=False)

    def on_server(self, *words, check=True):
        return run("ip", "netns", "exec", self.server, *words, check=check)

    def on(self, host, *words, check=True):
        return run("ip", "netns", "exec", self.hosts[host], *words, check=check)

    def host(self, name, address, gateway):
        """A host with that address, wired to the server, which has `gateway` on its side."""
        space = self.hosts[name] = f"{self.tag}-{name}"
        inside, outside = f"{self.tag}{len(self.hosts)}i", f"{self.tag}{len(self.hosts)}"
        run("ip", "netns", "add", space)
        self.on(name, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")  # addresses hold at once
        self.on_server("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", space)
        extra = ["nodad"] if ":" in address else []
        self.on_server("ip", "address", "add", gateway, "dev", outside, *extra)
        self.on_server("ip", "link", "set", outside, "up")
        self.on(name, "ip", "link", "set", "lo", "up")
        self.on(name, "ip", "address", "add", address, "dev", inside, *extra)
        self.on(name, "ip", "link", "set", inside, "up")
        self.on(name, "ip", "route", "add", "default", "via", gateway.split("/")[0])
        return outside

    def start(self, space, program, *words):
        process = subprocess.Popen(["ip", "netns", "exec", space, "/usr/bin/python3", "-c", program,
                                    *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def serve(self, host, address, port=443, program=SERVER):
        """Something that listens: on a host, or on the server (host None)."""
        process = self.start(self.hosts[host] if host else self.server, program, address, port)
        assert process.stdout.readline() == "ready\n"

    def speaks(self, host, address, port=443, seconds=0.6):
        return self.on(host, "/usr/bin/python3", "-c", CLIENT, address, port, seconds, check=False).returncode == 0

    def beat(self, host, address, port):
        return self.start(self.hosts[host], BEAT, address, port)

    def last_beat(self, process):
        """When the last answer came, as time.time()."""
        out, _ = process.communicate("\n")
        return float(out)

    def nft(self, *words, check=True):
        return self.on_server("nft", *words, check=check)


class NetHouse(House):
    """A house whose processes live in the network's server namespace."""

    def __init__(self, folder, net, zones=None, prefix=(), **more):
        super().__init__(folder, **more)
        self.net, self.prefix = net, list(prefix)
        if zones is not None:
            self.zones = self.folder / "zones.yaml"
            self.zones.write_text(zones)
            self.settings.append(f"zones={self.zones}")

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(["ip", "netns", "exec", self.net.server, *self.prefix, PROGRAM,
                                         *self.options(), "run"], stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        self.wait_ready()
        return self

    def wait_ready(self, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            if self.process.poll() is not None:
                raise AssertionError("the server ended: " + self.log_text())
            if self.guard("list", check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError("the server does not get ready: " + self.log_text())

    def guard(self, *words, check=True):
        return self.cli("guard", *words, check=check)

    def block(self, address, time="1h", check=True, **more):
        options = [w for k, v in more.items() for w in ("--" + k.replace("_", "-"), v)]
        return self.guard("block", address, "--for", time, "--reason", "a test", *options, check=check)

    def lines(self, kind):
        """What `guard list` shows of a kind, by address or name."""
        shown = json.loads(self.guard("list", "--json").stdout)["lines"]
        return {line.get("address") or line["name"]: line for line in shown if line["kind"] == kind}

    def restart_guard(self):
        """Killed without a word; the parent starts it again."""
        old = self.pids("guard")[0]
        os.kill(old, 9)
        end = time.time() + 20
        while time.time() < end:
            now = self.pids("guard")
            if now and now[0] != old and self.guard("list", check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError("guard does not come back: " + self.log_text())
