"""What a role that was taken over can still do: nothing that it did not do before."""
import os
import platform
import re
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from house import Client, House, ROOT
from inside import call_in


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    os.environ["SECRET_OF_ROOT"] = "tell-nobody"
    with House(tmp_path_factory.mktemp("confined")) as house:
        del os.environ["SECRET_OF_ROOT"]
        yield house


def workers(house):
    return [p for p in house.pids("gate") if Path(f"/proc/{p}/cmdline").read_bytes().startswith(b"nginx: worker")]


def masters(house):
    return [p for p in house.pids("gate") if p not in workers(house)]


def test_no_role_has_the_terminal_of_whoever_started_it(own):
    """A terminal that one shares can be typed into."""
    for pid in own.pids():
        assert os.getsid(pid) != os.getsid(own.process.pid), pid


def test_no_role_has_the_environment_of_whoever_started_it(own):
    assert b"tell-nobody" in Path(f"/proc/{own.process.pid}/environ").read_bytes(), "control"
    for pid in own.pids():
        assert b"tell-nobody" not in Path(f"/proc/{pid}/environ").read_bytes(), pid


SOCKET, KILL, GETPID, CONNECT = 41, 62, 39, 42


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls are made with x86-64's registers")
@pytest.mark.parametrize("role", ["gate", "vault", "watch"])
def test_no_role_can_open_a_way_out(own, role):
    pid = workers(own)[0] if role == "gate" else own.pids(role)[0]
    assert call_in(pid, GETPID) == pid, "control"
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            made = call_in(pid, SOCKET, family, kind, 0)
            assert made < 0, (role, family, kind)
    assert call_in(pid, KILL, own.process.pid, 0) < 0
    assert Client(own).get("/api/health").status == 200


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls are made with x86-64's registers")
def test_guard_opens_netlink_alone(own):
    """The firewall is behind netlink; nothing that reaches another machine is."""
    pid = own.pids("guard")[0]
    assert call_in(pid, GETPID) == pid, "control"
    fd = call_in(pid, SOCKET, socket.AF_NETLINK, socket.SOCK_RAW, 12)
    assert fd >= 0 and call_in(pid, 3, fd) == 0, "control: it needs this one"
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_PACKET):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            assert call_in(pid, SOCKET, family, kind, 0) < 0, (family, kind)
    assert call_in(pid, KILL, own.process.pid, 0) < 0


def test_the_gates_master_can_execute_and_read_nothing_else(own):
    """What the kernel enforces on it, asked of a process with the same rules: its own next worker."""
    for pid in masters(own):
        status = Path(f"/proc/{pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status
    if platform.machine() != "x86_64":
        return
    pid = masters(own)[0]
    here = Path(f"/proc/{pid}/maps").read_text()
    stack = int(re.search(r"^([0-9a-f]+)-[0-9a-f]+ rw-p .*\[stack\]$", here, re.M).group(1), 16)
    for path, may in (("/etc/passwd", False), ("/bin/sh", False), (str(ROOT / "README.md"), False),
                      ("/etc/ld.so.cache", True)):
        with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
            memory.seek(stack)
            kept = memory.read(256)
            memory.seek(stack)
            memory.write(path.encode() + b"\0")
        fd = call_in(pid, 2, stack, os.O_RDONLY)  # open
        if fd >= 0:
            call_in(pid, 3, fd)  # close
        with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
            memory.seek(stack)
            memory.write(kept)
        assert (fd >= 0) == may, (path, fd)


def raw(house, request):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", house.port), timeout=10)) as s:
        s.sendall(request)
        return s.recv(65536).split(b"\r\n")[0]


def test_answers_stay_on_no_disk_of_the_client(own):
    for path in ("/api/health", "/fhir/metadata", "/fhir/Patient/a", "/api/nothing", "/fhir/Patient/%ff"):
        assert Client(own).get(path).headers["cache-control"] == "no-store", path


def test_headers_are_not_dropped_in_silence(own):
    head = b"GET /api/health HTTP/1.1\r\nHost: x\r\n"
    assert b" 200 " in raw(own, head + b"\r\n")
    assert b" 431 " in raw(own, head + b"".join(b"X-%d: y\r\n" % i for i in range(70)) + b"\r\n")


@pytest.mark.parametrize("host", [b'x","a":"', b"x<y", b"x y", b"x\\y"])
def test_hosts_are_hosts(own, host):
    assert b" 400 " in raw(own, b"GET /fhir/metadata HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")


def test_what_nginx_says_names_nobody(own):
    for path in ("/fhir/Patient?name=Verysecret", "/Verysecret%00", "/api/Verysecret/../x", "/assets/Verysecret"):
        try:
            Client(own).get(path)
            raw(own, b"BREW " + path.encode() + b" HTTP/9.9\r\nHost: x\r\n\r\n")
        except OSError:
            pass
    assert "Verysecret" not in own.log_text()


def test_no_role_leaves_its_memory_on_a_disk(own):
    ours = Path("/proc/self/status").read_text()
    may_lift = int(re.search(r"CapEff:\s+(\w+)", ours).group(1), 16) >> 24 & 1  # CAP_SYS_RESOURCE
    for pid in workers(own) + own.pids("vault") + own.pids("watch") + own.pids("courier"):
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits)
        status = Path(f"/proc/{pid}/status").read_text()
        locked, used = (int(re.search(rf"{k}:\s+(\d+)", status).group(1)) for k in ("VmLck", "VmRSS"))
        assert not may_lift or locked >= used // 2, (pid, locked, used)
    if not may_lift:
        assert "memory may be swapped out" in own.log_text()
