"""Why an expression came out as it did: the fewest of its parts that decided, with their values.

Connectives are taken apart down to leaves: of ``a && b`` that is false, only the operand that made
it so; of ``all``, only the first element that failed, written with that element's value in place of
the variable. Everything that is no connective is a leaf.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.cel.closures import folds
from passmuster.cel.frame import STEP_BUDGET, Frame, OutOfStepsError
from passmuster.cel.problems import position
from passmuster.cel.program import OUT_OF_STEPS
from passmuster.cel.reads import Read, Reader, Texts
from passmuster.cel.tree import Conditional, Fold, FoldKind, Logic, LogicOperator, Name, Node, Not, children
from passmuster.cel.types import MapType
from passmuster.cel.values import CelError, Unknown, from_key, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.cel.program import Program
    from passmuster.cel.reads import Meaning

_MAX_SHOWN = 100
"""Length of a string that is written in place of a macro's variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One part of an expression that decided its outcome."""

    expression: str
    """As written, macro variables replaced by their values."""
    value: object
    """JSON, or a sentence that begins with `error:` or `unknown:`."""
    line: int
    column: int
    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class _Scope:
    """The macro variables around a node."""

    slots: Mapping[str, int]
    meanings: Mapping[str, Meaning]
    values: Mapping[str, object]


def explain(program: Program, roots: Mapping[str, object]) -> tuple[Cause, ...]:
    """The parts of an expression that decided its outcome over these values; never raises."""
    explainer = _Explainer(program, roots)
    causes = explainer.causes(program.tree, _Scope({}, {}, {}))
    return tuple(cause for at, cause in enumerate(causes) if cause not in causes[:at])


def jsonable(value: object) -> object:
    """A value as JSON, or as a sentence where JSON has none."""
    if isinstance(value, CelError):
        return f"error: {value}"
    if isinstance(value, Unknown):
        return f"unknown: {value}"
    if isinstance(value, list):
        return [jsonable(element) for element in value]
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else shown(from_key(key)): jsonable(member) for key, member in value.items()
        }
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bool | float | str) or value is None:
        return value
    return int(value) if isinstance(value, int) else str(value)


class _Explainer:
    def __init__(self, program: Program, roots: Mapping[str, object]) -> None:
        self._program = program
        self._frame = Frame(roots, program.compiler.count)

    def causes(self, node: Node, scope: _Scope) -> list[Cause]:
        match node:
            case Not():
                return self.causes(node.operand, scope)
            case Logic():
                return self._logic(node, scope)
            case Conditional():
                return self._conditional(node, scope)
            case Fold(kind=FoldKind.ALL | FoldKind.EXISTS):
                return self._fold(node, scope)
            case _:
                return [self._leaf(node, scope)]

    def _value(self, node: Node, scope: _Scope) -> object:
        self._frame.steps = STEP_BUDGET
        try:
            return self._program.compiler.run(node, scope.slots)(self._frame)
        except OutOfStepsError:
            return OUT_OF_STEPS

    def _logic(self, node: Logic, scope: _Scope) -> list[Cause]:
        decisive = node.operator is LogicOperator.OR
        values = [self._value(operand, scope) for operand in node.operands]
        for operand, value in zip(node.operands, values, strict=True):
            if value is decisive:
                return self.causes(operand, scope)
        standing = [at for at, value in enumerate(values) if type(value) is Unknown]
        standing = standing or [at for at, value in enumerate(values) if type(value) is not bool][:1]
        wanted = standing or range(len(values))
        return [cause for at in wanted for cause in self.causes(node.operands[at], scope)]

    def _conditional(self, node: Conditional, scope: _Scope) -> list[Cause]:
        condition = self._value(node.condition, scope)
        causes = self.causes(node.condition, scope)
        if condition is True:
            return causes + self.causes(node.then, scope)
        return causes + self.causes(node.otherwise, scope) if condition is False else causes

    def _fold(self, node: Fold, scope: _Scope) -> list[Cause]:
        """The causes within the element that decided; where none did, the macro as a whole is the cause."""
        found = self.deciding(node, scope)
        return [self._leaf(node, scope)] if found is None else self.causes(node.body, found)

    def deciding(self, node: Fold, scope: _Scope) -> _Scope | None:
        """The scope of the first element that decided an `all` or `exists`; None where none alone did."""
        slots = self._program.compiler.slots(node)
        inner_slots = {**scope.slots, **dict(zip(node.variables, slots, strict=True))}
        over, outcome = self._value(node.range, scope), self._value(node, scope)
        neutral = node.kind is FoldKind.ALL
        if outcome is neutral or outcome is OUT_OF_STEPS:
            return None
        self._frame.steps = STEP_BUDGET
        items = folds.elements(self._frame, node, over)
        for element in items if isinstance(items, list) else ():
            folds.bind(self._frame, slots, element)
            if self._decides(self._value(node.body, _Scope(inner_slots, {}, {})), outcome):
                return self._within(node, scope, inner_slots, element)
        return None

    @staticmethod
    def _decides(value: object, outcome: object) -> bool:
        if type(outcome) is bool:
            return value is outcome
        return type(value) is Unknown if type(outcome) is Unknown else type(value) is not bool

    def _within(self, node: Fold, scope: _Scope, slots: Mapping[str, int], element: object) -> _Scope:
        bound = (element,) if len(node.variables) == 1 else element
        assert isinstance(bound, tuple)
        values = {**scope.values, **dict(zip(node.variables, bound, strict=True))}
        meanings = Reader(self._program.environment, self._program.types).within(node, scope.meanings)
        by_key = isinstance(self._program.types.get(node.range), MapType)
        for name, value in zip(node.variables, bound, strict=True):
            known = isinstance(meanings[name], Texts) or (by_key and name == node.variables[0])
            if known and isinstance(value, str):
                meanings[name] = Texts((value,))
        return _Scope(slots, meanings, values)

    def _leaf(self, node: Node, scope: _Scope) -> Cause:
        reader = Reader(self._program.environment, self._program.types)
        reader.walk(node, scope.meanings)
        line, column = position(self._program.text, node.start)
        return Cause(
            expression=self._written(node, scope),
            value=jsonable(self._value(node, scope)),
            line=line,
            column=column,
            reads=reader.facts(),
        )

    def _written(self, node: Node, scope: _Scope) -> str:
        parts: list[str] = []
        at = node.start
        for name, value in sorted(_variables(node, scope.values), key=lambda found: found[0].start):
            parts += (self._program.text[at : name.start], shown(value))
            at = name.end
        return "".join((*parts, self._program.text[at : node.end]))


def _variables(node: Node, values: Mapping[str, object]) -> Iterator[tuple[Name, object]]:
    """The names below a node that stand for macro variables with values short enough to be written."""
    if isinstance(node, Name):
        value = values.get(node.name)
        if node.name in values and not node.rooted and _short(value):
            yield node, value
        return
    hidden = node.variables if isinstance(node, Fold) else ()
    for child in children(node):
        outside = not isinstance(node, Fold) or child is node.range
        seen = values if outside else {name: value for name, value in values.items() if name not in hidden}
        yield from _variables(child, seen)


def _short(value: object) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= _MAX_SHOWN)
