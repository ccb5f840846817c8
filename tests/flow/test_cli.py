"""The commands, as somebody types them: help for each, nothing misunderstood, errors for people and programs."""
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from house import BUILD, PROGRAM, ROOT, House, patient

VERIFY = BUILD / "src" / "trail_verify" / "trail-verify"
SIM = BUILD / "sim" / "hospital-sim"


def run(program, *words):
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=60)


def hospitaller(*words):
    return run(PROGRAM, "--state", "/nonexistent", *words)


def listed(text):
    """The rows of a list of commands: two blanks, the words, two blanks or more, a sentence."""
    rows = text.split("Before the command")[0].split("Kinds of misuse")[0].split("Behind it")[0].splitlines()
    return [m[1].split() for m in (re.match(r"  (\S+(?: \S+)*) {2,}\S", row) for row in rows) if m]


COMMANDS = listed(run(PROGRAM, "--help").stdout)
VERBS = listed(run(VERIFY, "--help").stdout.split("Other commands")[1]) + [[]]
SIM_COMMANDS = listed(run(SIM, "--help").stdout)
ALL = [(PROGRAM, c) for c in COMMANDS] + [(VERIFY, c) for c in VERBS] + [(SIM, c) for c in SIM_COMMANDS]


def test_the_lists_are_whole():
    table = (ROOT / "src/main.c").read_text().split("commands[] = {")[1].split("};")[0]
    named = re.findall(r"&command_(\w+)", table)
    assert sorted(named) == sorted(["role"] + ["_".join(c).replace("-", "_") for c in COMMANDS])
    assert len(VERBS) == 7 and len(SIM_COMMANDS) == 5


@pytest.mark.parametrize("program,command", ALL, ids=lambda x: " ".join(x) if isinstance(x, list) else x.name)
def test_every_command_has_help_and_refuses_what_it_does_not_know(program, command):
    shown = run(program, *command, "--help")
    assert shown.returncode == 0 and not shown.stderr, shown
    assert shown.stdout.startswith(" ".join(["Usage:", program.name, *command])) and "Exit status:" in shown.stdout
    for line in shown.stdout.splitlines():
        assert len(line) <= 100
    refused = run(program, *command, "--frobnicate", "x")
    assert refused.returncode == 2 and not refused.stdout, refused
    assert "there is no option '--frobnicate'" in refused.stderr and refused.stderr.count("\n") == 1
    # Each option that the help names is known, and none may stand there twice.
    for option, value in re.findall(r"^  --([a-z-]+)( [A-Z=]+)?  ", shown.stdout, re.M):
        if option == "help":
            continue
        twice = [f"--{option}", *value.split()] * 2
        done = run(program, *command, *twice)
        assert done.returncode == 2 and "there is no option" not in done.stderr, (option, done)


@pytest.mark.parametrize("words,sentence", [
    (["trail", "search", "--patint", "x"], "'--patint' (perhaps --patient)"),
    (["trail", "serach"], "'trail serach' (perhaps trail search)"),
    (["trail"], "'trail' (perhaps trail search, trail explain, trail verify, trail key)"),
    (["verify"], "(perhaps trail verify, records verify)"),
    (["stauts"], "(perhaps status)"),
    (["frobnicate"], "there is no command 'frobnicate'; see"),
    (["trail", "search", "--since", "yesterday"], "2026-02-03"),
    (["trail", "search", "--action", "raed"], "there is no such action"),
    (["trail", "search", "--outcome", "fine"], "allowed, denied"),
    (["trail", "search", "--count", "many"], "a number"),
    (["trail", "search", "--patient="], "--patient needs a value"),
    (["trail", "search", "x"], "one word too many"),
    (["account", "add", "--login", "a", "--name", "A"], "--role ROLE is needed"),
    (["account", "add", "--login", "a", "--name", "A", "--role", "king"], "not a role"),
    (["account", "add", "--login", "a", "--name", "A", "--role", "local"], "not a role"),
    (["account", "lock"], "LOGIN is needed"),
    (["patient", "forget", "p1", "--reason", "asked in writing"], "--sure ID is needed"),
    (["patient", "forget", "p1", "--reason", "asked in writing", "--sure", "p2"], "another patient"),
    (["patient", "forget", "p1/x", "--reason", "asked in writing", "--sure", "p1/x"], "not the id"),
    (["import"], "FILE is needed"),
    (["import", "/nonexistent.json"], "is not there"),
    (["policy", "show", "Observatoin"], "not a resource type"),
    (["status", "--state", "x"], "--state stands before the command"),
    (["manual", "nothing"], "no such page"),
    (["role", "king"], "there is no role"),
])
def test_wrong_use_is_refused_in_one_sentence(words, sentence):
    done = hospitaller(*words)
    assert done.returncode == 2 and sentence in done.stderr and not done.stdout, done
    if "--json" in run(PROGRAM, *words, "--help").stdout:
        error = json.loads(hospitaller(*words, "--json").stderr)
        assert error["error"] == "wrong-use" and error["status"] == 2 and sentence in error["message"]


