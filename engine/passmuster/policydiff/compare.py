"""Comparing two compiled policies, rule by rule, by the meaning of their expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.normalform import Normalizer
from passmuster.policydiff import rules
from passmuster.policydiff.model import Change, PolicyDiff, Subject
from passmuster.policydiff.names import itself, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.compile import CompiledFleetRule, CompiledPolicy, CompiledRule
    from passmuster.policy import Policy


def compare(old: tuple[Policy, CompiledPolicy], new: tuple[Policy, CompiledPolicy]) -> PolicyDiff:
    """The differences between two policies, each with its compiled form.

    Where a parameter was declared otherwise (or not at all), its default stands in its place.
    """
    moved = _redeclared(old[0], new[0])
    normalizers = tuple(
        Normalizer(compiled, {each.name: each.default for each in policy.parameters if each.name in moved})
        for policy, compiled in (old, new)
    )
    pair = normalizers[0], normalizers[1]
    found = [*_rules(old[1], new[1], pair, moved), *names(old[0], new[0], pair)]
    about = itself(old[0], new[0])
    if about:
        found.append(Subject(kind="policy", name=new[0].pack, title="", level=None, changes=about))
    touched = {subject.name for subject in found if subject.kind == "rule"}
    same = sum(rule.header.id not in touched for rule in new[1].every_rule)
    return PolicyDiff(old=old[1].header, new=new[1].header, subjects=tuple(found), same=same)


def _redeclared(old: Policy, new: Policy) -> frozenset[str]:
    """The parameters of which type or default differ."""
    before, after = ({(each.name, each.type, repr(each.default)) for each in each_.parameters} for each_ in (old, new))
    return frozenset(name for name, *_ in before ^ after)


def _rules(
    old: CompiledPolicy, new: CompiledPolicy, normalizers: tuple[Normalizer, Normalizer], moved: frozenset[str]
) -> Iterator[Subject]:
    before = {rule.header.id: rule for rule in old.every_rule}
    for rule in new.every_rule:
        earlier = before.pop(rule.header.id, None)
        if earlier is None:
            yield _subject(rule, (rules.added(rule),))
            continue
        sides = (
            rules.Side(rule=earlier, normalizer=normalizers[0]),
            rules.Side(rule=rule, normalizer=normalizers[1]),
        )
        by_default = _parameters(old, earlier) | _parameters(new, rule)
        note = " (with the default values of parameters)" if by_default & moved else ""
        changes = rules.changed(*sides, note)
        if changes:
            yield _subject(rule, changes)
    yield from (_subject(rule, (rules.removed(rule),)) for rule in before.values())


def _subject(rule: CompiledRule | CompiledFleetRule, changes: tuple[Change, ...]) -> Subject:
    header = rule.header
    return Subject(kind="rule", name=header.id, title=header.title, level=header.level, changes=changes)


def _parameters(policy: CompiledPolicy, rule: CompiledRule | CompiledFleetRule) -> set[str]:
    """The parameters that a rule's outcome can depend on."""
    waiting = [program for program in rule.programs if program is not rule.message]
    found: set[str] = set()
    while waiting:
        program = waiting.pop()
        found |= set(program.parameters)
        waiting += [policy.variables[name].program for name in program.variables]
    return found
