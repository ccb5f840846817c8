#!/usr/bin/python3
"""whole: what all of the detection together finds in simulated hospitals, and what it costs a person.

    bench/whole.py 1000:21-24 200:31-34 [--build BUILD] [--misuse KINDS] [--rules DIR] [--state DIR]
                   [--at-once N] [--picture PICTURE.svg] [--numbers NUMBERS.json] [--list]

Makes the hospitals (of so many staff, with these seeds; three patients for each of the staff, 60
days), plays them through BUILD/bench/bench_whole, adds up, prints a table for each group, and draws.
Nothing counts as found that nobody is shown; "rules" and "behaviour" are those of whom these told
anywhere, shown or not. --list prints every alert.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import draw

ROOT = Path(__file__).resolve().parent.parent
DAYS = 60
OF_THE_HOUSE = ("behaviour.silence", "behaviour.gap", "behaviour.clock", "behaviour.interrupted", "behaviour.address")
LATE_DAY = 28  # the first four weeks are counted in, and told apart
TITLE = "What all of the detection shows a person"
ABOUT = "simulated hospitals, 60 days, all kinds of misuse; found: shown to a person, within a fixed number a day"
LEGEND = "bar: recall, of the persons who misused; thin bar: of those who did so after day 28; mark: the aim"
KINDS = ("mass", "drip", "night", "borrowed", "self", "vip", "snoop", "family")
HELP = {"mass": "many in one sitting", "night": "off duty", "borrowed": "a colleague's account",
        "drip": "a few each day", "snoop": "neighbours, colleagues", "family": "one's household",
        "self": "one's own record", "vip": "somebody known to all"}


def make(args, staff, seed, folder):
    """The hospital of this seed, once."""
    done = folder / "done"
    wish = f"{staff} {args.misuse}"
    if done.exists() and done.read_text() == wish:
        return
    sim = Path(args.build) / "sim" / "hospital-sim"
    subprocess.run([sim, "make", "--seed", str(seed), "--staff", str(staff), "--patients", str(3 * staff),
                    "--days", str(DAYS), "--out", folder], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sim, "work", "--dir", folder, "--days", str(DAYS), "--dry-run", "--misuse", args.misuse,
                    "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
    done.write_text(wish)


def play(args, staff, seed):
    folder = Path(args.state) / f"{staff}-{seed}-{args.misuse.replace(',', '-')}"
    folder.mkdir(parents=True, exist_ok=True)
    make(args, staff, seed, folder)
    env = dict(os.environ, **({"WHOLE_SENTENCES": "1"} if args.list else {}))
    done = subprocess.run([Path(args.build) / "bench" / "bench_whole", folder, args.rules], env=env,
                          stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{done.stderr[-2000:]}bench_whole ended with {done.returncode}")
    run = json.loads(done.stdout)
    join(run)
    print(f"seed {seed}: {run['staff']} who work, {run['accesses']:,} acts on records, {len(run['alerts'])} alerts, "
          f"{run['explanations']:,} explanations of {run['explain_us']:.0f} us, the slowest {run['slowest_us'] / 1000:.1f} ms; "
          f"{run['seconds']:.0f} s", file=sys.stderr, flush=True)
    return run


def join(run):
    """What the incidents tell: of whom, and from when on; and when each doer was first told of."""
    for alert in run["alerts"]:
        if alert["list"] != "incident":
            alert["told"] = [(doer, alert["at"]) for doer in alert["doers"]]
            continue
        findings = [f for f in run["findings"] if f["incident"] == alert["incident"]]
        alert["told"] = [(doer, max(f["at"], alert["at"])) for f in findings for doer in f["doers"]]
        alert["doers"] = sorted({doer for doer, _ in alert["told"]})
        alert["findings"] = [f["title"] for f in findings]
    for number, doer in enumerate(run["doers"]):
        told = [(at, alert["list"]) for alert in run["alerts"] for d, at in alert["told"] if d == number]
        doer["at"], doer["by"] = min(told, default=(None, None))
        doer["lists"] = {by for _, by in told}
        doer["noticed"] = {f["source"] for f in run["findings"] if number in f["doers"] and f["rule"] not in OF_THE_HOUSE}
        doer["late"] = doer["days"][-1] >= LATE_DAY


def share(part, whole):
    return part / whole if whole else 0


def recall(doers):
    found = [d for d in doers if d["at"] is not None]
    delays = [d["at"] - d["first"] for d in found]
    return {"persons": len(doers), "found": len(found), "recall": share(len(found), len(doers)),
            "delay_h": statistics.median(delays) if delays else None,
            "by": dict(Counter(d["by"] for d in found)),
            "lists": dict(Counter(by for d in doers for by in d["lists"])),
            "noticed": {source: sum(source in d["noticed"] for d in doers) for source in ("rule", "behaviour")}}


def add_up(runs):
    doers = [d for run in runs for d in run["doers"]]
    alerts = [a for run in runs for a in run["alerts"]]
    staff_days = sum(run["staff"] * run["days"] for run in runs) / 1000
    looks = {}
    for run in runs:
        for look in run["looks"]:
            into = looks.setdefault(look["why"], Counter(misuse=look["misuse"]))
            for key in ("looks", "at_once", "later"):
                into[key] += look[key]
    lists = {}
    for alert in alerts:
        into = lists.setdefault(alert["list"], Counter())
        into["alerts"] += 1
        into["right"] += bool(alert["doers"])
    rules = {}
    for run in runs:
        for finding in run["findings"]:
            into = rules.setdefault((finding["source"], finding["title"], finding["level"]), Counter())
            into["findings"] += 1
            into["right"] += bool(finding["doers"])
    kinds = {kind: recall([d for d in doers if d["kind"] == kind])
             | {"late": recall([d for d in doers if d["kind"] == kind and d["late"]])} for kind in KINDS}
    days = sum(len(d["days"]) for d in doers)
    return {"kinds": kinds, "all": recall(doers) | {"late": recall([d for d in doers if d["late"]])},
            "lists": {k: dict(v) for k, v in lists.items()},
            "alerts": len(alerts), "right": sum(bool(a["doers"]) for a in alerts),
            "precision": share(sum(bool(a["doers"]) for a in alerts), len(alerts)),
            "a_day": share(len(alerts), staff_days), "busiest": busiest(runs),
            "doers_per_thousand": share(len(doers), staff_days / DAYS), "misuse_days": share(days, staff_days),
            "looks": {k: dict(v) for k, v in looks.items()},
            "findings": [{"source": s, "title": t, "level": level} | dict(c) for (s, t, level), c in rules.items()]}


def busiest(runs):
    """The most alerts of one house's day."""
    return max((n for run in runs for n in Counter(int(a["at"] / 24) for a in run["alerts"]).values()), default=0)


