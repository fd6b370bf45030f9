"""Fleet rules compared with their earlier selves."""

from __future__ import annotations

from typing import Any

import pytest
from packs import rule, text
from pool_rules import fleet_rule

from passmuster import policy
from passmuster.authoring import diff
from passmuster.authoring.diff import Bump
from passmuster.policy.compile import compile_policy

OLD: dict[str, Any] = {"id_": "one", "expression": "size(fleet.values) <= 2", "value": "os.id", "group_by": "cpu.architecture"}  # fmt: skip


def changes(old: str, new: str) -> tuple[list[str], Bump]:
    sides = [policy.load(text(each).encode(), "demo.yaml") for each in (old, new)]
    found = diff.compare((sides[0], compile_policy(sides[0])), (sides[1], compile_policy(sides[1])))
    return [change.sentence for subject in found.subjects for change in subject.changes], found.bump


CHANGES: dict[str, tuple[dict[str, Any], list[str], Bump]] = {
    "nothing": ({}, [], Bump.NONE),
    "a lower limit is stricter": ({"expression": "size(fleet.values) <= 1"}, ["stricter: what passes now passed before"], Bump.MAJOR),
    "a higher limit is looser": ({"expression": "size(fleet.values) <= 3"}, ["looser: what passed before passes now"], Bump.MINOR),
    "the same in other words": ({"expression": "2 >= size(fleet.values)"}, ["same meaning, written otherwise"], Bump.PATCH),
    "another value": ({"value": "cpu.architecture"}, ["the value changed, direction unclear", "no longer reads os.id"], Bump.MAJOR),
    "other pools, and so no direction": (
        {"group_by": "os.id", "expression": "size(fleet.values) <= 1"},
        ["the pools changed, direction unclear", "changed, direction unclear", "no longer reads cpu.architecture"],
        Bump.MAJOR,
    ),
    "other members": ({"applies_when": "kernel.major > 5"}, ["the members changed, direction unclear", "newly reads kernel.major"], Bump.MAJOR),
    "a value in other words": ({"value": "(os.id)"}, ["the value written otherwise, with the same meaning"], Bump.PATCH),
    "another level": ({"level": "recommended"}, ["level lowered from required to recommended"], Bump.MINOR),
    "another message": ({"message_expression": "'x'"}, ["message changed"], Bump.PATCH),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "sentences", "bump"), CHANGES.values(), ids=CHANGES)
def test_what_changed_of_a_fleet_rule(changed: dict[str, Any], sentences: list[str], bump: Bump) -> None:
    assert changes(fleet_rule(**OLD), fleet_rule(**{**OLD, **changed})) == (sentences, bump)


def test_a_rule_that_changes_its_scope_is_another_question() -> None:
    node = rule("one", "cpu.architecture == 'x86_64'")
    told, bump = changes(node, fleet_rule("one", value="cpu.architecture"))
    lone = "unclear whether a rule still applies to each node that passed; one to which none applies is unknown"
    assert (told, bump) == (["now about all nodes of a pool, was about each node", lone], Bump.MAJOR)
    assert changes(fleet_rule("one", value="cpu.architecture"), node)[0] == ["now about each node, was about a pool"]


def test_a_fleet_rule_that_comes_or_goes() -> None:
    node = rule("node", "cpu.architecture == 'x86_64'")
    assert changes(node, node + fleet_rule(**OLD)) == (["added, required"], Bump.MAJOR)
    assert changes(node + fleet_rule(**OLD), node) == (["removed, was required"], Bump.MINOR)
