"""The expressions of a policy as parts that can be watched or replaced, and what each has a say in."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from passmuster.cel.run.attempt import unchecked
from passmuster.policy.compile import CompiledFleetRule, CompiledRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.cel import Program
    from passmuster.policy import Expression
    from passmuster.policy.compile import CompiledPolicy


R = TypeVar("R", CompiledRule, CompiledFleetRule)


class Role(enum.Enum):
    """What an expression is for."""

    APPLIES_WHEN = "applies_when"
    GROUP_BY = "group_by"
    VALUE = "value"
    EXPRESSION = "expression"
    MESSAGE = "message_expression"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One expression of a policy."""

    owner: str
    """The rule's id, or `variables.NAME`."""
    role: Role
    expression: Expression
    program: Program
    rules: frozenset[str]
    """Ids of the rules whose outcome or message it has a say in."""


def parts(policy: CompiledPolicy) -> list[Part]:
    """Every expression of a policy, in the order of the file."""
    users: dict[str, set[str]] = {name: set() for name in policy.variables}
    for rule in policy.every_rule:
        for name in reached(policy, rule.programs):
            users[name].add(rule.header.id)
    parts = [
        Part(
            owner=f"variables.{name}",
            role=Role.VARIABLE,
            expression=variable.expression,
            program=variable.program,
            rules=frozenset(users[name]),
        )
        for name, variable in policy.variables.items()
    ]
    for rule in policy.every_rule:
        parts += _of_rule(rule)
    return parts


def _of_rule(rule: CompiledRule | CompiledFleetRule) -> Iterator[Part]:
    fleet = rule if isinstance(rule, CompiledFleetRule) else None
    for role, expression, program in (
        (Role.APPLIES_WHEN, rule.source.applies_when, rule.applies_when),
        (Role.GROUP_BY, rule.source.group_by, fleet.group_by if fleet else None),
        (Role.VALUE, rule.source.value, fleet.value if fleet else None),
        (Role.EXPRESSION, rule.source.expression, rule.expression),
        (Role.MESSAGE, rule.source.message_expression, rule.message),
    ):
        if expression is not None and program is not None:
            own = frozenset((rule.header.id,))
            yield Part(owner=rule.header.id, role=role, expression=expression, program=program, rules=own)


def reached(policy: CompiledPolicy, programs: Iterable[Program]) -> set[str]:
    """The names of the variables that programs use, directly or through other variables."""
    names: set[str] = set()
    waiting = list(programs)
    while waiting:
        new = {name for name in waiting.pop().variables if name in policy.variables} - names
        names |= new
        waiting += [policy.variables[name].program for name in new]
    return names


def with_part(policy: CompiledPolicy, part: Part, program: Program) -> CompiledPolicy:
    """The policy with another program in place of a part's own."""
    if part.role is Role.VARIABLE:
        name = part.owner.partition(".")[2]
        changed = replace(policy.variables[name], program=program)
        return replace(policy, variables={**policy.variables, name: changed})
    return replace(
        policy,
        rules=tuple(_changed(rule, part, program) for rule in policy.rules),
        fleet_rules=tuple(_changed(rule, part, program) for rule in policy.fleet_rules),
    )


def _changed(rule: R, part: Part, program: Program) -> R:
    """A rule with another program in place of a part's own, where the part is of this rule."""
    if rule.header.id != part.owner:
        return rule
    match part.role:
        case Role.APPLIES_WHEN:
            return replace(rule, applies_when=program)
        case Role.EXPRESSION:
            return replace(rule, expression=program)
        case Role.MESSAGE:
            return replace(rule, message=program)
        case _:
            return _of_member(rule, part.role, program)


def _of_member(rule: R, role: Role, program: Program) -> R:
    if isinstance(rule, CompiledFleetRule):
        return replace(rule, group_by=program) if role is Role.GROUP_BY else replace(rule, value=program)
    return rule


def with_constants(policy: CompiledPolicy, using: Iterable[Part], constants: Mapping[str, object]) -> CompiledPolicy:
    """The policy with other constants, which these parts use."""
    changed = replace(policy, constants=constants)
    for part in using:
        program = unchecked(part.program.text, replace(part.program.environment, constants=constants))
        assert program is not None, "it was parsed before"
        changed = with_part(changed, part, program)
    return changed
