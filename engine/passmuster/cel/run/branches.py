"""The branches of an expression, and which of them a run takes.

A branch is a boolean part of an expression with one of its two outcomes: each operand of ``&&`` and
``||``, the condition of ``?:``, what a macro comes to or keeps, whether what ``optMap`` maps is there, and
a boolean expression as a whole.
What was not reached, or was unknown or an error, took neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passmuster.cel.check.reads import Reader
from passmuster.cel.run.compile import Compiler
from passmuster.cel.syntax.problems import position
from passmuster.cel.syntax.tree import Conditional, Fold, FoldKind, Logic, Node, OptionalMap, walk
from passmuster.cel.values.types import Basic
from passmuster.cel.values.values import Optional

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.cel.run.program import Program
    from passmuster.cel.values.budget import Frame, Run

_DECIDING = frozenset((FoldKind.ALL, FoldKind.EXISTS, FoldKind.EXISTS_ONE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A part of an expression, and one of its outcomes."""

    text: str
    """As written."""
    line: int
    """Within the expression's text; counts from 1."""
    column: int
    outcome: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A program that remembers the branches that its runs took; for one thread."""

    program: Program
    branches: Mapping[Branch, tuple[Node, bool]]
    """All there are, in the order of the text, true before false."""
    _seen: set[tuple[Node, bool]]

    @property
    def taken(self) -> frozenset[Branch]:
        """The branches that any run took so far."""
        return frozenset(branch for branch, key in self.branches.items() if key in self._seen)


def watch(program: Program) -> Watch:
    """A copy of a program whose runs are watched."""
    nodes = sorted(dict.fromkeys(_deciding(program)), key=lambda node: (node.start, -node.end))
    seen: set[tuple[Node, bool]] = set()
    compiler = _Watching(program, frozenset(nodes), seen)
    branches = {_branch(program.text, node, outcome): (node, outcome) for node in nodes for outcome in (True, False)}
    return Watch(
        program=replace(program, compiler=compiler, _run=compiler.run(program.tree, {})), branches=branches, _seen=seen
    )


class _Watching(Compiler):
    """Compiles as ever, and has the watched nodes tell what they came to."""

    def __init__(self, program: Program, nodes: frozenset[Node], seen: set[tuple[Node, bool]]) -> None:
        reader = Reader(program.environment, program.types)
        reader.walk(program.tree, {})
        super().__init__(program.text, program.environment, program.types, reader.origins)
        self._nodes, self._seen = nodes, seen

    def run(self, node: Node, scope: Mapping[str, int]) -> Run:
        """The closure of a node."""
        run, seen = super().run(node, scope), self._seen
        if node not in self._nodes:
            return run

        def watching(frame: Frame) -> object:
            value = run(frame)
            if value is True or value is False:
                seen.add((node, value))
            elif type(value) is Optional:
                seen.add((node, value.there))
            return value

        return watching


def _deciding(program: Program) -> Iterator[Node]:
    if program.type is Basic.BOOL:
        yield program.tree
    for node in walk(program.tree):
        match node:
            case Logic():
                yield from node.operands
            case Conditional():
                yield node.condition
            case Fold(kind=kind) if kind in _DECIDING:
                yield node
            case Fold(kind=FoldKind.FILTER):
                yield node.body
            case Fold(condition=condition) if condition is not None:
                yield condition
            case OptionalMap():
                yield node.operand


def _branch(text: str, node: Node, outcome: bool) -> Branch:  # noqa: FBT001 - one of its two outcomes
    line, column = position(text, node.start)
    return Branch(text=" ".join(text[node.start : node.end].split()), line=line, column=column, outcome=outcome)
