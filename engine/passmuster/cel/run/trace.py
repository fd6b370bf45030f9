"""An evaluated expression as a tree: the parts that decided, and below each leaf the values that it is made of.

The same path as `explain` takes: of a connective only the operands that decided, of a macro only the
element that did, written with its value in place of the variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.cel.run.explain import _Explainer, _Scope, _short, jsonable
from passmuster.cel.syntax.problems import position
from passmuster.cel.syntax.tree import (
    Bind,
    Conditional,
    Fold,
    FoldKind,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    OptionalMap,
    Select,
    children,
)
from passmuster.cel.values.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from passmuster.cel.run.program import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an expression with its value."""

    expression: str
    """As written, macro variables replaced by their values."""
    value: object
    """JSON, or a sentence that begins with `error:` or `unknown:`."""
    line: int
    column: int
    path: str | None
    """The fact, variable, parameter or constant that it names; None for anything else."""
    parts: tuple[Part, ...]
    """Basis of the verdict; empty where there is nothing to take apart."""


def trace(program: Program, roots: Mapping[str, object]) -> Part:
    """The tree of an evaluation over these values; never raises."""
    return _Tracer(program, roots).part(program.tree, _Scope({}, {}, {}))


class _Tracer(_Explainer):
    def part(self, node: Node, scope: _Scope) -> Part:
        line, column = position(self._program.text, node.start)
        return Part(
            expression=self._written(node, scope),
            value=jsonable(self._value(node, scope)),
            line=line,
            column=column,
            path=self._program.text[node.start : node.end] if _is_path(node) else None,
            parts=() if _is_path(node) else tuple(self._below(node, scope)),
        )

    def _below(self, node: Node, scope: _Scope) -> list[Part]:
        match node:
            case Logic():
                return [self.part(operand, scope) for operand in self._decisive(node, scope)]
            case Conditional():
                condition = self._value(node.condition, scope)
                taken = [node.then if condition else node.otherwise] if type(condition) is bool else []
                return [self.part(child, scope) for child in [node.condition, *taken]]
            case Fold(kind=FoldKind.ALL | FoldKind.EXISTS):
                return self._element(node, scope)
            case Not():
                return [self.part(node.operand, scope)]
            case Fold():
                return [self.part(node.range, scope)]
            case Bind():
                return [self.part(node.value, scope)]
            case OptionalMap():
                return [self.part(node.operand, scope)]
            case Has():
                return []
            case _:
                return self._parts(children(node), scope)

    def _decisive(self, node: Logic, scope: _Scope) -> list[Node]:
        outcome = self._value(node, scope)
        values = [self._value(operand, scope) for operand in node.operands]
        if type(outcome) is bool:
            alike = [operand for operand, value in zip(node.operands, values, strict=True) if value is outcome]
            return alike[:1] if len(alike) < len(values) else alike
        kind = Unknown if type(outcome) is Unknown else object
        return [
            operand
            for operand, value in zip(node.operands, values, strict=True)
            if isinstance(value, kind) and type(value) is not bool
        ]

    def _element(self, node: Fold, scope: _Scope) -> list[Part]:
        """The range, and the body for the element that decided; the range alone where none did."""
        decisive_node = self.deciding(node, scope)
        body = [] if decisive_node is None else [self.part(node.body, decisive_node)]
        return [*self._parts((node.range,), scope), *body]

    def _parts(self, nodes: Iterable[Node], scope: _Scope) -> list[Part]:
        """The parts whose text is not their value already."""
        written = {name for name, value in scope.values.items() if _short(value)}
        return [
            self.part(child, scope)
            for child in nodes
            if not _is_written_out(child) and not (isinstance(child, Name) and child.name in written)
        ]


def _is_written_out(node: Node) -> bool:
    """Whether a node is made of literals alone: its text is its value."""
    return isinstance(node, Literal) or (isinstance(node, ListLiteral) and all(map(_is_written_out, node.items)))


def _is_path(node: Node) -> bool:
    """Whether a node names a fact or a value of the policy, by selections and literal keys alone."""
    while isinstance(node, Select | Index):
        if isinstance(node, Index) and not isinstance(node.key, Literal):
            return False
        node = node.operand
    return isinstance(node, Name)
