"""The static checker: the type of every node, and everything that is wrong, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from passmuster.cel.check import calls, narrowing, operators, optionals, selections
from passmuster.cel.syntax import suggestions
from passmuster.cel.syntax.problems import Code
from passmuster.cel.syntax.tree import (
    Arithmetic,
    Bind,
    Broken,
    Call,
    Compare,
    Conditional,
    Fold,
    FoldKind,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Name,
    Negate,
    Not,
    OptionalMap,
    OptionalMember,
    Select,
)
from passmuster.cel.values.types import (
    Basic,
    CelType,
    ListType,
    MapType,
    Presence,
    joined,
    orderable,
    plain,
    show,
    type_of_value,
    vague,
)
from passmuster.cel.values.values import shown, to_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from passmuster.cel.check.environment import Constant, Environment
    from passmuster.cel.check.narrowing import Places
    from passmuster.cel.syntax.problems import Findings
    from passmuster.cel.syntax.tree import Node

TYPE_NAMES = frozenset(
    """bool int uint double string bytes null_type list map type optional_type google.protobuf.Timestamp
    google.protobuf.Duration""".split()  # noqa: SIM905 - a list of names reads better as words
)
"""Names that stand for types as values."""


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One macro's variable."""

    type: CelType


if TYPE_CHECKING:
    Scope: TypeAlias = Mapping[str, Binding]


