"""Laws of fleet rules: parts merge in any order, and what is not known never makes a rule pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pool_rules import compiled, fleet_rule, nodes

from passmuster.evaluation.pools import UNJUDGED, Aggregate, aggregate, contribution, pool_results
from passmuster.evaluation.pools.bounds import Growth, growth
from passmuster.evaluation.pools.contributions import Unplaced, Unvalued, Valued, Why
from passmuster.evaluation.rule import bound
from passmuster.model.fieldpath import FieldPath
from passmuster.model.outcome import RuleOutcome
from passmuster.model.unknown import Reason, UnknownFact
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.evaluation.pools import Contribution
    from passmuster.model.verdict import FleetResult
    from passmuster.policy.compile import CompiledPolicy

DENIED = Why(facts=(UnknownFact(path=FieldPath(("cpu", "vendor")), reason=Reason.DENIED, detail=""),))
FAULT = Why(reason="no such key: 'x'", fault=True)
TEXTS = st.sampled_from(["a", "b", "c"])
VALUES = st.one_of(st.builds(Valued, st.sampled_from(["", "p"]), TEXTS), st.builds(Unvalued, st.sampled_from(["", "p"]), st.sampled_from([DENIED, FAULT])), st.builds(Unplaced, st.sampled_from([DENIED, FAULT])), st.just(UNJUDGED), st.none())  # fmt: skip
MEMBERS = st.lists(st.tuples(VALUES, st.sampled_from(["n1", "n2", "n3", "n4"])), max_size=12)

EXPRESSIONS = (
    "size(fleet.values) <= 1",
    "size(fleet.values) == 1",
    "1 == size(fleet.values)",
    "size(fleet.values) >= 2",
    "size(fleet.values) == 2",
    "2 > size(fleet.values)",
    "!(size(fleet.values) > 1)",
    "fleet.size < 3 || size(fleet.values) < 2",
    "fleet.size > 1 && 'a' in fleet.values",
    "!('b' in fleet.values)",
    "sets.contains(fleet.values, ['a', 'b'])",
    "sets.contains(['a', 'b'], fleet.values)",
    "!sets.intersects(fleet.values, ['a', 'c'])",
    "fleet.values.all(v, v in ['a', 'b'])",
    "fleet.values.all(v, !(v in fleet.values))",
    "fleet.values.exists(v, v == 'c')",
    "fleet.values.all(i, v, i < 2)",
    "fleet.values.all(i, v, i > 0 || v == 'b')",
    "size(fleet.values.filter(v, v != 'a')) <= 1",
    "fleet.counts.all(v, fleet.counts[v] > 1)",
    "fleet.values[0] == 'a'",
    "fleet.values == ['a']",
    "fleet.size % 2 == 0",
)
LISTS = (
    "size(fleet.common) > 0",
    "sets.contains(fleet.common, ['a'])",
    "sets.contains(fleet.common, fleet.union)",
    "fleet.union.all(v, v in fleet.common)",
    "fleet.union.all(v, v != 'a' || v in fleet.common)",
    "fleet.common.exists(v, v in fleet.union)",
    "size(fleet.common) < size(fleet.union)",
    "fleet.common.all(v, v == 'a')",
    "size(fleet.union) - size(fleet.common) < 2",
)
RULES = {text: compiled(fleet_rule("one", text, value="os.id", group_by="kernel.release")) for text in EXPRESSIONS} | {
    text: compiled(fleet_rule("one", text, value="os.id_like", group_by="kernel.release")) for text in LISTS
}
_WORST = (RuleOutcome.FAIL, RuleOutcome.ERROR, RuleOutcome.UNKNOWN, RuleOutcome.PASS, RuleOutcome.NOT_APPLICABLE)


def gathered(members: Sequence[tuple[Contribution | None, str]]) -> Aggregate:
    found = Aggregate()
    for each, name in members:
        found.add(each, name)
    return found


def concluded(text: str, *parts: Aggregate) -> tuple[FleetResult, ...]:
    whole = Aggregate()
    for each in parts:
        whole.merge(each)
    return pool_results(RULES[text].fleet_rules[0], whole, {}, {})


@given(MEMBERS, st.randoms(use_true_random=False), st.integers(0, 12), st.integers(0, 12))
def test_parts_merge_in_any_order_to_what_one_pass_gives(members: list[Any], order: Any, one: int, two: int) -> None:
    first, last = sorted((one, two))
    shuffled = list(members)
    order.shuffle(shuffled)
    parts = [gathered(shuffled[:first]), gathered(shuffled[first:last]), gathered(shuffled[last:])]
    text = EXPRESSIONS[0]
    whole = concluded(text, gathered(members))
    assert concluded(text, *parts) == whole
    assert concluded(text, *reversed(parts)) == whole
    left, right = Aggregate(), Aggregate()
    left.merge(parts[1])
    left.merge(parts[2])
    right.merge(parts[0])
    right.merge(left)
    assert concluded(text, right) == whole


@given(MEMBERS, st.randoms(use_true_random=False), st.integers(0, 12))
def test_so_they_do_where_not_everything_is_kept(members: list[Any], order: Any, at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MAX_NAMES", "MAX_POOLS", "MAX_REASONS", "MAX_VALUES"):
            patch.setattr(aggregate, name, 1)
        shuffled = list(members)
        order.shuffle(shuffled)
        text = EXPRESSIONS[0]
        whole = concluded(text, gathered(members))
        assert concluded(text, gathered(shuffled[:at]), gathered(shuffled[at:])) == whole
        assert concluded(text, gathered(shuffled[at:]), gathered(shuffled[:at])) == whole


def _worst(results: Sequence[FleetResult]) -> RuleOutcome:
    return min((each.outcome for each in results), key=_WORST.index)


@pytest.mark.long
@pytest.mark.parametrize("text", RULES)
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_not_known_never_makes_a_rule_pass_or_fail(text: str, data: st.DataObject) -> None:
    """Withholding facts of members turns fail into fail or unknown, pass into pass or unknown, and unknown into unknown."""
    kinds: st.SearchStrategy[Any] = (
        st.lists(TEXTS, max_size=3, unique=True).map(sorted).map(tuple) if text in LISTS else TEXTS
    )
    known = data.draw(st.lists(st.tuples(st.sampled_from(["", "p"]), kinds), min_size=1, max_size=6))
    full = [(Valued(pool, value), f"n{at}") for at, (pool, value) in enumerate(known)]
    first = data.draw(st.lists(st.sampled_from(["keep", "value", "place"]), min_size=len(full), max_size=len(full)))
    second = data.draw(st.lists(st.sampled_from(["keep", "value", "place"]), min_size=len(full), max_size=len(full)))
    some = [_withheld(each, how) for each, how in zip(full, first, strict=True)]
    less = [_withheld(each, how) for each, how in zip(some, second, strict=True)]
    before, then, last = (_worst(concluded(text, gathered(each))) for each in (full, some, less))
    for now, withheld in ((before, then), (then, last), (before, last)):
        if withheld is RuleOutcome.PASS:
            assert now is RuleOutcome.PASS
        if withheld is RuleOutcome.FAIL:
            assert now is RuleOutcome.FAIL
        if now in {RuleOutcome.UNKNOWN, RuleOutcome.FAIL}:
            assert withheld in {RuleOutcome.UNKNOWN, now}


def _withheld(member: tuple[Any, str], how: str) -> tuple[Any, str]:
    contributed, name = member
    if how == "place" or isinstance(contributed, Unplaced):
        return member if how == "keep" else (Unplaced(DENIED), name)
    return member if how == "keep" else (Unvalued(contributed.pool, DENIED), name)


GROWTH: dict[str, Growth] = {
    "size(fleet.values) <= 1": Growth.DOWN,
    "size(fleet.values) == 1": Growth.DOWN,
    "size(fleet.values) == 2": Growth.ANY,
    "size(fleet.values) >= 2": Growth.UP,
    "!(size(fleet.values) > 1)": Growth.DOWN,
    "fleet.values.all(v, v in ['a'])": Growth.DOWN,
    "fleet.values.all(i, v, i < 2)": Growth.ANY,
    "fleet.counts.all(v, fleet.counts[v] > 1)": Growth.ANY,
    "1 < 2": Growth.FIXED,
    "fleet.size > 3": Growth.UP,
}


@pytest.mark.parametrize(("text", "moves"), GROWTH.items(), ids=GROWTH)
def test_how_an_expression_can_move_is_read_off_it(text: str, moves: Growth) -> None:
    assert growth(compiled(fleet_rule("one", text, value="os.id")).fleet_rules[0].expression.tree) == moves


@pytest.mark.parametrize("text", ["size(fleet.common) > 0", "fleet.union.all(v, v in fleet.common)", "sets.contains(fleet.common, fleet.union)"])  # fmt: skip
def test_what_is_common_only_shrinks(text: str) -> None:
    assert growth(RULES[text].fleet_rules[0].expression.tree) == Growth.DOWN


WHOLE = compiled(fleet_rule("one", group_by="cpu.architecture", applies_when="kernel.minor > 0"))


@pytest.mark.long
@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["cpu", "cpu.vendor", "kernel", "kernel.minor", "os"])), min_size=1, max_size=4), st.integers(0, 15))  # fmt: skip
def test_facts_of_snapshots_that_are_withheld_never_turn_a_failure_into_a_pass(
    fleet: list[tuple[str, str]], hidden: int
) -> None:
    full: list[dict[str, Any]] = [{"set_": {"cpu.vendor": vendor}} for vendor, _ in fleet]
    less = [
        {**each, "unknown": {path: "denied"}} if hidden >> at & 1 else each
        for at, (each, (_, path)) in enumerate(zip(full, fleet, strict=True))
    ]
    before, after = (_worst(_of_snapshots(WHOLE, each)) for each in (full, less))
    assert (before, after) in {(before, before), (before, RuleOutcome.UNKNOWN)}


def _of_snapshots(policy: CompiledPolicy, changes: Sequence[dict[str, Any]]) -> tuple[FleetResult, ...]:
    (rule,) = policy.fleet_rules
    found = Aggregate()
    for each in nodes(*changes):
        assert each.snapshot is not None
        found.add(contribution(rule, bound(policy, bind(each.snapshot), {})), each.snapshot.name)
    return pool_results(rule, found, {}, policy.constants)
