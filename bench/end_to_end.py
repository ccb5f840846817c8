#!/usr/bin/python3
"""end_to_end: from an entry of the trail to the finding, and from the finding to the block in the
firewall, between hosts that are network namespaces, while a load flows through the door and watch.

Needs root, wrk, nft and a build. A clinical application asks for Goals, from another address each
time; a rule finds that, a playbook has the address blocked. Meanwhile wrk sends batches of reads,
each of which is an entry of the trail and an event for watch.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("build", nargs="?", default=ROOT / "build", type=Path, help="the build (default: build/)")
parser.add_argument("--times", default=20, type=int, help="repetitions (default: %(default)s, at most 100)")
parser.add_argument("--rate", default=20000, type=int, help="events a second that are aimed at (default: %(default)s)")
parser.add_argument("--idle", action="store_true", help="without any load")
asked = parser.parse_args()
os.environ["HOSPITALLER_BUILD"] = str(asked.build.resolve())
sys.path.insert(0, str(ROOT / "tests"))

import tools  # noqa: E402
from house import observation, patient  # noqa: E402
from network import NetHouse, Network  # noqa: E402

BATCH, PATIENTS = 50, 200
RULE = """
title: An application asks for goals
id: 5d0f6a57-7a0c-4b0e-9d8e-3a4d5a2c9b11
logsource: {product: healthcare, category: record-access}
detection:
  search: {activity_name: search, resource.type: Goal}
  condition: search
level: high
sentence: "{actor.user.uid} asked for goals."
tags: [hospitaller.bench]
"""
PLAYBOOK = """
name: bench
description: Blocks the address at once.
when: {tags: [hospitaller.bench], quiet: 0s}
steps:
  - do: block-address
    for: 10m
    why: It is measured.
"""
KNOCK = """
import http.client, ssl, sys
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
c = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]), timeout=5, context=context,
                                source_address=(sys.argv[3], 0))
try:
    c.request("GET", "/fhir/Goal?patient=p0", headers={"Authorization": "Bearer " + sys.argv[4]})
    print(c.getresponse().status)
except OSError:
    print("blocked before the answer came")
"""
SPEAK = """
import socket, sys
try:
    socket.create_connection(("203.0.113.1", int(sys.argv[1])), timeout=0.5, source_address=(sys.argv[2], 0))
    print("open")
except OSError:
    print("shut")
"""
LOAD = """
local body = io.open("{body}"):read("*a")
local headers = {{["Content-Type"] = "application/fhir+json", ["Authorization"] = "Bearer {token}"}}
request = function() return wrk.format("POST", "/fhir", headers, body) end
delay = function() return {delay} end
"""


class Blocks:
    """When each address came into the firewall's set, as the kernel tells."""

    def __init__(self, net):
        self.at = {}
        self.process = subprocess.Popen(["ip", "netns", "exec", net.server, "stdbuf", "-oL", "nft", "monitor",
                                         "new", "elements"], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            now = time.time()
            for word in line.split():
                if word.startswith("203.0.113."):
                    self.at.setdefault(word.strip(","), now)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def address(number):
    return f"203.0.113.{100 + number}"


def make_rules(folder):
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    for file in (rules / "playbooks").glob("*.yaml"):
        if file.name != "never-touch.yaml":
            file.unlink()
    never = rules / "playbooks" / "never-touch.yaml"
    lines = [line.split(":")[0] + ": 500" if line.split(":")[0].strip().startswith("most-") else line
             for line in never.read_text().splitlines()]
    never.write_text("\n".join(lines) + "\n")
    (rules / "detect" / "bench.yml").write_text(RULE)
    (rules / "playbooks" / "bench.yaml").write_text(PLAYBOOK)
    return rules


def token(house, login):
    house.account(login, "application")
    return json.loads(house.cli("account", "token", login, "--label", "bench", "--json").stdout)["token"]


def status_of(house):
    """Once watch has told of itself."""
    while "watch" not in (status := json.loads(house.cli("status", "--json").stdout)):
        time.sleep(0.2)
    return status


def counters(house):
    status = status_of(house)
    found = json.loads(house.cli("findings", "--json").stdout)
    return {"at": time.time(), "trail": status["trail"]["size"], "place": status["watch"]["place"],
            "looked": found["detect"]["events"], "lag": status["watch"]["lag"]}


def settle(house, seconds=300):
    """Watch tells of itself every two seconds: twice the same, and nothing left."""
    end, before = time.time() + seconds, None
    while time.time() < end:
        now = status_of(house)["watch"]
        if now == before and now["lag"] == 0:
            return counters(house)
        before = now
        time.sleep(2.5)
    raise SystemExit(f"end_to_end: watch does not catch up: {now}")


class Load:
    def __init__(self, house, net, folder):
        entries = [{"request": {"method": "GET", "url": f"Observation/o{n % PATIENTS}"}} for n in range(BATCH)]
        (folder / "body").write_text(json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}))
        connections = 16
        delay = 0 if asked.rate <= 0 else int(1000 * connections * BATCH / asked.rate * 0.4)
        (folder / "load.lua").write_text(LOAD.format(body=folder / "body", token=token(house, "load"), delay=delay))
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", net.server, "wrk", "-t1", f"-c{connections}", "-d600s", "--timeout", "20s",
             "-s", folder / "load.lua", f"https://127.0.0.1:{house.port}/fhir"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self):
        self.process.send_signal(2)  # it prints what it did
        said = self.process.communicate(timeout=60)[0]
        return [line.strip() for line in said.splitlines() if "requests in" in line or "Non-2xx" in line
                or "Socket errors" in line]


