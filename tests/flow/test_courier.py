"""The courier against real servers: mail, webhooks, feeds, syslog over TLS; down, wrong, slow, killed."""
import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from courier import SANITIZED, Authority, Courier, Web, free_port, secret_file, until
from house import House


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    for one in (folder, folder.parent):
        one.chmod(0o755)
    return Authority(folder)


def webhook(authority, port, more=""):
    return f"hook:\n  kind: webhook\n  url: https://localhost:{port}/in?a=b\n  ca: {authority.ca}\n" \
           f"  backoff: 200ms\n  backoff-most: 400ms\n  timeout: 30s\n{more}"


# ---- Webhooks.

def test_a_webhook_is_signed_and_has_an_id(tmp_path, authority):
    secret = os.urandom(24)
    path = secret_file(tmp_path / "secret", "whsec_" + base64.b64encode(secret).decode() + "\n")
    with Web(authority.context("localhost")) as web, \
            Courier(tmp_path, webhook(authority, web.port, f"  secret: {path}\n  headers: {{X-Ward: A3}}\n")) as c:
        content = json.dumps({"finding": "é"}).encode()
        c.submit(7, "hook", content, type="application/json")
        assert c.wait(state="delivered", id=7)["attempts"] == 1
        request, = web.requests
    h = request["headers"]
    assert request["path"] == "/in?a=b" and request["body"] == content
    assert h["content-type"] == "application/json" and h["x-ward"] == "A3"
    assert h["webhook-id"] == h["idempotency-key"] and h["webhook-id"].startswith("%016x." % 7)
    assert abs(int(h["webhook-timestamp"]) - time.time()) < 10
    signed = f"{h['webhook-id']}.{h['webhook-timestamp']}.".encode() + content
    mac = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert h["webhook-signature"] == "v1," + mac
    assert not c.files()


def test_it_is_tried_again_until_the_receiver_is_there(tmp_path, authority):
    port = free_port()
    with Courier(tmp_path, webhook(authority, port)) as c:
        c.submit(1, "hook", b"x")
        assert "onnect" in c.wait(state="retrying", id=1)["words"]
        until(lambda: len(c.find(state="retrying", id=1)) >= 3)
        assert len(c.files()) == 1
        with Web(authority.context("localhost"), port) as web:
            news = c.wait(state="delivered", id=1)
        assert news["attempts"] >= 4 and len(web.requests) == 1
    pauses = [b["at"] - a["at"] for a, b in zip(c.find(state="retrying"), c.find(state="retrying")[1:])]
    assert all(0.1 <= p < 5 for p in pauses), pauses


def test_what_the_receiver_answers_decides(tmp_path, authority):
    answers = {1: 503, 2: 503, 3: 202, 4: 422}
    seen = []

    def answer(request):
        seen.append(request["headers"]["webhook-id"])
        return answers[len(seen)], {}, b"no"

    with Web(authority.context("localhost"), answer=answer) as web, Courier(tmp_path, webhook(authority, web.port)) as c:
        c.submit(1, "hook", b"x")
        assert c.wait(state="delivered", id=1)["attempts"] == 3
        assert len(set(seen)) == 1  # the same id in every attempt: a receiver can drop doubles
        c.submit(2, "hook", b"y")
        news = c.wait(state="failed", id=2)
        assert news["attempts"] == 1 and "422" in news["words"]
        assert not c.files()


def test_retry_after_is_kept(tmp_path, authority):
    asked = []

    def answer(request):
        asked.append(time.time())
        return (429, {"Retry-After": 2}, b"") if len(asked) == 1 else (200, {}, b"")

    with Web(authority.context("localhost"), answer=answer) as web, Courier(tmp_path, webhook(authority, web.port)) as c:
        c.submit(1, "hook", b"x")
        c.wait(state="delivered", id=1)
    assert asked[1] - asked[0] >= 1.9


def test_it_gives_up_after_so_many_attempts_and_after_so_long(tmp_path, authority):
    many = webhook(authority, free_port(), "  retries: 3\n")
    long = webhook(authority, free_port(), "  expiry: 1s\n").replace("hook:", "late:", 1)
    with Courier(tmp_path, many + long) as c:
        c.submit(1, "hook", b"x")
        c.submit(2, "late", b"x")
        assert c.wait(state="failed", id=1)["attempts"] == 3
        assert "expired" in c.wait(state="failed", id=2)["words"]
        assert not c.files()


