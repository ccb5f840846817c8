"""From a finding to whoever is told of it: a playbook with a real mail server and a real web server, both of them down
when it happens. What a security officer has in the morning: a mail, a task, and a trail that was proved at that moment."""
import base64
import hashlib
import hmac
import json
import os
import shutil
import signal
import time

import house as h
import pytest
from courier import Authority, Web, free_port, secret_file
from house import ROOT, wait_for
from postfix import DOMAIN, MASTER, Postfix

pytestmark = pytest.mark.skipif(not MASTER.exists(), reason="Postfix is not installed (another mail server may be)")

PLAYBOOK = """
name: told
description: Somebody broke the glass for several patients.
when:
  rules: [{rule}]
  per: actor
steps:
  - do: snapshot-trail
  - together:
      - - do: notify
          to: security-mail
          text: The glass was broken for several patients. Look at the run, and call the ward.
      - - do: notify
          to: tickets
          text: The glass was broken for several patients.
      - - do: end-sessions
          why: Whoever it is signs in again.
          approve: {{by: security-officer, within: 15m, otherwise: skip}}
  - do: open-task
    role: security-officer
    for: 1d
    text: Call the ward, and write down what they said.
"""
DESTINATIONS = """
security-mail:
  kind: mail
  url: smtp://localhost:{mail}
  from: hospitaller@{domain}
  recipients: [it@{domain}]
  ca: {ca}
  backoff: 200ms
  backoff-most: 500ms
tickets:
  kind: webhook
  url: https://localhost:{web}/hooks
  secret: {secret}
  ca: {ca}
  backoff: 200ms
  backoff-most: 500ms
"""


class Told:
    """A hospital whose mail server and ticket system are down."""

    def __init__(self, folder):
        rules = folder / "rules"
        shutil.copytree(ROOT / "rules", rules)
        for file in (rules / "playbooks").glob("*.yaml"):
            if file.name != "never-touch.yaml":
                file.unlink()
        rule = next(line.split()[1] for line in reversed((rules / "detect" / "break_glass_burst.yml").read_text().splitlines())
                    if line.startswith("id: "))
        (rules / "playbooks" / "told.yaml").write_text(PLAYBOOK.format(rule=rule))
        self.authority, self.key = Authority(folder), os.urandom(24)
        self.postfix, self.web_port, self.asked = Postfix(folder, self.authority, boxes=["it"]), free_port(), []
        secret = secret_file(folder / "secret", "whsec_" + base64.b64encode(self.key).decode() + "\n")
        destinations = folder / "destinations.yaml"
        destinations.write_text(DESTINATIONS.format(mail=self.postfix.port, web=self.web_port, domain=DOMAIN,
                                                    ca=self.authority.ca, secret=secret))
        self.house = h.House(folder, settings=[f"rules={rules}", f"destinations={destinations}"])

    def begin(self):
        house = self.house
        house.bundle(h.practitioner("p1"), *[h.patient(f"q{i}", f"Marsh{i}") for i in range(3)])
        for login, role, person in (("dr.berg", "clinician", "Practitioner/p1"), ("dr.stone", "clinician", ""), ("dr.moss", "clinician", ""), ("ms.lane", "privacy-officer", ""),
                                    ("so.kim", "security-officer", "")):
            house.account(login, role, person)
        self.berg, self.lane, self.kim = (house.sign_in(n) for n in ("dr.berg", "ms.lane", "so.kim"))

    def answer(self, request):
        self.asked.append(request)
        return (503, {}, b"busy") if len(self.asked) == 1 else (204, {}, b"")

    def steps(self, action, state):
        runs = self.kim.get("/api/playbooks/runs").json["runs"]
        return [(r, s) for r in runs if r["playbook"] == "told" for s in r["steps"]
                if s["action"] == action and s["state"] == state]

    def destinations(self):
        """Empty until the courier has told something, as after a start; so a wait asks for what is there."""
        done = self.house.cli("courier", "list", "--json", check=False)
        return {d["name"]: d for d in json.loads(done.stdout)["destinations"]} if done.returncode == 0 else {}

    def waiting(self, name):
        """How many errands wait, or None."""
        return self.destinations().get(name, {}).get("waiting")

    def sign(self, request):
        signed = f"{request['headers']['webhook-id']}.{request['headers']['webhook-timestamp']}.".encode()
        return "v1," + base64.b64encode(hmac.new(self.key, signed + request["body"], hashlib.sha256).digest()).decode()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    told = Told(tmp_path_factory.mktemp("told"))
    try:
        with told.house:
            told.begin()
            yield told
    finally:
        told.postfix.stop()


def test_what_happens_while_nobody_can_be_told(told):
    for i in range(3):
        answer = told.berg.post("/api/break-glass", {"patient": f"q{i}", "reason": "emergency at the door"})
        assert answer.status in (200, 201), answer.body
    run, snapshot = wait_for(lambda: told.steps("snapshot-trail", "done"))[0]
    assert "entries under the root" in snapshot["words"]
    entry = next(e for e in told.lane.get("/api/trail?action=act").json["entries"] if "snapshot-trail" in e["detail"])
    assert entry["who"]["account"] == "watch" and entry["rule"] == "told"
    run, step = wait_for(lambda: told.steps("end-sessions", "asked"))[0]
    assert told.berg.get("/api/me").status == 200, "nothing is done before somebody agrees"
    answer = told.kim.post(f"/api/playbooks/runs/{run['id']}/approve", {"step": step["step"], "reason": "nobody answers"})
    assert answer.status == 200, answer.body
    wait_for(lambda: told.steps("end-sessions", "done"))
    assert told.berg.get("/api/me").status == 401
    run, task = wait_for(lambda: told.steps("open-task", "done"))[0]
    assert "Call the ward" in task["words"]
    wait_for(lambda: [s for _, s in told.steps("notify", "done") if s["words"].startswith("tickets (not delivered yet): The")])
    # Both are down: what is to be told waits on the disk, and everybody who looks sees so.
    wait_for(lambda: [(d["waiting"], d.get("last")) for d in told.destinations().values()] == [(1, "retrying")] * 2)


