"""From the tree to closures: every node once, before the first run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, assert_never

from passmuster.cel.check.check import TYPE_NAMES
from passmuster.cel.run.planner import calls, folds, logic, members, operators, optionals
from passmuster.cel.syntax.problems import position
from passmuster.cel.syntax.tree import (
    Arithmetic,
    Bind,
    Broken,
    Call,
    Compare,
    Conditional,
    Fold,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Name,
    Negate,
    Node,
    Not,
    OptionalMap,
    OptionalMember,
    Select,
)
from passmuster.cel.values.types import Basic, CelType
from passmuster.cel.values.values import CelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.check.environment import Environment
    from passmuster.cel.values.budget import Run
    from passmuster.model.fieldpath import FieldPath


class Compiler:
    """Makes the closures of one expression."""

    type_names = TYPE_NAMES

    def __init__(
        self,
        text: str,
        environment: Environment,
        types: Mapping[Node, CelType],
        origins: Mapping[Node, tuple[FieldPath, ...]],
    ) -> None:
        self.environment = environment
        self.origins = origins
        self.count = 0
        """Slots for macro variables, so far."""
        self._text = text
        self._types = types
        self._slots: dict[Node, tuple[int, ...]] = {}
        self._parts: dict[tuple[object, ...], Run] = {}

    def type_of(self, node: Node) -> CelType:
        """The type that the checker found."""
        return self._types.get(node, Basic.DYN)

    def slots(self, node: Fold | Bind | OptionalMap) -> tuple[int, ...]:
        """Where the frame keeps a macro's variables."""
        if node not in self._slots:
            needed = len(node.variables) if isinstance(node, Fold) else 1
            self._slots[node] = tuple(range(self.count, self.count + needed))
            self.count += needed
        return self._slots[node]

    def error(self, message: str, at: int) -> CelError:
        """An error with its place."""
        return CelError(message, *position(self._text, at))

    def placer(self, at: int) -> Callable[[object], object]:
        """A function that gives an error its place, if it has none yet, and any other value back."""
        line, column = position(self._text, at)

        def placed(value: object) -> object:
            if type(value) is CelError and not value.line:
                return CelError(value.message, line, column)
            return value

        return placed

    def part(self, node: Node, scope: Mapping[str, int]) -> Run:
        """The same as `run`, made once for each part: explanations of many nodes look at the same parts."""
        key = (node, *scope.items())
        made = self._parts.get(key)
        if made is None:
            made = self._parts[key] = self.run(node, scope)
        return made

    def run(self, node: Node, scope: Mapping[str, int]) -> Run:  # noqa: C901, PLR0912
        """The closure of a node; `scope` tells where the frame keeps the macro variables."""
        match node:
            case Literal():
                return _constant(node.value)
            case Select() | Index() | ListLiteral() if (constant := self.environment.constant(node, scope)) is not None:
                return _constant(_plain(constant.value))
            case Name():
                return members.name(self, node, scope)
            case Select():
                return members.select(self, node, scope)
            case Index():
                return members.index(self, node, scope)
            case Has():
                return members.has(self, node, scope)
            case OptionalMember():
                return optionals.member(self, node, scope)
            case Call():
                return optionals.method(self, node, scope) or calls.call(self, node, scope)
            case ListLiteral():
                return operators.list_literal(self, node, scope)
            case MapLiteral():
                return operators.map_literal(self, node, scope)
            case Logic():
                return logic.logic(self, node, scope)
            case Not():
                return logic.negation(self, node, scope)
            case Negate():
                return operators.negation(self, node, scope)
            case Conditional():
                return logic.conditional(self, node, scope)
            case Compare():
                return operators.compare(self, node, scope)
            case Arithmetic():
                return operators.arithmetic(self, node, scope)
            case Fold():
                return folds.fold(self, node, scope)
            case Bind():
                return optionals.bind(self, node, scope)
            case OptionalMap():
                return optionals.mapped(self, node, scope)
            case Broken():
                return _constant(self.error("the expression is broken", node.start))
            case _:
                assert_never(node)


def _constant(value: object) -> Run:
    return lambda _: value


def _plain(value: object) -> object:
    """A constant as a value of expressions: lists and dicts at every depth."""
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    return value
