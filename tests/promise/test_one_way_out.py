"""Only one process can open a connection to the outside, and only to addresses that the configuration names."""
import contextlib
import os
import platform
import socket
import struct
import time
from pathlib import Path

import pytest
from courier import Authority, Courier, Listener, Web
from house import House
from inside import call_in, memory_in

SOCKET, CONNECT, BIND, LISTEN, CLOSE = 41, 42, 49, 50, 3


def hook(name, url, more=""):
    return f"{name}:\n  kind: webhook\n  url: {url}\n  backoff: 200ms\n  timeout: 30s\n{more}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    for one in (folder, folder.parent):
        one.chmod(0o755)
    return Authority(folder)


# ---- Only the courier.

@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("way-out")
    with Listener() as named, Listener() as other:
        (folder / "destinations.yaml").write_text(hook("named", f"https://127.0.0.1:{named.port}/"))
        with House(folder, settings=[f"destinations={folder}/destinations.yaml"]) as house:
            house.named, house.other = named, other
            end = time.time() + 20
            while not house.pids("courier") and time.time() < end:
                time.sleep(0.05)
            while house.cli("courier", "list", check=False).returncode and time.time() < end:
                time.sleep(0.1)
            yield house


def workers(house):
    return [p for p in house.pids("gate") if Path(f"/proc/{p}/cmdline").read_bytes().startswith(b"nginx: worker")]


def dial(pid, port):
    """The process opens a connection, as one who took it over would. What the kernel says: 0 when it is open."""
    fd = call_in(pid, SOCKET, socket.AF_INET, socket.SOCK_STREAM, 0)
    if fd < 0:
        return fd
    address = struct.pack("<H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton("127.0.0.1") + b"\0" * 8
    with memory_in(pid, address) as at:
        result = call_in(pid, CONNECT, fd, at, len(address))
    call_in(pid, CLOSE, fd)
    return result


needs_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls are made with x86-64's registers")


@needs_x86
@pytest.mark.parametrize("role", ["gate", "gate-master", "vault", "watch"])
def test_no_other_role_can_open_a_connection(running, role):
    everybody = {"gate": workers(running)[:1], "gate-master": [p for p in running.pids("gate") if p not in workers(running)]}
    pid, = everybody.get(role) or running.pids(role)
    before = running.named.count
    assert dial(pid, running.named.port) < 0
    assert dial(pid, running.other.port) < 0
    assert running.named.count == before and running.other.count == 0
    # The control: the same call in the courier gets through.
    assert dial(running.pids("courier")[0], running.named.port) == 0
    end = time.time() + 5
    while running.named.count == before and time.time() < end:
        time.sleep(0.01)
    assert running.named.count == before + 1, "control"


@needs_x86
def test_the_courier_can_connect_to_named_ports_alone_and_listen_nowhere(running):
    pid, = running.pids("courier")
    if "Landlock 0" in running.log_text() or "does not know ports" in running.log_text():
        pytest.skip("this kernel's Landlock does not know ports, and the role says so")
    assert dial(pid, running.named.port) == 0, "control"
    assert dial(pid, running.other.port) == -13  # EACCES
    assert running.other.count == 0
    for family in (socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET):
        assert call_in(pid, SOCKET, family, socket.SOCK_STREAM, 0) == -1  # EPERM
    fd = call_in(pid, SOCKET, socket.AF_INET, socket.SOCK_STREAM, 0)
    assert fd >= 0
    assert call_in(pid, LISTEN, fd, 1) == -1 and call_in(pid, BIND, fd, 0, 0) == -1
    call_in(pid, CLOSE, fd)


# ---- Only to what is named.

def test_an_unnamed_destination_is_refused_and_reported(tmp_path, authority):
    with Web(authority.context("localhost")) as web, Listener() as other:
        with Courier(tmp_path, hook("named", f"https://localhost:{web.port}/", f"  ca: {authority.ca}\n")) as c:
            c.submit(1, "other", b"x")
            assert c.wait(state="refused", id=1)
            assert c.wait(message="report", destination="other")["reason"] == "unnamed"
            c.fetch(2, "elsewhere")
            assert c.wait(message="fetched", id=2)["state"] == "failed"
            assert c.wait(message="report", destination="elsewhere")["reason"] == "unnamed"
            assert not c.files()
            c.submit(3, "named", b"x")
            c.wait(state="delivered", id=3)  # the control: what is named is reached
            # There is no way to say an address: it is no name, and the channel ends.
            with contextlib.suppress(BrokenPipeError):  # it may end before the content is sent
                c.submit(4, f"https://127.0.0.1:{other.port}/", b"x")
            c.channel.settimeout(5)
            end = time.time() + 5
            while "cannot be read" not in c.log_text() and time.time() < end:
                time.sleep(0.02)
            assert "cannot be read" in c.log_text()
        assert other.count == 0 and len(web.requests) == 1


@pytest.mark.parametrize("what", ["a name that leads to this machine", "an address outside its networks"])
def test_a_destination_that_resolves_elsewhere_is_refused(tmp_path, authority, what):
    host, more = ("inside.localhost", "") if "name" in what else ("localhost", "  addresses: [192.0.2.0/24]\n")
    with Web(authority.context(host)) as web:
        file = hook("turned", f"https://{host}:{web.port}/", f"  ca: {authority.ca}\n" + more)
        with Courier(tmp_path, file) as c:
            c.submit(1, "turned", b"x")
            assert "may not be" in c.wait(state="retrying", id=1)["words"]
            assert c.wait(message="report", destination="turned")["reason"] == "elsewhere"
        assert not web.requests
        with Courier(tmp_path, file, test="no-address-check") as c:
            c.wait(state="delivered", id=1)  # the control: without the check it goes there
        assert len(web.requests) == 1


def test_a_redirection_is_not_followed(tmp_path, authority):
    with Listener() as other:
        def answer(request):
            return 307, {"Location": f"https://localhost:{other.port}/"}, b""

        with Web(authority.context("localhost"), answer=answer) as web:
            with Courier(tmp_path, hook("moved", f"https://localhost:{web.port}/", f"  ca: {authority.ca}\n")) as c:
                c.submit(1, "moved", b"x")
                assert "307" in c.wait(state="retrying", id=1)["words"]
                assert c.wait(message="report", destination="moved")["reason"] == "redirected"
            assert web.requests, "control"
        assert other.count == 0


def test_the_environment_names_no_proxy(tmp_path, authority):
    with Web(authority.context("localhost")) as web, Listener() as other:
        names = ("https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY")
        environment = {**os.environ, **{n: f"http://127.0.0.1:{other.port}" for n in names}}
        file = hook("named", f"https://localhost:{web.port}/", f"  ca: {authority.ca}\n")
        with Courier(tmp_path, file, environment=environment) as c:
            c.submit(1, "named", b"x")
            c.wait(state="delivered", id=1)
        assert other.count == 0 and len(web.requests) == 1