def test_the_mail_comes_when_the_server_does_and_names_nobody(told):
    told.house.kill()  # and the power fails meanwhile
    told.house.start()
    with told.postfix:
        (mail,) = wait_for(lambda: told.postfix.mails())
        text = mail.get_body().get_content()
        assert text.startswith("The glass was broken for several patients. Look at the run, and call the ward.")
        assert "broke the glass for 3 patients within 1h" in text and "of the playbook told" in text
        for name in ("Berg", "berg", "Marsh", "q0", "q1", "q2"):
            assert name not in str(mail), name
        assert mail["Hospitaller-Kind"] == "notice" and "using TLSv1." in " ".join(mail.get_all("Received"))
        wait_for(lambda: told.waiting("security-mail") == 0)
        assert len(told.postfix.mails()) == 1, "once"
        told.kim = told.house.sign_in("so.kim")
        wait_for(lambda: [s for _, s in told.steps("notify", "done") if s["words"].startswith("security-mail (delivered): The")])


def test_the_ticket_system_is_told_signed_and_again_when_it_was_busy(told):
    with Web(told.authority.context("localhost"), told.web_port, told.answer):
        wait_for(lambda: len(told.asked) == 2)
        wait_for(lambda: told.waiting("tickets") == 0)
    first, again = told.asked
    assert first["headers"]["webhook-id"] == again["headers"]["webhook-id"], "so that it can drop a double"
    for request in told.asked:
        assert request["headers"]["webhook-signature"] == told.sign(request) and request["path"] == "/hooks"
        assert request["body"].startswith(b"The glass was broken for several patients.") and b"Berg" not in request["body"]


def test_who_takes_it_back_tells_that_too(told):
    told.lane = told.house.sign_in("ms.lane")
    run, step = next((r, s) for r, s in told.steps("notify", "done") if "security-mail" in s["words"])
    answer = told.kim.post(f"/api/playbooks/runs/{run['id']}/undo", {"step": step["step"], "reason": "a drill"})
    assert answer.status == 200, answer.body
    with told.postfix:
        wait_for(lambda: len(told.postfix.mails()) == 2)
        assert told.postfix.mails()[1].get_body().get_content().startswith("This no longer holds: The glass was broken")
    wait_for(lambda: told.steps("notify", "undone"))


def test_a_message_that_nobody_will_ever_take_is_found(told):
    """The mailbox was taken away: the officer sees that the mail did not reach anybody."""
    told.postfix.boxes = []
    with told.postfix:
        other = told.house.sign_in("dr.moss")
        for i in range(3):
            assert other.post("/api/break-glass", {"patient": f"q{i}", "reason": "emergency at the door"}).status == 200
        found = wait_for(lambda: [f for f in told.kim.get("/api/findings").json["findings"]
                                  if f["rule"] == "system.undelivered"])
        assert found[0]["sentence"].startswith("A message to 'security-mail' was given up after 1 attempt: it answered 550")
        run, step = wait_for(lambda: told.steps("notify", "failed"))[0]
        assert step["words"].startswith("security-mail (given up: it answered 550")
    told.postfix.boxes = ["it"]
    with Web(told.authority.context("localhost"), told.web_port) as web:
        wait_for(lambda: web.requests and told.waiting("tickets") == 0)


def test_a_courier_that_hangs_loses_nothing(told):
    """It hangs, and before it is anything again all of the house dies: what was to be told still is."""
    told.asked.clear()
    courier = told.house.pids("courier")[0]
    os.kill(courier, signal.SIGSTOP)
    try:
        other = told.house.sign_in("dr.stone")
        for i in range(3):
            assert other.post("/api/break-glass", {"patient": f"q{i}", "reason": "emergency at the door"}).status == 200
        wait_for(lambda: len(told.steps("notify", "done")) + len(told.steps("notify", "undone")) == 5)
        time.sleep(3)  # what watch believes to be sent would be kept as sent by now
    finally:
        told.house.kill()
    told.house.start()
    with Web(told.authority.context("localhost"), told.web_port, lambda r: (told.asked.append(r), (204, {}, b""))[1]):
        wait_for(lambda: told.asked)
        wait_for(lambda: told.waiting("tickets") == 0)
    assert len({r["headers"]["webhook-id"] for r in told.asked}) == 1
    with told.postfix:
        wait_for(lambda: len(told.postfix.mails()) == 3)
    told.lane = told.house.sign_in("ms.lane")


def test_the_morning_after(told):
    """The officer reads with names what the mail told without, and the trail is proved."""
    found = [f for f in told.lane.get("/api/findings").json["findings"] if "Glass broken for several" in f["title"]]
    assert [f["sentence"].split()[0] for f in found] == ["Dr.Stone", "Dr.Moss", "Dr.Berg"]
    assert found[2]["sentence"].startswith("Dr.Berg broke the glass for 3 patients")
    acts = {e["detail"].split(":")[0] for e in told.lane.get("/api/trail?action=act").json["entries"]}
    assert "end-sessions" in acts and any(a.startswith("snapshot-trail") for a in acts)
    approved = told.lane.get("/api/trail?action=approve").json["entries"]
    assert len(approved) == 1 and approved[0]["who"]["name"] == "So.Kim" and approved[0]["reason"] == "nobody answers"
    assert json.loads(told.house.cli("trail", "verify", "--json").stdout)["whole"]
