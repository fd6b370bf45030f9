"""Closures for optionals and for variables bound to one value.

An unknown is no optional: nothing here, ``orValue()`` least of all, takes anything else in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.run.planner.members import optional_member
from passmuster.cel.values.values import NONE, CelError, Optional, failed, no_overload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel.run.compile import Compiler
    from passmuster.cel.syntax.tree import Bind, Call, OptionalMap, OptionalMember
    from passmuster.cel.values.budget import Frame, Run

NO_VALUE = "there is no value"
LAZY = frozenset(("hasValue", "value", "or", "orValue"))
"""Methods of optionals: they look whether there is a value, never into it, and at an argument only if there is none."""


def member(compiler: Compiler, node: OptionalMember, scope: Mapping[str, int]) -> Run:
    """``operand[?key]``: looks at that member only."""
    operand, key = compiler.run(node.operand, scope), compiler.run(node.key, scope)
    placed, selected = compiler.placer(node.at), node.selected

    def run(frame: Frame) -> object:
        return placed(optional_member(operand(frame), key(frame), selected=selected))

    return run


def method(compiler: Compiler, node: Call, scope: Mapping[str, int]) -> Run | None:
    """``hasValue()``, ``value()``, ``or()`` and ``orValue()``; None for any other call."""
    wanted = 2 if node.function in {"or", "orValue"} else 1
    if node.function not in LAZY or node.receiver is None or len(node.operands) != wanted:
        return None
    receiver, placed = compiler.run(node.receiver, scope), compiler.placer(node.at)
    other = compiler.run(node.operands[-1], scope) if wanted == 2 else _no_value
    has_value, as_it_is = node.function == "hasValue", node.function == "or"

    def run(frame: Frame) -> object:
        value = receiver(frame)
        if type(value) is not Optional:
            return value if failed(value) else placed(no_overload(f"{node.function}()", value))
        if has_value:
            return value.there
        if value.there:
            return value if as_it_is else value.value
        alternative = other(frame)
        if as_it_is and type(alternative) is not Optional and not failed(alternative):
            alternative = no_overload("or()", value, alternative)
        return placed(alternative)

    return run


def _no_value(_: Frame) -> object:
    return CelError(NO_VALUE)


def bind(compiler: Compiler, node: Bind, scope: Mapping[str, int]) -> Run:
    """``cel.bind(x, value, body)``: a value that failed fails what looks at it, and nothing else."""
    (slot,) = compiler.slots(node)
    value, body = compiler.run(node.value, scope), compiler.run(node.body, {**scope, node.variable: slot})

    def run(frame: Frame) -> object:
        frame.locals[slot] = value(frame)
        return body(frame)

    return run


def mapped(compiler: Compiler, node: OptionalMap, scope: Mapping[str, int]) -> Run:
    """``operand.optMap(x, body)`` and ``operand.optFlatMap(x, body)``."""
    (slot,) = compiler.slots(node)
    operand, body = compiler.run(node.operand, scope), compiler.run(node.body, {**scope, node.variable: slot})
    placed, flat = compiler.placer(node.at), node.flat
    name = "optFlatMap()" if flat else "optMap()"

    def run(frame: Frame) -> object:
        value = operand(frame)
        if type(value) is not Optional:
            return value if failed(value) else placed(no_overload(name, value))
        if not value.there:
            return NONE
        frame.locals[slot] = value.value
        made = body(frame)
        if failed(made):
            return made
        if not flat:
            return Optional(made, there=True)
        return made if type(made) is Optional else placed(no_overload(name, made))

    return run
