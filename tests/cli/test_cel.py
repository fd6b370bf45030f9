"""`passmuster cel ...`: trying an expression, and the list of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

TRIED = {
    "a value": ("1 + 1", 0, ["value  2", "type   int", "reads  no fact"]),
    "a fact": (
        "cpu.flags.filter(f, f.startsWith('v'))",
        0,
        ['value  ["vmx"]', "type   list(string)", "reads  cpu.flags"],
    ),
    "presence": (
        "has(runtime.docker)",
        0,
        ["value  false", "type   bool", "reads  runtime.docker (whether it is there)"],
    ),
    "an error": ("kernel.modules[99]", 3, ["value  error: index out of bounds: 99 of 2"]),
    "an unknown": ("os.id", 3, ["value  unknown: os.id (denied)", "type   string"]),
}


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "node.json").write_bytes(data(unknown={"os.id": "denied"}))
    return str(tmp_path / "node.json")


@pytest.mark.parametrize(("expression", "status", "lines"), TRIED.values(), ids=TRIED)
def test_trying(
    snapshot: str, capsys: pytest.CaptureFixture[str], expression: str, status: int, lines: list[str]
) -> None:
    assert main(["cel", "eval", expression, "-s", snapshot]) == status
    out = capsys.readouterr().out.splitlines()
    assert out[: len(lines)] == lines
    assert out[-1].startswith("cost ")


def test_without_a_snapshot_every_fact_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cel", "eval", "network.ipv6 || true"]) == 0
    assert main(["cel", "eval", "network.ipv6"]) == 3
    assert "unknown: network (not_collected)" in capsys.readouterr().out


def test_every_mistake_is_told_in_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cel", "eval", "os.nme == 1 &&\n 'x'"]) == 2
    err = capsys.readouterr().err
    assert "EXPR:1:4: there is no field 'nme'" in err
    assert "EXPR:2:2: " in err


def test_a_snapshot_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_bytes(b"x")
    assert main(["cel", "eval", "true", "-s", str(tmp_path / "bad.json")]) == 2
    (tmp_path / "two.ndjson").write_bytes(data() * 2)
    assert main(["cel", "eval", "true", "-s", str(tmp_path / "two.ndjson")]) == 2
    assert "2 snapshots (expected one)" in capsys.readouterr().err


def test_functions_are_listed_and_found_by_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cel", "functions"]) == 0
    everything = capsys.readouterr().out
    assert main(["cel", "functions", "kernelVersion"]) == 0
    some = capsys.readouterr().out
    assert "kernelVersion(string) -> kernelVersion" in some
    assert len(some) < len(everything) / 4
    assert main(["cel", "functions", "no such word"]) == 2
