"""Why an expression came out as it did: the fewest of its parts that decided, with their values.

Connectives are taken apart down to leaves: of ``a && b`` that is false, only the operand that made
it so; of ``all``, only the first element that failed, written with that element's value in place of
the variable. Everything that is no connective is a leaf.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from passmuster.cel.check.reads import Read, Reader, Texts
from passmuster.cel.run.planner import folds
from passmuster.cel.run.program import OUT_OF_STEPS
from passmuster.cel.syntax.problems import position
from passmuster.cel.syntax.tree import (
    Bind,
    Call,
    Compare,
    Conditional,
    Fold,
    FoldKind,
    Has,
    Index,
    Logic,
    LogicOperator,
    Name,
    Node,
    Not,
    OptionalMap,
    Relation,
    Select,
    children,
)
from passmuster.cel.values.budget import STEP_BUDGET, Frame, OutOfStepsError
from passmuster.cel.values.equality import same
from passmuster.cel.values.types import MapType
from passmuster.cel.values.values import CelError, OpenMap, Optional, UInt, Unknown, from_key, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.cel.check.reads import Meaning
    from passmuster.cel.run.program import Program

_MAX_SHOWN = 100
"""Length of a string that is written in place of a macro's variable."""
_MAX_MISSING = 16
"""Of the elements that are told one by one."""
_OPPOSITES = {
    Relation.EQUAL: "!=",
    Relation.NOT_EQUAL: "==",
    Relation.LESS: ">=",
    Relation.LESS_OR_EQUAL: ">",
    Relation.GREATER: "<=",
    Relation.GREATER_OR_EQUAL: "<",
}


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
    wanted: str = ""
    """What would have to be true for the expression to come out the other way, whatever else stays as it is; empty
    where that cannot be said shortly."""


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
    """A value as JSON, or as a sentence where JSON has none; an optional as an object with its value, or empty."""
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
    if isinstance(value, OpenMap):
        return {key: jsonable(member) for key, member in value.values.items()}
    if isinstance(value, Optional):
        return {"optional": jsonable(value.value)} if value.there else {}
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
            return self._program.compiler.part(node, scope.slots)(self._frame)
        except OutOfStepsError:
            return OUT_OF_STEPS

    def _logic(self, node: Logic, scope: _Scope) -> list[Cause]:
        decisive = node.operator is LogicOperator.OR
        values = [self._value(operand, scope) for operand in node.operands]
        for operand, value in zip(node.operands, values, strict=True):
            if value is decisive:
                causes = self.causes(operand, scope)
                alone = sum(operand_value is not (not decisive) for operand_value in values) == 1
                return causes if alone else self._together(causes, self._turned(node, scope, to=not decisive))
        standing = [at for at, value in enumerate(values) if type(value) is Unknown]
        standing = standing or [at for at, value in enumerate(values) if type(value) is not bool][:1]
        wanted = standing or range(len(values))
        return [cause for at in wanted for cause in self.causes(node.operands[at], scope)]

    def _conditional(self, node: Conditional, scope: _Scope) -> list[Cause]:
        condition = self._value(node.condition, scope)
        # Another condition leads to the other branch, and that may come to the same.
        causes = [replace(cause, wanted="") for cause in self.causes(node.condition, scope)]
        if condition is True:
            return causes + self.causes(node.then, scope)
        return causes + self.causes(node.otherwise, scope) if condition is False else causes

    def _fold(self, node: Fold, scope: _Scope) -> list[Cause]:
        """The causes within the element that decided; where none did, the macro as a whole is the cause."""
        decisive_node = self.deciding(node, scope)
        if decisive_node is None:
            return [self._leaf(node, scope)]
        causes, outcome = self.causes(node.body, decisive_node), self._value(node, scope)
        if type(outcome) is not bool or len(list(islice(self._standing(node, scope), 2))) == 1:
            return causes
        return self._together(causes, self._turned(node, scope, to=not outcome))

    def deciding(self, node: Fold, scope: _Scope) -> _Scope | None:
        """The scope of the first element that decided an `all` or `exists`; None where none alone did."""
        outcome = self._value(node, scope)
        if outcome is (node.kind is FoldKind.ALL) or outcome is OUT_OF_STEPS:
            return None
        decided = (element for element, value in self._standing(node, scope) if _decides(value, outcome))
        first_decided = list(islice(decided, 1))
        return self._bound(node, scope, first_decided[0]) if first_decided else None

    def _standing(self, node: Fold, scope: _Scope) -> Iterator[tuple[object, object]]:
        """The elements that stand in the way of the other outcome, each with what it came to."""
        slots = self._program.compiler.slots(node)
        inner = _Scope({**scope.slots, **dict(zip(node.variables, slots, strict=True))}, {}, {})
        over = self._value(node.range, scope)
        self._frame.steps = STEP_BUDGET
        items = folds.elements(self._frame, node, over)
        for element in items if isinstance(items, list) else ():
            folds.bind(self._frame, slots, element)
            value = self._value(node.body, inner)
            if value is not (node.kind is FoldKind.ALL):
                yield element, value

    def _bound(self, node: Fold, scope: _Scope, element: object) -> _Scope:
        slots = self._program.compiler.slots(node)
        folds.bind(self._frame, slots, element)
        return self._within(node, scope, {**scope.slots, **dict(zip(node.variables, slots, strict=True))}, element)

    @staticmethod
    def _together(causes: list[Cause], wanted: str) -> list[Cause]:
        """Causes none of which changes the outcome alone: what would is told once."""
        return [replace(cause, wanted=wanted if at == 0 else "") for at, cause in enumerate(causes)]

    def _turned(self, node: Node, scope: _Scope, *, to: bool) -> str:
        """What would have to be true for a part to come to that value; empty where that cannot be said shortly."""
        match node:
            case Not():
                return self._turned(node.operand, scope, to=not to)
            case Logic():
                every = (node.operator is LogicOperator.AND) is to
                parts = [(operand, scope) for operand in node.operands if self._value(operand, scope) is not to]
                return self._all_of(parts, to=to) if every or len(parts) == 1 else ""
            case Conditional():
                condition = self._value(node.condition, scope)
                branch = node.then if condition is True else node.otherwise
                return self._turned(branch, scope, to=to) if type(condition) is bool else ""
            case Fold(kind=FoldKind.ALL | FoldKind.EXISTS) if (node.kind is FoldKind.ALL) is to:
                standing = [
                    (node.body, element) for element, _ in islice(self._standing(node, scope), _MAX_MISSING + 1)
                ]
                if len(standing) > _MAX_MISSING:
                    return ""
                turned_parts = [
                    self._turned(body, self._bound(node, scope, element), to=to) for body, element in standing
                ]
                return " && ".join(dict.fromkeys(turned_parts)) if all(turned_parts) else ""
            case _:
                value = self._value(node, scope)
                if type(value) is bool:
                    return self._wanted(node, scope, outcome=value)
                written = self._written(node, scope)
                return written if to else f"!({written})"

    def _all_of(self, parts: list[tuple[Node, _Scope]], *, to: bool) -> str:
        turned_parts = [self._turned(node, scope, to=to) for node, scope in parts]
        return " && ".join(dict.fromkeys(turned_parts)) if all(turned_parts) else ""

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
        value = self._value(node, scope)
        return Cause(
            expression=self._written(node, scope),
            value=jsonable(value),
            line=line,
            column=column,
            reads=reader.facts(),
            wanted=self._wanted(node, scope, outcome=value) if type(value) is bool else "",
        )

    def _wanted(self, node: Node, scope: _Scope, *, outcome: bool) -> str:
        """The part as it should have been: as written where it is false, turned round where it is true."""
        match node:
            case Call(function="sets.contains") if not outcome:
                return self._missing(node, scope)
            case Compare() if outcome and node.operator in _OPPOSITES:
                left, right = self._written(node.left, scope), self._written(node.right, scope)
                return f"{left} {_OPPOSITES[node.operator]} {right}"
            case Compare() if outcome:
                return f"!({self._written(node, scope)})"
            case Compare() | Has() | Call() | Select() | Index() | Name():
                return f"{'!' if outcome else ''}{self._written(node, scope)}"
            case _:
                return ""

    def _missing(self, node: Call, scope: _Scope) -> str:
        """The elements that a list lacks, one by one."""
        within, wanted = (self._value(operand, scope) for operand in node.operands)
        if not isinstance(within, list) or not isinstance(wanted, list):
            return ""
        name = self._written(node.operands[0], scope)
        lacking = [element for element in wanted if not any(same(element, member) for member in within)]
        if len(lacking) > _MAX_MISSING or not all(map(_short, lacking)):
            return ""
        return " && ".join(f"{_literal(element)} in {name}" for element in lacking)

    def _written(self, node: Node, scope: _Scope) -> str:
        if not scope.values:
            return self._program.text[node.start : node.end]
        parts: list[str] = []
        at = node.start
        for name, value in sorted(_variables(node, scope.values), key=lambda binding: binding[0].start):
            parts += (self._program.text[at : name.start], _literal(value))
            at = name.end
        return "".join((*parts, self._program.text[at : node.end]))


