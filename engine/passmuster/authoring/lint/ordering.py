"""Versions and numbers that are compared as texts: `'5.9' > '5.14'` is true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from passmuster import cel
from passmuster.authoring.lint.finding import Lint, Severity, Spot
from passmuster.cel.syntax.problems import position
from passmuster.cel.syntax.tree import Compare, Literal, Name, Node, Relation, Select, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.authoring.lint.finding import Subject
    from passmuster.policy import Expression

_ORDER = frozenset((Relation.LESS, Relation.LESS_OR_EQUAL, Relation.GREATER, Relation.GREATER_OR_EQUAL))
_NUMBERS = re.compile(r"v?[0-9]+(?:\.[0-9]+)*(?![0-9])(?!-[0-9]{2}-[0-9]{2})")
"""How a version or a number begins, and no date: texts of dates are in order."""
_HINT = "kernelVersion(), runtimeVersion() or semver() with isLessThan() and isGreaterThan(); int() for a number"


def _ordered(subject: Subject) -> Iterator[Spot]:
    for path, expression, program in _programs(subject):
        for node in walk(program.tree):
            if isinstance(node, Compare) and node.operator in _ORDER and _is_text(program, node):
                bound = _version(subject, node.left) or _version(subject, node.right)
                if bound is not None:
                    message = f"texts are compared letter by letter, as '9' is above '14' (got {bound!r})"
                    at = expression.place(*position(expression.text, node.at))
                    yield Spot(path=path, message=message, hint=_HINT, at=at)


def _programs(subject: Subject) -> Iterator[tuple[tuple[str | int, ...], Expression, cel.Program]]:
    """Every program of rules and variables, with its text and where that stands."""
    if subject.compiled is None:
        return
    numbers = {rule.id: number for number, rule in enumerate(subject.policy.rules)}
    for rule in subject.compiled.every_rule:
        for name in ("applies_when", "group_by", "value", "expression", "message_expression"):
            program = getattr(rule, "message" if name == "message_expression" else name, None)
            expression = getattr(rule.source, name)
            if program is not None and expression is not None:
                yield ("rules", numbers[rule.source.id], name), expression, program
    for name, variable in subject.compiled.variables.items():
        yield ("variables", name, "expression"), variable.expression, variable.program


def _is_text(program: cel.Program, node: Compare) -> bool:
    return "string" in {cel.show(program.types.get(operand, cel.Basic.DYN)) for operand in (node.left, node.right)}


def _version(subject: Subject, node: Node) -> str | None:
    """A constant of the policy that is a version or a number as text."""
    value: object = None
    match node:
        case Literal():
            value = node.value
        case Select(operand=Name(name="params")):
            value = next(
                (parameter.default for parameter in subject.policy.parameters if parameter.name == node.field), None
            )
        case Select(operand=Name(name="constants")):
            value = next((constant.value for constant in subject.policy.constants if constant.name == node.field), None)
        case _:
            pass
    return value if isinstance(value, str) and _NUMBERS.match(value) else None


LINTS = (
    Lint(
        code="text-order",
        severity=Severity.WARNING,
        summary="versions or numbers are compared as texts",
        check=_ordered,
    ),
)
