"""names: functions and variables of ours that a library we are linked with has, too.

The linker says nothing of it: the library then calls ours in place of its own (this happened with
`bind` and `event_add`). Only what has external linkage can clash; the names are taken from the
shared objects that the build is linked with, or, where there is no build, from libc and libevent.
"""
import re
import shutil
import subprocess
from pathlib import Path

DEFINED = re.compile(r"^(?:\[\[[^\n]*?\]\][ \n]*)*((?:[a-z_]\w*[\s*]+)+)(\w+)(\([^;{}]*\)\s*\{|(?:\[[^\]\n]*\])*\s*=[^=])", re.M)
ALONE = re.compile(r"libc\.so\.6|libevent[\w-]*-2\.1\.so\.7")


def defined(text):
    """(line, name) of each function and variable of a source file that others can see."""
    return [(text.count("\n", 0, found.start(2)) + 1, found[2]) for found in DEFINED.finditer(text)
            if not {"static", "typedef", "extern", "else", "return"} & set(found[1].replace("*", " ").split())]


def objects(build):
    """The shared objects of a build's programs, or those that every build has."""
    linked = [Path(build) / "src" / "hospitaller"] if build else []
    if linked and linked[0].exists():
        said = subprocess.run(["/usr/bin/ldd", *linked], capture_output=True, text=True, check=True).stdout
        return sorted(set(re.findall(r"=> (/\S+)", said)))
    said = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    return sorted({path for name, path in re.findall(r"^\t(\S+) .*=> (/\S+)", said, re.M) if ALONE.fullmatch(name)})


def names_of(files):
    """Name to the library that has it. Needs nm; None where it is missing."""
    if not shutil.which("nm") or not files:
        return None
    names = {}
    for file in files:
        said = subprocess.run(["nm", "-D", "--defined-only", file], capture_output=True, text=True, check=True).stdout
        for line in said.splitlines():
            *_, kind, name = line.split()
            if kind not in "aA":
                names.setdefault(name.split("@")[0], Path(file).name)
    return names


def clashes(texts, names):
    """(file, line, what) of each definition in {file: text} whose name a library has."""
    return [(file, line, f"{name} is also a name of {names[name]}, which would use ours in place of its own")
            for file, text in texts.items() for line, name in defined(text) if name in names]
