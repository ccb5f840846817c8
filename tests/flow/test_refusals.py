"""What the door refuses by itself, before anybody is asked: in the terms of whoever asks."""
import json
import re
import socket
import ssl
import time

import pytest
from house import Client, patient
from http2 import Http2

LARGE = 40000  # beyond what nginx takes of one header


def exchange(house, request):
    """Bytes there, (status, headers, body) back; over HTTP/1.1."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    got = b""
    with context.wrap_socket(socket.create_connection(("127.0.0.1", house.port), timeout=20)) as s:
        try:
            s.sendall(request)
        except OSError:
            pass  # it was refused before all of it was sent
        try:
            while more := s.recv(65536):
                got += more
        except OSError:
            pass
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body


def refused(kind, path):
    """A request that nginx refuses by itself, and the status."""
    end = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    large = b"X-Large: " + b"x" * LARGE + b"\r\n\r\n"
    return {
        "header": (431, b"GET " + path + end + large),
        "line": (414, b"GET " + path + b"?" + b"x" * LARGE + end + b"\r\n"),
        "body": (413, b"POST " + path + end + b"Content-Length: 20000000\r\n\r\n"),
        "method": (405, b"TRACE " + path + end + b"\r\n"),
        "host": (400, b"GET " + path + b" HTTP/1.1\r\nConnection: close\r\n\r\n"),
        "length": (400, b"POST " + path + end + b"Content-Length: many\r\n\r\n"),
        "version": (505, b"GET " + path + b" HTTP/3.0\r\nHost: x\r\n\r\n"),
    }[kind]


KINDS = ("header", "line", "body", "method", "host", "length", "version")


@pytest.mark.parametrize("kind", KINDS)
def test_below_api_it_is_the_apis_error(house, kind):
    status, request = refused(kind, b"/api/me")
    got, headers, body = exchange(house, request)
    assert got == status, body
    said = json.loads(body)
    assert set(said) == {"error", "message"} and said["message"].endswith("."), said
    assert re.fullmatch("[a-z-]+", said["error"])
    assert headers["content-type"].startswith("application/json")
    assert headers["x-content-type-options"] == "nosniff" and "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("kind", KINDS)
def test_below_fhir_it_is_an_outcome(house, kind):
    status, request = refused(kind, b"/fhir/Patient/a")
    got, headers, body = exchange(house, request)
    assert got == status, body
    issue, = json.loads(body)["issue"]
    assert issue["severity"] == "error" and issue["diagnostics"].endswith(".")
    expected = {431: "too-long", 414: "too-long", 413: "too-long", 405: "not-supported", 505: "not-supported", 400: "invalid"}
    assert issue["code"] == expected[status] and issue["details"]["coding"][0]["code"]
    assert headers["content-type"].startswith("application/fhir+json")


@pytest.mark.parametrize("kind", KINDS)
def test_elsewhere_it_is_a_page_to_be_read(house, kind):
    status, request = refused(kind, b"/somewhere")
    got, headers, body = exchange(house, request)
    assert got == status, body
    assert headers["content-type"] == "text/html; charset=utf-8"
    page = body.decode()
    assert page.startswith("<!doctype html>") and str(status) in page
    assert "<script" not in page and "style=" not in page and "<style" not in page  # the policy forbids both
    assert "nginx" not in page


def test_the_pages_style_is_there(house):
    answer = Client(house).get("/-refused/style.css")
    assert answer.status == 200 and answer.headers["content-type"] == "text/css" and b"color" in answer.body
    assert Client(house).get("/-refused/api/413").status in (200, 404)  # not the refusal itself
    assert b'"error"' not in Client(house).get("/-refused/api/413").body


def test_what_is_only_to_be_read_cannot_be_written(house):
    answer = Client(house).post("/index.html", b"x")
    assert answer.status == 403 and answer.body.startswith(b"<!doctype html>")
    missing = Client(house).get("/assets/nothing.js")
    assert missing.status == 404 and missing.body.startswith(b"<!doctype html>")


def test_http_at_the_port_of_https_is_answered(house):
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as s:
        s.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n")
        got = s.recv(65536)
    assert b" 400 " in got.split(b"\r\n")[0] and b"Strict-Transport-Security" in got
    assert json.loads(got.partition(b"\r\n\r\n")[2])["error"] == "malformed"


# ---- HTTP/2: many requests on one connection.


@pytest.fixture(scope="module")
def token(house):
    house.account("h2", "application")
    return house.cli("account", "token", "h2", "--label", "h2").stdout.strip()


@pytest.mark.parametrize("headers", [{"x-large": "x" * 20000}, {f"x-{i}": "x" * 9000 for i in range(5)}])
def test_large_headers_are_refused_on_their_stream_alone(house, token, headers):
    """Up to what nginx itself takes: 32 KB of one header, 64 KB of all."""
    own = {"authorization": "Bearer " + token}
    with Http2(house) as h:
        held = h.request("POST", "/fhir", {**own, "content-type": "application/fhir+json", "content-length": "9999"},
                         b"{", end=False)
        for path, form in (("/api/me", "error"), ("/fhir/Patient/a", "issue")):
            bad, good = h.request("GET", path, {**own, **headers}), h.request("GET", "/fhir/Patient/a", own)
            h.read_until(lambda: {bad, good} <= h.ended)
            assert h.status[bad] == 431 and form in json.loads(h.body[bad]), h.body
            assert h.status[good] == 200
        assert held not in h.ended and h.goaway is None and not h.closed


@pytest.mark.parametrize("headers", [{"x-large": "x" * LARGE}, {f"x-{i}": "x" * 10000 for i in range(8)}])
def test_larger_ones_end_the_connection_and_nothing_is_half_done(house, token, headers):
    """No configuration of nginx answers these on their stream. Whoever else is on that connection is told that it
    ends (GOAWAY), what they had asked for is done or not done, and other connections do not notice."""
    own = {"authorization": "Bearer " + token, "content-type": "application/fhir+json"}
    other = Client(house, token)
    assert other.get("/fhir/Patient/a").status == 200
    entries = [{"resource": patient(f"h2-{i}"), "request": {"method": "PUT", "url": f"Patient/h2-{i}"}} for i in range(200)]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    body = json.dumps(bundle).encode()
    with Http2(house) as h:
        half = h.request("PUT", "/fhir/Patient/h2-half", {**own, "content-length": "9999"}, b"{", end=False)
        whole = [h.request("POST", "/fhir", own, body[i:i + 16384], end=False) for i in (0,)][0]
        for at in range(16384, len(body), 16384):
            part = body[at:at + 16384]
            h.socket.sendall(h.frame(0, 1 if at + 16384 >= len(body) else 0, whole, part))
        bad = h.request("GET", "/fhir/Patient/a", {**own, **headers})
        h.read_until(lambda: False)
        assert h.closed and h.goaway and h.goaway[1] == 11, (h.goaway, h.status)  # ENHANCE_YOUR_CALM
        assert bad not in h.status and half not in h.status
        answered = h.status.get(whole)
    time.sleep(0.5)
    there = [other.get(f"/fhir/Patient/h2-{i}").status == 200 for i in range(200)]
    assert all(there) or not any(there), "a transaction was half done"
    assert answered in (None, 200) and (not answered or all(there))
    assert other.get("/fhir/Patient/h2-half").status == 404
    assert house.cli("trail", "verify").returncode == 0
