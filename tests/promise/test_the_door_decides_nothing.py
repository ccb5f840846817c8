"""The process that parses hostile input holds no key, no database and no decision."""
import os
import subprocess
from pathlib import Path

import pytest
from house import Client, House, patient


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with House(tmp_path_factory.mktemp("door")) as house:
        house.bundle(patient("a"))
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.sign_in("dr.berg")
        yield house


def workers(house):
    return [p for p in house.pids("gate") if Path(f"/proc/{p}/cmdline").read_bytes().startswith(b"nginx: worker")]


def as_user(user, *words):
    return subprocess.run(["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs", *words],
                          capture_output=True)


def test_the_worker_has_no_file_of_the_vault_open(running):
    assert workers(running)
    for pid in workers(running):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = os.readlink(fd)
            except FileNotFoundError:  # closed in between
                continue
            assert not any(f"/{part}/" in target for part in ("keys", "records", "trail", "identity")), target


@pytest.mark.parametrize("path", ["keys/ring", "keys/passphrase", "records/records.db", "identity/identity.db",
                                  "trail/segments/00000000.seg"])
def test_its_user_can_read_none_of_them(running, path):
    assert as_user("hospitaller-gate", "cat", running.state / path).returncode != 0
    assert as_user("hospitaller-vault", "cat", running.state / path).returncode == 0, "control"


def test_its_user_cannot_use_the_local_entrance(running):
    program = ["python3", "-c", "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])",
               str(running.state / "run" / "hospitaller.sock")]
    assert as_user("hospitaller-gate", *program).returncode != 0
    assert subprocess.run(program).returncode == 0, "control"


def test_it_is_confined_as_the_kernel_says(running):
    for pid in workers(running):
        status = Path(f"/proc/{pid}/status").read_text()
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status


def test_it_holds_no_key(running):
    """The key ring's passphrase, as the vault knows it, is nowhere in the worker's memory."""
    secret = (running.state / "keys" / "passphrase").read_bytes().strip()
    for pid in workers(running):
        assert not in_memory(pid, secret)


def in_memory(pid, word):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, access = line.split()[:2]
            if "rw" not in access or "[v" in line:
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            memory.seek(start)
            try:
                if word in memory.read(end - start):
                    return True
            except OSError:
                continue
    return False


def test_asking_without_a_session_gives_nothing(running):
    client = Client(running)
    for path in ("/fhir/Patient/a", "/fhir/Patient?name=mar", "/api/trail", "/api/accounts", "/api/status"):
        assert client.get(path).status == 401
    assert Client(running, "hb_" + "A" * 43).get("/fhir/Patient/a").status == 401
