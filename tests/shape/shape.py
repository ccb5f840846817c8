#!/usr/bin/python3
"""The shape of the source: floors by #include, sizes, names, who may include what.

A file includes only from its own folder or from a lower floor. Run it alone: tests/shape/shape.py
It prints each thing that is out of shape as FILE:LINE: what, and exits with 1 when there is one.
"""
import os
import re
import sys
from pathlib import Path

import names

ROOT = Path(__file__).resolve().parent.parent.parent
TAB, COLUMNS = 8, 100
FILE_LINES, FUNCTION_LINES, PARAMETERS = 600, 60, 5  # four is the aim

FLOORS = [  # the longest prefix counts
    (0, "common/base"),
    (1, "common/crypto"),
    (1, "common/format"),
    (2, "common/io"),
    (3, "common/message"),
    (3, "common/store"),
    (3, "common/config"),
    (4, "vault/identity"),
    (4, "vault/policy"),
    (4, "vault/records"),
    (4, "vault/ledger"),
    (4, "vault/keyring"),
    (4, "vault/serve"),
    (4, "vault/explain"),
    (4, "watch/access"),
    (4, "watch/behaviour"),
    (4, "watch/detect"),
    (4, "watch/intelligence"),
    (4, "watch/incidents"),
    (4, "watch/playbooks"),
    (4, "vault/lures"),
    (4, "gate/http"),
    (4, "gate/nginx"),
    (5, "vault"),
    (5, "gate"),
    (5, "watch"),
    (5, "courier"),
    (5, "guard"),
    (6, "parent"),
    (6, "cli"),
    (6, "trail_verify"),
    (7, ""),
]
# What docs/roles.md allows beside the floors: a part that binds its sisters.
SIDEWAYS = {
    ("vault/serve", "vault/identity"), ("vault/serve", "vault/policy"), ("vault/serve", "vault/records"),
    ("vault/serve", "vault/ledger"), ("vault/serve", "vault/keyring"), ("gate/nginx", "gate/http"),
    ("vault/records", "vault/keyring"), ("vault/serve", "vault/lures"),
    ("vault/explain", "vault/records"), ("vault/explain", "vault/ledger"), ("vault/serve", "vault/explain"),
}
# Roles never include each other; the command line and trail-verify read what the vault leaves, and
# check what it will read.
ACROSS = {("cli", "vault/ledger"), ("cli", "vault/policy"), ("cli", "vault/records"), ("cli", "guard"),
          ("trail_verify", "vault/ledger"), ("parent", "gate"),
          ("cli", "watch/detect"), ("cli", "watch/intelligence")}
# A library with a folder of its own stays in it.
ONLY_IN = {
    r"openssl/": ["common/crypto"], r"ngx_": ["gate/nginx"], r"nginx\.h": ["gate/nginx"],
    r"sqlite3": ["common/store"], r"argon2": ["common/crypto"], r"yaml\.h": ["common/format"], r"pcre2": ["common/format"],
    r"curl/": ["courier"], r"hs/": ["watch/intelligence"],
    r"seccomp\.h|linux/landlock": ["common/io"], r"oath\.h|liboath": ["vault/identity", "common/crypto"],
}
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
FORBIDDEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

problems = []


def wrong(file, line, what):
    problems.append(f"{file}:{line}: {what}")


def ours(folder, *endings):
    """Files of a folder, below it too; what npm or a build put there is not ours."""
    return sorted(f.relative_to(ROOT) for f in (ROOT / folder).rglob("*")
                  if f.suffix in endings and "node_modules" not in f.parts)


def floor_of(folder):
    return next(floor for floor, name in FLOORS
                if folder == name or name == "" or folder.startswith(name + "/"))


def role_of(folder):
    return "common" if folder.startswith("common/") else folder.split("/")[0]


def may_include(own, other):
    if own == other or (own, other) in SIDEWAYS or (own, other) in ACROSS:
        return True
    if floor_of(other) >= floor_of(own):
        return False
    return role_of(other) in ("common", role_of(own)) or floor_of(own) == 7


