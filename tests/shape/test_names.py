"""The control: a function named as one of a library's is found, and what cannot clash is not."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import names  # noqa: E402

SHAPE = Path(__file__).parent / "shape.py"
CLASHING = """#include "common/base/bytes.h"

int bind(int a, const char *b)
{
	return a;
}

[[nodiscard]] enum err event_add(
	struct event *event, void (*done)(void *context, int what))
{
	return OK;
}

const char *environ[] = {"a"};
"""
FINE = """#include <sys/socket.h>

static int connect(int a)
{
	return bind(a, NULL, 0);
}

extern int listen(int a);

[[gnu::format(printf, 1, 2)]] static bool
printf(const char *text, ...)
{
	return false;
}

int ours_alone(void)
{
	static int accept = 1;
	int listen = 2;
	return accept == listen;
}
"""


@pytest.fixture(scope="module")
def known():
    found = names.names_of(names.objects(os.environ.get("HOSPITALLER_BUILD")))
    assert found, "nm and the libraries are needed for this test"
    return found


def test_the_libraries_names_are_known(known):
    assert "libc" in known["bind"] and "libevent" in known["event_add"]
    assert set(names.names_of(names.objects(None))) >= {"bind", "event_add", "environ"}


def test_what_a_library_would_take_is_found(known):
    found = names.clashes({"a.c": CLASHING}, known)
    assert [(file, line) for file, line, _ in found] == [("a.c", 3), ("a.c", 8), ("a.c", 14)]
    assert "bind is also a name of libc" in found[0][2]


def test_what_nobody_else_sees_is_not(known):
    assert names.clashes({"a.c": FINE}, known) == []
    assert [name for _, name in names.defined(FINE)] == ["ours_alone"]


def test_the_whole_command_fails_on_one(tmp_path, known):
    """shape.py over a copy of the source in which one function is renamed."""
    root = Path(__file__).resolve().parents[2]
    for folder in ("src", "sim", "tests/shape", "tests/promise"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("node_modules"))
    shape = [sys.executable, tmp_path / "tests/shape/shape.py"]
    before = subprocess.run(shape, capture_output=True, text=True)
    assert before.returncode == 0, before.stdout
    file = tmp_path / "src/common/base/text.c"
    file.write_text(file.read_text() + "\nint event_add(void)\n{\n\treturn 0;\n}\n")
    after = subprocess.run(shape, capture_output=True, text=True)
    assert after.returncode == 1 and "event_add is also a name of libevent" in after.stdout


def test_without_nm_it_says_so_aloud(tmp_path):
    done = subprocess.run([sys.executable, SHAPE], capture_output=True, text=True, env={"PATH": str(tmp_path)})
    assert done.returncode == 0, done.stdout
    assert "NOT CHECKED" in done.stdout and "nm" in done.stdout
