"""Mutants: expressions with one small mistake, such as an author could make.

They are made in the text, as a slip of the pen would be, and run whether or not the checker would let
them through: a mistake that the checker finds today may be an edit away from one that it cannot find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.authoring.testing.values import mistaken
from passmuster.cel.syntax.precheck import precheck
from passmuster.cel.syntax.tree import (
    Arithmetic,
    Call,
    Compare,
    Conditional,
    Fold,
    FoldKind,
    Has,
    ListLiteral,
    Literal,
    Logic,
    LogicOperator,
    Node,
    Not,
    Relation,
    children,
    walk,
)
from passmuster.cel.values.types import Basic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.cel import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a text: what stands at `start` to `end` is replaced; `within` is what a reader is shown."""

    start: int
    end: int
    replacement: str
    within: tuple[int, int]

    def text(self, original: str) -> str:
        """The text with the mistake."""
        return original[: self.start] + self.replacement + original[self.end :]

    def described(self, original: str) -> str:
        """What it makes of what: `iommu.groups > 0 => iommu.groups > 1`."""
        first, last = self.within
        before = original[first:last]
        after = original[first : self.start] + self.replacement + original[self.end : last]
        return f"{_line(before)} => {_line(after) or 'nothing'}"


def edits(program: Program) -> list[Edit]:
    """Every mistake that is made, in the order of the text; each once."""
    maker = _Maker(program)
    edits = dict.fromkeys(edit for node in walk(program.tree) for edit in maker.edits(node))
    unique = {(edit.start, edit.end, edit.replacement): edit for edit in reversed(edits)}
    return sorted(unique.values(), key=lambda edit: (edit.start, edit.end, edit.replacement))


_RELATIONS = {
    Relation.EQUAL: ("!=",),
    Relation.NOT_EQUAL: ("==",),
    Relation.LESS: ("<=", ">="),
    Relation.LESS_OR_EQUAL: ("<", ">"),
    Relation.GREATER: (">=", "<="),
    Relation.GREATER_OR_EQUAL: (">", "<"),
    Relation.IN: (),
}
_LOGIC = {LogicOperator.AND: ("||", "true"), LogicOperator.OR: ("&&", "false")}
"""The other operator, and the operand that means nothing to this one."""
_FUNCTIONS = {
    "isGreaterThan": ("isLessThan",),
    "isLessThan": ("isGreaterThan",),
    "startsWith": ("endsWith",),
    "endsWith": ("startsWith",),
    "sets.contains": ("sets.intersects",),
    "sets.intersects": ("sets.contains",),
}
_BOUNDARIES = {"isGreaterThan": "isLessThan", "isLessThan": "isGreaterThan"}
"""`!a.isLessThan(b)` is `a >= b`: the boundary belongs to it."""
_FOLDS = {FoldKind.ALL: "exists", FoldKind.EXISTS: "all"}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"}
_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")
_VERSION = re.compile(r"v?\d+(?:\.\d+)+.*|v?\d+")