def _decides(value: object, outcome: object) -> bool:
    """Whether an element is one of those that made a macro come out as it did."""
    if type(outcome) is bool:
        return value is outcome
    return type(value) is Unknown if type(outcome) is Unknown else type(value) is not bool


def _variables(node: Node, values: Mapping[str, object]) -> Iterator[tuple[Name, object]]:
    """The names below a node that stand for macro variables with values short enough to be written."""
    if isinstance(node, Name):
        value = values.get(node.name)
        if node.name in values and not node.rooted and _short(value):
            yield node, value
        return
    hidden, outer = _hidden(node)
    for child in children(node):
        seen = (
            values
            if child is outer or not hidden
            else {name: value for name, value in values.items() if name not in hidden}
        )
        yield from _variables(child, seen)


def _hidden(node: Node) -> tuple[tuple[str, ...], Node | None]:
    """The names that a node takes for its own, and the one part of it in which they still mean what they did."""
    match node:
        case Fold():
            return node.variables, node.range
        case Bind():
            return (node.variable,), node.value
        case OptionalMap():
            return (node.variable,), node.operand
        case _:
            return (), None


def _literal(value: object) -> str:
    """A short value as a literal of CEL."""
    return f"{value}u" if isinstance(value, UInt) else shown(value, most=_MAX_SHOWN)


def _short(value: object) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= _MAX_SHOWN)