@pytest.mark.parametrize("what", ["another authority", "another host", "expired"])
def test_a_wrong_certificate_is_refused(tmp_path, authority, what):
    other = Authority(tmp_path, "other") if what == "another authority" else authority
    context = other.context("elsewhere.example" if what == "another host" else "localhost")
    if what == "expired":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.certificate("localhost", days=-1))
    with Web(context) as web, Courier(tmp_path, webhook(authority, web.port)) as c:
        c.submit(1, "hook", b"secret")
        words = c.wait(state="retrying", id=1)["words"]
        assert "SSL" in words or "certificate" in words, words
        assert not web.requests
    with Web(authority.context("localhost"), web.port) as web, Courier(tmp_path, webhook(authority, web.port)) as c:
        c.wait(message="destinations")
        until(lambda: web.requests)  # control: with the right one it goes


def test_our_certificate_is_shown_where_it_is_asked_for(tmp_path, authority):
    pem, key = authority.certificate("courier.example")
    secret_file(key, key.read_text())
    with Web(authority.context("localhost", clients=True)) as web:
        with Courier(tmp_path, webhook(authority, web.port)) as c:
            c.submit(1, "hook", b"x")
            c.wait(state="retrying", id=1)
        more = f"  certificate: {pem}\n  certificate-key: {key}\n"
        with Courier(tmp_path, webhook(authority, web.port, more)) as c:
            c.wait(state="delivered", id=1)
        assert len(web.requests) == 1


class Proxy:
    """A CONNECT proxy that keeps where it was asked to go."""

    def __init__(self):
        self.asked, self.socket = [], socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        self.asked.append(head.decode())
        host, port = head.split()[1].decode().rsplit(":", 1)
        there = socket.create_connection(("127.0.0.1", int(port)))
        client.sendall(b"HTTP/1.1 200 fine\r\n\r\n")
        for a, b in ((client, there), (there, client)):
            threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_through_a_proxy(tmp_path, authority):
    proxy = Proxy()
    credentials = secret_file(tmp_path / "proxy", "user: me\npassword: word\n")
    with Web(authority.context("hook.example")) as web:
        file = webhook(authority, web.port, f"  proxy: http://127.0.0.1:{proxy.port}\n"
                       f"  proxy-credentials: {credentials}\n").replace("localhost", "hook.example")
        with Courier(tmp_path, file) as c:
            c.submit(1, "hook", b"through")
            c.wait(state="delivered", id=1)
        assert web.requests[0]["body"] == b"through"
    assert proxy.asked[0].startswith(f"CONNECT hook.example:{web.port} ")
    assert base64.b64encode(b"me:word").decode() in proxy.asked[0]


def test_a_name_server_that_says_nothing_keeps_nobody_else_waiting(tmp_path, authority):
    """The library asks for names in threads, and must not wait for one whose errand has run out of time."""
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.77\noptions timeout:20 attempts:1\n")
    dead = webhook(authority, 443).replace("hook:", "dead:", 1).replace("localhost:443", "receiver.example")
    dead = dead.replace("timeout: 30s", "timeout: 1s")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, Web(authority.context("localhost")) as web:
        silent.bind(("127.0.0.77", 53))
        silent.settimeout(10)
        with Courier(tmp_path, dead + webhook(authority, web.port), resolver=resolver) as c:
            c.submit(1, "dead", b"x")
            assert silent.recv(512)  # it was asked, and gets no answer
            begun = time.time()
            for id in range(2, 12):
                c.submit(id, "hook", b"x")
                c.wait(state="delivered", id=id, seconds=15)
                time.sleep(0.3)
            assert c.find(state="retrying", id=1), "meanwhile that one ran out of time"
            assert time.time() - begun < 10, "and nobody waited for it"


# ---- Mail.

class Box:
    def __init__(self):
        self.mails, self.answers = [], []

    async def handle_DATA(self, server, session, envelope):
        if self.answers:
            answer = self.answers.pop(0)
            if answer:
                return answer
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content, session.ssl))
        return "250 taken"


