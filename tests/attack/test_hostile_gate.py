"""A gate that was taken over, or anybody at the local socket, says what it likes to the vault."""
import os
import socket
import struct

import pytest
from house import Client, House

ASK, ASK_BODY, CANCEL, ANSWER, ANSWER_BODY = 1, 2, 3, 4, 5


def frame(kind, payload, size=None, zero=0):
    return struct.pack("<IHH", len(payload) if size is None else size, kind, zero) + payload


def ask(id=1, method=1, path=b"/api/health", body_size=0, body=b"", token=b"", kind=0, params=()):
    def text(value):
        return struct.pack("<I", len(value)) + value
    texts = [b"local", b"x", path, token] + [b""] * 10
    made = struct.pack("<IBBB", id, method, kind, 0) + b"".join(map(text, texts))
    made += struct.pack("<H", len(params)) + b"".join(text(n) + text(v) for n, v in params)
    return made + struct.pack("<I", body_size) + text(body)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with House(tmp_path_factory.mktemp("gate")) as house:
        yield house


def door(house):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(str(house.state / "run" / "hospitaller.sock"))
    return s


def said(s):
    try:
        return s.recv(65536)
    except (socket.timeout, ConnectionResetError):
        return b""


HOSTILE = [
    ("an ask that is nothing", frame(ASK, b"")), ("noise", os.urandom(64)),
    ("more than is allowed", frame(ASK, b"", size=0xFFFFFFFF)),
    ("a type that is unknown", frame(99, b"x")), ("an answer in the wrong direction", frame(ANSWER, b"xxxxxxx")),
    ("a header that is not ours", frame(ASK, ask(), zero=7)), ("half an ask", frame(ASK, ask()[:20])),
    ("an ask with a tail", frame(ASK, ask() + b"x")), ("a method that is none", frame(ASK, ask(method=9))),
    ("a path that is none", frame(ASK, ask(path=b"fhir"))), ("a path that is not text", frame(ASK, ask(path=b"/\xff\xfe"))),
    ("more parameters than there are", frame(ASK, ask(params=[(b"a", b"b")] * 65))),
    ("a body larger than said", frame(ASK, ask(method=3, body_size=1, body=b"xy"))),
    ("a body without end", frame(ASK, ask(method=3, body_size=0xFFFFFFF0, body=b"x"))),
    ("more body than was said", frame(ASK, ask(method=3, body_size=5, body=b"xx")) + frame(ASK_BODY, struct.pack("<I", 1) + b"y" * 50)),
]


@pytest.mark.parametrize("words, bytes_sent", HOSTILE, ids=[w for w, _ in HOSTILE])
def test_what_cannot_be_read_ends_that_channel_alone(own, words, bytes_sent):
    vault = own.pids("vault")
    s = door(own)
    try:
        # Good asks behind the bad one: nothing behind it is believed, or even looked at.
        s.sendall(bytes_sent + frame(ASK, ask(id=2)) * 50)
    except (BrokenPipeError, ConnectionResetError):
        pass
    s.shutdown(socket.SHUT_WR)
    while said(s):
        pass
    s.close()
    assert Client(own).get("/api/health").status == 200
    assert own.pids("vault") == vault


def test_bodies_and_takings_back_of_nothing_are_nothing(own):
    vault = own.pids("vault")
    s = door(own)
    s.sendall(frame(ASK_BODY, struct.pack("<I", 77) + b"x") + frame(CANCEL, struct.pack("<I", 77)) +
              frame(ASK, ask(id=3, method=3, body_size=100)) + frame(CANCEL, struct.pack("<I", 3)) +
              frame(ASK_BODY, struct.pack("<I", 3) + b"x" * 100) + frame(ASK, ask(id=3)) + frame(ASK, ask(id=3)))
    answer = said(s)
    assert b"ready" in answer
    s.close()
    assert own.pids("vault") == vault
