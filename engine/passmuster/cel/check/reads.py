"""Which facts an expression reads, macro variables resolved.

An index by a literal or a constant leads to the member itself; any other index, and the variable
of a macro, stand for the whole container they come from. ``has(x.f)`` and ``'k' in x`` only look
whether the member is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from passmuster.cel.check.environment import NOT_FACTS, VARIABLES
from passmuster.cel.syntax.tree import (
    Bind,
    Call,
    Compare,
    Fold,
    FoldKind,
    Has,
    Index,
    ListLiteral,
    Literal,
    Name,
    Node,
    OptionalMap,
    OptionalMember,
    Relation,
    Select,
    children,
)
from passmuster.cel.values.types import CelType, ListType, MapType, ObjectType
from passmuster.model.fieldpath import FieldPath

if TYPE_CHECKING:
    from passmuster.cel.check.environment import Environment

_MAX_KEYS = 256
"""Of the keys that one macro variable may stand for; beyond, the whole container is read."""


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """A fact that an expression reads."""

    path: FieldPath
    presence_only: bool = False
    """Only whether it is there, not its value."""


@dataclass(frozen=True, slots=True)
class Places:
    """What an expression stands for, if that is known: facts, or members of the policy's own roots."""

    paths: frozenset[tuple[str, ...]]
    opaque: bool = False
    """Some member of the paths; which one, only running tells."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Strings that an expression can stand for."""

    values: tuple[str, ...]


Meaning: TypeAlias = Places | Texts | None
Meanings: TypeAlias = Mapping[str, Meaning]
"""What the macro variables in scope stand for."""


