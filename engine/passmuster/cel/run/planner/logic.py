"""Closures for ``&&``, ``||``, ``!`` and ``?:``: the only places, with some macros, where failures are absorbed.

An operand is true, false, or it failed: it is an error or unknown. The tables are Kleene's strong logic of three values
with two kinds of failure: ``false && x`` is false whatever ``x`` is, and of two failures an unknown outlives an error.
This is what lets a rule be judged on a snapshot with holes. A table that turned one failure into true or false would
let a fact that nobody looked at decide a rule. (CEL's specification, "Logical Operators"; cel-go's partial evaluation.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.syntax.tree import Conditional, Logic, LogicOperator, Not
from passmuster.cel.values.values import either, failed, no_overload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel.run.compile import Compiler
    from passmuster.cel.values.budget import Frame, Run


def logic(compiler: Compiler, node: Logic, scope: Mapping[str, int]) -> Run:
    """``a && b`` and ``a || b``: one operand can decide, whatever became of the others."""
    operands = tuple(compiler.run(operand, scope) for operand in node.operands)
    decisive = node.operator is LogicOperator.OR
    neutral, symbol, placed = not decisive, f"'{node.operator.value}'", compiler.placer(node.start)

    def run(frame: Frame) -> object:
        pending: object = None
        for operand in operands:
            value = operand(frame)
            if value is neutral:
                continue
            if value is decisive:
                return decisive
            if not failed(value):
                value = placed(no_overload(symbol, value))
            pending = value if pending is None else either(pending, value)
        return neutral if pending is None else pending

    return run


def negation(compiler: Compiler, node: Not, scope: Mapping[str, int]) -> Run:
    """``!operand``."""
    operand, placed = compiler.run(node.operand, scope), compiler.placer(node.start)

    def run(frame: Frame) -> object:
        value = operand(frame)
        if value is True:
            return False
        if value is False:
            return True
        return value if failed(value) else placed(no_overload("'!'", value))

    return run


def conditional(compiler: Compiler, node: Conditional, scope: Mapping[str, int]) -> Run:
    """``condition ? then : otherwise``: only one branch is looked at."""
    condition, then, otherwise = (compiler.run(n, scope) for n in (node.condition, node.then, node.otherwise))
    placed = compiler.placer(node.start)

    def run(frame: Frame) -> object:
        value = condition(frame)
        if value is True:
            return then(frame)
        if value is False:
            return otherwise(frame)
        return value if failed(value) else placed(no_overload("'?:'", value))

    return run