def test_options_before_the_command():
    for words, sentence in (
            (["--stat", "x", "status"], "(perhaps --state)"), (["--state", "a", "--state", "b", "status"], "twice"),
            (["--set", "tls", "status"], "KEY=VALUE"), (["--set", "lisen=1", "status"], "'lisen' is not an option"),
            (["--set", "tls=1.1", "status"], "tls is 1.3 or 1.2"), (["--state"], "needs a value"),
            (["--config", "/nonexistent", "status"], "cannot be read")):
        done = run(PROGRAM, *words)
        assert done.returncode == 2 and sentence in done.stderr, done
    shown = json.loads(run(PROGRAM, "--set", "tls=1.2", "--set", "tls=1.3", "config", "show", "--json").stdout)
    assert shown["tls"] == "1.3"  # the last one counts
    done = run(PROGRAM)
    assert done.returncode == 2 and "COMMAND" in done.stderr


def test_help_in_every_way(tmp_path):
    assert run(PROGRAM, "help").stdout == run(PROGRAM, "-h").stdout == run(PROGRAM, "--help").stdout
    assert run(PROGRAM, "help", "trail", "search").stdout == run(PROGRAM, "trail", "search", "-h").stdout
    assert len(listed(run(PROGRAM, "account", "--help").stdout)) == 7
    broken = tmp_path / "broken.yaml"
    broken.write_text("lisen: 1\n")
    assert run(PROGRAM, "--config", broken, "status").returncode == 2
    assert run(PROGRAM, "--config", broken, "status", "--help").returncode == 0
    assert run(PROGRAM, "--config", broken, "version").returncode == 0


def test_nobody_answers():
    done = hospitaller("status")
    assert done.returncode == 3 and "no server answers" in done.stderr
    error = json.loads(hospitaller("status", "--json").stderr)
    assert (error["error"], error["status"]) == ("no-server", 3)
    assert hospitaller("leak-report").returncode == 1
    assert hospitaller("trail", "verify", "--key", "a+b+c").returncode == 2


def test_a_policy_that_would_not_load_is_told_with_its_line(tmp_path):
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy/hospital.yaml").write_text("rules:\n  - nmae: x\n")
    done = run(PROGRAM, "--set", f"rules={tmp_path}", "policy", "show")
    assert done.returncode == 1 and "hospital.yaml:2: 'nmae' is not a key of this" in done.stderr, done
    error = json.loads(run(PROGRAM, "--set", f"rules={tmp_path}", "policy", "show", "--json").stderr)
    assert error["error"] == "not-whole"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with House(tmp_path_factory.mktemp("cli")) as house:
        house.bundle(patient("a"))
        yield house


def failed(house, *words):
    done = house.cli(*words, "--json", check=False)
    return done, json.loads(done.stderr)


