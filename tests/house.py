"""house: a whole hospitaller in a folder of its own, for tests that talk to real processes.

    with House(tmp_path) as house:
        house.account("dr.berg", "clinician", "Practitioner/p1")
        berg = house.sign_in("dr.berg")
        berg.get("/fhir/Patient/1")

Needs root: the roles run under users of their own.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import time
import urllib.parse
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("HOSPITALLER_BUILD", ROOT / "build"))
PROGRAM = BUILD / "src" / "hospitaller"
PASSWORD = "seven quiet otters rowing {}"


def free_port():
    """One below those that the kernel gives to whoever connects: it stays free until it is used, and while what
    listens there is down."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", random.randrange(20000, first) if first > 25000 else 0))
            except OSError:
                continue
            return s.getsockname()[1]


def totp(secret, at=None):
    """RFC 6238 with SHA-1, 30 seconds, six digits."""
    step = int((time.time() if at is None else at) // 30)
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1000000)


def wait_for(what, seconds=40):
    """What `what` gives as soon as it is true; an assertion when it does not come."""
    end = time.time() + seconds
    while time.time() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def words(self):
        """What the error says, in either interface's form."""
        j = self.json
        return j.get("message") or j["issue"][0].get("diagnostics", "")


class Client:
    def __init__(self, house, token=None):
        self.house, self.token = house, token
        self.connection = None

    def ask(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        if body is not None and "Content-Type" not in headers:
            headers["Content-Type"] = "application/fhir+json" if path.startswith("/fhir") else "application/json"
        for again in (True, False):
            try:
                if not self.connection:
                    self.connection = self.house.connect()
                self.connection.request(method, path, body, headers)
                return Answer(self.connection.getresponse())
            except (http.client.RemoteDisconnected, http.client.CannotSendRequest, ConnectionError,
                    ssl.SSLError):
                self.connection = None
                if not again:
                    raise

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers.get("headers"))

    def post(self, path, body=None, headers=None):
        return self.ask("POST", path, body, headers)

    def put(self, path, body=None, headers=None):
        return self.ask("PUT", path, body, headers)

    def delete(self, path, headers=None):
        return self.ask("DELETE", path, headers=headers)


def rules_without_playbooks(folder):
    """Our rules, for a house in which what is found has no consequences; the setting for it."""
    rules = Path(folder) / "rules"
    shutil.copytree(ROOT / "rules", rules)
    for file in (rules / "playbooks").glob("*.yaml"):
        if file.name != "never-touch.yaml":
            file.unlink()
    return f"rules={rules}"


