"""courier: the role alone, with the test as its parent and as watch; and servers for it to go to.

    with Courier(folder, destinations) as courier:
        courier.submit(1, "mail", b"text")
        courier.wait(state="delivered", id=1)

The certificates are made here: Authority(folder).certificate("localhost").
"""
import http.server
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from pathlib import Path

from house import PROGRAM, free_port

SUBMIT, PART, FETCH, STATE, FETCHED, REPORT, DESTINATIONS = range(1, 8)
STATES = ["", "queued", "retrying", "delivered", "failed", "refused"]
FETCH_STATES = ["", "part", "whole", "unchanged", "failed"]
REPORTS = ["", "unnamed", "elsewhere", "redirected"]
CHANNEL, READY = 1, 5
USER = "hospitaller-courier"


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """Signs certificates for servers and clients of a test."""

    def __init__(self, folder, name="authority"):
        self.folder = Path(folder)
        self.ca, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.ca)
        self.ca.chmod(0o644)

    def certificate(self, name, days=2):
        """Paths of a certificate for the host `name` and its key."""
        base = self.folder / f"{self.ca.stem}-{name}"
        pem, key, wish, more = (base.with_name(base.name + s) for s in (".pem", ".key", ".csr", ".ext"))
        kind = "IP" if name[0].isdigit() else "DNS"
        more.write_text(f"subjectAltName={kind}:{name}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                "-keyout", key, "-out", wish)
        # Debian 12's OpenSSL knows no -not_after, Debian 13's no negative days.
        until = ("-days", days)
        if days < 0 and "not_after" in subprocess.run(["openssl", "x509", "-help"], capture_output=True,
                                                      text=True).stderr:
            until = ("-not_before", "20200101000000Z", "-not_after", "20200102000000Z")
        openssl("x509", "-req", "-in", wish, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", *until,
                "-extfile", more, "-out", pem)
        pem.chmod(0o644)
        return pem, key

    def context(self, name, clients=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(name))
        if clients:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def until(holds, seconds=60):
    end = time.time() + seconds
    while not holds():
        assert time.time() < end, "it did not come to that"
        time.sleep(0.01)


def secret_file(path, text):
    """As an administrator would: for root and the courier alone."""
    path.write_text(text)
    subprocess.run(["chgrp", USER, path], check=True)
    path.chmod(0o640)
    return path


class Web:
    """An HTTP server, with TLS when it has a context; keeps every request."""

    def __init__(self, context=None, port=0, answer=None):
        self.requests = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = {"method": self.command, "path": self.path, "body": body,
                           "headers": {k.lower(): v for k, v in self.headers.items()}}
                web.requests.append(request)
                status, headers, content = (answer or (lambda r: (204, {}, b"")))(request)
                self.send_response(status)
                for key, value in {"Content-Length": len(content), **headers}.items():
                    self.send_header(key, str(value))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = serve

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, address):
                pass  # a client that does not like our certificate goes away

        self.server = Server(("127.0.0.1", port or free_port()), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Listener:
    """Counts who connects; says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.count = self.socket.getsockname()[1], 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(value)) + value


SANITIZED = PROGRAM.exists() and b"__asan_init" in PROGRAM.read_bytes()


def sanitized(environment):
    """A build with AddressSanitizer looks for what was not given back when it ends, and then ends with 23."""
    if not SANITIZED:
        return environment
    return {**(os.environ if environment is None else environment), "HOSPITALLER_UNCONFINED": "1",
            "ASAN_OPTIONS": "detect_leaks=1:exitcode=23"}


class Reader:
    def __init__(self, payload):
        self.payload, self.at = payload, 0

    def number(self, form):
        value, = struct.unpack_from("<" + form, self.payload, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def span(self):
        size = self.number("I")
        self.at += size
        return self.payload[self.at - size:self.at]

    def text(self):
        return self.span().decode()


def parse(kind, payload):
    r = Reader(payload)
    if kind == STATE:
        return {"message": "state", "id": r.number("Q"), "state": STATES[r.number("B")], "attempts": r.number("I"),
                "destination": r.text(), "words": r.text(), "at": time.time()}
    if kind == FETCHED:
        return {"message": "fetched", "id": r.number("Q"), "state": FETCH_STATES[r.number("B")], "etag": r.text(),
                "words": r.text(), "content": r.span()}
    if kind == REPORT:
        return {"message": "report", "reason": REPORTS[r.number("B")], "destination": r.text(), "words": r.text()}
    all = {"message": "destinations", "problem": r.text(), "queued": r.number("I"), "bytes": r.number("Q"), "list": []}
    for _ in range(r.number("B")):
        all["list"].append({"name": r.text(), "kind": r.text(), "waiting": r.number("I"), "delivered": r.number("Q"),
                            "failed": r.number("Q"), "last": STATES[r.number("B")], "last_us": r.number("Q"),
                            "words": r.text()})
    return all


class Courier:
    """The role, confined as ever; the test hands it watch's channel and speaks at the other end."""

    def __init__(self, folder, destinations="", test="", environment=None, state=None, resolver=None):
        self.resolver = resolver
        self.folder, self.test, self.environment = Path(folder), test, environment
        for parent in [self.folder, *self.folder.parents]:
            if str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o055)
        self.state = Path(state) if state else self.folder / "state"
        self.dir = self.state / "courier"
        self.dir.mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", USER, self.dir], check=True)
        self.file = self.folder / "destinations.yaml"
        self.write(destinations)
        self.process, self.messages, self.channel = None, [], None

    def write(self, destinations):
        """Replaces the file at once, as an editor does."""
        beside = self.file.with_suffix(".new")
        beside.write_text(destinations)
        beside.rename(self.file)

    def start(self):
        self.messages = []
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fd = os.dup(theirs.fileno())
        self.log = open(self.folder / "log", "ab")
        # Not by a preexec_fn: our servers' threads run on, and what one of them holds locked when the child is
        # forked stays locked in it for ever.
        user, before = {"user": USER, "group": USER, "extra_groups": []}, []
        if self.resolver:  # a file to stand for /etc/resolv.conf, for this process alone
            user, before = {}, ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                                self.resolver, "setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"]
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$@" 3<&{fd} {fd}<&-', "bash", *before, PROGRAM, "--state", self.state,
             "--set", f"destinations={self.file}", "--set", f"test={self.test}", "role", "courier"],
            pass_fds=(fd,), env=sanitized(self.environment), stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, **user)
        theirs.close()
        os.close(fd)
        self.control.settimeout(60)
        ready = self.control.recv(9000)
        assert ready and ready[0] == READY, self.log_text()
        self.landlock = struct.unpack("<I", ready[4:8])[0]
        self.connect()
        return self

    def connect(self):
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        socket.send_fds(self.control, [struct.pack("<BBHI", CHANNEL, 0, 0, 0) + b"watch"], [theirs.fileno()])
        theirs.close()
        threading.Thread(target=self.read, args=(self.channel,), daemon=True).start()

    def read(self, channel):
        kept = b""
        while True:
            try:
                got = channel.recv(1 << 20)
            except OSError:
                got = b""
            if not got:
                return
            kept += got
            while len(kept) >= 8:
                size, kind = struct.unpack_from("<IH", kept)
                if len(kept) < 8 + size:
                    break
                self.messages.append(parse(kind, kept[8:8 + size]))
                kept = kept[8 + size:]

    def send(self, kind, payload):
        self.channel.sendall(struct.pack("<IHH", len(payload), kind, 0) + payload)

    def submit(self, id, destination, content=b"", subject="A word", kind=3, severity=4,
               type="text/plain; charset=utf-8"):
        self.send(SUBMIT, struct.pack("<Q", id) + text(destination) + bytes([kind, severity]) + text(subject) +
                  text(type) + struct.pack("<I", len(content)))
        for at in range(0, len(content), 60000):
            self.send(PART, struct.pack("<QI", id, at) + text(content[at:at + 60000]))

    def fetch(self, id, destination, most=0, query="", etag="", path=""):
        self.send(FETCH, struct.pack("<Q", id) + text(destination) + struct.pack("<I", most) + text(query) + text(etag) + text(path))

    def find(self, **want):
        return [m for m in list(self.messages) if all(m.get(k) == v for k, v in want.items())]

    def wait(self, seconds=60, **want):
        end = time.time() + seconds
        while time.time() < end:
            found = self.find(**want)
            if found:
                return found[-1]
            time.sleep(0.01)
        raise AssertionError(f"{want} did not come: {self.messages}\n{self.log_text()}")

    def files(self):
        return sorted(p.name for p in (self.dir / "queue").glob("*.errand"))

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.close()

    def close(self):
        for one in (self.control, self.channel):
            one.close()
        self.process = None

    def stop(self):
        self.control.close()  # the parent is gone: so is everything else
        status = self.process.wait(10)
        self.close()
        assert status == 0, self.log_text()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.stop()


__all__ = ["SANITIZED", "Authority", "Courier", "Listener", "Web", "secret_file", "free_port", "until"]
