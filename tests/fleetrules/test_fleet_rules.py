"""Fleet rules as they are judged: outcomes, the odd ones out, what is undecided, and what all that adds to a verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from packs import no_parameters, rule
from pool_rules import ONE_VALUE, compiled, fleet_rule, judged, nodes, results, vendors

from passmuster.errors import PolicyError
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.evaluation.pools import Aggregate, pool_results
from passmuster.evaluation.pools.aggregate import MAX_NAMES, MAX_POOLS
from passmuster.evaluation.pools.contributions import Valued
from passmuster.model.outcome import NodeOutcome, RuleOutcome
from passmuster.policy.environments import MAX_UNION, MAX_VALUES

INTEL, AMD = "GenuineIntel", "AuthenticAMD"
ARM: dict[str, Any] = {"set_": {"cpu.architecture": "aarch64", "cpu.vendor": "0x41"}}
NO_CPU: dict[str, Any] = {"unknown": {"cpu": "timeout"}}
BY_ARCHITECTURE = compiled(fleet_rule("vendor", group_by="cpu.architecture"))
ONE_POOL = compiled(fleet_rule("vendor"))

OUTCOMES: dict[str, tuple[str, list[dict[str, Any]], str, str | None]] = {
    "like nodes": (ONE_VALUE, vendors(INTEL, INTEL), "pass", None),
    "one node": (ONE_VALUE, vendors(INTEL), "pass", None),
    "unlike nodes": (ONE_VALUE, vendors(INTEL, AMD), "fail", "AuthenticAMD on 1 node, GenuineIntel on 1 node"),
    "one value and one that nobody knows": (ONE_VALUE, vendors(INTEL, None), "unknown", "1 node unknown: cpu.vendor is unknown: denied"),
    "two values are two whatever a third is": (ONE_VALUE, vendors(INTEL, AMD, None), "fail", "AuthenticAMD on 1 node, GenuineIntel on 1 node"),
    "just one value, written otherwise": ("1 == size(fleet.values)", vendors(INTEL, AMD, None), "fail", None),
    "nobody knows anything": ("size(fleet.values) == 1", vendors(None, None), "unknown", "2 nodes unknown: cpu.vendor is unknown: denied"),
    "enough values are enough whatever a third is": ("size(fleet.values) >= 2", vendors(INTEL, AMD, None), "pass", None),
    "too few values so far": ("size(fleet.values) >= 2", vendors(INTEL, None), "unknown", None),
    "what counts say can change": ("fleet.counts.all(v, fleet.counts[v] >= 2)", vendors(INTEL, None), "unknown", None),
    "counts of all members": ("fleet.counts.all(v, fleet.counts[v] >= 2)", vendors(INTEL, INTEL, AMD, AMD), "pass", None),
    "too few of one": ("fleet.counts['AuthenticAMD'] >= 2", vendors(INTEL, AMD), "fail", "AuthenticAMD on 1 node, GenuineIntel on 1 node"),
    "size counts every member": ("fleet.size == 3", vendors(INTEL, INTEL, AMD), "pass", None),
    "the policy is at fault": ("fleet.values[5] == 'x'", vendors(INTEL), "error", "error in the policy: index 5 is out of range of 1 elements"),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "fleet", "outcome", "message"), OUTCOMES.values(), ids=OUTCOMES)
def test_a_pool_is_judged(expression: str, fleet: list[dict[str, Any]], outcome: str, message: str | None) -> None:
    (found,) = results(compiled(fleet_rule("one", expression)), *fleet)
    assert found.outcome.value == outcome
    if message is not None and outcome != "error":
        assert found.message == message
    assert (found.message is None) == (outcome == "pass")
    assert (found.message or "").startswith("error in the policy") == (outcome == "error")


def test_the_odd_ones_out_are_all_but_the_most_common() -> None:
    (found,) = results(ONE_POOL, *vendors(INTEL, AMD, INTEL, "Other"))
    assert [(each.value, each.count, each.odd, each.nodes) for each in found.values] == [
        (INTEL, 2, False, ("n0", "n2")),
        (AMD, 1, True, ("n1",)),
        ("Other", 1, True, ("n3",)),
    ]


def test_where_two_are_as_common_all_are_odd() -> None:
    (found,) = results(ONE_POOL, *vendors(INTEL, AMD))
    assert [each.odd for each in found.values] == [True, True]


def test_pools_are_judged_by_themselves() -> None:
    found = results(BY_ARCHITECTURE, *vendors(INTEL, AMD), ARM)
    assert [(each.pool, each.outcome.value, each.size) for each in found] == [
        ("aarch64", "pass", 1),
        ("x86_64", "fail", 2),
    ]


def test_a_node_of_no_known_pool_leaves_every_pool_open() -> None:
    found = results(BY_ARCHITECTURE, *vendors(INTEL), ARM, NO_CPU)
    assert [(each.pool, each.outcome.value, each.size) for each in found] == [
        (None, "unknown", 0),
        ("aarch64", "unknown", 1),
        ("x86_64", "unknown", 1),
    ]
    assert [(each.nodes, each.count, str(each.facts[0].path)) for each in found[0].undecided] == [(("n2",), 1, "cpu")]
    assert found[1].undecided == ()


def test_a_pool_that_fails_fails_whatever_a_node_of_no_known_pool_is() -> None:
    found = results(BY_ARCHITECTURE, *vendors(INTEL, AMD), NO_CPU)
    assert [(each.pool, each.outcome.value) for each in found] == [(None, "unknown"), ("x86_64", "fail")]


def test_without_members_a_rule_is_not_applicable() -> None:
    made = compiled(fleet_rule("one", applies_when="cpu.architecture == 's390x'"))
    assert [(each.outcome.value, each.size) for each in results(made, {}, {})] == [("not_applicable", 0)]
    assert [each.outcome.value for each in results(made)] == ["not_applicable"]
    assert [each.outcome.value for each in results(made, {}, NO_CPU)] == ["unknown"]


def test_lists_have_what_is_common_and_what_is_there_at_all() -> None:
    made = compiled(
        fleet_rule(
            "one",
            "fleet.common == ['b'] && fleet.union == ['a', 'b', 'c'] && fleet.values == [['a', 'b'], ['b', 'c']]",
            value="os.id_like",
        )
    )
    fleet: list[dict[str, Any]] = [{"set_": {"os.id_like": each}} for each in (["a", "b"], ["b", "c"])]
    assert [each.outcome.value for each in results(made, *fleet)] == ["pass"]


@pytest.mark.parametrize(("value", "expression"), [("kernel.minor", "fleet.counts['1'] == 2 && fleet.values == [1]"), ("network.ipv6", "fleet.counts['true'] == 2 && fleet.values == [true]")])  # fmt: skip
def test_numbers_and_booleans_are_compared_too(value: str, expression: str) -> None:
    (found,) = results(compiled(fleet_rule("one", expression, value=value)), {}, {})
    assert found.outcome is RuleOutcome.PASS


def test_more_values_than_an_expression_is_shown_are_still_more_than_one() -> None:
    fleet = [{"set_": {"kernel.release": f"6.{number:03d}"}} for number in range(MAX_VALUES + 3)]
    one, three = (
        results(compiled(fleet_rule("one", text, value="kernel.release")), *fleet)[0]
        for text in (ONE_VALUE, "size(fleet.values) == 3")
    )
    assert (one.outcome, one.size, len(one.values)) == (RuleOutcome.FAIL, MAX_VALUES + 3, MAX_VALUES)
    assert three.outcome is RuleOutcome.ERROR
    assert f"more than {MAX_VALUES} distinct values" in str(three.message)


def test_more_elements_than_an_expression_is_shown_leave_their_number_open() -> None:
    fleet = [{"set_": {"kernel.modules": [f"m{at}-{number}" for number in range(MAX_UNION)]}} for at in range(2)]
    made = [
        compiled(fleet_rule("one", text, value="kernel.modules"))
        for text in ("size(fleet.union) > 9", "size(fleet.union) < 9000")
    ]
    assert [results(each, *fleet)[0].outcome.value for each in made] == ["pass", "error"]


@pytest.mark.long
def test_more_pools_than_are_judged_are_an_error_beside_those_that_are() -> None:
    fleet = [{"set_": {"kernel.release": f"6.{number:03d}"}} for number in range(MAX_POOLS + 1)]
    found = results(compiled(fleet_rule("one", group_by="kernel.release")), *fleet)
    assert [each.outcome.value for each in found] == ["pass"] * MAX_POOLS + ["error"]


def test_names_are_counted_beyond_those_that_are_kept() -> None:
    gathered = Aggregate()
    for number in reversed(range(MAX_NAMES + 5)):
        gathered.add(Valued("", INTEL), f"n{number:05d}")
    (found,) = pool_results(ONE_POOL.fleet_rules[0], gathered, {}, {})
    assert (found.values[0].count, len(found.values[0].nodes), found.values[0].nodes[0]) == (
        MAX_NAMES + 5,
        MAX_NAMES,
        "n00000",
    )


def test_a_message_can_say_how_many_are_undecided() -> None:
    made = compiled(
        fleet_rule("one", message_expression="string(fleet.unknown) + ' of ' + string(fleet.size) + ' are not known'")
    )
    assert results(made, *vendors(INTEL, AMD, None))[0].message == "1 of 3 are not known"


def test_a_fault_of_the_policy_on_a_member_is_an_error_unless_something_is_unknown_too() -> None:
    made = compiled(fleet_rule("one", value="kernel.modules[7]"))
    assert [each.outcome.value for each in results(made, {}, {})] == ["error"]
    assert [each.outcome.value for each in results(made, {}, {"unknown": {"kernel": "denied"}})] == ["unknown"]


WEIGHTS: dict[str, tuple[str, list[dict[str, Any]], str]] = {
    "a required rule fails": ("required", vendors(INTEL, AMD), "fail"),
    "a required rule is unknown": ("required", vendors(INTEL, None), "unknown"),
    "a required rule passes": ("required", vendors(INTEL, INTEL), "pass"),
    "a recommended rule fails": ("recommended", vendors(INTEL, AMD), "warn"),
    "a recommended rule is unknown": ("recommended", vendors(INTEL, None), "warn"),
    "an informational rule fails": ("informational", vendors(INTEL, AMD), "pass"),
}


@pytest.mark.parametrize(("level", "fleet", "outcome"), WEIGHTS.values(), ids=WEIGHTS)
def test_a_fleet_rule_counts_for_the_fleet_and_for_no_node(
    level: str, fleet: list[dict[str, Any]], outcome: str
) -> None:
    made = compiled(rule("node", "cpu.architecture == 'x86_64'"), fleet_rule("vendor", level=level))
    verdict = judged(made, *fleet)
    assert verdict.outcome.value == outcome
    assert {node.outcome for node in verdict.nodes} == {NodeOutcome.PASS}
    assert not verdict.incomplete


def test_a_node_without_a_verdict_may_be_anything() -> None:
    terms = EvaluationCriteria(policies=(ONE_POOL,), parameters=no_parameters(ONE_POOL))
    broken = Given(input="broken.json", snapshot=None, problem="not JSON")
    one, two, other = nodes(*vendors(INTEL, INTEL, AMD))
    two_again = nodes(*vendors(INTEL, AMD))[1]
    for given, absent in (
        ([one, two, broken], "broken.json"),
        ([one, two, two_again], "n1"),
    ):
        verdict = judge(given, terms)
        (found,) = verdict.fleet
        assert (found.outcome, found.undecided[0].reason) == (RuleOutcome.UNKNOWN, "the node is unknown as a whole")
        assert absent in found.undecided[0].nodes
    (found,) = judge([one, two], replace(terms, roster=frozenset({"n0", "n1", "n9"}))).fleet
    assert (found.outcome, found.undecided[0].nodes) == (RuleOutcome.UNKNOWN, ("n9",))
    assert judge([one, other, broken], terms).fleet[0].outcome is RuleOutcome.FAIL


def test_the_digest_holds_what_fleet_rules_say_and_nothing_where_there_are_none() -> None:
    alike, unlike = (judged(ONE_POOL, *vendors(*names)) for names in ((INTEL, INTEL), (INTEL, AMD)))
    assert alike.digest != unlike.digest
    without = compiled(rule("node", "cpu.architecture == 'x86_64'"))
    assert judged(without, {}).fleet == ()


def test_only_the_rules_that_are_asked_are_judged() -> None:
    made = compiled(rule("node", "cpu.architecture == 'x86_64'"), fleet_rule("vendor"), fleet_rule("other"))
    asked = judged(made, *vendors(INTEL, AMD), rules=frozenset({"demo/vendor"}))
    assert [each.rule.id for each in asked.fleet] == ["vendor"]
    assert (asked.outcome, asked.incomplete) == (NodeOutcome.FAIL, False)
    assert {node.reason for node in asked.nodes} == {"no node rule was selected"}
    node_only = judged(made, *vendors(INTEL, AMD), rules=frozenset({"demo/node"}))
    assert (node_only.fleet, node_only.outcome) == ((), NodeOutcome.PASS)


def test_nothing_that_counts_is_never_a_pass() -> None:
    verdict = judged(compiled(fleet_rule("one", level="informational")), {})
    assert (verdict.outcome, verdict.incomplete) == (NodeOutcome.UNKNOWN, True)
    assert judged(ONE_POOL).outcome is NodeOutcome.UNKNOWN


REFUSED: dict[str, tuple[str, str]] = {
    "facts are not there": (fleet_rule("one", "cpu.vendor == 'x'"), "there is no variable 'cpu'"),
    "variables are not there": (fleet_rule("one", "variables.x"), "there is no variable 'variables'"),
    "a condition is a boolean": (fleet_rule("one", "size(fleet.values)"), "the expression must be of type bool (got int)"),
    "what is undecided is not for the expression": (fleet_rule("one", "fleet.unknown == 0"), "there is no field 'unknown'"),
    "only lists have something in common": (fleet_rule("one", "size(fleet.common) > 0"), "there is no field 'common'"),
    "only single values are counted": (fleet_rule("one", "fleet.counts == {}", value="cpu.flags"), "there is no field 'counts'"),
    "values are compared with their type": (fleet_rule("one", "fleet.values == [1]"), "'==' does not take list(string) and list(int)"),
    "values of an enumeration are those of the schema": (fleet_rule("one", "'x86-64' in fleet.values", value="cpu.architecture"), "'x86-64'"),
    "a value of too many parts": (fleet_rule("one", value="kernel.misc_devices"), "members are compared by a string, an int, a bool or a list of strings (got map(string, int))"),
    "a value that may be anything": (fleet_rule("one", value="os.id == 'x' ? 1 : 'y'"), "members are compared by"),
    "a pool has a name": (fleet_rule("one", group_by="kernel.minor"), "the expression must be of type string (got int)"),
    "a null fact asks for its guard": (fleet_rule("one", value="cpu.vendor"), "cpu.vendor"),
    "a message that can be too long": (fleet_rule("one", value="cpu.flags", message_expression="fleet.union.join(fleet.common.join(''))"), "too"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_does_not_compile(text: str, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compiled(text)
    assert told in str(caught.value)
    assert all(problem.location.line for problem in caught.value.problems)
