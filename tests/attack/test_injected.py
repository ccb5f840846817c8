"""Whatever somebody can write (the name of a program, a search, a reason, a name, a note, a rule's sentence) is
shown to others: on terminals, in logs, mails, tickets, syslog and letters. It stands there and does nothing."""
import json
import re
import shutil
import socket
import threading
import urllib.parse
import uuid

import house as h
import pytest
from courier import Authority, Web, secret_file
from house import ROOT, wait_for

# A terminal's commands in one and in eight bits, marks that turn letters around, a page's script, a format, a look-up.
ACTS = "\u009b2J\u202egpj.exe\u2066\u2028"
QUIET = "<img src=x onerror=alert(1)> %s%n%99999d ${jndi:ldap://x/a} {{7*7}} Dr. B\u0435rg"
FORGED = "2026-11-25T00:00:00.000Z  critical      Dr.Case touched a lure"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
BEGINS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z \w+ \w+: |\d{4}/\d\d/\d\d [\d:]+ \[\w+\] ")  # ours, nginx's
RULE = """
title: "A program {acts}with a rule"
id: {id}
logsource: {{product: healthcare, category: record-access}}
detection:
  it: {{"http_request.user_agent|contains": 'onerror'}}
  condition: it
level: critical
sentence: "{{actor.user.uid}} came with {{http_request.user_agent}}{acts}\\n{forged}"
advice: "Look.\\nSubject: forged"
tags: [attack.collection, hospitaller.certain, hospitaller.trial]
"""
BOOK = """
name: trial-told
description: A trial.
when: {tags: [hospitaller.trial], quiet: 0s}
steps:
  - do: notify
    to: tickets
    text: Look at the run.
  - do: notify
    to: siem
    text: Look at the run.
"""


class Siem:
    """What comes over TLS to a collector of logs."""

    def __init__(self, context):
        self.context, self.data = context, b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client = self.context.wrap_socket(self.socket.accept()[0], server_side=True)
                while data := client.recv(65536):
                    self.data += data
            except OSError:
                if self.socket.fileno() < 0:
                    return


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    folder = tmp_path_factory.mktemp("injected")
    setting = h.rules_without_playbooks(folder)
    rules = folder / "rules"
    authority, tickets = Authority(folder), []
    web = Web(authority.context("localhost"), answer=lambda r: (tickets.append(r), (200, {}, b""))[1])
    siem = Siem(authority.context("localhost"))
    secret = secret_file(folder / "secret", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    destinations = folder / "destinations.yaml"
    destinations.write_text(f"tickets:\n  kind: webhook\n  url: https://localhost:{web.port}/hooks\n  secret: {secret}\n"
                            f"  ca: {authority.ca}\nsiem:\n  kind: syslog\n  url: tls://localhost:{siem.port}\n"
                            f"  ca: {authority.ca}\n")
    (rules / "incidents.yaml").write_text("tell: tickets\n")
    (rules / "playbooks" / "trial.yaml").write_text(BOOK)
    with h.House(folder, settings=[setting, f"destinations={destinations}"]) as house:
        house.rules, house.tickets, house.siem = rules, tickets, siem
        house.bundle(h.practitioner("p1"), h.patient("q0", f"Marsh{ACTS}{QUIET}"), h.patient("q1"),
                     h.encounter("e1", "q0", "p1"))
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("ms.lane", "privacy-officer", ""),
                                    ("so.kim", "security-officer", "")):
            house.account(login, role, person)
        house.berg, house.lane, house.kim = (house.sign_in(n) for n in ("dr.berg", "ms.lane", "so.kim"))
        yield house
    web.close()
    siem.socket.close()


def latin(text):
    """As http.client sends it: these very bytes."""
    return text.encode().decode("latin-1")


def test_what_is_no_text_is_refused_at_the_door(ward):
    for name in ("User-Agent", "Accept", "If-Match"):
        raw = ward.connect()
        raw.putrequest("GET", "/fhir/Patient/q0")
        raw._buffer += [f"Authorization: Bearer {ward.berg.token}".encode(), f"{name}: a\x1b[2Jb".encode()]
        raw.endheaders()
        assert raw.getresponse().status in (400, 401), name
    for reason in ("emergency \u0000at the door", "emergency \u001b[2Jat the door"):
        assert ward.berg.post("/api/break-glass", {"patient": "q1", "reason": reason}).status in (400, 422)
    for words in ("mar%1b%5b2J", "mar%00", "mar%ff%fe"):
        assert ward.berg.get(f"/fhir/Patient?name={words}").status in (200, 400, 422)
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    assert ward.berg.get("/fhir/Patient/q0", headers=forged).status == 200
    entries = ward.lane.get("/api/trail?who=dr.berg&_count=50").json["entries"]
    assert {e["address"] for e in entries} == {"127.0.0.1"}
    assert "\x1b" not in json.dumps(entries, ensure_ascii=False)


