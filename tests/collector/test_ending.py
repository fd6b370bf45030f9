"""How the collector ends: never with status 1, and with one line where there is no snapshot."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from host_tree import MOUNTED, plant

from passmuster_collector import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(plant(tmp_path / "host", {**MOUNTED, "/etc/hostname": "worker-3\n"}))


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    """A line of bash in which the word P stands for the collector."""
    program = f"{sys.executable} -m passmuster_collector "
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(["bash", "-c", line.replace("P ", program)], check=False, capture_output=True, env=given)


OUT = b"passmuster-collector: standard output: "
STREAMS: dict[str, tuple[str, int, bytes]] = {
    "standard output is closed": ("P --root R >&-", 2, OUT + b"Bad file descriptor\n"),
    "it is closed, and help is asked for": ("P --help >&-", 2, OUT + b"Bad file descriptor\n"),
    "it is full, and help is asked for": ("P --help >/dev/full", 2, OUT + b"No space left on device\n"),
    "it is closed, and nothing goes there": ("P --root R -o R/../out >&-", 0, b""),
    "standard input is closed": ("P --root R -o R/../out <&-", 0, b""),
    "standard error is closed": ("P --root /nowhere 2>&-", 2, b""),
    "all are closed": ("P --root R -o R/../out <&- >&- 2>&-", 0, b""),
}


@pytest.mark.long
@pytest.mark.parametrize("case", STREAMS)
def test_a_stream_that_cannot_be_used_is_one_line_and_status_2(case: str, root: str) -> None:
    line, status, told = STREAMS[case]
    done = shell(line.replace("R", root))
    assert (done.returncode, done.stderr) == (status, told)


def test_an_exception_that_nobody_foresaw_ends_with_70(
    root: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(cli, "take", broken)
    assert cli.main(["--root", root]) == 70
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert re.search(
        r"please report it with this line and your command: ZeroDivisionError at test_ending.py:\d+: a\\nb", err
    )


def test_an_interrupt_ends_with_130(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "take", interrupted)
    assert cli.main(["--root", root]) == 130