def check_includes(file, lines):
    own = str(file.parent.relative_to("src")) if file.parent != Path("src") else ""
    for number, line in enumerate(lines, 1):
        here = re.match(r'#include "([^"]+)"', line)
        if here and "/" in here[1] and not may_include(own, str(Path(here[1]).parent)):
            wrong(file, number, f"{own or 'src'} may not include {here[1]}")
        library = re.match(r"#include <([^>]+)>", line)
        for pattern, folders in ONLY_IN.items() if library else ():
            if re.match(pattern, library[1]) and own not in folders:
                wrong(file, number, f"<{library[1]}> belongs to {', '.join(folders)} alone")


def check_lines(file, lines):
    if len(lines) > FILE_LINES:
        wrong(file, len(lines), f"{len(lines)} lines, more than {FILE_LINES}")
    for number, line in enumerate(lines, 1):
        # A text is not broken for the width alone: it should be found by searching for it.
        if len(TEXT.sub('""', line).expandtabs(TAB)) > COLUMNS:
            wrong(file, number, f"wider than {COLUMNS} columns")
        if line != line.rstrip():
            wrong(file, number, "spaces at the end of the line")
        if FORBIDDEN.search(line):
            wrong(file, number, "unfinished work is an issue, not a comment")


def check_functions(file, lines):
    """A function of the house begins with { in the first column and ends with } there."""
    begin = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line.startswith("}") and begin:
            if number - begin - 1 > FUNCTION_LINES:
                wrong(file, begin, f"a function of {number - begin - 1} lines")
            begin = None


def check_parameters(file, text):
    for found in re.finditer(r"^[a-z][\w \*\[\]]*?\b(\w+)\(([^;{}()]*)\)[\s\w]*[;{]", text, re.M):
        # What everybody passes along (arena, outputs) is not counted.
        given = [p for p in found[2].split(",") if "ret_" not in p and "struct arena *" not in p]
        count = len(given)
        if count > PARAMETERS:
            wrong(file, text.count("\n", 0, found.start()) + 1, f"{found[1]} takes {count} parameters")


def check_header(file, text):
    """The header is the manual: it opens by saying what this is."""
    if not text.startswith("//") and not text.startswith("/*"):
        wrong(file, 1, "a header opens with what it is, what always holds and who may use it")
    if "#pragma once" not in text and not re.search(r"^#ifndef \w+_H$", text, re.M):
        wrong(file, 1, "no include guard")


def check_conditionals(file, lines):
    for number, line in enumerate(lines, 1):
        if re.match(r"#\s*if(?!ndef)", line) and "common/io" not in str(file) and "NGX_" not in line:
            wrong(file, number, "#if belongs to common/io alone")


def check_tests_exist():
    """A promise without its test does not exist; each says how its control fails."""
    for file in ours("tests/promise", ".py"):
        if "control" not in (ROOT / file).read_text():
            wrong(file, 1, "a promise's test needs a control that fails without the mechanism")


def check_names(texts):
    """What we name as a library does replaces the library's own, silently."""
    builds = [os.environ.get("HOSPITALLER_BUILD"), ROOT / "build", ROOT / "build-check"]
    build = next((b for b in builds if b and (Path(b) / "src" / "hospitaller").exists()), None)
    known = names.names_of(names.objects(build))
    if known is None:
        print("NOT CHECKED: names that clash with a library's, for nm (binutils) or the libraries are missing here")
    for file, line, what in names.clashes(texts, known or {}):
        wrong(file, line, what)


def check_roles():
    for folder in sorted({f.name for f in (ROOT / "src").iterdir() if f.is_dir()} - {"common"}):
        if not (ROOT / "src" / folder / "README.md").exists():
            wrong(f"src/{folder}", 1, "no README.md: each role has one short page beside its code")


def main():
    sources = ours("src", ".c", ".h") + ours("sim", ".c", ".h")
    for file in sources:
        text = (ROOT / file).read_text()
        lines = text.split("\n")
        check_lines(file, lines)
        check_functions(file, lines)
        check_parameters(file, text)
        if file.suffix == ".h":
            check_header(file, text)
        if file.parts[0] == "src":
            check_includes(file, lines)
            check_conditionals(file, lines)
    check_names({file: (ROOT / file).read_text() for file in sources if file.suffix == ".c"})
    check_tests_exist()
    check_roles()
    print("\n".join(problems) or f"{len(sources)} files in shape")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
