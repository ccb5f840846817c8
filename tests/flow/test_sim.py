"""The simulated hospital: invented from a seed, imported whole, worked in by its staff."""
import json
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from house import BUILD, House

SIM = BUILD / "sim" / "hospital-sim"
SMALL = ("--patients", "25", "--staff", "24", "--days", "14")


def sim(*words):
    done = subprocess.run([SIM, *map(str, words)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def resources(folder):
    return [e["resource"] for path in sorted(Path(folder, "bundles").glob("*.json"))
            for e in json.loads(path.read_text())["entry"]]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    sim("make", "--seed", 7, *SMALL, "--out", folder)
    return folder


def test_the_same_seed_makes_the_same_bytes(town, tmp_path):
    sim("make", "--seed", 7, *SMALL, "--out", tmp_path / "again")
    sim("make", "--seed", 8, *SMALL, "--out", tmp_path / "other")
    assert files(tmp_path / "again") == {n: b for n, b in files(town).items() if n in files(tmp_path / "again")}
    other = files(tmp_path / "other")
    assert all(other[n] != b for n, b in files(tmp_path / "again").items())


def test_references_lead_somewhere(town):
    all_of_them = resources(town)
    known = {f"{r['resourceType']}/{r['id']}" for r in all_of_them}
    assert len(known) == len(all_of_them)

    def references(json_value):
        if isinstance(json_value, dict):
            for key, value in json_value.items():
                if key == "reference":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(json_value, list):
            for value in json_value:
                yield from references(value)

    assert {ref for r in all_of_them for ref in references(r)} <= known


def test_rosters_are_kept_twice_and_agree(town):
    rosters = json.loads((town / "truth" / "rosters.json").read_text())
    assert rosters["days"] == 14
    of = {r["id"]: r for r in resources(town)}
    slots = [r for r in of.values() if r["resourceType"] == "Slot"]
    for member in rosters["staff"]:
        assert len(member["days"]) == 14
        own = [s for s in slots if of[s["schedule"]["reference"].split("/")[1]]["actor"][0]["reference"]
               == "Practitioner/" + member["staff"]]
        shifts = [s for s in own if s["serviceType"][0]["text"] != "on call"]
        calls = [s for s in own if s["serviceType"][0]["text"] == "on call"]
        assert len(shifts) == (sum(c in "ELN" for c in member["days"]) if member["role"] == "nurse" else 0)
        assert sorted(s["start"][:10] for s in calls) == member["on_call"]
    # Every night somebody can be called.
    nights = {day for m in rosters["staff"] for day in m["on_call"]}
    assert len(nights) == 14


def test_somebody_is_known_to_all_and_some_work_here(town):
    labels = [code["code"] for r in resources(town) if r["resourceType"] == "Patient"
              for code in r.get("meta", {}).get("security", [])]
    people = json.loads((town / "truth" / "people.json").read_text())
    assert labels.count("CEL") == sum(p["vip"] for p in people) >= 1
    assert labels.count("EMP") == sum(p["is_patient"] and p["staff"] != "" for p in people)


def test_everything_is_imported(town, tmp_path):
    with House(tmp_path) as house:
        done = json.loads(house.cli("import", town / "bundles", "--json").stdout)
        assert done["created"] == len(resources(town))
        assert done["unchanged"] == 0 and not done.get("failed")
        again = json.loads(house.cli("import", town / "bundles", "--json").stdout)
        assert again["created"] == 0 and again["unchanged"] == len(resources(town))


KINDS = {"snoop", "family", "self", "vip", "mass", "drip", "night", "borrowed"}


def schedule(folder, *words):
    sim("work", "--dir", folder, "--dry-run", *words)
    return (Path(folder) / "truth" / "work.jsonl").read_bytes()


def lines(data):
    return [json.loads(line) for line in data.splitlines()]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Large enough for shares to mean something."""
    folder = tmp_path_factory.mktemp("city")
    sim("make", "--seed", 3, "--patients", 300, "--staff", 200, "--days", 30, "--out", folder)
    return folder


def test_the_same_seed_schedules_the_same_work(city):
    first = schedule(city, "--days", 30, "--seed", 5, "--misuse", "all")
    assert schedule(city, "--days", 30, "--seed", 5, "--misuse", "all") == first
    assert schedule(city, "--days", 30, "--seed", 6, "--misuse", "all") != first
    times = [line["at"] for line in lines(first)]
    assert times == sorted(times)
    assert {t[:10] for t in times} == {"2026-10-%02d" % d for d in range(25, 32)} | {
        "2026-11-%02d" % d for d in range(1, 24)}


def test_most_of_the_work_is_explained_by_the_records(city):
    known = set()
    for r in resources(city):
        actors = {"Encounter": lambda: [p["individual"] for p in r["participant"]],
                  "CareTeam": lambda: [p["member"] for p in r["participant"]],
                  "Appointment": lambda: [p["actor"] for p in r["participant"]],
                  "Patient": lambda: r["generalPractitioner"]}.get(r["resourceType"], list)()
        patients = [a for a in actors if a["reference"].startswith("Patient/")] or [
            r.get("subject") or {"reference": "Patient/" + r["id"]}]
        known |= {(a["reference"][13:], patients[0]["reference"][8:]) for a in actors
                  if a["reference"].startswith("Practitioner/")}
    work = [line for line in lines(schedule(city, "--days", 30))
            if line["role"] in ("clinician", "nurse") and line["patient"]]
    explained = [line for line in work if (line["staff"], line["patient"]) in known]
    assert 0.80 <= len(explained) / len(work) <= 0.97
    # What goes wrong is expected only from those whom the record does not know.
    assert not [line for line in explained if 403 in line["expect"]]
    assert {line["why"] for line in work} == {"care", "cover", "referral", "on-call", "late"}
    assert not [line for line in work if line["why"] == "care" and (line["staff"], line["patient"]) not in known]


def test_misuse_is_there_only_when_it_is_switched_on(city):
    honest = lines(schedule(city, "--days", 30))
    assert not [line for line in honest if line["misuse"] or line["why"] in KINDS]
    for kind in sorted(KINDS):
        with_one = lines(schedule(city, "--days", 30, "--misuse", kind))
        assert {line["why"] for line in with_one if line["misuse"]} == {kind}
        # The others go on with their work as if nothing had happened.
        rest = [line for line in with_one if not line["misuse"] and line["why"] != "signing"]
        assert rest == [line for line in honest if line["why"] != "signing"]
    everything = lines(schedule(city, "--days", 30, "--misuse", "all"))
    assert {line["why"] for line in everything if line["misuse"]} == KINDS
    two = lines(schedule(city, "--days", 30, "--misuse", "vip,drip"))
    assert {line["why"] for line in two if line["misuse"]} == {"vip", "drip"}
    borrowed = [line for line in everything if line["why"] == "borrowed"]
    assert all(line["by"] != line["login"] for line in borrowed)
    assert not [line for line in everything if "by" in line and line["why"] != "borrowed"]


def test_misuse_is_what_it_says(city):
    everything = [line for line in lines(schedule(city, "--days", 30, "--misuse", "all")) if line["misuse"]]
    people = json.loads((city / "truth" / "people.json").read_text())
    staff = {p["staff"]: p for p in people if p["staff"]}
    of = {p["patient"]: p for p in people if p["is_patient"]}
    for line in everything:
        who, whom = staff[line["staff"]], of.get(line["patient"])
        if not whom:
            continue
        if line["why"] == "vip":
            assert whom["vip"]
        if line["why"] == "self":
            assert whom is who
        if line["why"] == "family":
            assert whom is not who and whom["household"] == who["household"]
        if line["why"] == "night":
            assert line["at"][11:13] in ("01", "02", "03", "04", "05", "06")


def test_an_unknown_kind_of_misuse_is_refused(town):
    done = subprocess.run([SIM, "work", "--dir", town, "--dry-run", "--misuse", "vip,gossip"], capture_output=True,
                          text=True)
    assert done.returncode == 2 and "gossip" in done.stderr


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """Three days of work of everybody, done as fast as it goes, some of it misuse."""
    folder = tmp_path_factory.mktemp("worked")
    sim("make", "--seed", 7, *SMALL, "--out", folder / "town")
    with House(folder) as house:
        url = f"https://127.0.0.1:{house.port}"
        house.cli("import", folder / "town" / "bundles")
        sim("accounts", "--state", house.state, "--dir", folder / "town", "--url", url, "--hospitaller",
            BUILD / "src" / "hospitaller")
        house.report = json.loads(sim("work", "--dir", folder / "town", "--url", url, "--days", 3, "--speed", "max",
                                      "--connections", 4, "--misuse", "snoop,night", "--json"))
        house.town, house.url = folder / "town", url
        house.work = lines((folder / "town" / "truth" / "work.jsonl").read_bytes())
        yield house


def trail(house, **query):
    words = [w for key, value in query.items() for w in ("--" + key, value)]
    return json.loads(house.cli("trail", "search", "--count", 1000, "--json", *words).stdout)["entries"]


def test_the_work_is_answered_as_expected(worked):
    report = worked.report
    assert report["unexpected"] == 0 and report["unanswered"] == 0
    sent = [line for line in worked.work if line["status"] > 0]
    assert len(sent) > 100 and all(line["status"] in line["expect"] for line in sent)
    assert {line["status"] for line in sent} >= {200, 201}
    planned = lines(schedule(worked.town, "--days", 3, "--misuse", "snoop,night"))
    told = [{k: v for k, v in line.items() if k not in ("sent", "took_us", "status")} for line in worked.work]
    assert sorted(map(json.dumps, told)) == sorted(map(json.dumps, planned))


def test_the_work_is_on_the_trail(worked):
    listed = json.loads((worked.town / "accounts-with-secrets.json").read_text())
    assert [a["person"][:8] for a in listed if a["role"] == "patient"] == ["Patient/"]
    assert "patient.one" in (worked.town / "sign-in.txt").read_text()
    accounts = {a["login"]: a["id"] for a in
                json.loads((worked.town / "accounts-with-secrets.json").read_text())}
    for login in {line["login"] for line in worked.work if line["role"] in ("clinician", "nurse")}:
        own = [line for line in worked.work if line["login"] == login]
        reads = sorted(line["patient"] for line in own if line["status"] == 200 and
                       line["path"] == "/fhir/Patient/" + line["patient"])
        entries = trail(worked, who=login, action="read", outcome="allowed")
        assert sorted(e["resource"] for e in entries) == ["Patient/" + p for p in reads]
        assert {e["who"]["account"] for e in entries} <= {accounts[login]}
        written = [line for line in own if line["status"] == 201]
        assert len(trail(worked, who=login, action="create")) == len(written)
        glasses = [line for line in own if line["path"] == "/api/break-glass" and line["status"] == 200]
        assert len(trail(worked, who=login, action="break-glass")) == len(glasses)
        denied = [line for line in own if line["status"] == 403]
        assert len(trail(worked, who=login, outcome="denied")) == len(denied)
    assert [line for line in worked.work if line["misuse"]]


def test_work_at_a_speed_takes_its_time_and_comes_from_many_places(worked):
    report = json.loads(sim("work", "--dir", worked.town, "--url", worked.url, "--days", 1, "--speed", 40000, "--json"))
    assert report["unexpected"] == 0 and report["requests"] > 10
    done = lines((worked.town / "truth" / "work.jsonl").read_bytes())
    since = min(line["sent"] for line in done)
    addresses = {e["address"] for e in trail(worked, since=since, action="read")}
    assert len(addresses) > 1 and all(a.startswith("127.0.1.") for a in addresses)
    # Nobody does two things at once, nor the second before the first.
    for login in {line["login"] for line in done}:
        own = [line for line in done if line["login"] == login]
        assert [line["at"] for line in own] == sorted(line["at"] for line in own)
        assert [line["sent"] for line in own] == sorted(line["sent"] for line in own)
    at = [datetime.fromisoformat(line["at"][:19]) for line in done]
    assert report["seconds"] >= (max(at) - min(at)).total_seconds() / 40000


def test_work_needs_accounts(town):
    done = subprocess.run([SIM, "work", "--dir", town, "--url", "https://127.0.0.1:1"], capture_output=True, text=True)
    assert done.returncode == 1 and "accounts" in done.stderr


def test_a_server_that_is_not_there_is_noticed(worked, tmp_path):
    """The control of the two tests above: what does not arrive is counted."""
    done = subprocess.run([SIM, "work", "--dir", worked.town, "--url", "https://127.0.0.1:1", "--days", "1", "--speed",
                           "max", "--json"], capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["unexpected"] > 0 and report["unanswered"] > 0
