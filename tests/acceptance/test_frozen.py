"""Snapshots of the first release, judged for ever: every later engine gives the same verdicts.

`NAME.json` is a snapshot, `NAME.verdict.json` what virtnest 1.0.0 says of it; neither ever changes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from goldens import same_as_golden
from packs import no_parameters, virtnest

from passmuster.judge import Given, judge
from passmuster.snapshot import load
from passmuster.terms import Terms

FROZEN = Path(__file__).resolve().parents[1] / "data" / "snapshots" / "1"
SNAPSHOTS = sorted(path for path in FROZEN.glob("*.json") if not path.name.endswith(".verdict.json"))


def test_there_are_ten_and_more() -> None:
    assert len(SNAPSHOTS) >= 10


@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.stem)
def test_the_verdict_is_that_of_the_first_release(file: Path) -> None:
    given = Given(input=file.name, snapshot=load(file.read_bytes(), file.name))
    verdict = judge([given], Terms(policies=(virtnest(),), parameters=no_parameters(virtnest())))
    (node,) = verdict.nodes
    told = {
        "outcome": node.outcome.value,
        "rules": {result.rule.name: result.outcome.value for result in node.results},
        "verdict_digest": verdict.digest,
    }
    same_as_golden(f"../snapshots/1/{file.stem}.verdict.json", json.dumps(told, indent=1) + "\n")