class Reader:
    """Collects the reads of one expression."""

    def __init__(self, environment: Environment, types: Mapping[Node, CelType]) -> None:
        self._environment = environment
        self._types = types
        self._found: dict[tuple[str, ...], bool] = {}
        self.origins: dict[Node, tuple[FieldPath, ...]] = {}
        """For each call, the facts (and variables) that its operands come from."""
        self.whole: dict[str, int] = {}
        """Roots that are named without a member, and where first."""

    def facts(self) -> tuple[Read, ...]:
        """The facts read so far, sorted."""
        merged: dict[FieldPath, bool] = {}
        for path, only in self._found.items():
            for read in self._resolved(path, only=only):
                merged[read.path] = read.presence_only and merged.get(read.path, True)
        return tuple(sorted(Read(path, only) for path, only in merged.items()))

    def _resolved(self, path: tuple[str, ...], *, only: bool) -> tuple[Read, ...]:
        """The facts behind a path: itself, what a variable reads, or none."""
        variable = self._environment.variables.get(path[1]) if path[0] == VARIABLES and len(path) > 1 else None
        if variable is not None:
            return variable.reads
        return () if path[0] in NOT_FACTS else (Read(FieldPath(path), only),)

    def _origins(self, path: tuple[str, ...]) -> tuple[FieldPath, ...]:
        """As `_resolved`; a variable whose program is not known stands for itself."""
        known = path[0] != VARIABLES or (len(path) > 1 and path[1] in self._environment.variables)
        return tuple(read.path for read in self._resolved(path, only=False)) if known else (FieldPath(path),)

    def members(self, root: str) -> tuple[str, ...]:
        """The members of one of the policy's own roots that were read so far, sorted."""
        return tuple(sorted({path[1] for path in self._found if path[0] == root and len(path) > 1}))

    def walk(self, node: Node, scope: Meanings) -> None:
        """Collect what a node reads."""
        match node:
            case Name() | Select() | Index():
                self._path(node, scope)
            case Has():
                self._presence(node.operand, (node.field,), scope)
            case Compare(operator=Relation.IN):
                self._membership(node, scope)
            case Fold():
                self._fold(node, scope)
            case OptionalMember():
                self._optional(node, scope)
            case Bind():
                self.walk(node.value, scope)
                self.walk(node.body, {**scope, node.variable: self._meaning(node.value, scope)})
            case OptionalMap():
                self.walk(node.operand, scope)
                self.walk(node.body, {**scope, node.variable: self._meaning(node.operand, scope)})
            case Call():
                self._call(node, scope)
            case _:
                for child in children(node):
                    self.walk(child, scope)

    def _path(self, node: Name | Select | Index, scope: Meanings) -> None:
        meaning = self._meaning(node, scope)
        if isinstance(meaning, Places):
            self._note(meaning, node)
        elif meaning is None and not isinstance(node, Name):
            self.walk(node.operand, scope)
        self._keys(node, scope)

    def _optional(self, node: OptionalMember, scope: Meanings) -> None:
        meaning = self._meaning(node, scope)
        if isinstance(meaning, Places):
            self._note(meaning, node)
        else:
            self.walk(node.operand, scope)
        self._keys(node, scope)

    def _note(self, meaning: Places, node: Node) -> None:
        for path in meaning.paths:
            self._found[path] = False
            if len(path) == 1:
                self.whole.setdefault(path[0], node.start)

    def _keys(self, node: Node, scope: Meanings) -> None:
        """Collect what the indexes within a path read."""
        while isinstance(node, Select | Index | OptionalMember):
            if not isinstance(node, Select):
                self.walk(node.key, scope)
            node = node.operand

    def _presence(self, container: Node, keys: tuple[str, ...], scope: Meanings) -> None:
        meaning = self._meaning(container, scope)
        if not isinstance(meaning, Places) or meaning.opaque:
            self.walk(container, scope)
            return
        for path in meaning.paths:
            for key in keys:
                self._found.setdefault((*path, key), True)
        self._keys(container, scope)

    def _membership(self, node: Compare, scope: Meanings) -> None:
        self.walk(node.left, scope)
        keys = self._texts(node.left, scope)
        if keys is not None and isinstance(self._types.get(node.right), MapType | ObjectType):
            self._presence(node.right, keys, scope)
        else:
            self.walk(node.right, scope)

    def _call(self, node: Call, scope: Meanings) -> None:
        own = Reader(self._environment, self._types)
        for operand in node.operands:
            own.walk(operand, scope)
        self.origins.update(own.origins)
        self.whole = {**own.whole, **self.whole}
        origins = {origin for path in own._found for origin in self._origins(path)}
        self.origins[node] = tuple(sorted(origins))
        for path, only in own._found.items():
            self._found[path] = only and self._found.get(path, True)

    def _fold(self, node: Fold, scope: Meanings) -> None:
        self.walk(node.range, scope)
        inner = self.within(node, scope)
        if node.condition is not None:
            self.walk(node.condition, inner)
        self.walk(node.body, inner)

    def within(self, node: Fold, scope: Meanings) -> dict[str, Meaning]:
        """What the variables stand for within a macro."""
        elements = self._elements(node.range, scope)
        if len(node.variables) == 1:
            return {**scope, node.variables[0]: elements}
        over_list = isinstance(self._types.get(node.range), ListType)
        first = None if over_list else elements
        second = elements if over_list or isinstance(elements, Places) else None
        return {**scope, node.variables[0]: first, node.variables[1]: second}

    def _elements(self, node: Node, scope: Meanings) -> Meaning:
        texts = self._all_texts(node, scope)
        if texts is not None:
            return Texts(texts)
        meaning = self._meaning(node, scope)
        return Places(meaning.paths, opaque=True) if isinstance(meaning, Places) else None

    def _all_texts(self, node: Node, scope: Meanings) -> tuple[str, ...] | None:
        """The strings in a list, or the keys of a map, that are known before anything runs."""
        if isinstance(node, Fold) and node.kind is FoldKind.FILTER:
            return self._all_texts(node.range, scope)
        if isinstance(node, ListLiteral):
            item_texts = [self._texts(item, scope) for item in node.items]
            known = [text for texts in item_texts if texts is not None for text in texts]
            return _some(known) if all(texts is not None for texts in item_texts) else None
        constant = self._environment.constant(node, scope)
        if constant is None or not isinstance(constant.value, list | tuple | Mapping):
            return None
        return _some(list(constant.value)) if all(isinstance(value, str) for value in constant.value) else None

    def _texts(self, node: Node, scope: Meanings) -> tuple[str, ...] | None:
        """The strings that a key can be."""
        if isinstance(node, Literal):
            return (node.value,) if isinstance(node.value, str) else None
        constant = self._environment.constant(node, scope)
        if constant is not None:
            return (constant.value,) if isinstance(constant.value, str) else None
        meaning = self._meaning(node, scope)
        return meaning.values if isinstance(meaning, Texts) else None

    def _meaning(self, node: Node, scope: Meanings) -> Meaning:
        match node:
            case Name():
                if not node.rooted and node.name in scope:
                    return scope[node.name]
                return None if self._environment.root(node.name) is None else Places(frozenset(((node.name,),)))
            case Select():
                return self._member(self._meaning(node.operand, scope), (node.field,))
            case Index() | OptionalMember():
                return self._member(self._meaning(node.operand, scope), self._texts(node.key, scope))
            case _:
                return None

    @staticmethod
    def _member(container: Meaning, keys: tuple[str, ...] | None) -> Meaning:
        if not isinstance(container, Places):
            return None
        if container.opaque or keys is None:
            return Places(container.paths, opaque=True)
        return Places(frozenset((*path, key) for path in container.paths for key in keys))


def _some(texts: list[str]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(texts)) if len(texts) <= _MAX_KEYS else None
