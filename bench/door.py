"""door: the steps that go through the real door of a whole house."""
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import data  # noqa: E402
import where  # noqa: E402
import tools  # noqa: E402
from house import PROGRAM, Client, House, free_port, practitioner  # noqa: E402

SYNTHEA = ROOT.parent / "shared" / "data" / "synthea"


class BenchHouse(House):
    """A house as an administrator runs it, whose start is timed."""

    def __init__(self, folder):
        folder.mkdir()
        super().__init__(folder, settings=["workers=auto"])

    def wait_ready(self, seconds=300):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if Client(self).get("/api/health").status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.005)
        raise SystemExit("bench: the server does not get ready: " + self.log_text())

    def started_in(self):
        began = time.monotonic()
        self.start()
        return time.monotonic() - began

    def url(self, path):
        return f"https://127.0.0.1:{self.port}{path}"

    def vault_mb(self):
        with open(f"/proc/{self.pids('vault')[0]}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))

    def take_in(self, folder, what):
        """`hospitaller import`, which shows its own progress; gives resources, seconds, others' share."""
        others = tools.Others()
        print(f"   {what} …", file=sys.stderr, flush=True)
        done = subprocess.run([PROGRAM, *self.options(), "import", folder, "--json"], text=True, check=True,
                              stdout=subprocess.PIPE)
        report = json.loads(done.stdout)
        return report["created"], report["seconds"], {"others": others.share()}

    def settle(self, seconds=120):
        """Until watch has seen the whole trail: what follows is measured without its catching up."""
        progress, first = tools.Progress("waiting for watch to catch up"), None
        while time.monotonic() < progress.began + seconds:
            lag = json.loads(self.cli("status", "--json").stdout).get("watch", {}).get("lag")
            first = first or lag
            if lag is not None and lag < 10:
                return progress.done()
            progress(max(1 - (lag or 1) / (first or 1), 0))
            time.sleep(0.5)
        return print(f"   watch still lags by {lag} after {seconds} s", file=sys.stderr)

    def tokens(self):
        """An application, and a clinician, who sees personal details of whoever is not in their care."""
        self.bundle(practitioner("berg"))
        self.account("bench", "application")
        given = self.cli("account", "token", "bench", "--label", "bench", "--json").stdout
        self.account("dr.berg", "clinician", "Practitioner/berg")
        return json.loads(given)["token"], self.sign_in("dr.berg").token


def imports(bench):
    """Bundles as they come: a whole record in each."""
    house = BenchHouse(bench.work / "imports")
    sim = bench.work / "sim"
    subprocess.run([bench.build / "sim" / "hospital-sim", "make", "--seed", "1", "--patients",
                    str(40 if bench.quick else 1000), "--staff", "60", "--days", "60", "--out", sim], check=True,
                   stdout=subprocess.DEVNULL)
    kinds = [("the simulated hospital's", sim / "bundles")]
    if SYNTHEA.is_dir():
        kinds.append(("Synthea's", SYNTHEA))
    else:
        print("   Synthea's bundles are not here: left out", file=sys.stderr)
    with house:
        for whose, folder in kinds:
            count, seconds, raw = house.take_in(folder, f"importing {whose} bundles")
            files = list(Path(folder).glob("*.json"))
            size = sum(file.stat().st_size for file in files) / count
            bench.add("Bundle import", f"{whose} bundles", count / seconds, "/s", raw, aim=5000,
                      note=f"{count:,} resources of {size:,.0f} bytes, {count / len(files):.0f} in a bundle")


def fill(bench, house):
    folder = bench.work / "bundles"
    folder.mkdir()
    progress = tools.Progress(f"inventing {bench.resources:,} resources")
    data.write_bundles(folder, bench.patients, bench.resources // bench.patients, progress)
    progress.done()
    count, seconds, raw = house.take_in(folder, f"importing {bench.resources:,} resources")
    bench.add("Bundle import", f"{count:,} resources of 2 KB", count / seconds, "/s", raw, aim=5000,
              note=f"{data.BUNDLE} in a bundle")
    for file in folder.iterdir():
        file.unlink()


def at_rest(bench, house):
    began = house.started_in()
    bench.add("Vault", "start, with nothing stored", began, "s", aim=2, most=True)
    bench.add("Vault", "memory at rest, nothing stored", house.vault_mb(), "MB")


def with_all(bench, house):
    what = f"{bench.resources:,} resources"
    bench.add("Vault", f"memory after importing {what}", house.vault_mb(), "MB")
    house.stop()
    bench.add("Vault", f"start, with {what}", house.started_in(), "s", aim=2, most=True)
    bench.add("Vault", f"memory at rest, {what}", house.vault_mb(), "MB")
    house.settle()


def after_all(bench, house):
    """The reads of above are hardly answered, and the power fails."""
    bench.add("Vault", "memory after all of the load here", house.vault_mb(), "MB")
    house.kill()
    began = house.started_in()
    entries = json.loads(house.cli("status", "--json").stdout)["trail"]["size"]
    bench.add("Vault", "start, after all processes were killed", began, "s", aim=2, most=True,
              note=f"{entries:,} entries on the trail")


def writes(bench, house, token):
    sqlite = bench.numbers.get("records", {})
    runs = [("one by one, one client", 1, 1000, "writes one by one", "one in a commit"),
            ("under load, 64 connections", tools.CONNECTIONS, 5000, "writes under load, 64 in a commit",
             "64 in a commit")]
    for what, connections, aim, key, how in runs:
        got = tools.load(house.url("/fhir/Observation"), f"writing {what}",
                         ("create", data.SIZE, bench.patients), token, bench.seconds, connections)
        plain = sqlite.get(key, {}).get("plain_per_s")
        bench.add("Durable writes of 2 KB", f"through the door, {what}", got["per_s"], "/s", aim=aim,
                  beside=f"plain SQLite, {how}", beside_value=plain, raw=got)


def searches(bench, house, clinician):
    paths = bench.work / "prefixes"
    data.write_prefixes(paths)
    for connections, who in ((1, "one at a time"), (tools.CONNECTIONS, "64 connections")):
        got = tools.load(house.url("/"), f"searching for people, {who}", ("pick", paths), clinician,
                         bench.seconds, connections)
        bench.add("Person search", f"by 3 to 5 letters, {bench.patients:,} patients, {who}", got["per_s"],
                  "/s", raw=got)


def reads(bench, house, token):
    client = Client(house, token)
    path = "/fhir/Observation/o1-1"
    body = client.get(path).body
    picked = bench.work / "reads"
    data.write_reads(picked, bench.patients)
    section = "Reads over TLS, 64 connections"
    with tools.Nginx(bench.work / "nginx", house.state, free_port()) as nginx:
        (nginx.folder / "files" / "file.json").write_bytes(body)
        url = f"https://127.0.0.1:{nginx.port}/file.json"
        before = tools.load(url, "nginx alone, a file", seconds=bench.seconds)
        profile = where.Profile(bench.work, house) if bench.profile else None
        ours = tools.load(house.url(path), "reads through the door", ("get",), token, bench.seconds,
                          during=profile and profile.start)
        if profile:
            bench.numbers["profile"] = profile.report()
        after = tools.load(url, "nginx alone, again", seconds=bench.seconds)
    any_ = tools.load(house.url("/"), "reads at random through the door", ("pick", picked), token, bench.seconds)
    nginx_rate = (before["per_s"] + after["per_s"]) / 2
    bench.add(section, f"nginx alone, the same {len(body):,} bytes from a file", nginx_rate, "/s", raw=before)
    beside = {"beside": "nginx", "beside_value": nginx_rate, "aim": nginx_rate / 2}
    bench.add(section, "decided, decrypted, on the trail: one resource", ours["per_s"], "/s", raw=ours, **beside)
    bench.add(section, f"the same, at random among {bench.patients:,}", any_["per_s"], "/s", raw=any_, **beside)
    os.unlink(picked)


def whole(bench):
    house = BenchHouse(bench.work / "house")
    try:
        at_rest(bench, house)
        fill(bench, house)
        with_all(bench, house)
        application, clinician = house.tokens()
        writes(bench, house, application)
        searches(bench, house, clinician)
        reads(bench, house, application)
        after_all(bench, house)
    finally:
        house.stop()