def test_nothing_acts_where_it_is_shown(ward):
    agent = latin(f"reader {ACTS} {QUIET}")
    rule = ward.rules / "detect" / "trial.yml"
    rule.write_text(RULE.format(id=uuid.uuid4(), forged=FORGED, acts="\\e[2J"))
    wait_for(lambda: [p for p in ward.lane.get("/api/findings").json["detect"].get("problems", []) if p["file"] == "trial.yml"])
    (rule.parent / "a\x1b[2J\u202e.yml").write_text("title: x\n")
    rule.write_text(RULE.format(id=uuid.uuid4(), forged=FORGED, acts="\\x9b2J\\u202E\\L"))
    wait_for(lambda: any("with a rule" in r["title"] for r in ward.lane.get("/api/findings").json["detect"]["rules"]))
    reason = f"emergency\u007f{ACTS}\n{FORGED}\n{QUIET}"
    assert ward.berg.post("/api/break-glass", {"patient": "q1", "reason": reason}).status == 200
    assert ward.berg.get("/fhir/Patient/q0", headers={"User-Agent": agent}).status == 200
    ward.berg.get("/fhir/Patient?name=" + urllib.parse.quote(f"mar{ACTS}{QUIET}"), headers={"User-Agent": agent})
    found = wait_for(lambda: [f for f in ward.lane.get("/api/findings").json["findings"] if "with a rule" in f["title"]])
    number = wait_for(lambda: ward.lane.get("/api/incidents?state=all").json["incidents"])[0]["number"]
    note = {"text": f"seen{ACTS}\n{FORGED}\n{QUIET}"}
    assert ward.kim.post(f"/api/incidents/{number}/note", note).status == 200
    until = {"rule": found[0]["rule"], "when": f"http_request.user_agent=a{QUIET}", "until": "2099-01-31"}
    assert ward.kim.post("/api/exceptions", {**until, "reason": f"x{ACTS}{QUIET}"}).status == 201
    # On a terminal, for people and for programs.
    asked = [("findings",), ("trail", "search"), ("incidents", "list"), ("incidents", "show", number),
             ("incidents", "letter", number, "internal"), ("playbooks", "runs"), ("session", "list"), ("rules", "exceptions"),
             ("behaviour", "who", "dr.berg"), ("queue", "list"), ("intelligence", "status"), ("courier", "list")]
    said = {}
    for words in asked:
        for more in ((), ("--json",)):
            out = ward.cli(*words, *more, check=False).stdout
            assert out, words
            said[words] = said.get(words, "") + out
            assert not ACTING.search(out), (words, more, ACTING.search(out))
            assert not [line for line in out.splitlines() if line.startswith(FORGED[:20])], (words, more)
    assert "onerror=alert(1)" in said[("findings",)] and "%s%n" in said[("trail", "search")]
    assert "seen" in said[("incidents", "show", number)]
    # In the log, where every line begins as ours do.
    for line in ward.log_text().splitlines():
        assert not ACTING.search(line) and BEGINS.match(line), line
    # On its way out: a notice of the incident and of the run, as a ticket and as lines for a collector of logs.
    wait_for(lambda: len(ward.tickets) >= 2 and b"Run " in ward.siem.data)
    for ticket in ward.tickets:
        body = json.dumps(json.loads(ticket["body"]), ensure_ascii=False) if ticket["body"][:1] == b"{" else ticket["body"].decode()
        assert not ACTING.search(body.replace("\\n", "")) and "Marsh" not in body, body
        assert not ACTING.search("".join(f"{k}{v}" for k, v in ticket["headers"].items()))
    frames = ward.siem.data.decode()
    assert not ACTING.search(frames) and FORGED not in [line for line in frames.splitlines()]
    assert re.match(r"\d+ <\d+>1 ", frames)
    size = int(frames.split(" ", 1)[0])
    assert "Run " in ward.siem.data.split(b" ", 1)[1][:size].decode()  # the frame is as long as it says
