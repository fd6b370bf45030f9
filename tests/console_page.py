"""A page of the documentation as sessions that are played again: each command in its place, and what it printed.

A session is a block `console` whose commands begin with the name of a place and a dollar, as `site$ `; a command ends with
its line, unless that ends with a backslash. `passmuster` with nothing but its arguments runs in this process, all else in a
shell, for which `bin` has the command, too.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from passmuster.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_BLOCK = re.compile(r"(?ms)^```console\n(?P<text>.*?)^```$")
_COMMAND = re.compile(r"(?m)^(?P<place>[a-z]+)\$ (?P<command>(?:[^\n]*\\\n)*[^\n]*)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a page's sessions are played."""

    places: Mapping[str, Path]
    """The folder behind each prompt."""
    clocks: Mapping[str, str]
    """What SOURCE_DATE_EPOCH is behind each prompt."""
    bin: Path
    """A folder for the command, which a shell finds there."""
    names: Mapping[str, str]
    """Paths that the page names, and where they are here."""
    captured: pytest.CaptureFixture[str]
    after: Callable[[str, Path], None]
    """What is done after each command, which it is given with its place."""


def play(page: str, stage: Stage) -> str:
    """The page with what its commands print now."""
    status = 0
    install(stage.bin)

    def block(found: re.Match[str]) -> str:
        nonlocal status
        told = []
        for each in _COMMAND.finditer(found["text"]):
            command, place = each["command"], each["place"]
            if command == "echo $?":
                printed = f"{status}\n"
            else:
                status, printed = run(command.replace("\\\n", " "), place, stage)
                stage.after(command, stage.places[place])
            told.append(f"{place}$ {command}\n{printed}")
        return "```console\n" + "".join(told) + "```"

    return _BLOCK.sub(block, page)


def install(folder: Path) -> None:
    """Put the command into a folder, for shells."""
    folder.mkdir(exist_ok=True)
    script = folder / "passmuster"
    path = shlex.quote(os.pathsep.join(sys.path))
    script.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {shlex.quote(sys.executable)} -m passmuster "$@"\n')
    script.chmod(0o755)


def run(command: str, place: str, stage: Stage) -> tuple[int, str]:
    """The status of a command, and what it prints on both streams."""
    for name, here in stage.names.items():
        command = command.replace(name, here)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(stage.places[place])
        patch.setenv("SOURCE_DATE_EPOCH", stage.clocks[place])
        patch.setenv("PATH", f"{stage.bin}{os.pathsep}{os.environ['PATH']}")
        stage.captured.readouterr()
        if command.startswith("passmuster ") and not set(command) & set("|<>"):
            status = main(shlex.split(command)[1:])
            told = stage.captured.readouterr()
            printed = told.out + told.err
        else:
            done = subprocess.run(
                ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            status, printed = done.returncode, done.stdout
    for name, here in stage.names.items():
        printed = printed.replace(here, name)
    return status, printed