class Mail:
    """A mail server, with TLS from the start or STARTTLS where it has a context."""

    def __init__(self, box, context, implicit, **more):
        self.loop, self.port, started = asyncio.new_event_loop(), free_port(), threading.Event()

        def serve():
            def factory():
                return SMTP(box, hostname="mail.test", tls_context=None if implicit else context, loop=self.loop,
                            require_starttls=not implicit and context is not None, **more)
            self.server = self.loop.run_until_complete(self.loop.create_server(
                factory, "127.0.0.1", self.port, ssl=context if implicit else None))
            started.set()
            self.loop.run_forever()

        threading.Thread(target=serve, daemon=True).start()
        assert started.wait(10)

    def stop(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)


def mail(authority, url, more=""):
    return f"box:\n  kind: mail\n  url: {url}\n  from: hospitaller@hospital.example\n" \
           f"  recipients: [it@hospital.example, dpo@hospital.example]\n  ca: {authority.ca}\n" \
           f"  backoff: 200ms\n  backoff-most: 400ms\n  timeout: 30s\n{more}"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mail_arrives_over_tls(tmp_path, authority, scheme):
    box, credentials = Box(), secret_file(tmp_path / "login", "user: courier\npassword: quiet otters\n")
    logins = []

    def login(server, session, envelope, mechanism, data):
        logins.append(data)
        return AuthResult(success=data == LoginPassword(b"courier", b"quiet otters"))

    server = Mail(box, authority.context("localhost"), scheme == "smtps", authenticator=login,
                         auth_required=True, auth_require_tls=scheme == "smtp")
    try:
        file = mail(authority, f"{scheme}://localhost:{server.port}", f"  credentials: {credentials}\n")
        with Courier(tmp_path, file) as c:
            c.submit(3, "box", "Größe: 240 records\n.\nend\n".encode(), subject="Fünf Befunde: " + "ä" * 60)
            c.wait(state="delivered", id=3)
    finally:
        server.stop()
    sender, recipients, raw, tls = box.mails[0]
    assert logins and (tls or scheme == "smtps")  # there it is the socket's, and nothing else answers
    assert sender == "hospitaller@hospital.example"
    assert recipients == ["it@hospital.example", "dpo@hospital.example"]
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "Fünf Befunde: " + "ä" * 60
    assert message["Message-ID"].startswith("<%016x." % 3) and message["Message-ID"].endswith("@hospital.example>")
    assert "it@hospital.example" in message["To"] and message["Auto-Submitted"] == "auto-generated"
    assert abs(message["Date"].datetime.timestamp() - time.time()) < 30
    assert message.get_body().get_content().replace("\r\n", "\n") == "Größe: 240 records\n.\nend\n"


def test_what_is_no_text_is_attached(tmp_path, authority):
    box = Box()
    server = Mail(box, authority.context("localhost"), True)
    try:
        with Courier(tmp_path, mail(authority, f"smtps://localhost:{server.port}")) as c:
            c.submit(1, "box", b'{"a":1}', type="application/json")
            c.wait(state="delivered", id=1)
    finally:
        server.stop()
    message = email.message_from_bytes(box.mails[0][2], policy=email.policy.default)
    attached, = message.iter_attachments()
    assert attached.get_content() == b'{"a":1}' and attached.get_filename() == "hospitaller.json"


def test_mail_is_not_sent_in_clear(tmp_path, authority):
    """A server that offers no STARTTLS gets nothing; not even where the network took the offer away."""
    box = Box()
    server = Mail(box, None, False)
    try:
        with Courier(tmp_path, mail(authority, f"smtp://localhost:{server.port}")) as c:
            c.submit(1, "box", b"x")
            c.wait(state="retrying", id=1)
            assert not box.mails
        with Courier(tmp_path, mail(authority, f"smtp://localhost:{server.port}", "  insecure: yes\n")) as c:
            c.wait(message="destinations", queued=0)  # it may be gone before anybody listens for its state
            until(lambda: box.mails, 60)  # control: said explicitly, to this machine, it goes
    finally:
        server.stop()


def test_a_mail_server_says_later_or_never(tmp_path, authority):
    box = Box()
    box.answers = ["451 greylisted", None, "554 no"]
    server = Mail(box, authority.context("localhost"), True)
    try:
        with Courier(tmp_path, mail(authority, f"smtps://localhost:{server.port}")) as c:
            c.submit(1, "box", b"x")
            assert c.wait(state="delivered", id=1)["attempts"] == 2
            c.submit(2, "box", b"x")
            assert c.wait(state="failed", id=2)["attempts"] == 1
    finally:
        server.stop()


