"""Some of the mutated inputs that `make fuzz-inputs` tries by the thousand: no traceback, no status 1 by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fuzz_run import Case, cases, complaint, prepare, separately, status_of

from passmuster.exchange.bundle import ed25519

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not ed25519.available(), reason="seeds are signed: needs the extra [sign]")
SEED = 12


@pytest.mark.long
def test_the_inputs_that_are_mutated_are_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in prepare():
        for words in kind.commands:
            assert status_of(Case(0, kind, kind.content, words)) in {0, 1, 3}, (words, capsys.readouterr().err)


@pytest.mark.long
def test_mutated_inputs_end_as_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = prepare()
    told = {
        f"{case.number}: {case.kind.name}: {' '.join(case.words)}": complaint(case)
        for case in cases(found, SEED, 0, 300)
    }
    assert {name: each for name, each in told.items() if each is not None} == {}


@pytest.mark.long
def test_the_same_in_processes_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = prepare()
    told = {f"{case.number}: {case.kind.name}": separately(case) for case in cases(found, SEED, 1000, 6)}
    assert {name: each for name, each in told.items() if each is not None} == {}