class House:
    def __init__(self, folder, test="", settings=(), state=None):
        self.folder = Path(folder)
        self.folder.chmod(0o755)
        for parent in self.folder.parents:  # pytest makes folders that only root may enter
            if str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o055)
        self.state = Path(state) if state else self.folder / "state"
        self.console = self.folder / "console"
        self.console.mkdir(exist_ok=True)
        (self.console / "index.html").write_text("<!doctype html><title>Hospitaller</title>")
        self.port = free_port()
        self.test, self.settings = test, list(settings)
        self.process, self.secrets, self.used, self.ahead = None, {}, {}, 0

    def options(self):
        values = {"listen": f"127.0.0.1:{self.port}", "console": self.console, "rules": ROOT / "rules",
                  "modules": BUILD / "src" / "gate" / "nginx", "test": self.test, "workers": "1"}
        made = ["--state", str(self.state)]
        for key, value in values.items():
            made += ["--set", f"{key}={value}"]
        for one in self.settings:
            made += ["--set", one]
        return made

    def turn(self, seconds):
        """The clock of the whole house is ahead by so much, at once; with the test option turned-clock."""
        self.ahead = seconds
        self.state.mkdir(exist_ok=True)
        clock = self.state / "clock"
        with open(clock, "r+b" if clock.exists() else "wb") as file:
            file.write(struct.pack("=q", int(seconds * 1000000)))
        clock.chmod(0o644)

    def start(self):
        if "turned-clock" in self.test.split(",") and not (self.state / "clock").exists():
            self.turn(0)
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([PROGRAM, *self.options(), "run"], stdout=self.log,
                                        stderr=self.log, stdin=subprocess.DEVNULL)
        self.wait_ready()
        return self

    def wait_ready(self, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            if self.process.poll() is not None:
                raise AssertionError("the server ended: " + self.log_text())
            try:
                if Client(self).get("/api/health").status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise AssertionError("the server does not get ready: " + self.log_text())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        self.process = None

    def kill(self):
        """Everything at once, as a loss of power does to processes."""
        for role in self.pids():
            try:
                os.kill(role, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None
        time.sleep(0.2)

    def pids(self, name=None):
        """Process ids of the roles (vault, watch, nginx), found by the state folder."""
        found = []
        for entry in sorted((e for e in Path("/proc").iterdir() if e.name.isdigit()), key=lambda e: int(e.name)):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                parent = int(re.search(r"PPid:\s+(\d+)", (entry / "status").read_text()).group(1))
            except (OSError, AttributeError):
                continue
            role = "gate" if command.startswith("nginx") else command.split()[-1:][0] if command else ""
            ours = self.process and parent == self.process.pid
            if ours or parent in [p for p, r in found if r == "gate"]:
                found.append((int(entry.name), role))
        return [p for p, r in found if name is None or r == name]

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def connect(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)

    def cli(self, *words, check=True):
        done = subprocess.run([PROGRAM, *self.options(), *map(str, words)], capture_output=True, text=True,
                              timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def account(self, login, role, person=""):
        words = ["account", "add", "--login", login, "--name", login.title(), "--role", role, "--json"]
        if person:
            words += ["--person", person]
        given = json.loads(self.cli(*words).stdout)
        self.secrets[login] = {"given": given.get("password"), "id": given["id"]}
        return given

    def sign_in(self, login, fresh=False):
        """Signs in, through whatever the account still needs; gives a client with a bearer token."""
        secret = self.secrets[login]
        client = Client(self)
        password = secret.get("password") or secret["given"]
        step = client.post("/api/sign-in", {"login": login, "password": password, "kind": "bearer"}).json
        if step["state"] == "change-password":
            secret["password"] = PASSWORD.format(uuid.uuid4().hex[:6])
            step = client.post("/api/sign-in/password",
                               {"ticket": step["ticket"], "password": secret["password"]}).json
        if step["state"] == "enrol":
            enrolment = client.post("/api/sign-in/enrol", {"ticket": step["ticket"]}).json
            secret["totp"] = enrolment["secret"]
            step = client.post("/api/sign-in/enrol/confirm",
                               {"ticket": step["ticket"], "code": self.code(login)}).json
            secret["recovery"] = step["recovery_codes"]
        elif step["state"] == "second-factor":
            step = client.post("/api/sign-in/second-factor",
                               {"ticket": step["ticket"], "code": self.code(login)}).json
        assert step["state"] == "signed-in", step
        client.token = step["token"]
        client.session = step["session"]
        return client

    def code(self, login):
        """A code that was not used yet: a step ahead of now is accepted, too."""
        def now():
            return int((time.time() + self.ahead) // 30)
        step = max(now() - 1, self.used.get(login, 0) + 1)
        while step > now() + 1:
            time.sleep(0.5)
        self.used[login] = step
        return totp(self.secrets[login]["totp"], step * 30)

    def bundle(self, *resources):
        """Stores resources with their own ids, from the command line."""
        entries = [{"fullUrl": f"{r['resourceType']}/{r['id']}", "resource": r} for r in resources]
        path = self.folder / f"{uuid.uuid4().hex}.json"
        path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
        return json.loads(self.cli("import", path, "--json").stdout)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process:
            self.stop()


def patient(id, family="Marsh", given="Paul", born="1970-03-04", **more):
    return {"resourceType": "Patient", "id": id, "name": [{"family": family, "given": [given]}],
            "birthDate": born, "gender": "male",
            "identifier": [{"system": "urn:mrn", "value": "MRN-" + id}], **more}


def observation(id, patient_id, value=1.50, code="718-7", when="2026-02-03"):
    return {"resourceType": "Observation", "id": id, "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": f"Patient/{patient_id}"}, "effectiveDateTime": when,
            "valueQuantity": {"value": value, "unit": "g/dL"}}


def encounter(id, patient_id, practitioner_id):
    return {"resourceType": "Encounter", "id": id, "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": f"Patient/{patient_id}"},
            "participant": [{"individual": {"reference": f"Practitioner/{practitioner_id}"}}]}


def practitioner(id, family="Berg"):
    return {"resourceType": "Practitioner", "id": id, "name": [{"family": family, "given": ["Anna"]}]}
