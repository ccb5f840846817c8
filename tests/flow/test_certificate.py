"""The hospital's own certificate: root's alone, renewed without stopping, never half replaced."""
import os
import signal
import ssl
import subprocess
import time

import pytest

from house import PROGRAM, House


def make(folder, name):
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", f"/CN={name}", "-days", "30", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key


def shown(house):
    return ssl.get_server_certificate(("127.0.0.1", house.port))


@pytest.fixture
def own(tmp_path):
    certificate, key = make(tmp_path, "one")
    tmp_path.chmod(0o700)  # and nobody but root may even enter
    place = tmp_path / "secret"
    place.mkdir(mode=0o700)
    return certificate.rename(place / "door.pem"), key.rename(place / "door.key"), tmp_path


def settings(own):
    return [f"certificate={own[0]}", f"certificate-key={own[1]}"]


def test_a_key_that_only_root_can_read_opens_the_door(own):
    with House(own[2], settings=settings(own)) as house:
        assert shown(house) == own[0].read_text()
        copy = house.state / "tls/certificate-key.pem"
        assert copy.stat().st_mode & 0o007 == 0 and copy.stat().st_uid == 0


def test_a_renewed_certificate_is_taken_up_and_a_wrong_one_is_not(own):
    with House(own[2], settings=settings(own)) as house:
        before = shown(house)
        certificate, key = make(own[2], "two")
        own[0].write_text(certificate.read_text())  # its key is still the old one
        os.kill(house.process.pid, signal.SIGHUP)
        time.sleep(1)
        assert shown(house) == before
        assert "is no key for the certificate" in (house.folder / "log").read_text()
        own[1].write_text(key.read_text())
        os.kill(house.process.pid, signal.SIGHUP)
        # While nginx changes its workers either may answer; afterwards only the new one does.
        for _ in range(100):
            if [shown(house) for _ in range(3)] == 3 * [certificate.read_text()]:
                break
            time.sleep(0.1)
        else:
            pytest.fail((house.folder / "log").read_text())


def test_a_house_does_not_start_with_a_key_that_does_not_fit(own):
    _, key = make(own[2], "two")
    house = House(own[2], settings=[f"certificate={own[0]}", f"certificate-key={key}"])
    result = subprocess.run([PROGRAM, *house.options(), "run"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1 and "is no key for the certificate" in result.stderr