def test_a_mail_server_that_does_not_say_goodbye_keeps_nobody_else_waiting(tmp_path, authority):
    """It takes the mail, and is silent when it is told QUIT."""
    listener, told = socket.create_server(("127.0.0.1", free_port())), []

    def serve():
        client, _ = listener.accept()
        held.append(client)  # open until the test ends
        with client.makefile("rwb", buffering=0) as file:
            file.write(b"220 mail.test\r\n")
            text = False
            for line in file:
                told.append(line)
                text = (text and line != b".\r\n") or line == b"DATA\r\n"
                if line == b"DATA\r\n":
                    file.write(b"354 go on\r\n")
                elif not text and line != b"QUIT\r\n":
                    file.write(b"250 fine\r\n")

    held = [listener]
    threading.Thread(target=serve, daemon=True).start()
    file = mail(authority, f"smtp://localhost:{listener.getsockname()[1]}", "  insecure: yes\n")
    with Web(authority.context("localhost")) as web, Courier(tmp_path, file + webhook(authority, web.port)) as c:
        c.submit(1, "box", b"x")
        until(lambda: b"QUIT\r\n" in told)
        c.submit(2, "hook", b"x")
        c.wait(state="delivered", id=2, seconds=10)
        c.wait(state="delivered", id=1, seconds=10)
    for one in held:
        one.close()


# ---- Syslog.

