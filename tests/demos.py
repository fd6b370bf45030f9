"""The cluster of `make demo`, and documents played in it: each command works, and prints what stands below it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli import main

if TYPE_CHECKING:
    import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
VERDICTS = frozenset((0, 1, 3))
"""2 and 4 would be a document that cannot be followed."""
_CONSOLE = re.compile(r"(?ms)^```console\n(.*?)^```$")
_COMMAND = re.compile(r"(?m)^\$ (.*)\n((?:(?!\$ ).*\n)*)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def made(folder: Path) -> Path:
    """The cluster, in a new folder."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(CHECKOUT / "demo/make.py"), str(folder)], check=True, env=environment)
    return folder


def terminal(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Go to a folder, in a terminal as documents show it."""
    monkeypatch.chdir(folder)
    for name, value in {"NO_COLOR": "1", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)


def play(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints on standard output; other commands than passmuster run in a shell."""
    if not command.startswith("passmuster "):
        return subprocess.run(["/bin/sh", "-ec", command], check=True, capture_output=True, text=True).stdout
    with contextlib.suppress(SystemExit):
        status = main(shlex.split(command, comments=True)[1:])
        printed = capsys.readouterr()
        assert status in VERDICTS, f"{command}: {printed.err}"
    return printed.out.replace("\r\n", "\n")


def session(document: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """Play every console block of a document; returns how many commands there are. PASSMUSTER_UPDATE=1 writes them anew."""
    played: list[str] = []
    digests: dict[str, str] = {}
    """Those that the page shows, to what they are now: later commands name their beginnings."""

    def anew(match: re.Match[str]) -> str:
        told = []
        for command, shown in _COMMAND.findall(match[1]):
            for then, now_ in digests.items():
                command = command.replace(then[:23], now_[:23])  # noqa: PLW2901 - the same command
            printed = play(command, capsys)
            digests.update(zip(_DIGEST.findall(shown), _DIGEST.findall(printed), strict=False))
            played.append(command)
            told.append(f"$ {command}\n{printed}")
        return "```console\n" + "".join(told) + "```"

    written = document.read_text("utf-8")
    now = _CONSOLE.sub(anew, written)
    if os.environ.get("PASSMUSTER_UPDATE"):
        document.write_text(now, "utf-8")
    assert document.read_text("utf-8") == now
    return len(played)
