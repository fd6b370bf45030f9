"""Snapshots of the first release, judged for ever: every later engine gives the same verdicts.

`NAME.json` is a snapshot, `NAME.verdict.json` what virtnest 1.0.0 says of it. No test writes either of them, whatever the
environment says; an engine that gives another verdict is wrong.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from goldens import same_as_golden
from packs import no_parameters, virtnest

from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.snapshot import load

FROZEN = Path(__file__).resolve().parents[1] / "data" / "snapshots" / "1"
SNAPSHOTS = sorted(path for path in FROZEN.glob("*.json") if not path.name.endswith(".verdict.json"))


def test_there_are_ten_and_more() -> None:
    assert len(SNAPSHOTS) >= 10


@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.stem)
def test_the_verdict_is_that_of_the_first_release(file: Path) -> None:
    _same_as_frozen(file, file.with_suffix(".verdict.json"))


@pytest.mark.parametrize("broken", ["verdict_digest", "outcome", "cpu-x86-64-v2"])
def test_another_verdict_fails_and_is_not_written(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSMUSTER_UPDATE", "1")
    frozen = SNAPSHOTS[0].with_suffix(".verdict.json").read_text()
    changed = re.sub(rf'({broken}": "(?:sha256:)?)(\w+)', lambda found: found[1] + found[2][::-1], frozen)
    assert changed != frozen
    file = tmp_path / "verdict.json"
    file.write_text(changed)
    with pytest.raises(AssertionError):
        _same_as_frozen(SNAPSHOTS[0], file)
    assert file.read_text() == changed


def test_a_golden_that_can_be_written_anew_is_no_frozen_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSMUSTER_UPDATE", "1")
    before = SNAPSHOTS[0].read_bytes()
    with pytest.raises(AssertionError, match="no golden"):
        same_as_golden(f"../snapshots/1/{SNAPSHOTS[0].name}", "")
    assert SNAPSHOTS[0].read_bytes() == before


def _same_as_frozen(file: Path, frozen: Path) -> None:
    given = Given(input=file.name, snapshot=load(file.read_bytes(), file.name))
    verdict = judge([given], EvaluationCriteria(policies=(virtnest(),), parameters=no_parameters(virtnest())))
    (node,) = verdict.nodes
    told = {
        "outcome": node.outcome.value,
        "rules": {result.rule.name: result.outcome.value for result in node.results},
        "verdict_digest": verdict.digest,
    }
    assert json.dumps(told, indent=1) + "\n" == frozen.read_text()