class Checker:
    """Infers types from the leaves up, and notes problems as it goes."""

    def __init__(self, text: str, environment: Environment, findings: Findings) -> None:
        self.text = text
        self.environment = environment
        self.findings = findings
        self.types: dict[Node, CelType] = {}

    def check(self, node: Node, scope: Scope, known: Places) -> CelType:
        """The type of a node; `known` are the places that are there whenever it matters."""
        kind = self._infer(node, scope, known)
        self.types[node] = kind
        return kind

    def constant(self, node: Node, scope: Scope) -> Constant | None:
        """The value of a node that is the same in every run."""
        return self.environment.constant(node, scope)

    def slice(self, node: Node) -> str:
        """The text of a node."""
        return self.text[node.start : node.end]

    def boolean(self, kind: CelType, node: Node, where: str) -> None:
        """Report a problem if a required boolean is not one."""
        if kind is not Basic.BOOL and not vague(kind):
            hint = "of a comparison, write: !(x in list)" if where == "'!'" else None
            self.findings.add(Code.NOT_BOOLEAN, f"{where} needs a boolean (got {show(kind)})", node.start, hint)

    def _infer(self, node: Node, scope: Scope, known: Places) -> CelType:  # noqa: C901, PLR0912
        match node:
            case Literal():
                return type_of_value(node.value)
            case Name():
                return self._name(node, scope)
            case Select():
                return selections.select(self, node, scope, known)
            case Index():
                return selections.index(self, node, scope, known)
            case OptionalMember():
                return optionals.member(self, node, scope, known)
            case Has():
                return selections.has(self, node, scope, known)
            case Call():
                return calls.call(self, node, scope, known)
            case ListLiteral():
                return optionals.list_literal(self, node, scope, known)
            case MapLiteral():
                return self._map(node, scope, known)
            case Logic():
                return self._logic(node, scope, known)
            case Not():
                self.boolean(self.check(node.operand, scope, known), node.operand, "'!'")
                return Basic.BOOL
            case Negate():
                return operators.negate(self, node, self.check(node.operand, scope, known))
            case Conditional():
                return self._conditional(node, scope, known)
            case Compare():
                return operators.compare(self, node, scope, known)
            case Arithmetic():
                return operators.arithmetic(self, node, scope, known)
            case Fold():
                return self._fold(node, scope, known)
            case Bind():
                kind = self.check(node.value, scope, known)
                return self.check(node.body, self.bound(scope, node.variable, kind), known)
            case OptionalMap():
                return optionals.mapped(self, node, scope, known)
            case Broken():
                return Basic.BROKEN
            case _:
                assert_never(node)

    @staticmethod
    def bound(scope: Scope, variable: str, kind: CelType) -> Scope:
        """A scope with one variable more."""
        return {**scope, variable: Binding(kind)}

    def _name(self, node: Name, scope: Scope) -> CelType:
        if not node.rooted and node.name in scope:
            return scope[node.name].type
        declared = self.environment.root(node.name)
        if declared is not None:
            return declared
        if node.name in TYPE_NAMES:
            return Basic.TYPE
        hint = suggestions.name(node.name) or suggestions.among(node.name, (*self.environment.names(), *scope))
        self.findings.add(Code.UNDECLARED, f"there is no variable {node.name!r}", node.start, hint)
        return Basic.BROKEN

    def _map(self, node: MapLiteral, scope: Scope, known: Places) -> CelType:
        keys = [self.check(key, scope, known) for key, _ in node.entries]
        values = [
            optionals.within(self, value, self.check(value, scope, known), marked=at in node.optional)
            for at, (_, value) in enumerate(node.entries)
        ]
        seen: set[object] = set()
        for (key, _), kind in zip(node.entries, keys, strict=True):
            if plain(kind) not in {Basic.STRING, Basic.INT, Basic.UINT, Basic.BOOL} and not vague(kind):
                message = f"a key is a string, a number or a boolean (got {show(kind)})"
                self.findings.add(Code.KEY, message, key.start)
            elif isinstance(key, Literal):
                if (plain_key := to_key(key.value)) in seen:
                    self.findings.add(Code.KEY, f"the key {shown(key.value)} appears twice", key.start)
                seen.add(plain_key)
        return MapType(self.united(keys), self.united(values))

    @staticmethod
    def united(kinds: Iterable[CelType]) -> CelType:
        """The type of the elements of a literal."""
        united: CelType = Basic.BROKEN
        for kind in kinds:
            united = joined(united, kind)
        return Basic.DYN if united is Basic.BROKEN else united

    def _logic(self, node: Logic, scope: Scope, known: Places) -> CelType:
        proofs = narrowing.beside(node, scope, self.environment.variables)
        for operand, proved in zip(node.operands, proofs, strict=True):
            self.boolean(self.check(operand, scope, known | proved), operand, f"'{node.operator.value}'")
        return Basic.BOOL

    def _conditional(self, node: Conditional, scope: Scope, known: Places) -> CelType:
        self.boolean(self.check(node.condition, scope, known), node.condition, "'?:'")
        when_true = known | self._proved(node.condition, scope, outcome=True)
        when_false = known | self._proved(node.condition, scope, outcome=False)
        return joined(self.check(node.then, scope, when_true), self.check(node.otherwise, scope, when_false))

    def _proved(self, node: Node, scope: Scope, *, outcome: bool) -> Places:
        return narrowing.proved(node, scope, self.environment.variables, outcome=outcome)

    def _fold(self, node: Fold, scope: Scope, known: Places) -> CelType:
        over = self.check(node.range, scope, known)
        kinds = self._variables(node, over)
        bindings = [Binding(kind) for kind in kinds[-len(node.variables) :]]
        inner = {**scope, **dict(zip(node.variables, bindings, strict=True))}
        if isinstance(over, MapType):
            entry = narrowing.step(narrowing.place(node.range, scope), narrowing.key(_first_variable(node), inner))
            known = known if entry is None else known | {entry}
        if node.condition is not None:
            self.boolean(self.check(node.condition, inner, known), node.condition, f"{node.kind.value}()")
            known |= self._proved(node.condition, inner, outcome=True)
        body = self.check(node.body, inner, known)
        return self._folded(node, over, body)

    def _variables(self, node: Fold, over: CelType) -> tuple[CelType, CelType]:
        """The types of (key or index, value) for two variables; for one, the last counts."""
        one = len(node.variables) == 1
        if isinstance(over, ListType):
            return Basic.INT, over.element
        if isinstance(over, MapType) and node.kind is not FoldKind.SORT_BY:
            if over.presence is Presence.OPEN:
                self.whole(node.range, over, f"{node.kind.value}()")
            return (over.key, over.key) if one else (over.key, over.value)
        if not vague(over):
            wanted = "a list" if node.kind is FoldKind.SORT_BY else "a list or a map"
            message = f"{node.kind.value}() needs {wanted} (got {show(over)})"
            self.findings.add(Code.MACRO, message, node.range.start)
            return Basic.BROKEN, Basic.BROKEN
        return over, over

    def _folded(self, node: Fold, over: CelType, body: CelType) -> CelType:
        match node.kind:
            case FoldKind.ALL | FoldKind.EXISTS | FoldKind.EXISTS_ONE:
                self.boolean(body, node.body, f"{node.kind.value}()")
                return Basic.BOOL
            case FoldKind.FILTER:
                self.boolean(body, node.body, f"{node.kind.value}()")
                if isinstance(over, MapType):
                    return ListType(over.key)
                return over if isinstance(over, ListType) else ListType(Basic.DYN)
            case FoldKind.MAP:
                return ListType(body)
            case FoldKind.SORT_BY:
                if not orderable(body):
                    message = f"sortBy() needs something that has an order (got {show(body)})"
                    self.findings.add(Code.MACRO, message, node.body.start)
                return over if isinstance(over, ListType) else ListType(Basic.DYN)
            case FoldKind.TRANSFORM_MAP:
                return MapType(over.key if isinstance(over, MapType) else Basic.DYN, body)
            case FoldKind.TRANSFORM_MAP_ENTRY:
                if not isinstance(body, MapType) and not vague(body):
                    message = f"{node.kind.value}() needs a map of one entry (got {show(body)})"
                    self.findings.add(Code.MACRO, message, node.body.start)
                return body if isinstance(body, MapType) else MapType(Basic.DYN, Basic.DYN)
            case _:
                assert_never(node.kind)

    def result(self, node: Node, kind: CelType, expect: CelType | None) -> None:
        """Note a problem if the whole expression is not of the type that is wanted."""
        if expect is None or vague(kind) or plain(kind) == plain(expect):
            return
        code = Code.NOT_BOOLEAN if expect is Basic.BOOL else Code.TYPE
        message = f"the expression must be of type {show(expect)} (got {show(kind)})"
        self.findings.add(code, message, node.start)

    def whole(self, node: Node, kind: CelType, what: str) -> None:
        """Note a problem if something that needs all keys of a map is given an open one."""
        if isinstance(kind, MapType) and kind.presence is Presence.OPEN:
            message = f"{what} needs all keys of {self.slice(node)}, and only some are collected"
            self.findings.add(Code.OPEN_MAP, message, node.start)


def _first_variable(node: Fold) -> Name:
    return Name(name=node.variables[0], start=node.start, end=node.start)
