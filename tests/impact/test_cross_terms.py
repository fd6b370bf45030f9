"""Two snapshots of a node: what the policy did, what the node did, and what only both did together."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from impacts import exceptions, given, rendered, side, the_rule
from packs import compiled, rule
from snapshots import snapshot

from passmuster import impact
from passmuster.comparison import Cause, Impact, Origin, Side
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.model.outcome import NodeOutcome, RuleOutcome

if TYPE_CHECKING:
    from passmuster.policy.compile import CompiledPolicy
    from passmuster.snapshot import Snapshot

ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
AT_LEAST_5, AT_LEAST_6 = rule("one", "kernel.major >= 5"), rule("one", "kernel.major >= 6")


def major(number: int) -> dict[str, Any]:
    return {"set_": {"kernel.major": number}}


ORIGINS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], Origin, Cause]] = {
    "the policy asks for more": (AT_LEAST_5, AT_LEAST_6, major(5), major(5), Origin.POLICY, Cause.EXPRESSION),
    "the node went back": (AT_LEAST_5, AT_LEAST_5, major(6), major(4), Origin.NODE, Cause.NODE),
    "the policy asks for more, and the node went back": (
        AT_LEAST_5, AT_LEAST_6, major(5), major(4), Origin.EITHER, Cause.EXPRESSION,
    ),
    "the node went back as far as the old policy allows": (
        AT_LEAST_5, AT_LEAST_6, major(6), major(5), Origin.BOTH, Cause.EXPRESSION,
    ),
    "the node went back further than either policy allows": (
        AT_LEAST_5, AT_LEAST_6, major(6), major(4), Origin.NODE, Cause.NODE,
    ),
    "a new rule": (
        AT_LEAST_5, AT_LEAST_5 + rule("two", "network.ipv6"), {}, {}, Origin.POLICY, Cause.ADDED,
    ),
    "a new rule, which the node met before": (
        AT_LEAST_5, AT_LEAST_5 + rule("two", "network.ipv6"), {}, {"set_": {"network.ipv6": False}},
        Origin.BOTH, Cause.ADDED,
    ),
    "a rule that is gone": (AT_LEAST_5 + rule("two", "network.ipv6"), AT_LEAST_5, {}, {}, Origin.POLICY, Cause.REMOVED),
    "the level alone, while both changes cancel out": (
        rule("one", "kernel.major >= 5"), rule("one", "kernel.major >= 6", level="recommended"), major(5), major(6),
        Origin.POLICY, Cause.LEVEL,
    ),
    "a fact that nobody looked at any more": (
        AT_LEAST_5, AT_LEAST_5, {}, {"unknown": {"kernel.major": "denied"}}, Origin.NODE, Cause.NODE,
    ),
    "a fact that only the new version reads, and only the earlier snapshot had": (
        AT_LEAST_5, rule("one", "kernel.major >= 5 && network.ipv6"), {}, {"unknown": {"network.ipv6": "denied"}},
        Origin.BOTH, Cause.UNREAD,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ORIGINS)
def test_whose_change_it_is(name: str) -> None:
    old, new, before, after, origin, cause = ORIGINS[name]
    found = impact(side(compiled(old)), side(compiled(new)), given(snapshot(**after)), given(snapshot(**before)))
    change = the_rule(found)
    assert (change.origin, change.cause) == (origin, cause)
    assert bool(change.changed) == (origin is not Origin.POLICY and before != after)


def test_the_facts_that_changed_are_those_that_the_rule_reads() -> None:
    policy = compiled(rule("one", "has(runtime.docker) || 'vmx' in cpu.flags || devices['/dev/kvm'].exists"))
    gone = {"devices['/dev/kvm'].exists": False, "os.id": "alpine"}
    before = snapshot(set_={"runtime.docker": {"version": "20.10.10"}})
    after = snapshot(set_={**gone, "cpu.flags": ["lm"]})
    change = the_rule(impact(side(policy), side(policy), given(after), given(before)))
    assert [(str(each.path), each.before.value, each.after.value) for each in change.changed] == [
        ("cpu.flags", before.sections["cpu"].facts["flags"], ["lm"]),
        ("devices['/dev/kvm'].exists", True, False),
        ("runtime.docker.version", "20.10.10", None),
    ]


def test_a_fact_that_is_unknown_now_says_why() -> None:
    policy = compiled(rule("one", "'net.ipv4.ip_forward' in kernel.sysctl"))
    later = snapshot(unknown={"kernel.sysctl": "denied"})
    found = impact(side(policy), side(policy), given(later), given(snapshot()))
    (fact,) = the_rule(found).changed
    assert (str(fact.path), fact.before.value, fact.before.unknown) == (
        "kernel.sysctl['net.ipv4.ip_forward']", "1", None,
    )  # fmt: skip
    assert fact.after.unknown is not None
    assert [str(each.path) for node in found.collect_again for each in node.facts] == ["kernel.sysctl"]


def test_nodes_on_one_side_are_listed_with_their_outcome() -> None:
    policy = compiled(AT_LEAST_5)
    earlier = [snapshot("a"), snapshot("b", **major(4)), snapshot("c", machine_id=ONE)]
    later = [snapshot("a"), snapshot("d", **major(4)), snapshot("c", machine_id=OTHER), snapshot("e", machine_id=None)]
    found = impact(side(policy), side(policy), given(*later), given(*earlier))
    assert [(each.node, each.machine_id, each.outcome) for each in found.gone] == [
        ("b", earlier[0].machine_id, NodeOutcome.FAIL),
        ("c", ONE, NodeOutcome.PASS),
    ]
    assert [(each.node, each.machine_id, each.outcome) for each in found.appeared] == [
        ("c", OTHER, NodeOutcome.PASS),
        ("d", earlier[0].machine_id, NodeOutcome.FAIL),
        ("e", None, NodeOutcome.PASS),
    ]
    assert (found.nodes, found.changes, found.broken) == (1, (), ())
    assert "replaced: same name, another machine id: c" in rendered("table", found)


@pytest.mark.parametrize("when", ["earlier", "later"])
def test_a_node_given_twice_on_one_side_is_said_and_not_compared(when: str) -> None:
    sides = side(compiled(AT_LEAST_5)), side(compiled(AT_LEAST_6))
    once, twice = [snapshot("a", **major(5))], [snapshot("a", **major(5)), snapshot("a", **major(6))]
    other = snapshot("b")
    later, earlier = (once, twice) if when == "earlier" else (twice, once)
    found = impact(*sides, given(*later, other), given(*earlier, other))
    assert [(each.node, each.when.value, each.inputs) for each in found.doubled] == [("a", when, ("a.json", "a.json"))]
    assert (found.nodes, found.changes, found.gone, found.appeared, found.whole) == (1, (), (), (), False)


def test_a_node_given_twice_is_not_compared_without_earlier_snapshots_either() -> None:
    sides = side(compiled(AT_LEAST_5)), side(compiled(AT_LEAST_6))
    found = impact(*sides, given(snapshot("a", **major(5)), snapshot("a", **major(6))))
    assert (found.nodes, found.changes, len(found.doubled), found.whole) == (0, (), 1, False)


def test_the_same_bytes_twice_are_one_snapshot() -> None:
    sides = side(compiled(AT_LEAST_5)), side(compiled(AT_LEAST_6))
    one = snapshot("a", **major(5))
    once, twice = impact(*sides, given(one)), impact(*sides, given(one, one))
    assert (twice.nodes, twice.changes, twice.doubled) == (once.nodes, once.changes, ())


def test_what_is_no_snapshot_is_named() -> None:
    sides = side(compiled(AT_LEAST_5)), side(compiled(AT_LEAST_6))
    bad = Given(input="bad.json", snapshot=None, problem="bad.json:1:1: not JSON")
    found = impact(*sides, [bad, *given(snapshot("a"))], given(snapshot("a")))
    assert [(each.input, each.problem) for each in found.unreadable] == [("bad.json", "bad.json:1:1: not JSON")]
    assert not found.whole


def test_the_sums_say_what_each_change_alone_would_break() -> None:
    """One node that the new version would break had it not been upgraded, and one that both changes break."""
    sides = side(compiled(AT_LEAST_5)), side(compiled(AT_LEAST_6))
    earlier = [snapshot("saved", **major(5)), snapshot("broken", **major(6)), snapshot("same", **major(7))]
    later = [snapshot("saved", **major(6)), snapshot("broken", **major(5)), snapshot("same", **major(7))]
    terms = impact(*sides, given(*later), given(*earlier)).terms
    assert terms is not None
    assert (terms.policy_alone.flips, terms.policy_alone.broken) == (1, ("saved",))
    assert (terms.node_alone.flips, terms.node_alone.broken) == (0, ())
    assert (terms.together.flips, terms.together.broken) == (1, ("broken",))


EXPRESSIONS = (
    "kernel.major >= 5",
    "kernel.major >= 6",
    "kernel.major >= params.least",
    "os.id == 'debian' || network.ipv6",
    "os.id == 'debian' && network.ipv6",
    "network.ipv6",
    "'rack' in node.labels && node.labels['rack'] == 'a'",
)
EXTRA = "parameters:\n  least: {type: int, default: 5, description: d}\n"


@functools.cache
def policy(rules: tuple[tuple[str, int, str, bool], ...]) -> CompiledPolicy:
    texts = [
        rule(name, EXPRESSIONS[at], level=level, **({"applies_when": "os.id != 'alpine'"} if applies else {}))
        for name, at, level, applies in rules
    ]
    return compiled(*texts, extra=EXTRA)


@functools.cache
def node(name: str, kernel: int, os: str, ipv6: bool | None) -> Snapshot:  # noqa: FBT001 - a fact
    changes: dict[str, Any] = {"set_": {"kernel.major": kernel, "os.id": os}}
    if ipv6 is None:
        changes["unknown"] = {"network.ipv6": "denied"}
    else:
        changes["set_"]["network.ipv6"] = ipv6
    return snapshot(name, **changes)


NODES = st.builds(
    node,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([4, 5, 6]),
    st.sampled_from(["debian", "alpine", "arch"]),
    st.sampled_from([True, False, None]),
)
FLEETS = st.lists(NODES, max_size=4)
POLICIES = st.lists(
    st.tuples(
        st.sampled_from(["one", "two", "three"]),
        st.integers(0, len(EXPRESSIONS) - 1),
        st.sampled_from(["required", "recommended", "informational"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[0],
).map(lambda each: policy(tuple(each)))
WAIVERS = st.sampled_from(
    [None, exceptions("w a one 2026-12-31"), exceptions("w a one 2026-01-01"), exceptions("x * demo/two 2026-12-31")]
)
SIDES = st.builds(
    lambda each, least, waived: side(each, {"least": least}, waived), POLICIES, st.integers(4, 6), WAIVERS
)


def flips(found: Impact, *, turned: bool = False) -> set[tuple[object, ...]]:
    """Node, rule, and each step; turned: from the end to the beginning."""
    way = slice(None, None, -1) if turned else slice(None)
    return {
        (
            each.node,
            rule.rule,
            (each.judged.before, each.judged.after)[way],
            (rule.before, rule.after)[way],
            (rule.old_level, rule.new_level)[way],
        )
        for each in found.changes
        for rule in each.rules
    }


@settings(max_examples=60, deadline=None)
@drawn(SIDES, FLEETS)
def test_nothing_changes_where_nothing_changed(one: Side, fleet: list[Snapshot]) -> None:
    for found in (impact(one, one, given(*fleet), given(*fleet)), impact(one, one, given(*fleet))):
        assert (found.changes, found.collect_again, found.appeared, found.gone, found.broken) == ((), (), (), (), ())


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@drawn(SIDES, SIDES, FLEETS, FLEETS)
def test_the_way_back_mirrors_the_way_there(
    old: Side, new: Side, before: list[Snapshot], after: list[Snapshot]
) -> None:
    there = impact(old, new, given(*after), given(*before))
    back = impact(new, old, given(*before), given(*after))
    assert flips(there) == flips(back, turned=True)
    assert [each.node for each in there.appeared] == [each.node for each in back.gone]
    assert {each.node for each in there.doubled} == {each.node for each in back.doubled}


def outright(one: Side, node: Snapshot) -> tuple[NodeOutcome, dict[str, RuleOutcome]]:
    """What the judge of `check` makes of a node."""
    parameters = {one.policy.header.pack: one.parameters}
    verdict = judge(given(node), EvaluationCriteria(policies=(one.policy,), parameters=parameters, waivers=one.waivers))
    return verdict.nodes[0].outcome, {each.rule.id: each.outcome for each in verdict.nodes[0].results}


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@drawn(SIDES, SIDES, NODES, NODES)
def test_the_terms_are_those_of_four_verdicts(old: Side, new: Side, before: Snapshot, after: Snapshot) -> None:
    """What a comparison says of each rule and node is what `check` says, and it leaves out no rule that changed."""
    found = impact(old, new, given(after), given(before))
    if before.name != after.name:
        assert [each.outcome for each in (*found.gone, *found.appeared)] == [
            outright(old, before)[0],
            outright(new, after)[0],
        ]
        return
    four = [outright(one, each) for each in (before, after) for one in (old, new)]
    (was, rules), (policy_alone, by_policy), (node_alone, by_node), (now, ends) = four
    levels = [{rule.header.id: rule.header.level for rule in one.policy.rules} for one in (old, new)]
    expected = {
        name: (rules.get(name), by_policy.get(name), by_node.get(name), ends.get(name))
        for name in {*rules, *ends}
        if rules.get(name) is not ends.get(name) or levels[0].get(name) is not levels[1].get(name)
    }
    told = {
        rule.rule: (rule.before, rule.policy_alone, rule.node_alone, rule.after)
        for change in found.changes
        for rule in change.rules
    }
    assert told == expected
    assert found.terms is not None
    ends_otherwise = [each is not was for each in (policy_alone, node_alone, now)]
    assert [
        each.flips for each in (found.terms.policy_alone, found.terms.node_alone, found.terms.together)
    ] == ends_otherwise
    for change in found.changes:
        judged = change.judged
        assert (judged.before, judged.policy_alone, judged.node_alone, judged.after) == (
            was, policy_alone, node_alone, now,
        )  # fmt: skip
        for each in change.rules:
            assert each.origin is origin(*told[each.rule])


def origin(before: Any, policy: Any, node: Any, after: Any) -> Origin:
    """Who alone takes a rule to where it ends."""
    if before is after:
        return Origin.POLICY
    return {
        (True, True): Origin.EITHER,
        (True, False): Origin.POLICY,
        (False, True): Origin.NODE,
        (False, False): Origin.BOTH,
    }[policy is after, node is after]


@settings(max_examples=60, deadline=None)
@drawn(SIDES, SIDES, FLEETS)
def test_one_snapshot_a_node_is_the_same_snapshot_twice(old: Side, new: Side, fleet: list[Snapshot]) -> None:
    """The quick way and the way over both sides are one judge; nodes that are doubled are so on both sides."""
    once, twice = impact(old, new, given(*fleet)), impact(old, new, given(*fleet), given(*fleet))
    assert flips(once) == flips(twice)
    assert [each.rules for each in once.changes] == [each.rules for each in twice.changes]
    assert once.collect_again == twice.collect_again
