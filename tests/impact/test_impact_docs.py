"""docs/impact.md: the commands that it shows print what it shows; PASSMUSTER_UPDATE=1 writes that anew."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from packs import CHECKOUT
from snapshots import data

from passmuster.cli import main
from passmuster.comparison import Cause, Origin

if TYPE_CHECKING:
    from pathlib import Path

PAGE = CHECKOUT / "docs" / "impact.md"
TEXT = PAGE.read_text("utf-8")
COMMANDS = re.findall(r"^\$ passmuster (.*)$", TEXT, re.MULTILINE)
PORT = "kernel.sysctl['net.ipv4.ip_unprivileged_port_start']"
DOCKER = {"runtime.name": "docker", "runtime.installed": ["docker"]}
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - id: old-racks
    node: {name: gpu-*}
    rule: virtnest/cpu-x86-64-v2
    reason: The racks leave in winter.
    owner: platform team
    ticket: OPS-17
    expires: 2026-12-31
"""


def docker(version: str) -> dict[str, Any]:
    return {**DOCKER, "runtime.docker": {"version": version}}


BEFORE: dict[str, dict[str, Any]] = {
    **{f"worker-{at:03d}": {"kernel.release": "4.11.0", PORT: None} for at in range(1, 4)},
    **{f"edge-{at}": docker("20.10.9") for at in range(1, 3)},
    "gpu-1": {},
    "lab-1": {},
    "rack-9": {},
}
AFTER: dict[str, dict[str, Any]] = {
    **{f"worker-{at:03d}": {"kernel.release": "4.11.0", PORT: None} for at in range(1, 4)},
    **{f"edge-{at}": docker("20.10.10") for at in range(1, 3)},
    "gpu-1": {"cpu.flags": ["lm", "vmx"]},
    "lab-1": {"kernel.release": "4.4.0"},
    "rack-10": {},
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for folder, nodes in (("before", BEFORE), ("after", AFTER)):
        (tmp_path / folder).mkdir()
        for name, facts in nodes.items():
            (tmp_path / folder / f"{name}.json").write_bytes(data(name, set_=facts))
    (tmp_path / "waivers.yaml").write_text(WAIVERS)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_shows_what_the_command_prints(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(command)) == 1
    shown = f"```console\n$ passmuster {command}\n{capsys.readouterr().out}```\n"
    if os.environ.get("PASSMUSTER_UPDATE"):
        begin = f"```console\n$ passmuster {command}\n"
        old = PAGE.read_text("utf-8")
        at = old.index(begin)
        PAGE.write_text(old[:at] + shown + old[old.index("```\n", at + len(begin)) + 4 :], "utf-8")
    assert shown in PAGE.read_text("utf-8")


def test_the_page_names_every_cause_and_every_origin() -> None:
    assert len(COMMANDS) == 2
    assert [each.value for each in (*Cause, *Origin) if each.value not in TEXT] == []


def test_the_page_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["impact", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help", "--output"}
    assert sorted(each for each in options if f"`{each}" not in TEXT) == []
