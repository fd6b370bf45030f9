"""How outcomes combine: the table of the design, and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome, fleet_outcome, node_outcome, worse

R, C, I = Level.REQUIRED, Level.RECOMMENDED, Level.INFORMATIONAL  # noqa: E741 - columns of the table
P, F, U, E = RuleOutcome.PASS, RuleOutcome.FAIL, RuleOutcome.UNKNOWN, RuleOutcome.ERROR
N, W = RuleOutcome.NOT_APPLICABLE, RuleOutcome.WAIVED

NODES: dict[str, tuple[list[tuple[Level, RuleOutcome]], NodeOutcome]] = {
    "a required failure decides": ([(R, P), (R, F), (R, U)], NodeOutcome.FAIL),
    "a required unknown is no pass": ([(R, P), (R, U)], NodeOutcome.UNKNOWN),
    "a required error is unknown": ([(R, P), (R, E)], NodeOutcome.UNKNOWN),
    "a recommended failure warns": ([(R, P), (C, F)], NodeOutcome.WARN),
    "a recommended unknown warns": ([(R, P), (C, U)], NodeOutcome.WARN),
    "a recommended error warns": ([(R, P), (C, E)], NodeOutcome.WARN),
    "all pass": ([(R, P), (C, P)], NodeOutcome.PASS),
    "a recommended pass alone counts": ([(C, P)], NodeOutcome.PASS),
    "informational rules never count": ([(R, P), (I, F), (I, U), (I, E)], NodeOutcome.PASS),
    "what is not applicable never counts": ([(R, P), (R, N)], NodeOutcome.PASS),
    "what is waived never counts": ([(R, P), (R, W)], NodeOutcome.PASS),
    "no rule at all is unknown": ([], NodeOutcome.UNKNOWN),
    "nothing applicable is unknown": ([(R, N), (C, N)], NodeOutcome.UNKNOWN),
    "informational passes alone are unknown": ([(I, P)], NodeOutcome.UNKNOWN),
    "everything waived is unknown": ([(R, W)], NodeOutcome.UNKNOWN),
}


@pytest.mark.parametrize(("results", "expected"), NODES.values(), ids=NODES)
def test_a_node(results: list[tuple[Level, RuleOutcome]], expected: NodeOutcome) -> None:
    assert node_outcome(results) is expected


def test_a_fleet_is_the_worst_of_its_nodes() -> None:
    assert fleet_outcome([NodeOutcome.PASS, NodeOutcome.WARN]) is NodeOutcome.WARN
    assert fleet_outcome([NodeOutcome.UNKNOWN, NodeOutcome.WARN]) is NodeOutcome.UNKNOWN
    assert fleet_outcome([NodeOutcome.UNKNOWN, NodeOutcome.FAIL]) is NodeOutcome.FAIL


def test_an_empty_fleet_is_not_a_pass() -> None:
    assert fleet_outcome([]) is NodeOutcome.UNKNOWN


results = st.lists(st.tuples(st.sampled_from(Level), st.sampled_from(RuleOutcome)))


@given(results, results)
def test_a_node_is_as_bad_as_its_worst_half(
    one: list[tuple[Level, RuleOutcome]], other: list[tuple[Level, RuleOutcome]]
) -> None:
    counted = [half for half in (one, other) if node_outcome([*half, (R, P)]) is not NodeOutcome.PASS or _weighs(half)]
    if len(counted) == 2:
        assert node_outcome(one + other) is worse(node_outcome(one), node_outcome(other))


def _weighs(half: list[tuple[Level, RuleOutcome]]) -> bool:
    return any(level is not I and outcome not in {N, W} for level, outcome in half)
