"""Whoever gives out lists of attackers is an attacker: pages without end, answers that never come or never stop,
other addresses, paths out of the folder, and the hospital's own addresses as those of attackers."""
import gzip
import json
import shutil
import time
import urllib.parse
import uuid

import house as h
import pytest
from courier import Authority, Web
from house import ROOT, wait_for
from taxii import ACCEPT, indicator


def agent(text):
    return f"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = '{text}']"


def envelope(*objects, **more):
    return 200, {"Content-Type": ACCEPT}, json.dumps({"objects": list(objects), **more}).encode()


class Hostile(Web):
    """One server, one path for each way to be hostile."""

    def __init__(self, context, elsewhere):
        self.pages, self.dripped, self.paths, self.elsewhere = 0, 0, [], elsewhere
        super().__init__(context, answer=self.answer)

    def answer(self, request):
        path = urllib.parse.urlparse(request["path"]).path
        self.paths.append(request["path"])
        if path.startswith("/endless"):  # always one more page, each of another name
            self.pages += 1
            return envelope(indicator(f"[ipv4-addr:value = '203.0.113.{self.pages % 250}']"), more=True, next=str(self.pages))
        if path.startswith("/same"):  # always the same next page
            return envelope(more=True, next="1")
        if path.startswith("/long"):
            return envelope(more=True, next="x" * 100000)
        if path.startswith("/drip"):
            self.dripped += 1
            time.sleep(8)
            return envelope()
        if path.startswith("/huge"):
            return 200, {"Content-Type": ACCEPT}, b'{"objects": [' + b" " * (40 << 20) + b"]}"
        if path.startswith("/bomb"):
            return 200, {"Content-Type": ACCEPT, "Content-Encoding": "gzip"}, gzip.compress(b'{"objects": [' + b" " * (200 << 20) + b"]}")
        if path.startswith("/moved"):
            return 302, {"Location": self.elsewhere}, b""
        if path.startswith("/deep"):
            return 200, {"Content-Type": ACCEPT}, b"[" * 200000
        if path.startswith("/misp/manifest.json"):
            rows = {"../../../../etc/passwd": {"timestamp": "1"}, "..%2f..%2fadmin": {"timestamp": "2"},
                    "https://evil.example/": {"timestamp": "3"}, "a\r\nHost: evil": {"timestamp": "4"},
                    str(uuid.UUID(int=7)): {"timestamp": "5", "info": "x"}}
            return 200, {}, json.dumps(rows).encode()
        if path.startswith("/own"):
            own = ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "::/0", "10.0.0.0/8", "10.30.0.5", "192.168.1.1"]
            return envelope(*[indicator(f"[ipv4-addr:value = '{a}']" if ":" not in a else f"[ipv6-addr:value = '{a}']",
                                        confidence=100) for a in own], indicator(agent("Mozilla/5.0"), confidence=100))
        return 404, {}, b"{}"


KINDS = ("endless", "same", "long", "drip", "huge", "bomb", "moved", "deep", "own")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    rules = folder / "rules"
    shutil.copytree(ROOT / "rules", rules)
    authority, inside = Authority(folder), []
    inner = Web(authority.context("localhost"), answer=lambda r: (inside.append(r), envelope())[1])
    hostile = Hostile(authority.context("localhost"), f"https://localhost:{inner.port}/admin")
    destinations = folder / "destinations.yaml"
    destinations.write_text("".join(
        f"{name}:\n  kind: feed\n  ca: {authority.ca}\n  timeout: 3s\n  accept: {ACCEPT}\n"
        f"  url: https://localhost:{hostile.port}/{name}/\n" for name in KINDS) +
        f"misp:\n  kind: feed\n  ca: {authority.ca}\n  timeout: 3s\n  url: https://localhost:{hostile.port}/misp\n")
    (rules / "intelligence/sources.yaml").write_text("sources:\n" + "".join(
        f"  - {{name: {name}, kind: taxii, feed: {name}, every: 1h}}\n" for name in KINDS if name != "endless") +
        "  - {name: misp, kind: misp, feed: misp, every: 1h}\n")
    book = rules / "playbooks" / "trial.yaml"
    book.write_text("name: trial-block\ndescription: A trial.\nwhen: {rules: [intelligence.agent, intelligence.address], quiet: 0s}\nsteps:\n"
                    "  - do: block-address\n    for: 1h\n")
    with h.House(folder, settings=[f"rules={rules}", f"destinations={destinations}"]) as house:
        house.hostile, house.inside, house.rules = hostile, inside, rules
        house.bundle(h.practitioner("p1"), h.patient("q0"), h.encounter("e1", "q0", "p1"))
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("ms.lane", "privacy-officer", ""),
                                    ("so.kim", "security-officer", "")):
            house.account(login, role, person)
        house.berg, house.lane, house.kim = (house.sign_in(n) for n in ("dr.berg", "ms.lane", "so.kim"))
        yield house
    hostile.close()
    inner.close()


