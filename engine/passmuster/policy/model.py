"""A policy as a value: what its file says, with the places where it says it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.codec.yaml import Document
    from passmuster.model.outcome import Level
    from passmuster.policy.version import Version

PackName = NewType("PackName", str)
RuleId = NewType("RuleId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """The text of a CEL expression, and where its first character stands in the policy file."""

    text: str
    line: int
    column: int

    def place(self, line: int, column: int) -> tuple[int, int]:
        """The line and column in the file of a line and column in the text; both count from 1."""
        return self.line + line - 1, self.column + column - 1


class Scope(enum.Enum):
    """What a rule is about."""

    NODE = "node"
    """One node at a time."""
    FLEET = "fleet"
    """All nodes of a pool together."""


class ParameterType(enum.Enum):
    """What a parameter can hold."""

    INT = "int"
    STRING = "string"
    BOOL = "bool"
    LIST = "list"
    """A list of strings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that a site may set."""

    name: str
    type: ParameterType
    default: Any
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A value that an auditor compares with the standard."""

    name: str
    value: Any
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A named expression that rules share; evaluated when first needed."""

    name: str
    expression: Expression
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A document that a rule rests on."""

    title: str
    url: str
    quote: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One requirement; its expression is true where the node, or the pool of nodes, meets it."""

    id: RuleId
    title: str
    level: Level
    scope: Scope
    applies_when: Expression | None
    """Of a fleet rule: which nodes are members."""
    group_by: Expression | None
    """Of a fleet rule: the name of the node's pool; None: all members are one pool."""
    value: Expression | None
    """Of a fleet rule, and of no other: what is compared."""
    expression: Expression
    message_expression: Expression | None
    rationale: str
    deviation: str
    remediation: str
    references: tuple[Reference, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Its expressions, in the order in which they are evaluated."""
        every = (self.applies_when, self.group_by, self.value, self.expression, self.message_expression)
        return tuple(expression for expression in every if expression is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a pack."""

    pack: PackName
    version: Version
    title: str
    language: str
    source: Mapping[str, Any]
    parameters: tuple[Parameter, ...]
    constants: tuple[Constant, ...]
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    digest: str
    """`sha256:` and hexadecimal digits, of the file's bytes."""
    released: bool
    """Whether the lock holds this digest; else it is a draft."""
    next_steps: Mapping[str, str]
    """What a person does next, by a verdict's outcome (`pass`, `warn`, ...); empty: a neutral sentence."""
    document: Document = field(repr=False)
    """The file, for diagnostics."""
    lock: str | None = None
    """Which lock released it: `passmuster`, the one that ships with the engine, or the digest of another; None for a
    draft, or where nobody looked."""
