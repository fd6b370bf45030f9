"""Closures for comparisons, arithmetic and the building of lists and maps: all strict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.syntax.tree import Arithmetic, Compare, ListLiteral, MapLiteral, Negate, Relation
from passmuster.cel.values import equality, numbers
from passmuster.cel.values.budget import ELEMENTS_A_STEP
from passmuster.cel.values.times import Duration, Timestamp
from passmuster.cel.values.types import flat
from passmuster.cel.values.values import CelError, Optional, UInt, Unknown, either, no_overload, shown, to_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel.run.compile import Compiler
    from passmuster.cel.values.budget import Frame, Run

_ALIKE = frozenset((str, int, bool, bytes, UInt, float, Timestamp, Duration))
KEY_KINDS = frozenset((str, int, UInt, bool))
"""Types of the keys that an expression may put into a map."""


def compare(compiler: Compiler, node: Compare, scope: Mapping[str, int]) -> Run:
    """``==``, ``!=``, ``<`` and its like, ``in``."""
    left, right = compiler.run(node.left, scope), compiler.run(node.right, scope)
    constant = compiler.environment.constant(node.right, scope)
    if constant is not None and type(constant.value) in {int, str, bool}:
        quick = _with_constant(compiler, node, left, constant.value)
        if quick is not None:
            return quick
    match node.operator:
        case Relation.IN:
            return _membership(compiler, node, left, right)
        case Relation.EQUAL:
            return _equality(left, right, outcome=True)
        case Relation.NOT_EQUAL:
            return _equality(left, right, outcome=False)
        case _:
            return _order(compiler, node, left, right)


def _with_constant(compiler: Compiler, node: Compare, left: Run, constant: object) -> Run | None:
    """``x == 'a'``, ``x != 1`` and ``x < 1``, without a second closure."""
    kind, placed, symbol = type(constant), compiler.placer(node.at), node.operator.value
    if node.operator in {Relation.EQUAL, Relation.NOT_EQUAL}:
        outcome = node.operator is Relation.EQUAL

        def equals(frame: Frame) -> object:
            value = left(frame)
            if type(value) is kind:
                return (value == constant) is outcome
            value = equality.equal(frame, value, constant)
            return value is outcome if type(value) is bool else value

        return equals
    if node.operator is Relation.IN or kind is not int:
        return None
    decide, slowly = equality.ORDERS[symbol], equality.compare(symbol)

    def orders(frame: Frame) -> object:
        value = left(frame)
        return decide(value, constant) if type(value) is int else placed(slowly(value, constant))

    return orders


def _equality(left: Run, right: Run, *, outcome: bool) -> Run:
    def run(frame: Frame) -> object:
        one, other = left(frame), right(frame)
        kind = type(one)
        if kind is type(other) and kind in _ALIKE:
            return (one == other) is outcome
        value = equality.equal(frame, one, other)
        return value is outcome if type(value) is bool else value

    return run


def _order(compiler: Compiler, node: Compare, left: Run, right: Run) -> Run:
    symbol = node.operator.value
    decide, slowly, placed = equality.ORDERS[symbol], equality.compare(symbol), compiler.placer(node.at)

    def run(frame: Frame) -> object:
        one, other = left(frame), right(frame)
        if type(one) is int and type(other) is int:
            return decide(one, other)
        return placed(slowly(one, other))

    return run


def _membership(compiler: Compiler, node: Compare, left: Run, right: Run) -> Run:
    quick, placed = flat(compiler.type_of(node.right)), compiler.placer(node.at)

    def run(frame: Frame) -> object:
        value, container = left(frame), right(frame)
        if quick and type(container) is list and type(value) is str:
            frame.charge(len(container) // ELEMENTS_A_STEP)
            return value in container
        return placed(equality.contains(frame, container, value))

    return run


def arithmetic(compiler: Compiler, node: Arithmetic, scope: Mapping[str, int]) -> Run:
    """A chain of ``+ - * / %``, from left to right."""
    first = compiler.run(node.first, scope)
    steps = tuple((step.operator, compiler.run(step.operand, scope), compiler.placer(step.at)) for step in node.steps)

    def run(frame: Frame) -> object:
        value = first(frame)
        for symbol, operand, placed in steps:
            value = placed(numbers.apply(frame, symbol, value, operand(frame)))
        return value

    return run


def negation(compiler: Compiler, node: Negate, scope: Mapping[str, int]) -> Run:
    """``-operand``."""
    operand, placed = compiler.run(node.operand, scope), compiler.placer(node.start)
    return lambda frame: placed(numbers.negated(operand(frame)))


def list_literal(compiler: Compiler, node: ListLiteral, scope: Mapping[str, int]) -> Run:
    """``[a, ?b]``."""
    items = tuple(compiler.run(item, scope) for item in node.items)
    optional, placed = node.optional, compiler.placer(node.start)

    def run(frame: Frame) -> object:
        values = [item(frame) for item in items]
        if failure := _failure(values):
            return failure
        return placed(_given(values, optional)) if optional else values

    return run


def _given(values: list[object], optional: frozenset[int]) -> object:
    """A list without the items that are none; an error if one is no optional that should be."""
    given = []
    for at, value in enumerate(values):
        if at not in optional:
            given.append(value)
        elif not isinstance(value, Optional):
            return no_overload("'?' in a list", value)
        elif value.there:
            given.append(value.value)
    return given


def map_literal(compiler: Compiler, node: MapLiteral, scope: Mapping[str, int]) -> Run:
    """``{k: v, ?l: w}``."""
    entries = tuple(
        (compiler.run(key, scope), compiler.run(value, scope), at in node.optional, compiler.placer(key.start))
        for at, (key, value) in enumerate(node.entries)
    )

    def run(frame: Frame) -> object:
        made: dict[object, object] = {}
        pending: object = None
        for key_run, value_run, optional, placed in entries:
            key, value = key_run(frame), value_run(frame)
            failure = _failure([key, value]) or placed(_entered(made, key, value, optional=optional))
            if failure is not None:
                pending = failure if pending is None else either(pending, failure)
        return made if pending is None else pending

    return run


def _entered(made: dict[object, object], key: object, value: object, *, optional: bool) -> CelError | None:
    if not optional:
        return added(made, key, value)
    if not isinstance(value, Optional):
        return no_overload("'?' in a map", value)
    return added(made, key, value.value) if value.there else None


def added(made: dict[object, object], key: object, value: object) -> CelError | None:
    """Put an entry into a map that is being made; the error if the key is none, or there already."""
    if type(key) not in KEY_KINDS:
        return no_overload("a key of a map", key)
    place = to_key(key)
    if place in made:
        return CelError(f"repeated key: {shown(key)}")
    made[place] = value
    return None


def _failure(values: list[object]) -> object:
    """The errors and unknowns among some values, united; None if there is none."""
    failure: object = None
    for value in values:
        if type(value) is Unknown or type(value) is CelError:
            failure = value if failure is None else either(failure, value)
    return failure
