"""What an expression may name: the roots with their types, and the constants with their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from passmuster.cel.syntax.tree import Index, ListLiteral, Literal, Name, Select
from passmuster.cel.values.types import CelType, Field, ObjectType, type_of_value

if TYPE_CHECKING:
    from collections.abc import Container

    from passmuster.cel.check.narrowing import Places
    from passmuster.cel.check.reads import Read
    from passmuster.cel.syntax.tree import Node
    from passmuster.cel.values.sizes import Bound

CONSTANTS, PARAMETERS, VARIABLES = "constants", "params", "variables"
NOT_FACTS = frozenset((CONSTANTS, PARAMETERS, VARIABLES))
"""Roots that belong to the policy; all others are facts of the snapshot."""


class CheckedVariable(Protocol):
    """What an expression that names a variable has to know of it; a compiled program knows it."""

    @property
    def type(self) -> CelType:
        """The type of its value."""

    @property
    def reads(self) -> tuple[Read, ...]:
        """The facts it reads."""

    @property
    def bound(self) -> Bound:
        """The most that its value can be."""

    @property
    def proves(self) -> Mapping[bool, Places]:
        """The places that are there wherever it is true, and wherever it is false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What an expression may name."""

    roots: Mapping[str, CelType]
    """Section names, ``node``, ``collection``, ``params``, ``constants``, ``variables``."""
    constants: Mapping[str, object] = field(default_factory=dict)
    """Values of ``constants``, known before anything runs."""
    variables: Mapping[str, CheckedVariable] = field(default_factory=dict)
    """The policy's variables, compiled: what reads ``variables.x`` reads the facts that x reads."""

    def root(self, name: str) -> CelType | None:
        """The type of a root variable; None if there is none of that name."""
        declared = self.roots.get(name)
        if name == VARIABLES and self.variables:
            before = declared.fields if isinstance(declared, ObjectType) else {}
            return ObjectType({**before, **{key: Field(variable.type) for key, variable in self.variables.items()}})
        if declared is None and name == CONSTANTS and self.constants:
            return ObjectType({key: Field(type_of_value(value)) for key, value in self.constants.items()})
        return declared

    def names(self) -> tuple[str, ...]:
        """All the root variables."""
        own = ((CONSTANTS, self.constants), (VARIABLES, self.variables))
        return tuple(dict.fromkeys((*self.roots, *(name for name, members in own if members))))

    def constant(self, node: Node, hidden: Container[str] = ()) -> Constant | None:
        """The value of an expression that is the same in every run; `hidden` are the macros' variables in scope."""
        match node:
            case Literal():
                return Constant(node.value)
            case ListLiteral() if not node.optional:
                items = [self.constant(item, hidden) for item in node.items]
                known = [item.value for item in items if item is not None]
                return Constant(known) if len(known) == len(items) else None
            case Name(name=name) if name == CONSTANTS and (node.rooted or name not in hidden):
                return Constant(self.constants)
            case Select():
                return _member(self.constant(node.operand, hidden), node.field)
            case Index():
                key = self.constant(node.key, hidden)
                return None if key is None else _member(self.constant(node.operand, hidden), key.value)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known before anything runs."""

    value: object


def _member(container: Constant | None, key: object) -> Constant | None:
    if container is None:
        return None
    if isinstance(container.value, Mapping) and isinstance(key, str) and key in container.value:
        return Constant(container.value[key])
    if isinstance(container.value, list | tuple) and type(key) is int and 0 <= key < len(container.value):
        return Constant(container.value[key])
    return None