def source(house, name):
    answer = house.lane.get("/api/intelligence")
    return next((s for s in answer.json.get("list", []) if s["name"] == name), {}) if answer.status == 200 else {}


def test_each_is_left_with_its_reason_and_the_next_is_asked(told):
    watch, courier = told.pids("watch"), told.pids("courier")
    for name in ("same", "long", "drip", "huge", "bomb", "moved", "deep"):
        stood = wait_for(lambda: (lambda s: s if s.get("failures") else None)(source(told, name)), 120)
        print(name, stood["problem"])
        assert stood["problem"] and stood["indicators"] == 0, stood
    assert told.inside == []  # nobody was led elsewhere
    assert told.berg.get("/fhir/Patient/q0").status == 200
    assert told.pids("watch") == watch and told.pids("courier") == courier


def test_paths_out_of_the_feed_are_not_asked_for(told):
    stood = wait_for(lambda: (lambda s: s if s.get("failures") else None)(source(told, "misp")), 60)
    assert stood["problem"]  # a manifest that is hostile in one row is believed in none
    assert {p for p in told.hostile.paths if p.startswith("/misp")} == {"/misp/manifest.json"}


def test_our_own_addresses_are_nobody_s_attackers(told):
    """The feed is a hundred percent sure that we are the attackers, and a playbook blocks whom feeds name."""
    wait_for(lambda: source(told, "own").get("fetched"), 60)
    look = lambda value: told.lane.get("/api/intelligence/look?value=" + urllib.parse.quote(value)).json["indicators"]
    wait_for(lambda: look("127.0.0.1"))
    assert not [i for v in ("127.0.0.1", "10.30.0.5", "192.168.1.1", "8.8.8.8") for i in look(v) if i["matches"]]
    before = told.kim.get("/api/findings").json["total"]
    for _ in range(20):
        assert told.berg.get("/fhir/Patient/q0", headers={"User-Agent": "Console"}).status == 200
    time.sleep(3)
    found = [f for f in told.lane.get("/api/findings").json["findings"] if f["source"] == "intelligence"]
    assert not [f for f in found if f["rule"] == "intelligence.address"], found
    runs = told.kim.get("/api/playbooks/runs").json["runs"]
    assert not [s for r in runs for s in r["steps"] if s["action"] == "block-address" and s["state"] == "done"]
    assert told.berg.get("/fhir/Patient/q0").status == 200 and before >= 0
    # The control: a program that it names is matched.
    told.berg.get("/fhir/Patient/q0", headers={"User-Agent": "Mozilla/5.0"})
    wait_for(lambda: [f for f in told.lane.get("/api/findings").json["findings"] if f["rule"] == "intelligence.agent"])
    run = wait_for(lambda: [r for r in told.kim.get("/api/playbooks/runs").json["runs"] if r["playbook"] == "trial-block"])[0]
    step = wait_for(lambda: [s for s in told.kim.get(f"/api/playbooks/runs/{run['id']}").json["steps"] if s["state"] in ("refused", "asked")])
    assert "never-touch" in step[0]["words"] or "approval" in step[0]["words"]  # and even then nobody is shut out
    assert told.berg.get("/fhir/Patient/q0").status == 200


def test_pages_without_end_stop_nothing(told):
    """How long it is listened to is tested in tests/unit/intelligence."""
    sources = told.rules / "intelligence/sources.yaml"
    sources.write_text(sources.read_text() + "  - {name: endless, kind: taxii, feed: endless, every: 1h}\n")
    wait_for(lambda: told.hostile.pages > 30, 60)
    assert told.berg.get("/fhir/Patient/q0").status == 200
    told.berg.get("/fhir/Patient/q0", headers={"User-Agent": "Mozilla/5.0"})
    wait_for(lambda: told.lane.get("/api/intelligence/look?value=Mozilla/5.0").json["sightings"])
    sources.write_text("sources: []\n")  # whoever sees that takes it out
    wait_for(lambda: not source(told, "endless"))
    asked = told.hostile.pages
    time.sleep(2)
    assert told.hostile.pages <= asked + 1
