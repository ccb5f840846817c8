"""trail-verify: somebody with the files and a public key, and nothing of the server."""
import json
import subprocess
import time

import pytest
from house import BUILD, House, patient

PROGRAM = BUILD / "src" / "trail_verify" / "trail-verify"


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    with House(tmp_path_factory.mktemp("stranger")) as house:
        house.bundle(patient("a"))
        time.sleep(1.5)
        house.key, note = house.cli("trail", "key").stdout.split("\n\n", 1)
        house.older = house.folder / "older"
        house.older.write_text(note)
        house.bundle(patient("b"), patient("c"))
    house.trail = house.state / "trail"
    yield house


def run(house, *words):
    return subprocess.run([PROGRAM, *map(str, words), "--key", house.key], capture_output=True, text=True)


def test_a_whole_trail(taken):
    done = run(taken, taken.trail, "--checkpoint", taken.older)
    assert done.returncode == 0 and done.stdout.startswith("whole: "), done
    report = json.loads(run(taken, taken.trail, "--json").stdout)
    assert report["whole"] and report["unsigned"] == 0 and report["entries"] == report["signed"]


def test_one_changed_byte(taken):
    segment = taken.trail / "segments" / "00000000.seg"
    intact = segment.read_bytes()
    segment.write_bytes(intact[:100] + bytes([intact[100] ^ 1]) + intact[101:])
    done = run(taken, taken.trail)
    segment.write_bytes(intact)
    assert done.returncode == 1 and "segments/00000000.seg, byte 0" in done.stdout, done


def test_what_cannot_be_checked(taken, tmp_path):
    assert run(taken, tmp_path / "nothing").returncode == 2
    assert run(taken, taken.trail, "--checkpoint", tmp_path / "nothing").returncode == 2
    assert run(taken, taken.trail, "--colour").returncode == 2
    done = subprocess.run([PROGRAM, taken.trail, "--key", "no+key+atall"], capture_output=True)
    assert done.returncode == 2


def test_an_entry_is_proved_to_a_stranger(taken, tmp_path):
    made = run(taken, "prove", taken.trail, 3)
    leaf = made.stderr.split()[1]
    proof = tmp_path / "proof"
    proof.write_text(made.stdout)
    assert run(taken, "inclusion", proof, "--leaf", leaf).returncode == 0
    assert run(taken, "inclusion", proof, "--leaf", leaf[:-1] + ("0" if leaf[-1] != "0" else "1")).returncode == 1
    proof.write_text(made.stdout.replace("index 3", "index 2"))
    assert run(taken, "inclusion", proof, "--leaf", leaf).returncode == 1
    assert run(taken, "prove", taken.trail, 10**9).returncode == 2


def test_a_later_checkpoint_only_added(taken, tmp_path):
    made = run(taken, "extend", taken.trail, "--checkpoint", taken.older)
    proof = tmp_path / "step"
    proof.write_text(made.stdout)
    done = run(taken, "consistency", proof, "--checkpoint", taken.older)
    assert done.returncode == 0 and done.stdout.startswith("consistent"), done
    assert run(taken, "consistency", proof, "--checkpoint", taken.trail / "checkpoint").returncode == 1


def test_an_export_holds_what_was_signed(taken, tmp_path):
    assert run(taken, "export", taken.trail, tmp_path / "out").returncode == 0
    out = tmp_path / "out"
    assert (out / "checkpoint").read_bytes() == (taken.trail / "checkpoint").read_bytes()
    assert list((out / "tile" / "entries").rglob("*"))
