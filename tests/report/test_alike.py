"""Grouping nodes that came out alike: every node in exactly one group, nothing lost within it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from packs import compiled, no_parameters, rule
from report_fleets import TERMS, full, node, small

from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import judge
from passmuster.model.outcome import NodeOutcome
from passmuster.report import Evidence
from passmuster.report.node_groups import alike, variants

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict


@pytest.mark.parametrize("verdict", [small(), full(), judge([], TERMS)], ids=["small", "everything", "nothing"])
def test_every_node_is_in_exactly_one_group_of_its_outcomes(verdict: Verdict) -> None:
    groups = alike(verdict)
    assert sorted(map(id, verdict.nodes)) == sorted(id(each) for group in groups for each in group.nodes)
    for group in groups:
        for each in group.nodes:
            assert each.outcome is group.outcome
            assert [result.outcome for result in each.results] == [result.outcome for result in group.results]
    for one, other in itertools.combinations(groups, 2):
        assert [each.outcome for each in one.results] != [each.outcome for each in other.results] or (
            one.nodes[0].reason is None
        ) != (other.nodes[0].reason is None)


def test_the_worst_come_first_then_the_larger_groups() -> None:
    nodes = [node(f"good-{number}", number) for number in range(5)]
    nodes += [node("bad", 10, set_={"kernel.release": "4.4.0"})]
    nodes += [node(f"poor-{number}", 20 + number, set_={"cpu.flags": ["lm"]}) for number in range(2)]
    groups = alike(judge(nodes, TERMS))
    assert [(group.outcome, len(group.nodes)) for group in groups] == [
        (NodeOutcome.FAIL, 2),
        (NodeOutcome.FAIL, 1),
        (NodeOutcome.PASS, 5),
    ]


def test_what_nodes_of_a_group_have_in_common_is_told_once_and_the_commonest_first() -> None:
    releases = ["4.4.0", "4.5.0", "4.5.0", "4.6.0"]
    nodes = [node(f"n{at}", at, set_={"kernel.release": each}) for at, each in enumerate(releases)]
    (group,) = alike(judge(nodes, TERMS))
    (at,) = (at for at, each in enumerate(group.results) if each.rule.id == "kernel-version")
    found = variants(group, at, Evidence.NEEDED)
    assert [each.names for each in found] == [("n1", "n2"), ("n0",), ("n3",)]
    assert sorted(name for each in found for name in each.names) == list(group.names)


def test_the_values_of_what_passes_make_no_difference_unless_they_are_shown() -> None:
    nodes = [node(f"n{number}", number, set_={"kernel.release": f"6.{number}.0"}) for number in range(3)]
    (group,) = alike(judge(nodes, TERMS))
    (at,) = (at for at, each in enumerate(group.results) if each.rule.id == "kernel-version")
    assert len(variants(group, at, Evidence.NEEDED)) == 1
    assert len(variants(group, at, Evidence.FULL)) == 3


def test_nodes_on_which_something_else_would_change_the_outcome_are_told_apart() -> None:
    """The rest that is said of them is the same."""
    policy = compiled(rule("both", "kernel.release == '4.4.0' && os.id == 'arch'"))
    nodes = [node("n1", 1), node("n2", 2, set_={"os.id": "arch"}), node("n3", 3)]
    (group,) = alike(judge(nodes, EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))))
    assert [each.names for each in variants(group, 0, Evidence.NONE)] == [("n1", "n3"), ("n2",)]


def test_nodes_that_are_unknown_as_a_whole_say_why() -> None:
    (whole,) = (group for group in alike(full()) if group.reasons)
    assert {reason.partition(":")[0]: names for reason, names in whole.reasons.items()} == {
        "more than one snapshot of this node was given": ["twin", "twin"],
        "listed in the roster, but no snapshot was given": ["gone"],
        "the snapshot is too old (collected 2518 days ago, expected at most 30d)": ["aged"],
    }
