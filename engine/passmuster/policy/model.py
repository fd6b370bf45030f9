"""A policy as a value: what its file says, with the places where it says it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster._yaml import Document
    from passmuster.outcome import Level
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
    """One requirement; its expression is true where the node meets it."""

    id: RuleId
    title: str
    level: Level
    applies_when: Expression | None
    expression: Expression
    message_expression: Expression | None
    rationale: str
    deviation: str
    remediation: str
    references: tuple[Reference, ...]


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
    document: Document = field(repr=False)
    """The file, for diagnostics."""