def delay_text(k):
    hours = k["delay_h"]
    return "-" if hours is None else f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def kind_row(name, k):
    delay = delay_text(k)
    first = ", ".join(f"{by} {n}" for by, n in sorted(k["by"].items(), key=lambda x: -x[1]))
    late = k["late"]
    return (f"{name:10} {k['persons']:7} {k['found']:6} {k['recall']:7.2f} {delay:>10}   {late['found']:3} of {late['persons']:3}"
            f"   {k['noticed']['rule']:5}   {k['noticed']['behaviour']:9}   {first}")


def table(sums):
    lines = ["kind       persons  found  recall      delay   after day 28   rules   behaviour   first shown by"]
    lines += [kind_row(kind, sums["kinds"][kind]) for kind in KINDS]
    lines += [kind_row("all", sums["all"]), ""]
    for name, one in sorted(sums["lists"].items()):
        lines.append(f"{name:10} {one['alerts']:5} alerts, {one.get('right', 0):5} right, precision {share(one.get('right', 0), one['alerts']):.2f}")
    lines.append(f"all        {sums['alerts']:5} alerts, {sums['right']:5} right, precision {sums['precision']:.2f}; "
                 f"for 1,000 staff and day {sums['a_day']:.2f}, on the busiest day of one house {sums['busiest']}")
    lines.append(f"misuse: {sums['doers_per_thousand']:.1f} persons of 1,000 in {DAYS} days; "
                 f"for 1,000 staff and day {sums['misuse_days']:.2f} person-days with misuse")
    honest = Counter()
    for look in sums["looks"].values():
        if not look["misuse"]:
            honest.update({k: v for k, v in look.items() if k != "misuse"})
    lines.append(f"honest accesses (person, patient, day): {honest['looks']:,}, explained at once "
                 f"{share(honest['at_once'], honest['looks']):.1%}, after 48 hours {share(honest['later'], honest['looks']):.1%}")
    return "\n".join(lines)


