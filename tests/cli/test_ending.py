"""How commands end: closed streams, foreign locales, absurd moments, and exceptions that nobody foresaw."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shells import shell
from snapshots import data

from passmuster.cli import main
from passmuster.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.json").write_bytes(data())
    return tmp_path


STREAMS: dict[str, tuple[str, int, bytes]] = {
    "standard output is closed": (
        "P check n.json >&-",
        2,
        b"standard output: cannot be written (Bad file descriptor)\n",
    ),
    "it is closed, and help is asked for": (
        "P check --help >&-",
        2,
        b"standard output: cannot be written (Bad file descriptor)\n",
    ),
    "it is full, and help is asked for": (
        "P check --help >/dev/full",
        2,
        b"standard output: cannot be written (No space left on device)\n",
    ),
    "it is closed, and nothing goes there": ("P check n.json -o json=r.json >&-", 0, b""),
    "it is full": ("P check n.json >/dev/full", 2, b"standard output: cannot be written (No space left on device)\n"),
    "standard input is closed": ("P check - <&-", 2, b"-: cannot be read (Bad file descriptor)\n"),
    "it is closed, and nobody reads it": ("P check n.json -o json=r.json <&-", 0, b""),
    "standard error is closed": ("P check n.json -o json=r.json 2>&-", 0, b""),
    "it is closed, and there is something to say": ("P check gone.json 2>&-", 2, b""),
    "all are closed": ("P check gone.json <&- >&- 2>&-", 2, b""),
    "the reader goes away": ("P policy show | true; exit ${PIPESTATUS[0]}", 141, b""),
}


@pytest.mark.long
@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_a_stream_that_cannot_be_used_is_one_line_and_status_2(case: str, folder: Path) -> None:
    line, status, told = STREAMS[case]
    done = shell(line)
    assert (done.returncode, done.stderr) == (status, told)
    if "r.json" in line:
        assert json.loads((folder / "r.json").read_bytes())["outcome"] == "pass"


@pytest.mark.long
@pytest.mark.parametrize("output", ["html", "table", "json", "markdown", "csv", "attestation"])
@pytest.mark.parametrize("encoding", ["ISO-8859-1", "ascii"])
def test_output_is_utf_8_whatever_the_locale_says(output: str, encoding: str, folder: Path) -> None:
    (folder / "n.json").write_bytes(data(name="knoten-\u6771-\xe9"))
    done = shell(f"P check n.json --rule kernel-version -v -o {output}", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "knoten-\u6771-\xe9".encode() in done.stdout


MOMENTS: dict[str, tuple[list[str], dict[str, str], str]] = {
    "a moment that nothing needs": (["check", "n.json", "--now", "yesterday"], {}, "--now: got 'yesterday'"),
    "one of a bundle that is not there": (["fleet", "check", "s.db", "--now", "soon"], {}, "--now: got 'soon'"),
    "an older one": (
        ["impact", "virtnest@1", "virtnest@1", "n.json", "--now-before", "x"],
        {},
        "--now-before: got 'x'",
    ),
    "a year of five digits": (["check", "n.json", "--now", "10000-01-01T00:00:00Z"], {}, "--now: got '10000"),
    "an age that no calendar has": (["fleet", "gc", "s.db", "--keep", "900000d"], {}, "--keep: got '900000d'"),
    "the same of a list": (["fleet", "list", "s.db", "--seen-since", "999999w"], {}, "--seen-since: got '999999w'"),
    "an epoch that no calendar has": (
        ["check", "n.json", "--max-age", "30d"],
        {"SOURCE_DATE_EPOCH": "99999999999999"},
        "SOURCE_DATE_EPOCH: got '99999999999999'",
    ),
    "an epoch that is no number": (
        ["bundle", "create", "n.json", "-o", "b.pmb"],
        {"SOURCE_DATE_EPOCH": "now"},
        "SOURCE_DATE_EPOCH: got 'now'",
    ),
}


@pytest.mark.parametrize("case", MOMENTS, ids=str)
@pytest.mark.usefixtures("folder")
def test_moments_that_are_none_are_refused_in_one_line(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, environment, told = MOMENTS[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["fleet", "add", "s.db", "n.json"]) in {0, 2}
    capsys.readouterr()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.startswith(told)) == ("", 1, True), err


@pytest.mark.long
def test_unknown_ok_turns_3_into_0_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "u.json").write_bytes(data(unknown={"kernel.release": "denied"}, name="u"))
    (folder / "f.json").write_bytes(data(set_={"kernel.release": "4.4.0"}, name="f"))
    assert main(["check", "u.json", "-o", "json"]) == 3
    report = capsys.readouterr().out
    assert main(["check", "u.json", "-o", "json", "--unknown-ok"]) == 0
    assert capsys.readouterr().out == report
    assert main(["check", "u.json", "f.json", "--unknown-ok", "-p", "virtnest@1.0.0"]) == 1
    assert main(["check", "u.json", "f.json", "--unknown-ok", "--fail-on", "never", "-p", "virtnest@1.0.0"]) == 0
    assert main(["check", "u.json", "f.json", "--fail-on", "never", "-p", "virtnest@1.0.0"]) == 3
    assert main(["check", "gone.json", "--unknown-ok"]) == 2
    assert main(["fleet", "add", "s.db", "u.json"]) == 0
    assert (main(["fleet", "check", "s.db"]), main(["fleet", "check", "s.db", "--unknown-ok"])) == (3, 0)


def test_snapshots_stand_on_both_sides_of_an_option(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "f.json").write_bytes(data(name="f"))
    assert main(["check", "n.json", "-p", "virtnest@1.0.0", "f.json", "-o", "summary"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["nodes"]["pass"] == 2
    for arguments in (["check", "n.json", "-p", "virtnest", "--nonsense"], ["policy", "list", "more"]):
        with pytest.raises(SystemExit):
            main(arguments)
        assert "unrecognized arguments" in capsys.readouterr().err


def _words(command: str) -> list[str]:
    """A command line that the parser accepts."""
    rest: dict[str, list[str]] = {
        "explain": ["n.json", "r"],
        "impact": ["a", "b", "n.json"],
        "policy lock": ["d"],
        "policy diff": ["a", "b"],
        "policy new": ["p"],
        "cel eval": ["1"],
        "snapshot validate": ["n.json"],
        "snapshot annotate": ["d", "--nodes", "f"],
        "snapshot show": ["n.json"],
        "snapshot redact": ["n.json", "--for", "virtnest"],
        "fleet history": ["s.db", "n"],
        "fleet accept": ["s.db", "n", "--one-machine"],
        "bundle keygen": ["-o", "k"],
        "bundle create": ["-o", "k"],
        "report sign": ["r", "--key", "k"],
        "report verify": ["r", "--snapshots", "n.json"],
    }
    given = rest.get(command, ["s.db"] if command.startswith("fleet") else ["b"] if "bundle" in command else [])
    return [*command.split(), *given]


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("a\nb"), RecursionError(), MemoryError(), UnicodeDecodeError("x", b"", 0, 1, "y")],
    ids=lambda each: type(each).__name__,
)
def test_an_exception_that_nobody_foresaw_ends_with_70(
    command: str, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_options: Any) -> Any:
        raise error

    monkeypatch.setattr(COMMANDS[command].replace(":", "."), broken)
    assert main(_words(command)) == 70
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "a defect in passmuster, please report it" in err
    assert f"{type(error).__name__} at test_ending.py:" in err


@pytest.mark.long
def test_an_interrupt_ends_with_130_and_says_nothing(folder: Path) -> None:
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    # A shell starts what it runs in the background without interrupts, and children inherit that.
    script = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    script += "runpy.run_module('passmuster', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", script, "check", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=given
    ) as running:
        assert running.stdin is not None
        running.stdin.write(data() * 300)  # waits until nearly all of it was read
        running.stdin.flush()
        # A library that is being imported may swallow one interrupt; a person would press again.
        for _ in range(5):
            running.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=4)
                break
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, b"", b"")
    assert [each.name for each in folder.iterdir()] == ["n.json"]


@pytest.mark.long
def test_few_places_say_that_something_failed() -> None:
    """Status 1 comes out of a command's own judgement, and errors that stand for one; nothing else may name it."""
    naming = set()
    for file in (ROOT / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "ExitStatus.FAILED":
                naming.add(str(file.relative_to(ROOT / "engine" / "passmuster")))
    assert naming == {
        "cli/impact.py",
        "cli/lint.py",
        "cli/policytest.py",
        "cli/exit_status.py",
        "exchange/redaction/compare.py",
    }
