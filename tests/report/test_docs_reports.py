"""The examples of docs/reports.md are what the command prints; PASSMUSTER_UPDATE=1 writes them anew."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from snapshots import data

from passmuster.cli import main
from passmuster.report import REPORTERS

DOCUMENT = Path(__file__).parents[2] / "docs" / "reports.md"
_BLOCK = re.compile(r"(?ms)^```console\n\$ passmuster (?P<command>[^\n]*)\n(?P<output>.*?)^```$")
FLEET: dict[str, dict[str, Any]] = {
    "worker-1": {},
    "worker-2": {},
    "worker-3": {"set_": {"kernel.release": "4.4.0-210-generic"}},
    "worker-4": {"unknown": {"devices": "denied"}},
}


@pytest.fixture
def _fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    Path("fleet").mkdir()
    for name, changes in FLEET.items():
        Path("fleet", f"{name}.json").write_bytes(data(name, machine_id=f"sha256:{name[-1] * 64}", **changes))


@pytest.mark.usefixtures("_fleet")
def test_the_examples_are_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(block: re.Match[str]) -> str:
        main(shlex.split(block["command"]))
        told = capsys.readouterr().out.replace("\r\n", "\n")
        return f"```console\n$ passmuster {block['command']}\n{told}```"

    written = DOCUMENT.read_text("utf-8")
    assert len(_BLOCK.findall(written)) == 3
    now = _BLOCK.sub(printed, written)
    if os.environ.get("PASSMUSTER_UPDATE"):
        DOCUMENT.write_text(now, "utf-8")
    assert DOCUMENT.read_text("utf-8") == now


def test_every_format_is_in_the_table() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \|", DOCUMENT.read_text("utf-8"))
    assert sorted(rows) == sorted(reporter.name for reporter in REPORTERS)
