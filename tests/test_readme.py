"""The README's tour, played in a made cluster: every command works, and prints what stands there.

PASSMUSTER_UPDATE=1 writes the outputs anew; read the diff.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from demos import CHECKOUT, made, play, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = CHECKOUT / "README.md"
_BLOCK = re.compile(r"(?ms)^```(?P<kind>console|sh)\n(?P<body>.*?)^```$")
SETUP = {"make demo", "cd dist/demo", 'export PATH="$PWD/../../.venv/bin:$PATH"'}
"""What the fixture does instead."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("tour") / "demo")


def tour() -> str:
    return README.read_text("utf-8").partition("## A tour of five minutes")[2].partition("\n## ")[0]


def blocks() -> Iterator[tuple[str, str]]:
    return ((match["kind"], match["body"]) for match in _BLOCK.finditer(tour()))


@pytest.mark.long
def test_every_command_of_the_tour_prints_what_stands_there(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(monkeypatch, demo)
    played: list[str] = []

    def anew(match: re.Match[str]) -> str:
        if match["kind"] == "sh":
            for command in match["body"].splitlines():
                if command not in SETUP:
                    play(command, capsys)
                    played.append(command)
            return match[0]
        command = match["body"].splitlines()[0].removeprefix("$ ")
        played.append(command)
        return f"```console\n$ {command}\n{play(command, capsys)}```"

    now = _BLOCK.sub(anew, tour())
    if os.environ.get("PASSMUSTER_UPDATE"):
        README.write_text(README.read_text("utf-8").replace(tour(), now), "utf-8")
    assert tour() == now
    assert len(played) >= 20


def test_the_tour_is_set_up_as_the_test_does_it() -> None:
    first = next(body for kind, body in blocks() if kind == "sh")
    assert set(first.splitlines()) == SETUP
    assert "$(BIN)/python demo/make.py dist/demo" in (CHECKOUT / "Makefile").read_text("utf-8")


def test_a_folder_that_is_no_demo_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, str(CHECKOUT / "demo/make.py"), str(tmp_path)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "expected a new folder" in done.stderr
    assert (tmp_path / "mine").read_text() == "kept"
