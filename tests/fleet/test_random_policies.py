"""Random policies over mutated fleets: every path and every format say what judging each node the plain way says."""

from __future__ import annotations

import pytest
from data_here import data
from random_policies import search

from passmuster.cli import main


@pytest.mark.parametrize("seed", [1, 2])
def test_every_path_and_format_agrees(seed: int) -> None:
    assert list(search(24, seed)) == []


def test_every_path_agrees_where_the_memory_forgets_all_the_time() -> None:
    assert list(search(8, 3, limit=2_000)) == []


FAULTS = {
    "an outcome that reads nothing, and a message that does": "falsepass-summary.yaml",
    "a message that names the node": "crash-node-in-message.yaml",
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("words", [("summary",), ("matrix",), ("json",), ("summary", "--jobs", "2")], ids=" ".join)
def test_a_failing_rule_fails_on_every_path(
    name: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(data(f"faults/{file}")) for file in ("berlin.json", "tokyo.json", "newer-section.json")]
    assert (
        main(
            ["check", *files, "-p", str(data(f"faults/{FAULTS[name]}")), "-o", *words, "--now", "2027-01-01T00:00:00Z"]
        )
        == 1
    )
    assert "fail" in capsys.readouterr().out
