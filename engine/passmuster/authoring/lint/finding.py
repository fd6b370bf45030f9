"""What is linted, and what linting finds: a problem with its weight."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passmuster.codec.yaml import Document, Path
    from passmuster.errors import Problem
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy


class Severity(enum.Enum):
    """How much a finding weighs."""

    ERROR = "error"
    """The policy cannot be used, or does not do what it says."""
    WARNING = "warning"
    """It works, and someone will stumble over it."""
    NOTE = "note"
    """It can be meant so; an author should know it. It never counts for the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake, and how much it weighs."""

    problem: Problem
    severity: Severity
    summary: str = ""
    """What is wrong wherever this code stands; empty for what loading and typing find."""

    def order(self) -> tuple[str, int, int, str, str]:
        """What findings are sorted by: file, line, column."""
        where = self.problem.location
        return (where.file, where.line or 0, where.column or 0, self.problem.code, self.problem.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How a policy compares with the version before it."""

    version: str
    """The version before."""
    wanted: str
    """The lowest version that the changes allow; this one is below."""
    because: tuple[str, ...]
    """The changes that ask for it, never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A policy that loads."""

    policy: Policy
    compiled: CompiledPolicy | None
    """None where an expression does not compile; that is a finding already."""
    tests: Document | None
    """The tests beside it; None where there are none, or none that can be read."""
    tests_missing: bool
    """Whether there is no file of tests at all."""
    since: Since | None
    """None where the version is high enough, or there is nothing to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the policy, or in its tests, and what is wrong there."""

    path: Path
    message: str
    hint: str | None = None
    key: bool = False
    """At the key and not at the value."""
    in_tests: bool = False
    at: tuple[int, int] | None = None
    """Line and column where it is within an expression; None: at the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One thing to look for."""

    code: str
    severity: Severity
    summary: str
    """What is wrong, for whoever has never seen it."""
    check: Callable[[Subject], Iterator[Spot]]