def knocks(house, net, given, blocks):
    """One address after another; the time from one to the next is no multiple of watch's beat."""
    lags = []
    for n in range(asked.times):
        said = net.on("stranger", "/usr/bin/python3", "-c", KNOCK, "203.0.113.1", house.port, address(n), given)
        end = time.time() + 60
        while address(n) not in blocks.at and time.time() < end:
            time.sleep(0.05)
        if address(n) not in blocks.at:
            raise SystemExit(f"end_to_end: {address(n)} was not blocked in a minute: {said.stdout}")
        lags.append(status_of(house)["watch"]["lag"])
        time.sleep(0.37 + 0.013 * n)
    return lags


def times(house, blocks):
    """(entry to finding, finding to block), each in seconds."""
    entries = json.loads(house.cli("trail", "search", "--who", "goals", "--action", "search", "--count", "1000",
                                   "--json").stdout)["entries"]
    written = {e["seq"]: e for e in entries}
    runs, before = [], None
    while True:
        words = ["playbooks", "runs", "--json"] + (["--before", str(before)] if before else [])
        page = json.loads(house.cli(*words).stdout)
        runs += page["runs"]
        before = page.get("next")
        if not before:
            break
    found = []
    for run in runs:
        entry = written[run["seq"]]
        began, taken = moment(entry["time"]), moment(run["started"])
        found.append((taken - began, blocks.at[entry["address"]] - taken))
    return found


def show(what, values):
    print(f"  {what:42} median {1e3 * statistics.median(values):6.0f} ms, worst {1e3 * max(values):6.0f} ms")


def measure(folder, net):
    house = NetHouse(folder, net, "default: allow\n", settings=[f"rules={make_rules(folder)}"])
    house.settings.append(f"listen=0.0.0.0:{house.port}")  # within a namespace of its own
    with house:
        for first in range(0, PATIENTS, 100):
            some = range(first, first + 100)
            house.bundle(*[patient(f"p{n}", f"Marsh{n}") for n in some],
                         *[observation(f"o{n}", f"p{n}") for n in some])
        given = token(house, "goals")
        before = settle(house)
        load, blocks = None if asked.idle else Load(house, net, folder), Blocks(net)
        try:
            time.sleep(3)
            begin = counters(house)
            lags = knocks(house, net, given, blocks)
            end = counters(house)
        finally:
            blocks.stop()
            said = load.stop() if load else ["no load"]
        after = settle(house)
        shut = [net.on("stranger", "/usr/bin/python3", "-c", SPEAK, house.port, address(n)).stdout.strip()
                for n in range(asked.times)].count("shut")
        own = len(json.loads(house.cli("trail", "search", "--who", "watch", "--count", "1000", "--json").stdout)
                  ["entries"])
        report(times(house, blocks), (before, begin, end, after), said, (lags, shut, own))


def report(pairs, counts, said, rest):
    before, begin, end, after = counts
    lags, shut, own = rest
    seconds = end["at"] - begin["at"]
    print(f"{len(pairs)} times, {seconds:.0f} s; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"  {'entries on the trail, meanwhile':42} {(end['trail'] - begin['trail']) / seconds:10,.0f} /s")
    print(f"  {'events through watch, meanwhile':42} {(end['place'] - begin['place']) / seconds:10,.0f} /s "
          f"(aimed at {0 if asked.idle else asked.rate:,}); behind by {max(lags):,} at most")
    show("from the entry to the finding", [a for a, _ in pairs])
    show("from the finding to the block", [b for _, b in pairs])
    show("from the entry to the block", [a + b for a, b in pairs])
    entries, looked = after["trail"] - before["trail"], after["looked"] - before["looked"]
    print(f"  {shut} of {asked.times} addresses are shut; wrk: {'; '.join(said)}")
    print(f"  before and after: {entries:,} entries, {after['place'] - before['place']:,} passed by watch, {looked:,} "
          f"through the rules; {entries - looked:,} not, of which watch's own are {own:,}")


def main():
    missing = tools.missing_programs("wrk", "nft", "ip", "stdbuf")
    if os.geteuid() != 0 or missing or not 0 < asked.times <= 100:
        sys.exit(f"end_to_end: needs root, 1 to 100 times, and {', '.join(missing) or 'nothing else'}")
    with tempfile.TemporaryDirectory(prefix="bench-end-", dir="/var/tmp") as folder, Network() as net:
        os.chmod(folder, 0o755)
        net.host("stranger", "203.0.113.66/24", "203.0.113.1/24")
        for n in range(asked.times):
            net.on("stranger", "ip", "address", "add", f"{address(n)}/24", "dev", f"{net.tag}1i")
        measure(Path(folder), net)


if __name__ == "__main__":
    main()
