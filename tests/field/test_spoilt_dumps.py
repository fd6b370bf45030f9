"""Files of dumps emptied, cut or replaced: no required rule comes to fail by it, and none to pass."""

from __future__ import annotations

import random

import pytest
from made_dumps import HEALTHY, made
from spoilt_dumps import all_dumps, forbidden, outcomes, spoilt, wrong

from passmuster.model.outcome import RuleOutcome

MADE = made()
ROUNDS, EACH = 8, 40


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_was_lost_is_neither_a_fault_nor_its_cure(seed: int) -> None:
    lot = random.Random(seed)
    for name, files in lot.sample(all_dumps(), 8):
        before = outcomes(files)
        for _ in range(EACH // 8):
            found = spoilt(files, before, lot)
            assert found.wrong == (), f"{name}: {found.what}"


@pytest.mark.long
@pytest.mark.parametrize("name", MADE)
def test_a_cut_at_the_end_of_a_line_is_not_taken_for_the_end(name: str) -> None:
    files, before = MADE[name], outcomes(MADE[name])
    differing = [path for path in files if files[path] != HEALTHY.get(path, "").encode()]
    lot = random.Random(name)
    for path in differing or sorted(files):
        data = files[path]
        ends = [place + 1 for place, byte in enumerate(data[:-1]) if byte == 0x0A]
        for end in lot.sample(ends, min(len(ends), 4)):
            assert wrong(before, outcomes({**files, path: data[:end]})) == (), f"{path} cut at {end}"


def test_the_made_nodes_are_what_they_are_called() -> None:
    assert [rule for rule, one in outcomes(MADE["healthy"]).items() if one is RuleOutcome.FAIL] == []
    lacking = outcomes(MADE["the last processor lacks a word"])
    assert lacking["virtnest@1.1.0/cpu-x86-64-v2"] is RuleOutcome.FAIL
    assert outcomes(MADE["no container-selinux"])["kubevirt@1.1.0/container-selinux"] is RuleOutcome.FAIL
    assert outcomes(MADE["no virtualization"])["kubevirt@1.1.0/kvm-registered"] is RuleOutcome.FAIL


def test_what_is_forbidden() -> None:
    assert forbidden(RuleOutcome.PASS, RuleOutcome.FAIL)
    assert forbidden(RuleOutcome.UNKNOWN, RuleOutcome.FAIL)
    assert forbidden(RuleOutcome.FAIL, RuleOutcome.PASS)
    assert not forbidden(RuleOutcome.FAIL, RuleOutcome.UNKNOWN)
    assert not forbidden(RuleOutcome.PASS, RuleOutcome.UNKNOWN)