class Syslog:
    """A receiver of RFC 5425 frames."""

    def __init__(self, context, port=0):
        self.socket, self.context, self.frames = socket.create_server(("127.0.0.1", port or free_port())), context, []
        self.port, self.connections = self.socket.getsockname()[1], 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                plain, _ = self.socket.accept()
                client = self.context.wrap_socket(plain, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        kept = b""
        try:
            while data := client.recv(65536):
                kept += data
                while b" " in kept:
                    size, rest = kept.split(b" ", 1)
                    if len(rest) < int(size):
                        break
                    self.frames.append(rest[:int(size)])
                    kept = rest[int(size):]
        except OSError:
            pass

    def close(self):
        self.socket.close()


FORM = re.compile(r'<(\d+)>1 (\S+) (\S+) hospitaller - (\S+) \[hospitaller@32473 delivery="([^"]+)" type="([^"]+)" '
                  r'subject="((?:\\.|[^"\\\]])*)"\] (.*)', re.S)


def siem(authority, port, more=""):
    return f"siem:\n  kind: syslog\n  url: tls://localhost:{port}\n  ca: {authority.ca}\n  facility: local3\n" \
           f"  backoff: 200ms\n  backoff-most: 400ms\n  timeout: 30s\n  max-size: 1MB\n{more}"


def test_syslog_over_tls(tmp_path, authority):
    server = Syslog(authority.context("localhost"))
    content = json.dumps({"words": "x" * 300000}).encode()
    with Courier(tmp_path, siem(authority, server.port)) as c:
        c.submit(5, "siem", b"line one\nline two", subject='a "word" \\ and ]', severity=2)
        c.submit(6, "siem", content, type="application/json")
        c.wait(state="delivered", id=5)
        c.wait(state="delivered", id=6)
    server.close()
    pri, at, host, kind, delivery, type, subject, message = FORM.fullmatch(server.frames[0].decode()).groups()
    assert int(pri) == 19 * 8 + 2 and host == socket.gethostname() and kind == "finding"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
    assert delivery.startswith("%016x." % 5) and type == "text/plain; charset=utf-8"
    assert subject == r'a \"word\" \\ and \]' and message == "line one\nline two"
    assert FORM.fullmatch(server.frames[1].decode()).group(8).encode() == content


def test_syslog_to_the_wrong_one_or_to_nobody(tmp_path, authority):
    wrong = Syslog(Authority(tmp_path, "other").context("localhost"))
    with Courier(tmp_path, siem(authority, wrong.port)) as c:
        c.submit(1, "siem", b"secret")
        c.wait(state="retrying", id=1)
    wrong.close()
    assert not wrong.frames
    choosy = Syslog(authority.context("localhost", clients=True))  # wants a certificate of ours
    with Courier(tmp_path, siem(authority, choosy.port)) as c:
        c.wait(state="retrying", id=1)
    choosy.close()
    assert not choosy.frames
    right = Syslog(authority.context("localhost"))
    with Courier(tmp_path, siem(authority, right.port)) as c:
        c.wait(state="delivered", id=1)
    right.close()
    assert len(right.frames) == 1


def test_many_go_over_one_connection(tmp_path, authority):
    port = free_port()
    with Courier(tmp_path, siem(authority, port)) as c:
        for id in range(1, 501):
            c.submit(id, "siem", b"content %d" % id)
        c.wait(state="queued", id=500)
        server = Syslog(authority.context("localhost"), port)
        begun = time.time()
        c.wait(message="destinations", queued=0)
        took = time.time() - begun
        assert {m["id"] for m in c.find(state="delivered")} == set(range(1, 501))
        server.close()
    assert server.connections < 100 and took < 30, (server.connections, took)
    parsed = [FORM.fullmatch(f.decode()) for f in server.frames]
    ids = {p.group(8): p.group(5) for p in parsed}
    assert set(ids) == {f"content {id}" for id in range(1, 501)} and len(set(ids.values())) == 500


def test_rsyslog_understands_us(tmp_path, authority):
    """The receiver that hospitals have."""
    pem, key = authority.certificate("localhost")
    port, out = free_port(), tmp_path / "received"
    config = tmp_path / "rsyslog.conf"
    config.write_text(f'''
global(workDirectory="{tmp_path}" DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="{authority.ca}"
       DefaultNetstreamDriverCertFile="{pem}" DefaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" port="{port}" address="127.0.0.1")
template(name="t" type="string" string="%pri%|%app-name%|%msgid%|%structured-data%|%msg%\\n")
action(type="omfile" file="{out}" template="t")
''')
    program = shutil.copy("/usr/sbin/rsyslogd", tmp_path)  # where Debian's AppArmor profile does not follow it
    server = subprocess.Popen([program, "-n", "-f", config, "-i", tmp_path / "pid"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
    try:
        with Courier(tmp_path, siem(authority, port)) as c:
            c.submit(1, "siem", b"opened 240 records", severity=4)
            c.wait(state="delivered", id=1)
            end = time.time() + 30
            while time.time() < end and not (out.exists() and "240" in out.read_text()):
                time.sleep(0.05)
    finally:
        server.terminate()
        said = server.communicate(timeout=30)[1].decode()
    assert out.exists(), said
    line = out.read_text().strip()
    assert line.startswith("156|hospitaller|finding|[hospitaller@32473 delivery="), line
    assert line.endswith("opened 240 records"), line


# ---- Feeds.

def feed(authority, port, more=""):
    return f"feed:\n  kind: feed\n  url: https://localhost:{port}/api/objects/\n  ca: {authority.ca}\n  timeout: 30s\n{more}"


def test_a_feed_comes_whole_or_not_at_all(tmp_path, authority):
    content = os.urandom(3000000)
    token = secret_file(tmp_path / "token", "token: abc123\n")

    def answer(request):
        if request["headers"].get("if-none-match") == '"v1"':
            return 304, {"ETag": '"v1"'}, b""
        if "break" in request["path"]:
            return 200, {"Content-Length": 4000000, "Connection": "close"}, content
        return 200, {"ETag": '"v1"'}, content

    more = f'  accept: application/taxii+json;version=2.1\n  credentials: {token}\n  max-size: 4MB\n'
    with Web(authority.context("localhost"), answer=answer) as web, Courier(tmp_path, feed(authority, web.port, more)) as c:
        c.fetch(1, "feed", query="added_after=2026-01-01T00:00:00Z&limit=5")
        whole = c.wait(message="fetched", id=1, state="whole")
        assert b"".join(m["content"] for m in c.find(message="fetched", id=1)) == content
        assert whole["etag"] == '"v1"'
        asked = web.requests[0]
        assert asked["path"] == "/api/objects/?added_after=2026-01-01T00:00:00Z&limit=5"
        assert asked["headers"]["accept"] == "application/taxii+json;version=2.1"
        assert asked["headers"]["authorization"] == "Bearer abc123"
        c.fetch(2, "feed", etag='"v1"')
        c.wait(message="fetched", id=2, state="unchanged")
        c.fetch(3, "feed", most=1000000)
        assert "larger than 1000000" in c.wait(message="fetched", id=3, state="failed")["words"]
        assert sum(len(m["content"]) for m in c.find(message="fetched", id=3)) <= 1000000
        c.fetch(4, "feed", query="break=1")
        threading.Timer(0.5, web.close).start()
        c.wait(message="fetched", id=4, state="failed", seconds=30)


def test_a_feed_waits_for_a_slow_reader(tmp_path, authority):
    """What watch does not read is not heaped up in the courier's memory."""
    content = b"z" * 40_000_000
    with Web(authority.context("localhost"), answer=lambda r: (200, {}, content)) as web, \
            Courier(tmp_path, feed(authority, web.port, "  max-size: 50MB\n").replace("30s", "90s")) as c:
        slow, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        socket.send_fds(c.control, [struct.pack("<BBHI", 1, 0, 0, 0) + b"watch"], [theirs.fileno()])
        theirs.close()
        c.channel.close()
        c.channel = slow  # nobody reads it yet
        c.fetch(1, "feed")
        time.sleep(3)
        rss = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{c.process.pid}/status").read()).group(1))
        assert rss < (120000 if SANITIZED else 60000), rss  # the sanitizer keeps what was freed
        threading.Thread(target=c.read, args=(slow,), daemon=True).start()
        c.wait(message="fetched", id=1, state="whole", seconds=60)
        assert sum(len(m["content"]) for m in c.find(message="fetched")) == len(content)


# ---- The queue.

def test_nothing_queued_is_lost_when_it_is_killed(tmp_path, authority):
    port = free_port()
    with Courier(tmp_path, webhook(authority, port)) as c:
        for id in range(1, 41):
            c.submit(id, "hook", b"content %d" % id)
        c.wait(state="queued", id=40)
        c.kill()
        assert len(c.files()) == 40
        with Web(authority.context("localhost"), port) as web:
            c.start()
            until(lambda: len(web.requests) >= 8)
            c.kill()  # in the middle of delivering
            c.start()
            until(lambda: len({r["body"] for r in web.requests}) >= 40)
            c.wait(message="destinations", queued=0)
        ids = {r["body"]: r["headers"]["webhook-id"] for r in web.requests}
        assert {(r["body"], r["headers"]["webhook-id"]) for r in web.requests} == set(ids.items())
        assert len(set(ids.values())) == 40 and not c.files()


def test_the_same_number_is_the_same_errand(tmp_path, authority):
    with Courier(tmp_path, webhook(authority, free_port())) as c:
        for _ in range(3):
            c.submit(9, "hook", b"x")
        until(lambda: len(c.find(state="queued", id=9)) >= 3)
        assert len(c.files()) == 1


def test_what_a_disk_gives_back_wrong_is_set_aside(tmp_path, authority):
    port = free_port()
    with Courier(tmp_path, webhook(authority, port)) as c:
        c.submit(1, "hook", b"first")
        c.submit(2, "hook", b"second")
        c.wait(state="queued", id=2)
        c.kill()
        broken = c.dir / "queue" / c.files()[0]
        data = bytearray(broken.read_bytes())
        data[-40] ^= 1
        broken.write_bytes(data)
        with Web(authority.context("localhost"), port) as web:
            c.start()
            until(lambda: web.requests)
            c.wait(message="destinations", queued=0)
        assert [r["body"] for r in web.requests] == [b"second"]
        assert "damaged" in c.log_text() and list((c.dir / "queue").glob("*.damaged"))


def test_a_full_disk_refuses(tmp_path, authority):
    with Courier(tmp_path, webhook(authority, free_port())) as c:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "none", c.dir / "queue"], check=True)
        try:
            c.submit(1, "hook", b"x" * 100000)
            assert "disk" in c.wait(state="refused", id=1)["words"]
            c.submit(2, "hook", b"x" * 1000)
            c.wait(state="queued", id=2)
        finally:
            subprocess.run(["umount", "-l", c.dir / "queue"], check=True)


def test_a_broken_file_keeps_what_waits(tmp_path, authority):
    with Courier(tmp_path, webhook(authority, free_port())) as c:
        c.submit(1, "hook", b"x")
        c.wait(state="retrying", id=1)
        c.write(webhook(authority, 1) + "  colour: red\n")
        assert c.process.wait(10) == 0  # it ends, to be started again with the new file
        c.close()
        c.start()
        told = c.wait(message="destinations")
        assert told["problem"] == f"{c.file}:8: colour: this is not an option" and told["queued"] == 1
        c.submit(2, "hook", b"y")
        c.wait(state="queued", id=2)  # it may be meant for one that will be there again
        with Web(authority.context("localhost")) as web:
            c.write(webhook(authority, web.port))
            c.process.wait(10)
            c.close()
            c.start()
            until(lambda: len(web.requests) >= 2)


def test_a_renewed_secret_is_taken_up(tmp_path, authority):
    path = secret_file(tmp_path / "token", "token: old\n")
    with Web(authority.context("localhost")) as web, \
            Courier(tmp_path, webhook(authority, web.port, f"  credentials: {path}\n")) as c:
        c.submit(1, "hook", b"x")
        c.wait(state="delivered", id=1)
        secret_file(path, "token: new\n")
        assert c.process.wait(10) == 0
        c.close()
        c.start()
        c.submit(2, "hook", b"x")
        c.wait(state="delivered", id=2)
        assert [r["headers"]["authorization"] for r in web.requests] == ["Bearer old", "Bearer new"]
        assert "old" not in c.log_text() and "new" not in c.log_text()


def test_a_destination_that_is_named_no_longer(tmp_path, authority):
    with Courier(tmp_path, webhook(authority, free_port())) as c:
        c.submit(1, "hook", b"x")
        c.wait(state="retrying", id=1)
        c.write("")
        c.process.wait(10)
        c.close()
        c.start()
        time.sleep(0.3)
        assert not c.files() and "named no longer" in c.log_text()


def test_a_message_against_the_table_ends_the_channel(tmp_path, authority):
    with Courier(tmp_path, webhook(authority, free_port())) as c:
        for payload in (b"", b"\0" * 40, struct.pack("<Q", 1) + struct.pack("<I", 4) + b"HOOK" + b"\0" * 20):
            c.send(1, payload)
            c.channel.settimeout(5)
            end = time.time() + 5
            while time.time() < end and "cannot be read" not in c.log_text():
                time.sleep(0.02)
            c.channel.close()
            c.connect()
        c.submit(1, "hook", b"x")
        c.wait(state="queued", id=1)


# ---- As a person uses it.

@pytest.mark.skipif(SANITIZED, reason="nginx does not load a module with sanitizers")
def test_the_command_line_tells_and_tests(tmp_path, authority):
    secrets = tmp_path / "destinations.yaml"
    with Web(authority.context("localhost")) as web:
        secrets.write_text(webhook(authority, web.port) + webhook(authority, free_port()).replace("hook:", "dead:", 1))
        with House(tmp_path, settings=[f"destinations={secrets}"]) as house:
            end = time.time() + 20
            while house.cli("courier", "list", "--json", check=False).returncode and time.time() < end:
                time.sleep(0.1)
            done = house.cli("courier", "test", "hook")
            assert done.stdout.strip() == "delivered"
            assert b"test errand" in web.requests[0]["body"]
            assert web.requests[0]["headers"]["hospitaller-kind"] == "test"
            done = house.cli("courier", "test", "dead", check=False)
            assert done.returncode == 1 and done.stdout.startswith("retrying: ")
            done = house.cli("courier", "test", "nobody", check=False)
            assert done.returncode == 1 and done.stdout.startswith("refused: ")
            time.sleep(1)
            told = json.loads(house.cli("courier", "list", "--json").stdout)
            by_name = {d["name"]: d for d in told["destinations"]}
            assert by_name["hook"]["delivered"] == 1 and by_name["hook"]["last"] == "delivered"
            assert by_name["dead"]["waiting"] == 1 and told["queued"] == 1
            assert told["refused"][0]["destination"] == "nobody" and told["refused"][0]["reason"] == "unnamed"
            assert "refused" in house.cli("courier", "list").stdout
            trail = json.loads(house.cli("trail", "search", "--action", "errand-test", "--json").stdout)
            assert {e["detail"] for e in trail["entries"]} == {"hook", "dead", "nobody"}
            os.kill(house.pids("courier")[0], signal.SIGKILL)
            end = time.time() + 10
            while time.time() < end:
                done = house.cli("courier", "test", "hook", check=False)
                if done.returncode == 0:
                    break
            assert done.stdout.strip() == "delivered"
            time.sleep(1.5)  # as often as the parent tells
            roles = {r["name"]: r for r in json.loads(house.cli("status", "--json").stdout)["roles"]}
            c = roles["courier"]["confinement"]
            assert c["seccomp"] and c["no_new_privileges"] and int(c["capabilities"], 16) == 0
            assert roles["courier"]["user"] == "hospitaller-courier" and roles["courier"]["restarts"] == 1
