"""Everything an HTTP client can do wrong: a clear error in its own terms, and nothing lost or leaked."""
import json
import socket
import ssl
import time

import pytest
from house import Client, observation, patient


@pytest.fixture(scope="module")
def app(house):
    house.account("app", "application")
    return Client(house, house.cli("account", "token", "app", "--label", "attack").stdout.strip())


def outcome(answer):
    assert answer.json["resourceType"] == "OperationOutcome", answer.body
    return answer.json["issue"][0]


@pytest.mark.parametrize("body, status", [
    (b"{", 400), (b"", 400), (b"[]", 422), (b"null", 422), (b'{"resourceType":"Patient"', 400),
    (b'{"resourceType":"Patient","active":true,"active":false}', 400),
    (b'{"resourceType":"Patient","name":[{"family":"\xff\xfe"}]}', 400),
    (b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}', 400),
    (b'{"resourceType":"Patient","x":' + b"[" * 3000 + b"]" * 3000 + b"}", 413),
    (b'{"resourceType":"Nonsense"}', 422), (b'{"resourceType":"Patient","nonsense":1}', 422),
    (b'{"resourceType":"Patient","birthDate":"yesterday"}', 422),
    (b'{"resourceType":"Patient","birthDate":19700101}', 422),
    (b'{"resourceType":"Patient","name":{"family":"x"}}', 422),
    (b'{"resourceType":"Patient","gender":"male","gender ":"x"}', 422),
    (b'{"resourceType":"Observation","status":"final"}', 422),
    (b'{"resourceType":"Observation","status":"final","code":{"text":"x"}}', 400),
])
def test_bodies_that_are_not_a_patient(app, body, status):
    answer = app.post("/fhir/Patient", body)
    assert answer.status == status, answer.body
    assert outcome(answer)["severity"] in ("error", "fatal")


def test_problems_say_where(app):
    issue = outcome(app.post("/fhir/Patient", {"resourceType": "Patient", "name": [{"given": ["a", 7]}]}))
    assert "Patient.name[0].given[1]" in json.dumps(issue)


@pytest.mark.parametrize("path, status", [
    ("/fhir/Nonsense/1", 404), ("/fhir/Patient/../Patient/a", 400), ("/fhir/Patient/%2e%2e/x", 400),
    ("/fhir/Patient/a%00b", 400), ("/fhir/Patient/a%2fb", 400), ("/fhir//Patient/a", 400), ("/fhir/Patient/a%5cb", 400),
    ("/fhir/Patient/%ff", 400), ("/fhir/Patient/" + "a" * 70, 404), ("/fhir/Patient/a/b/c/d", 404), ("/api/nothing", 404),
    ("/fhir/Patient?name=%ff", 400), ("/fhir/Patient?name=a%1b[31m", 400), ("/fhir/Patient?" + "&".join(f"a{i}=1" for i in range(100)), 400),
    ("/fhir/Patient?name=" + "x" * 5000, 414), ("/fhir/Observation?patient=a&date=yesterday", 400),
    ("/fhir/Observation?patient=a&_count=many", 400), ("/fhir/Observation?patient=a&_page=../../x", 400),
    ("/fhir/Observation?patient=a&_sort=nonsense", 400),
])
def test_paths_and_queries(app, path, status):
    answer = app.get(path)
    assert answer.status == status, (path, answer.status, answer.body)
    assert answer.json


def test_methods(app):
    assert app.ask("PUT", "/fhir/metadata").status in (404, 405)
    answer = app.ask("DELETE", "/fhir/Patient")
    assert answer.status == 405 and "GET" in answer.headers["allow"]
    assert app.ask("TRACE", "/fhir/Patient/a").status in (400, 405)
    assert app.ask("BREW", "/fhir/Patient/a").status in (400, 405)


def test_content_types(app):
    assert app.post("/fhir/Patient", b"<Patient/>", {"Content-Type": "application/fhir+xml"}).status == 415


@pytest.mark.parametrize("token", ["", "x", "hb_short", "hb_" + "A" * 43, "hb_" + "A" * 4000, "ä", "hc_' OR 1=1 --"])
def test_tokens(house, token):
    answer = Client(house).ask("GET", "/fhir/Patient/a", headers={"Authorization": ("Bearer " + token).encode("latin-1", "replace")})
    assert answer.status in (400, 401, 431)
    assert b"Marsh" not in answer.body


def test_a_header_is_never_overlooked(app):
    many = {f"X-{i}": "y" for i in range(70)}
    answer = app.put("/fhir/Patient/a", patient("a"), {**many, "If-Match": 'W/"999"'})
    assert answer.status == 431, answer.body
    assert app.ask("GET", "/fhir/Patient/a", headers={"User-Agent": "\x1b[2J"}).status == 400


def test_huge_bodies(app, house):
    answer = app.post("/fhir", b" " * (17 << 20))
    assert answer.status == 413
    anonymous = Client(house)
    try:
        assert anonymous.post("/fhir", b" " * (1 << 20)).status in (401, 413)
    except (ConnectionError, ssl.SSLError):
        pass  # told and closed before the body was read


def test_precondition_nonsense(app):
    assert app.put("/fhir/Patient/a", patient("a"), {"If-Match": "three"}).status == 400
    assert app.put("/fhir/Patient/zz", patient("yy")).status == 400


def raw(house):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", house.port), timeout=10))


def test_half_sent_requests_and_truncated_tls_hurt_nobody(house, app):
    held = []
    for _ in range(50):
        s = raw(house)
        s.send(b"POST /fhir HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + app.token.encode() +
               b"\r\nContent-Type: application/fhir+json\r\nContent-Length: 5000\r\n\r\n{\"resour")
        held.append(s)
    for _ in range(50):
        s = socket.create_connection(("127.0.0.1", house.port))
        s.send(b"\x16\x03\x01\x02\x00\x01\x00\x01")
        held.append(s)
    began = time.monotonic()
    assert app.get("/fhir/Patient/a").status == 200
    assert time.monotonic() - began < 2
    for s in held:
        s.close()
    assert app.get("/fhir/Patient/a").status == 200


def test_old_tls_is_refused(house):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        context.wrap_socket(socket.create_connection(("127.0.0.1", house.port), timeout=10))


def test_bundles_that_are_not_right_change_nothing(app):
    count = app.get("/fhir/Observation?patient=a&_total=accurate&_count=0").json.get("total")
    good = {"resource": observation("q", "a"), "request": {"method": "POST", "url": "Observation"}}
    for bad in ({"request": {"method": "POST", "url": "Observation"}}, {"resource": observation("q", "a")},
                {"resource": observation("q", "a"), "request": {"method": "POST", "url": "Patient"}},
                {"resource": observation("q", "a"), "request": {"method": "PUT", "url": "Observation/../x"}},
                {"resource": {**observation("q", "a"), "status": 5}, "request": {"method": "POST", "url": "Observation"}},
                {"resource": {**observation("q", "a"), "performer": [{"reference": "Practitioner?identifier=none"}]},
                 "request": {"method": "POST", "url": "Observation"}}):
        answer = app.post("/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [good, bad]})
        assert answer.status in (400, 422), (bad, answer.body)
    assert app.get("/fhir/Observation?patient=a&_total=accurate&_count=0").json.get("total") == count


def test_a_log_line_cannot_be_forged(house, app):
    Client(house).ask("GET", "/fhir/Patient/a", headers={"User-Agent": "x 2026-01-01 vault error: forged"})
    assert "forged" not in house.log_text()
