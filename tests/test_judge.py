"""Judging many nodes: duplicates, the roster, ages, and a digest that depends on the inputs alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule
from snapshots import snapshot

from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.evaluation.node import Given, judge
from passmuster.model.outcome import NodeOutcome, RuleOutcome

POLICY = compiled(
    rule("debian", "os.id == 'debian'"),
    rule("six", "kernel.major >= 6", level="recommended"),
    rule("swap", "memory.swap_bytes == 0", level="informational"),
)
TERMS = EvaluationCriteria(policies=(POLICY,), parameters=no_parameters(POLICY))


def machine(number: int) -> str:
    return f"sha256:{number:064x}"


def node(name: str, number: int, **changes: Any) -> Given:
    return Given(input=f"{name}-{number}.json", snapshot=snapshot(name, machine_id=machine(number), **changes))


def test_nodes_are_sorted_and_the_worst_is_the_verdict() -> None:
    verdict = judge([node("b", 2), node("a", 1, set_={"os.id": "x"}), node("c", 3, set_={"kernel.major": 4})], TERMS)
    assert [(each.node, each.outcome) for each in verdict.nodes] == [
        ("a", NodeOutcome.FAIL),
        ("b", NodeOutcome.PASS),
        ("c", NodeOutcome.WARN),
    ]
    assert verdict.outcome is NodeOutcome.FAIL
    assert all(each.reason is None for each in verdict.nodes)


def test_what_cannot_be_read_is_an_unknown_node_named_by_its_path() -> None:
    verdict = judge([node("a", 1), Given(input="bad.json", snapshot=None, problem="bad.json:1:1: not JSON")], TERMS)
    assert verdict.outcome is NodeOutcome.UNKNOWN
    (bad,) = (each for each in verdict.nodes if each.snapshot is None)
    assert (bad.node, bad.outcome, bad.reason, bad.results) == (
        "bad.json",
        NodeOutcome.UNKNOWN,
        "bad.json:1:1: not JSON",
        (),
    )


def test_no_node_at_all_is_unknown() -> None:
    assert judge([], TERMS).outcome is NodeOutcome.UNKNOWN


def test_two_snapshots_of_one_node_make_it_unknown_whatever_they_say() -> None:
    verdict = judge([node("a", 1), replace(node("a", 1, set_={"os.id": "x"}), input="other.json"), node("b", 2)], TERMS)
    assert [(each.node, each.outcome) for each in verdict.nodes] == [
        ("a", NodeOutcome.UNKNOWN),
        ("a", NodeOutcome.UNKNOWN),
        ("b", NodeOutcome.PASS),
    ]
    (found,) = verdict.duplicates
    assert (found.kind, found.name, found.inputs) == ("same_node", "a", ("a-1.json", "other.json"))


def test_the_same_bytes_twice_are_one_snapshot() -> None:
    twice = [node("a", 1), replace(node("a", 1), input="b.json")]
    for order in (twice, twice[::-1]):
        verdict = judge(order, TERMS)
        assert [(each.node, each.outcome, each.input) for each in verdict.nodes] == [
            ("a", NodeOutcome.PASS, "a-1.json")
        ]
        (found,) = verdict.duplicates
        assert (found.kind, found.name, found.inputs) == ("same_snapshot", "a", ("a-1.json", "b.json"))
        assert verdict.digest == judge([node("a", 1)], TERMS).digest


def test_the_same_bytes_twice_do_not_save_a_node_that_has_other_snapshots() -> None:
    other = replace(node("a", 1, set_={"os.id": "x"}), input="other.json")
    verdict = judge([node("a", 1), other, replace(node("a", 1), input="b.json")], TERMS)
    assert [each.outcome for each in verdict.nodes] == [NodeOutcome.UNKNOWN] * 2
    assert {each.kind: each.inputs for each in verdict.duplicates} == {
        "same_node": ("a-1.json", "other.json"),
        "same_snapshot": ("a-1.json", "b.json"),
    }


def test_one_name_at_two_sites_is_two_nodes() -> None:
    nameless = snapshot("a", machine_id=None), snapshot("a", machine_id=None, set_={"os.id": "x"})
    sites = [Given(input=f"{site}.json", snapshot=each, site=site) for site, each in zip("bt", nameless, strict=True)]
    verdict = judge(sites, TERMS)
    assert [(each.node, each.site, each.outcome) for each in verdict.nodes] == [
        ("a", each.site, outcome)
        for each, outcome in sorted(
            zip(sites, (NodeOutcome.PASS, NodeOutcome.FAIL), strict=True),
            key=lambda pair: pair[0].snapshot.digest,  # type: ignore[union-attr]
        )
    ]
    assert verdict.duplicates == ()
    assert [each.outcome for each in judge([replace(each, site=None) for each in sites], TERMS).nodes] == [
        NodeOutcome.UNKNOWN
    ] * 2


RECEIVED = datetime(2026, 11, 23, tzinfo=UTC)
AHEAD = {
    "before it was received": ("2026-11-22T23:59:59Z", False),
    "within what clocks may differ by": ("2026-11-23T00:05:00Z", False),
    "a second more": ("2026-11-23T00:05:01Z", True),
    "long after": ("2099-01-01T00:00:00Z", True),
    "at a moment that nobody knows": (None, False),
}


@pytest.mark.parametrize(("collected_at", "future"), AHEAD.values(), ids=AHEAD)
def test_a_snapshot_collected(collected_at: str | None, future: bool) -> None:  # noqa: FBT001
    """The moment of judging is part of a verdict only where it made a node unknown."""
    verdicts = [
        judge([node("a", 1, collected_at=collected_at), node("b", 2)], replace(TERMS, received=RECEIVED + later))
        for later in (timedelta(), timedelta(seconds=1))
    ]
    first, again = verdicts
    assert first.nodes[0].outcome is (NodeOutcome.UNKNOWN if future else NodeOutcome.PASS)
    if future:
        assert first.nodes[0].reason == f"the snapshot is from the future (collected {collected_at})"
        assert first.now == "2026-11-23T00:00:00Z"
    else:
        assert (first.now, first.digest) == (None, again.digest)
        assert first.digest == judge([node("a", 1, collected_at=collected_at), node("b", 2)], TERMS).digest


def test_a_snapshot_from_the_future_is_no_second_one_of_its_node() -> None:
    true = node("a", 1, set_={"os.id": "x"})
    verdict = judge([true, node("a", 1, collected_at="2099-01-01T00:00:00Z")], replace(TERMS, received=RECEIVED))
    assert sorted(each.outcome.value for each in verdict.nodes) == ["fail", "unknown"]
    assert verdict.duplicates == ()


def test_one_name_with_two_machines_and_one_machine_with_two_names_are_told_and_judged() -> None:
    verdict = judge([node("a", 1), node("a", 2), node("b", 2)], TERMS)
    assert [each.outcome for each in verdict.nodes] == [NodeOutcome.PASS] * 3
    assert [(each.kind, each.inputs) for each in verdict.duplicates] == [
        ("same_machine_id", ("a-2.json", "b-2.json")),
        ("same_name", ("a-1.json", "a-2.json")),
    ]


def test_machines_without_an_id_are_not_one_machine() -> None:
    nameless = [Given(input=f"{name}.json", snapshot=snapshot(name, machine_id=None)) for name in "ab"]
    assert judge(nameless, TERMS).duplicates == ()


def test_the_roster_names_who_is_missing_and_who_was_not_expected() -> None:
    verdict = judge([node("a", 1), node("b", 2)], replace(TERMS, roster=frozenset({"b", "c"})))
    assert verdict.roster is not None
    assert (verdict.roster.listed, verdict.roster.missing, verdict.roster.unlisted) == (2, ("c",), ("a",))
    missing = verdict.nodes[-1]
    assert (missing.node, missing.outcome, missing.snapshot) == ("c", NodeOutcome.UNKNOWN, None)
    assert verdict.outcome is NodeOutcome.UNKNOWN


def _aged(collected_at: str | None) -> Any:
    age = MaximumAge(text="30d", span=timedelta(days=30), now=datetime(2026, 11, 22, 12, tzinfo=UTC))
    verdict = judge([node("a", 1, collected_at=collected_at)], replace(TERMS, max_age=age))
    assert (verdict.max_age, verdict.now) == ("30d", "2026-11-22T12:00:00Z")
    return verdict.nodes[0]


AGES = {
    "young enough": ("2026-11-01T00:00:00Z", NodeOutcome.PASS, None),
    "to the second": ("2026-10-23T12:00:00Z", NodeOutcome.PASS, None),
    "a second too old": (
        "2026-10-23T11:59:59Z",
        NodeOutcome.UNKNOWN,
        "the snapshot is too old (collected 30 days ago, expected at most 30d)",
    ),
    "clocks that differ a little": ("2026-11-22T12:04:00Z", NodeOutcome.PASS, None),
    "from the future": (
        "2026-11-22T13:00:00Z",
        NodeOutcome.UNKNOWN,
        "the snapshot is from the future (collected 2026-11-22T13:00:00Z)",
    ),
    "a dump without a date": (
        None,
        NodeOutcome.UNKNOWN,
        "the age of the snapshot is unknown (it has no collection time, expected at most 30d)",
    ),
}


@pytest.mark.parametrize(("collected_at", "outcome", "reason"), AGES.values(), ids=AGES)
def test_age(collected_at: str | None, outcome: NodeOutcome, reason: str | None) -> None:
    aged = _aged(collected_at)
    assert (aged.outcome, aged.reason) == (outcome, reason)


def test_where_nothing_applied_the_node_is_unknown_and_says_so() -> None:
    policy = compiled(
        rule("never", "network.ipv6", applies_when="!network.ipv6"), rule("swap", "network.ipv6", level="informational")
    )
    (only,) = judge([node("a", 1)], EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))).nodes
    assert only.outcome is NodeOutcome.UNKNOWN
    assert only.reason == "no required or recommended rule applies"
    assert [result.outcome for result in only.results] == [RuleOutcome.NOT_APPLICABLE, RuleOutcome.PASS]


def test_only_the_rules_that_were_asked_for_are_judged() -> None:
    (only,) = judge([node("a", 1, set_={"os.id": "x"})], replace(TERMS, rules=frozenset({"demo/six"}))).nodes
    assert [result.rule.name for result in only.results] == ["demo/six"]
    assert only.outcome is NodeOutcome.PASS


NODES = [
    node("a", 1),
    node("a", 2),
    node("b", 2, set_={"os.id": "x"}),
    node("c", 3, unknown={"os.id": "denied"}),
    node("c", 3),
]


@settings(max_examples=30)
@given(st.permutations(NODES))
def test_the_order_of_the_input_changes_nothing(order: list[Given]) -> None:
    assert judge(order, TERMS) == judge(NODES, TERMS)


def test_the_digest_depends_on_inputs_and_outcomes_and_on_nothing_else() -> None:
    base = judge([node("a", 1)], TERMS).digest
    reworded = compiled(rule("debian", "os.id == 'debian'"))
    assert judge([replace(node("a", 1), input="elsewhere.json")], TERMS).digest == base
    assert judge([node("a", 2)], TERMS).digest != base
    assert (
        judge([node("a", 1)], EvaluationCriteria(policies=(reworded,), parameters=no_parameters(reworded))).digest
        != base
    )
    assert judge([node("a", 1)], replace(TERMS, roster=frozenset({"a"}))).digest != base
    assert judge([node("a", 1)], replace(TERMS, parameters={"demo": {"x": 1}})).digest != base
    assert judge([node("a", 1)], replace(TERMS, rules=frozenset({"demo/six"}))).digest != base
