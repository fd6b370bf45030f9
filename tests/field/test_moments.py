"""Two snapshots of one node, of which one claims to be collected in 2099: it passes, and the true one fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from data_here import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The true snapshot, and the one from the future."""
    monkeypatch.chdir(tmp_path)
    return data("faults/now.json"), data("faults/future.json")


@pytest.mark.long
@pytest.mark.parametrize("options", [[], ["--latest"], ["--max-age", "900d"]], ids=" ".join)
@pytest.mark.parametrize("order", [1, -1], ids=["the true one first", "the true one last"])
def test_a_snapshot_from_the_future_hides_nothing(
    options: list[str], order: int, nodes: tuple[Path, Path], capsys: Any
) -> None:
    given = [str(each) for each in nodes][::order]
    assert main(["check", *given, *options, "-p", "virtnest@1.0.0", "-o", "json"]) == 1
    true, future = sorted(
        json.loads(capsys.readouterr().out)["nodes"], key=lambda each: each["snapshot"]["collected_at"]
    )
    assert (true["outcome"], future["outcome"]) == ("fail", "unknown")
    assert future["reason"] == "the snapshot is from the future (collected 2099-01-01T00:00:00Z)"


def test_by_itself_it_is_unknown(nodes: tuple[Path, Path], capsys: Any) -> None:
    assert main(["check", str(nodes[1])]) == 3
    assert "the snapshot is from the future" in capsys.readouterr().out
