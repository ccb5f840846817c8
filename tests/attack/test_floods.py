"""Much at once, from somebody who is nobody: it is refused one by one, and the door stays open."""
import json
import re
import socket
import ssl
import threading
import time

import pytest
from house import Client, House


@pytest.fixture()
def own(tmp_path):
    with House(tmp_path) as house:
        yield house


def raw(house):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", house.port), timeout=20))


def test_many_large_bodies_at_once_do_not_close_the_door(own):
    vault, answers = own.pids("vault"), []

    def send():
        try:
            answers.append(Client(own, "hb_" + "A" * 43).post("/fhir", b" " * (16 << 20)).status)
        except (ConnectionError, ssl.SSLError):
            answers.append(0)  # told and closed before the body was read

    for _ in range(2):
        threads = [threading.Thread(target=send) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(answers) <= {401, 503, 0} and 401 in answers
    assert Client(own).get("/api/health").status == 200
    assert own.pids("vault") == vault


def test_nobody_may_send_without_saying_how_much(own):
    s = raw(own)
    s.send(b"POST /api/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n1000\r\n" + b"x" * 0x1000)
    assert b" 411 " in s.recv(4096).split(b"\r\n")[0] + b" "
    s.close()


def test_large_bodies_that_never_end_do_not_keep_others_out(own):
    held = []
    for _ in range(40):
        s = raw(own)
        s.send(b"POST /fhir HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer hb_x\r\nContent-Type: application/json\r\n"
               b"Content-Length: 16000000\r\n\r\n{")
        held.append(s)
    assert Client(own).get("/api/health").status == 200
    assert Client(own).post("/api/sign-in", {"login": "x", "password": "y"}).status == 401
    for s in held:
        s.close()


def test_nobody_fills_the_disk_with_the_trail(own):
    """When the trail cannot be written the door closes: that must not be in a stranger's hands."""
    def size():
        return json.loads(own.cli("status", "--json").stdout)["trail"]["size"]

    before, client = size(), Client(own)
    for i in range(300):
        assert client.post("/api/sign-in/second-factor", {"ticket": "x", "code": "1"}).status == 401
        assert client.post("/api/sign-in/enrol/confirm", {"ticket": "x", "code": "1"}).status == 401
        assert client.post("/api/sign-in", {"login": "x" * 200, "password": "y"}).status == 401
    assert size() - before < 300
    time.sleep(1.1)
    client.post("/api/sign-in/second-factor", {"ticket": "x", "code": "1"})
    entries = json.loads(own.cli("trail", "search", "--outcome", "denied", "--json").stdout)["entries"]
    told = sum(int(m.group(1)) for m in (re.search(r"(\d+) more like this", e.get("detail", "")) for e in entries) if m)
    assert told + len(entries) == 901