def test_what_the_server_refuses_and_does_not_find(own):
    own.cli("account", "add", "--login", "one", "--name", "One", "--role", "nurse")
    done, error = failed(own, "account", "add", "--login", "one", "--name", "One", "--role", "nurse")
    assert (done.returncode, error["error"], error["status"]) == (4, "conflict", 4) and "taken" in error["message"]
    done, error = failed(own, "account", "lock", "nobody")
    assert (done.returncode, error["error"]) == (1, "not-found")
    done, error = failed(own, "session", "revoke", "nothing")
    assert (done.returncode, error["error"]) == (1, "not-found")
    done, error = failed(own, "patient", "forget", "never", "--reason", "asked in writing", "--sure", "never")
    assert (done.returncode, error["error"]) == (1, "not-found")
    plain = own.cli("session", "revoke", "nothing", check=False)
    assert plain.returncode == 1 and plain.stderr.startswith("hospitaller: There is no such session")


def test_json_is_json_everywhere(own):
    key = json.loads(own.cli("trail", "key", "--json").stdout)["key"]
    for words in (["status"], ["account", "list"], ["account", "lock", "one"], ["account", "unlock", "one"],
                  ["account", "reset-password", "one"], ["account", "reset-second-factor", "one"], ["session", "list"],
                  ["trail", "search"], ["trail", "verify"], ["trail", "verify", "--key", key], ["records", "verify"],
                  ["key", "rotate"], ["leak-report"], ["policy", "show"], ["config", "show"], ["version"]):
        done = own.cli(*words, "--json")
        assert isinstance(json.loads(done.stdout), dict) and not done.stderr, (words, done)
    own.account("app", "application")
    json.loads(own.cli("account", "token", "app", "--label", "x", "--json").stdout)["token"]
    handle = json.loads(own.cli("session", "list", "--json").stdout)["sessions"][0]["handle"]
    assert json.loads(own.cli("session", "revoke", handle, "--json").stdout) == {"state": "done"}


def test_a_misspelt_search_never_searches(own):
    before = json.loads(own.cli("trail", "search", "--count", 1, "--json").stdout)["entries"][0]["seq"]
    assert own.cli("trail", "search", "--patint", "a", check=False).returncode == 2
    after = json.loads(own.cli("trail", "search", "--count", 1, "--json").stdout)["entries"][0]["seq"]
    assert after == before + 1  # the first of these two searches, and nothing else


def test_an_import_tells_which_files_were_not_stored(own, tmp_path):
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "Patient/b", "resource": patient("b")}]}))
    done, error = failed(own, "import", tmp_path)
    shown = json.loads(done.stdout)
    assert done.returncode == 4 and error["error"] == "not-stored"
    assert shown["created"] == 1 and [x["file"] for x in shown["not_stored"]] == [str(tmp_path / "a.json")]
    plain = own.cli("import", tmp_path, check=False)
    assert plain.returncode == 4 and "a.json was not stored" in plain.stderr and "1 was there already" in plain.stdout


def mentioned():
    """Every command line of ours in the pages for people, without what stands before the command."""
    for page in [ROOT / "README.md", ROOT / "start", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("s*/**/README.md"))]:
        for line in re.findall(r"(?:`|^    |\$)hospitaller ([^`|>#\n]+)", page.read_text(), re.M):
            yield page.name, re.sub(r"--(?:set|state|config) \S+ ", "", line.strip()).split()


def test_the_pages_name_no_command_or_option_that_does_not_exist():
    seen = set()
    for page, words in mentioned():
        if words[0].startswith("--") or words[0] == "role":
            continue
        command = next((c for n in (2, 1) for c in COMMANDS if c == words[:n] and len(c) == n), None)
        assert command, (page, words)
        seen.add(" ".join(command))
        shown = hospitaller(*command, "--help").stdout
        for option in [w.split("=")[0] for w in words if w.startswith("--")]:
            assert f"  {option} " in shown, (page, words, option)
    assert len(seen) >= 15, seen


def test_a_program_that_was_not_installed_finds_the_rules_beside_it(tmp_path):
    """As ./start leaves them: `lure make` and whatever else reads rules needs no setting."""
    shutil.copy(PROGRAM, tmp_path / "hospitaller")
    alone = run(tmp_path / "hospitaller", "rules", "test")
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    beside = run(tmp_path / "hospitaller", "rules", "test")
    assert beside.returncode == 0 and ", 0 failed" in beside.stdout, beside
    if not Path("/usr/share/hospitaller/rules").exists():
        assert "0 cases" in alone.stdout or alone.returncode == 1, alone
