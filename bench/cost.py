#!/usr/bin/python3
"""cost: what one audited read costs in processor time, by role, of one build or several in turns.

    bench/cost.py BUILD… [--rounds N] [--seconds N] [--profile FILE]

A rate says as much about the machine's other guests as about us; processor time per read hardly
does, and builds that take turns share what is left of it. Watch's time is counted until it has
seen all reads. Needs root and wrk. The median of the rounds is printed, in microseconds.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROLES = ("gate", "vault", "watch")


def spent_us(house):
    """Of each role so far; the scheduler's own count, in nanoseconds, of all threads."""
    def of(pid):
        return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir())
    return {role: sum(map(of, house.pids(role))) / 1000 for role in ROLES}


def measure(seconds, profile):
    """In a process of its own, for which HOSPITALLER_BUILD names the build."""
    import door
    import tools
    import where
    with tempfile.TemporaryDirectory(prefix="hospitaller-cost-", dir="/var/tmp") as folder:
        work = Path(folder)
        work.chmod(0o755)
        house = door.BenchHouse(work / "house")
        with house:
            (work / "bundles").mkdir()
            door.data.write_bundles(work / "bundles", 1000, 3, lambda part: None)
            house.take_in(work / "bundles", "importing 3,000 resources")
            token, url = house.tokens()[0], house.url("/fhir/Observation/o1-1")
            tools.load(url, "reads, to warm up", ("get",), token, 1)
            house.settle()
            before = spent_us(house)
            seen = where.Profile(work, house) if profile else None
            got = tools.load(url, "reads", ("get",), token, seconds, during=seen and seen.start)
            if seen:
                Path(profile).write_text(where.text(seen.report()) + "\n")
            house.settle()
            after = spent_us(house)
        return {"rate": got["per_s"], **{role: (after[role] - before[role]) / got["count"] for role in ROLES}}


def one_round(build, seconds, profile):
    words = [sys.executable, __file__, "--one", "--seconds", str(seconds)] + (["--profile", profile] if profile else [])
    done = subprocess.run(words, env={**os.environ, "HOSPITALLER_BUILD": str(Path(build).resolve())}, check=True,
                          text=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.strip().split("\n")[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", nargs="*", metavar="BUILD")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--profile", metavar="FILE", help="where the time goes, by perf, into a file")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.seconds, asked.profile)))
        return
    rounds = {build: [] for build in asked.builds}
    for _ in range(asked.rounds):
        for build in asked.builds:
            rounds[build].append(one_round(build, asked.seconds, asked.profile))
    for build, got in rounds.items():
        middle = {key: statistics.median(one[key] for one in got) for key in (*ROLES, "rate")}
        whole = [sum(one[role] for role in ROLES) for one in got]
        print(f"{build}: {statistics.median(whole):.1f} µs a read ({min(whole):.1f} to {max(whole):.1f}): "
              + ", ".join(f"{role} {middle[role]:.1f}" for role in ROLES) + f"; {middle['rate']:,.0f} /s")


if __name__ == "__main__":
    main()
