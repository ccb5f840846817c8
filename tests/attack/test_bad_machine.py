"""The machine itself misbehaves: disk full, read-only disk, clock jumping back."""
import subprocess
import time

import pytest
from house import Client, House, observation, patient


@pytest.fixture()
def small(tmp_path):
    """A house on a disk of its own, of 64 MB."""
    tmp_path.chmod(0o755)
    point = tmp_path / "disk"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=755", "tmpfs", point], check=True)
    folder = tmp_path / "house"
    folder.mkdir()
    house = House(folder, state=point / "state").start()
    house.point = point
    house.bundle(patient("a"))
    house.account("app", "application")
    house.app = Client(house, house.cli("account", "token", "app", "--label", "t").stdout.strip())
    yield house
    house.kill()
    subprocess.run(["umount", "-l", point], check=False)


def test_a_full_disk_refuses_writes_and_loses_nothing(small):
    stored = []
    (small.point / "filler").write_bytes(b"x" * (16 << 20))
    text = "long " * 20000
    for n in range(400):
        try:
            answer = small.app.put(f"/fhir/Observation/f{n}", {**observation(f"f{n}", "a"), "note": [{"text": text}]})
        except OSError:
            break
        if answer.status not in (200, 201):
            assert answer.status == 503
            assert answer.json["issue"][0]["diagnostics"]
            break
        stored.append(f"f{n}")
    else:
        raise AssertionError("the disk was never full")
    (small.point / "filler").unlink()
    small.wait_ready()
    for _ in range(100):
        if small.app.get("/fhir/Patient/a").status == 200:
            break
        time.sleep(0.2)
    assert stored and all(small.app.get("/fhir/Observation/" + n).status == 200 for n in stored)
    assert small.app.put("/fhir/Observation/after", observation("after", "a")).status == 201


def test_a_read_only_disk_closes_the_door_and_opens_it_again(tmp_path):
    """The records' folder turns read-only under a running vault: it is restarted there and must say no."""
    with House(tmp_path) as house:
        house.bundle(patient("a"))
        house.account("app", "application")
        app = Client(house, house.cli("account", "token", "app", "--label", "t").stdout.strip())
        assert app.get("/fhir/Patient/a").status == 200
        house.stop()
        state = str(house.state)
        subprocess.run(["mount", "--bind", state, state], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", state], check=True)
            done = subprocess.run([*map(str, [__import__("house").PROGRAM, *house.options(), "run"])],
                                  capture_output=True, text=True, timeout=30)
            assert done.returncode != 0 and "Read-only file system" in done.stderr
        finally:
            subprocess.run(["umount", "-l", state], check=True)
        house.start()
        assert app.get("/fhir/Patient/a").status == 200


def test_a_clock_that_jumps_back_locks_nobody_out(tmp_path):
    """Sessions, second factors and the trail with the vault's clock an hour behind, through libfaketime's
    way: a shim that the vault alone sees."""
    shim = tmp_path / "clock.so"
    source = tmp_path / "clock.c"
    source.write_text(r"""
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int clock_gettime(clockid_t id, struct timespec *at)
{
	int result = (int)syscall(SYS_clock_gettime, id, at);
	if (id == CLOCK_REALTIME && access(BACK, F_OK) == 0)
		at->tv_sec -= 3600;
	return result;
}
""")
    house = House(tmp_path)
    flag = house.state / "trail" / "clock-back"
    subprocess.run(["cc", "-shared", "-fPIC", f'-DBACK="{flag}"', "-o", shim, source], check=True)
    import os
    os.environ["LD_PRELOAD"] = str(shim)
    try:
        house.start()
    finally:
        del os.environ["LD_PRELOAD"]
    house.bundle(patient("a"))
    house.account("app", "application")
    app = Client(house, house.cli("account", "token", "app", "--label", "t").stdout.strip())
    assert app.get("/fhir/Patient/a").status == 200
    flag.touch()
    assert app.get("/fhir/Patient/a").status == 200
    assert app.put("/fhir/Observation/c", observation("c", "a")).status == 201
    assert app.get("/fhir/Observation/c").status == 200
    time.sleep(1.5)
    key = house.cli("trail", "key").stdout.splitlines()[0]
    house.cli("trail", "verify", "--key", key)
    house.stop()