def findings_table(sums):
    rows = sorted(sums["findings"], key=lambda f: (f["source"], -f["findings"]))
    return "\n".join(f"{f['source']:12} {f['level']:13} {f['findings']:5} findings, {f.get('right', 0):5} of misuse  {f['title']}"
                     for f in rows)


def figure(section, what, k, aim=None):
    late = k["late"]
    return {"section": section, "what": what, "value": k["recall"], "unit": f"({k['found']} of {k['persons']})", "full": 1,
            "beside": f"{late['found']} of {late['persons']} after day {LATE_DAY}; delay {delay_text(k)}",
            "beside_value": late["recall"], "aim": aim}


def figures_of(sums, section):
    """As bench/draw.py draws them."""
    rows = [figure(section, f"{kind}: {HELP[kind]}", sums["kinds"][kind]) for kind in KINDS]
    rows.append(figure(section, "all who misused", sums["all"], 0.7))
    rows.append({"section": section, "what": "precision: of what is shown, right", "value": sums["precision"], "unit": "",
                 "full": 1, "aim": 0.2, "note": f"{sums['right']} of {sums['alerts']}"})
    rows.append({"section": section, "what": "shown for 1,000 staff and day", "value": sums["a_day"], "unit": "", "full": 10,
                 "aim": 5, "most": True})
    return rows


def print_alerts(seed, run):
    for alert in sorted(run["alerts"], key=lambda a: a["at"]):
        who = [f"{run['doers'][d]['kind']}" for d in alert["doers"]]
        print(f"  {seed} day {alert['at'] / 24:5.1f} {alert['list']:9} {','.join(who) or 'HONEST':22} "
              f"{alert.get('why', alert.get('score', ''))} {'; '.join(alert.get('findings', []))[:300]}")


def group_of(text):
    """1000:21-24"""
    staff, _, seeds = text.partition(":")
    first, _, last = seeds.partition("-")
    return int(staff), range(int(first), int(last or first) + 1)


def measure(args, staff, seeds):
    with ThreadPoolExecutor(args.at_once) as pool:
        runs = list(pool.map(lambda seed: play(args, staff, seed), seeds))
    sums = add_up(runs)
    if args.list:
        for seed, run in zip(seeds, runs):
            print_alerts(seed, run)
    print(f"{staff:,} staff, seeds {seeds[0]} to {seeds[-1]}\n{table(sums)}\n\n{findings_table(sums)}\n", flush=True)
    return sums | {"what": f"{staff:,} staff, seeds {seeds[0]} to {seeds[-1]}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="+", metavar="STAFF:SEEDS")
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--misuse", default="all")
    parser.add_argument("--rules", default=str(ROOT / "rules"))
    parser.add_argument("--state", default=str(Path(tempfile.gettempdir()) / "hospitaller-whole"))
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--picture")
    parser.add_argument("--numbers")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    all_sums = [measure(args, *group_of(group)) for group in args.groups]
    if args.numbers:
        Path(args.numbers).write_text(json.dumps(all_sums, indent=1) + "\n")
    if args.picture:
        figures = [figure for sums in all_sums for figure in figures_of(sums, sums["what"])]
        Path(args.picture).write_text(draw.picture({"title": TITLE, "about": ABOUT, "legend": LEGEND, "figures": figures}))


if __name__ == "__main__":
    main()
