"""Fleet cases: several nodes in one example, judged, covered and mutated as other cases are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from packs import rule, text
from pool_rules import fleet_rule
from small_suites import SECTIONS

from passmuster import policy
from passmuster.authoring import testing
from passmuster.errors import PolicyError
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    from passmuster.authoring.testing import Suite, Tested

PLAIN = {"base": "plain"}
MINOR = {"base": "plain", "set": {"kernel.minor": 2}}
HIDDEN = {"base": "plain", "unknown": {"kernel.minor": "denied"}}
KERNELS = fleet_rule(
    "kernels",
    value="kernel.minor",
    message_expression="string(size(fleet.values)) + ' series of ' + string(fleet.size)",
)


def suite(*cases: dict[str, Any], **more: Any) -> Suite:
    document: dict[str, Any] = {
        "schema": "passmuster.tests/1",
        "bases": {"plain": {"description": "A node.", "sections": SECTIONS}},
        "fleet_cases": [{"name": f"case {at}", **each} for at, each in enumerate(cases)],
        **more,
    }
    if not cases:
        del document["fleet_cases"]
    return testing.load(json.dumps(document, indent=1).encode(), "tests.yaml")


def examined(rules: str, made: Suite) -> Tested:
    source = policy.load(text(rules).encode(), "demo.yaml")
    return testing.examine(compile_policy(source), source, made, {}, branches=True, mutants=True)


ALL = (
    {"nodes": [PLAIN, PLAIN], "expect": {"kernels": "pass"}},
    {"nodes": [PLAIN, MINOR], "expect": {"kernels": "fail"}, "messages": {"kernels": "2 series of 2"}},
    {"nodes": [PLAIN, HIDDEN], "expect": {"kernels": "unknown"}},
)


def test_cases_that_reach_everything_are_good() -> None:
    found = examined(KERNELS, suite(*ALL))
    assert (found.good, found.outcome.cases) == (True, 3)
    assert found.mutation is not None
    assert found.mutation.total > 3


def test_an_expectation_that_does_not_hold_is_told() -> None:
    wrong = {"nodes": [PLAIN, MINOR], "expect": {"kernels": "pass"}, "messages": {"kernels": "none"}}
    found = examined(KERNELS, suite(wrong, *ALL))
    assert [(each.case.name, each.expected, each.got) for each in found.outcome.mismatches] == [
        ("case 0", "pass", "fail (2 series of 2)"),
        ("case 0", "message 'none'", "'2 series of 2'"),
    ]
    for _, render in testing.FORMATS:
        assert "case 0" in render([found])


def test_outcomes_without_a_case_are_told() -> None:
    rules = fleet_rule("kernels", value="kernel.minor", applies_when="kernel.major > 5")
    found = examined(rules, suite({"nodes": [PLAIN], "expect": {"kernels": "pass"}}))
    assert found.outcome.untested == ("kernels: fail", "kernels: unknown", "kernels: not_applicable")


def test_a_mutant_that_no_case_notices_survives() -> None:
    found = examined(KERNELS, suite(ALL[0], ALL[2], {"nodes": [PLAIN, MINOR, {"base": "plain", "set": {"kernel.minor": 3}}], "expect": {"kernels": "fail"}}))  # fmt: skip
    assert found.mutation is not None
    assert "size(fleet.values) <= 1 => size(fleet.values) <= 2" in {each.name for each in found.mutation.survivors}
    assert found.coverage is not None
    assert found.coverage.uncovered == ()


def test_of_several_pools_the_worst_counts() -> None:
    rules = fleet_rule("kernels", value="kernel.minor", group_by="os.id")
    other = {"base": "plain", "set": {"os.id": "fedora", "kernel.minor": 9}}
    made = suite({"nodes": [PLAIN, other], "expect": {"kernels": "pass"}}, {"nodes": [PLAIN, other, MINOR], "expect": {"kernels": "fail"}})  # fmt: skip
    assert examined(rules, made).outcome.mismatches == ()


def test_nodes_can_have_labels() -> None:
    rules = fleet_rule("racks", value="'rack' in node.labels ? node.labels['rack'] : ''")
    labelled = [{"base": "plain", "labels": {"rack": each}} for each in ("7", "8")]
    assert examined(rules, suite({"nodes": labelled, "expect": {"racks": "fail"}})).outcome.mismatches == ()


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a base that is not there": ({"nodes": [{"base": "none"}], "expect": {"kernels": "pass"}}, "no such base (got 'none'"),
    "a rule that is not there": ({"nodes": [PLAIN], "expect": {"other": "pass"}}, "no such rule (got 'other', expected one of: kernels)"),
    "a rule about single nodes": ({"nodes": [PLAIN], "expect": {"node": "pass"}}, "a rule of another scope in fleet_cases (got 'node')"),
    "a parameter that is not there": ({"nodes": [PLAIN], "expect": {"kernels": "pass"}, "parameters": {"p": 1}}, "no such parameter (got 'p', expected one of: none)"),
    "no nodes": ({"nodes": [], "expect": {"kernels": "pass"}}, "too small (got 0, expected at least 1)"),
    "a fact that no node can have": ({"nodes": [{"base": "plain", "set": {"kernel.minor": "x"}}], "expect": {"kernels": "pass"}}, "case 0, node 1: sections.kernel"),
    "a path that is none": ({"nodes": [{"base": "plain", "set": {"a[": 1}}], "expect": {"kernels": "pass"}}, "a["),
    "an outcome that a fleet rule cannot have": ({"nodes": [PLAIN], "expect": {"kernels": "waived"}}, "not one of the values"),
}  # fmt: skip


@pytest.mark.parametrize(("case", "told"), BROKEN.values(), ids=BROKEN)
def test_a_mistake_in_a_fleet_case_is_told_with_its_place(case: dict[str, Any], told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        examined(KERNELS + rule("node", "kernel.major > 5"), suite(case))
    assert told in str(caught.value)
    assert all(problem.location.line for problem in caught.value.problems)


def test_a_rule_about_the_fleet_has_no_place_in_a_case_of_one_node() -> None:
    made = suite(cases=[{"name": "one", "base": "plain", "expect": {"kernels": "pass"}}])
    with pytest.raises(PolicyError, match="a rule of another scope in cases"):
        examined(KERNELS, made)


def test_a_suite_without_any_case_is_none() -> None:
    with pytest.raises(PolicyError, match="missing 'cases'"):
        suite()
