"""The checker's part for operators: which operands they take, and literals that their counterpart can never be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.check import selections
from passmuster.cel.syntax import suggestions
from passmuster.cel.syntax.problems import Code
from passmuster.cel.syntax.tree import Arithmetic, Compare, Negate, Relation
from passmuster.cel.values.types import (
    NUMBERS,
    Basic,
    CelType,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    comparable,
    joined,
    plain,
    show,
    vague,
)
from passmuster.cel.values.values import shown

if TYPE_CHECKING:
    from passmuster.cel.check.check import Checker, Scope
    from passmuster.cel.check.narrowing import Places
    from passmuster.cel.syntax.tree import Node

_ORDERED = frozenset((Basic.STRING, Basic.BYTES, Basic.BOOL, Basic.TIMESTAMP, Basic.DURATION))
_VERSIONS = frozenset((Basic.KERNEL_VERSION, Basic.RUNTIME_VERSION, Basic.SEMVER))
_TIMES: dict[tuple[str, CelType, CelType], CelType] = {
    ("+", Basic.TIMESTAMP, Basic.DURATION): Basic.TIMESTAMP,
    ("+", Basic.DURATION, Basic.TIMESTAMP): Basic.TIMESTAMP,
    ("+", Basic.DURATION, Basic.DURATION): Basic.DURATION,
    ("-", Basic.TIMESTAMP, Basic.DURATION): Basic.TIMESTAMP,
    ("-", Basic.TIMESTAMP, Basic.TIMESTAMP): Basic.DURATION,
    ("-", Basic.DURATION, Basic.DURATION): Basic.DURATION,
}


def negate(checker: Checker, node: Negate, kind: CelType) -> CelType:
    """The type of ``-operand``."""
    if vague(kind) or kind in {Basic.INT, Basic.DOUBLE}:
        return kind
    checker.findings.add(Code.NO_OVERLOAD, f"'-' needs an int or a double (got {show(kind)})", node.start)
    return Basic.BROKEN


def arithmetic(checker: Checker, node: Arithmetic, scope: Scope, known: Places) -> CelType:
    """The type of a chain of ``+ - * / %``."""
    kind = checker.check(node.first, scope, known)
    checker.whole(node.first, kind, f"'{node.steps[0].operator}'")
    for step in node.steps:
        right = checker.check(step.operand, scope, known)
        checker.whole(step.operand, right, f"'{step.operator}'")
        made = _applied(step.operator, plain(kind), plain(right))
        if made is None:
            hint = _text_hint(step.operator, kind, right)
            checker.findings.add(Code.NO_OVERLOAD, _refused(step.operator, kind, right), step.at, hint)
            made = Basic.BROKEN
        kind = made
    return kind


def compare(checker: Checker, node: Compare, scope: Scope, known: Places) -> CelType:
    """The type of a comparison: a boolean, if the operands can be compared."""
    left = checker.check(node.left, scope, known)
    right = checker.check(node.right, scope, known)
    symbol = node.operator.value
    if node.operator is Relation.IN:
        _membership(checker, node, left, right, scope)
        return Basic.BOOL
    checker.whole(node.left, left, f"'{symbol}'")
    checker.whole(node.right, right, f"'{symbol}'")
    if node.operator in {Relation.EQUAL, Relation.NOT_EQUAL}:
        if not comparable(left, right):
            null = Basic.NULL in {left, right}
            hint = "use has(...) to test whether something is set" if null else _quoted(left, right)
            checker.findings.add(Code.NO_OVERLOAD, _refused(symbol, left, right), node.at, hint)
        enumerated(checker, left, node.right, scope)
        enumerated(checker, right, node.left, scope)
    elif not _orderable(plain(left), plain(right)):
        hint = "compare versions with isLessThan() and isGreaterThan()" if left in _VERSIONS else _quoted(left, right)
        checker.findings.add(Code.NO_OVERLOAD, _refused(symbol, left, right), node.at, hint)
    return Basic.BOOL


def enumerated(checker: Checker, kind: CelType, node: Node, scope: Scope) -> None:
    """Note each constant that is none of the values which its counterpart can have."""
    values = kind.element if isinstance(kind, ListType) else kind
    constant = checker.constant(node, scope)
    if not isinstance(values, EnumType) or constant is None:
        return
    for value in constant.value if isinstance(constant.value, list | tuple) else (constant.value,):
        if isinstance(value, str) and value not in values.values:
            message = f"{shown(value)} is not a value that can occur here"
            hint = (
                suggestions.nearest(value, values.values) or f"one of {', '.join(shown(v) for v in values.values[:12])}"
            )
            checker.findings.add(Code.ENUM, message, node.start, hint)


def _membership(checker: Checker, node: Compare, left: CelType, right: CelType, scope: Scope) -> None:
    constant = checker.constant(node.left, scope)
    name = constant.value if constant is not None and isinstance(constant.value, str) else None
    if isinstance(right, ListType):
        fits = comparable(left, right.element)
        enumerated(checker, left, node.right, scope)
        enumerated(checker, right, node.left, scope)
    elif isinstance(right, MapType):
        fits = comparable(left, right.key)
        if name is not None:
            selections.asked(checker, right, name, node.left.start)
    elif isinstance(right, ObjectType):
        fits = comparable(left, Basic.STRING)
        if name is not None:
            selections.declared(checker, right, name, node.left.start)
    else:
        fits = vague(right)
    if not fits:
        hint = "for a part of a string: whole.contains(part)" if plain(right) is Basic.STRING else None
        checker.findings.add(Code.NO_OVERLOAD, _refused("in", left, right), node.at, hint)


def _quoted(left: CelType, right: CelType) -> str | None:
    pair = {plain(left), plain(right)}
    return (
        "a number is written without quotes; int() reads one from a text" if pair == {Basic.INT, Basic.STRING} else None
    )


def _orderable(left: CelType, right: CelType) -> bool:
    if vague(left) or vague(right):
        return all(vague(kind) or kind in NUMBERS or kind in _ORDERED for kind in (left, right))
    return (left in NUMBERS and right in NUMBERS) or (left == right and left in _ORDERED)


def _applied(symbol: str, left: CelType, right: CelType) -> CelType | None:
    if vague(left) or vague(right):
        return Basic.BROKEN if Basic.BROKEN in {left, right} else Basic.DYN
    if symbol == "+" and isinstance(left, ListType) and isinstance(right, ListType):
        return joined(left, right)
    if isinstance(left, Basic) and isinstance(right, Basic) and (symbol, left, right) in _TIMES:
        return _TIMES[symbol, left, right]
    if left != right:
        return None
    if left in NUMBERS and (symbol != "%" or left is not Basic.DOUBLE):
        return left
    return left if symbol == "+" and left in {Basic.STRING, Basic.BYTES} else None


def _text_hint(symbol: str, left: CelType, right: CelType) -> str | None:
    if symbol == "+" and Basic.STRING in {plain(left), plain(right)}:
        return "turn the other side into text with string()"
    return None


def _refused(symbol: str, left: CelType, right: CelType) -> str:
    return f"'{symbol}' does not take {show(left)} and {show(right)}"