class _Maker:
    """Makes the edits of one expression."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._text = program.text
        self._tokens = precheck(program.text)
        self._listed = {item for node in walk(program.tree) if isinstance(node, ListLiteral) for item in node.items}
        self._passed = {item for node in walk(program.tree) if isinstance(node, Call) for item in node.arguments}
        self._parent = {child: node for node in walk(program.tree) for child in children(node)}

    def edits(self, node: Node) -> Iterator[Edit]:  # noqa: C901, PLR0912 - one case a kind of node
        if node is self._program.tree and self._program.type is Basic.BOOL:
            yield from self._negated(node)
        match node:
            case Logic():
                yield from self._logic(node)
            case Not():
                yield self._whole(node, self._text[node.start + 1 : node.end].strip())
            case Compare():
                for operator in _RELATIONS[node.operator]:
                    yield Edit(
                        start=node.at, end=node.at + len(node.operator.value), replacement=operator, within=_span(node)
                    )
            case Has():
                yield self._whole(node, "true")
            case Conditional():
                yield from self._negated(node.condition)
                for value in ("true", "false"):
                    yield self._whole(node.condition, value)
            case Fold():
                yield from self._fold(node)
            case Call():
                yield from self._call(node)
            case ListLiteral():
                yield from self._list(node)
            case Arithmetic():
                yield from self._arithmetic(node)
            case Literal():
                yield from self._literal(node)
            case _:
                pass

    def _whole(self, node: Node, replacement: str) -> Edit:
        return Edit(start=node.start, end=node.end, replacement=replacement, within=_span(node))

    def _negated(self, node: Node) -> Iterator[Edit]:
        """A negation too many; what has one already, or an operator that is turned round anyway, needs none."""
        turned = isinstance(node, Compare) and node.operator is not Relation.IN
        if not isinstance(node, Not | Literal) and not turned:
            yield self._whole(node, f"!({self._text[node.start : node.end]})")

    def _logic(self, node: Logic) -> Iterator[Edit]:
        other, neutral = _LOGIC[node.operator]
        pairs = zip(node.operands, node.operands[1:], strict=False)
        operators = [self._token(node.operator.value, one.end, two.start) for one, two in pairs]
        starts, ends = [node.start, *(at + 2 for at in operators)], [*operators[1:], node.end]
        for at, start, end in zip(operators, starts, ends, strict=False):
            yield Edit(start=at, end=at + 2, replacement=other, within=(start, end))
        for operand in node.operands:
            yield from self._negated(operand)
            yield self._whole(operand, neutral)

    def _fold(self, node: Fold) -> Iterator[Edit]:
        if node.kind in _FOLDS:
            yield Edit(
                start=node.at, end=node.at + len(node.kind.value), replacement=_FOLDS[node.kind], within=_span(node)
            )
        if node.kind in {*_FOLDS, FoldKind.EXISTS_ONE, FoldKind.FILTER}:
            yield from self._negated(node.body)
        if node.condition is not None:
            yield from self._negated(node.condition)

    def _call(self, node: Call) -> Iterator[Edit]:
        name = node.function.rpartition(".")[2]
        at = node.at if self._text.startswith(name, node.at) else self._text.find(name, node.start, node.end)
        for other in _FUNCTIONS.get(node.function, ()):
            yield Edit(start=at, end=at + len(name), replacement=other.rpartition(".")[2], within=_span(node))
        if node.function in _BOUNDARIES:
            renamed = self._text[node.start : at] + _BOUNDARIES[node.function] + self._text[at + len(name) : node.end]
            yield self._whole(node, f"(!{renamed})")

    def _list(self, node: ListLiteral) -> Iterator[Edit]:
        """Each element left out, with the comma before it; the first with the comma after it."""
        commas = [self._token(",", one.end, two.start) for one, two in zip(node.items, node.items[1:], strict=False)]
        second = node.items[1].start if commas else node.end - 1
        starts, ends = [node.start + 1, *commas], [second, *commas[1:], node.end - 1]
        for start, end in zip(starts, ends, strict=False) if node.items else ():
            yield Edit(start=start, end=end, replacement="", within=_span(node))

    def _arithmetic(self, node: Arithmetic) -> Iterator[Edit]:
        if self._program.types.get(node) is not Basic.STRING:
            for step in node.steps:
                yield Edit(start=step.at, end=step.at + 1, replacement=_ARITHMETIC[step.operator], within=_span(node))

    def _literal(self, node: Literal) -> Iterator[Edit]:
        within = self._around(node)
        if isinstance(node.value, bool):
            yield Edit(start=node.start, end=node.end, replacement=str(not node.value).lower(), within=within)
        elif type(node.value) is int:
            for value in (node.value - 1, node.value + 1):
                text = str(value) if value >= 0 else f"({value})"
                yield Edit(start=node.start, end=node.end, replacement=text, within=within)
        elif isinstance(node.value, str) and node not in self._listed:
            yield from self._string(node, within)

    def _string(self, node: Literal, within: tuple[int, int]) -> Iterator[Edit]:
        """What a slip makes of a text.

        A pattern loses something; a version that a function reads is one lower or higher; any other has a letter more.
        """
        written = self._text[node.start : node.end]
        number = _LAST_NUMBER.search(written)
        if self._is_pattern(node):
            for changed in mistaken(str(node.value)):
                text = written.replace(str(node.value), changed)
                yield Edit(start=node.start, end=node.end, replacement=text, within=within)
        elif node in self._passed and number and _VERSION.fullmatch(str(node.value)):
            for value in {max(int(number[0]) - 1, 0), int(number[0]) + 1} - {int(number[0])}:
                changed = written[: number.start()] + str(value) + written[number.end() :]
                yield Edit(start=node.start, end=node.end, replacement=changed, within=within)
        else:
            quote = 3 if written.endswith(("'''", '"""')) else 1
            yield Edit(
                start=node.start, end=node.end, replacement=written[:-quote] + "~" + written[-quote:], within=within
            )

    def _is_pattern(self, node: Literal) -> bool:
        parent = self._parent.get(node)
        plain = str(node.value) in self._text[node.start : node.end]
        return isinstance(parent, Call) and parent.function == "matches" and node in self._passed and plain

    def _around(self, node: Node) -> tuple[int, int]:
        """What a reader needs to see of a literal: what it is compared with or handed to."""
        parent = self._parent.get(node)
        while isinstance(parent, ListLiteral):
            parent = self._parent.get(parent)
        if parent is None or isinstance(parent, Arithmetic | Conditional):
            return _span(node)
        if isinstance(parent, Call):
            above = self._parent.get(parent)
            return _span(above if isinstance(above, Call) else parent)
        return _span(parent)

    def _token(self, kind: str, after: int, before: int) -> int:
        return next(token.start for token in self._tokens if token.kind == kind and after <= token.start < before)


def _span(node: Node) -> tuple[int, int]:
    return node.start, node.end


def _line(text: str) -> str:
    return " ".join(text.split())
