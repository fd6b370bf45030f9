"""What is linted: a policy, as far as it could be read, and what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passmuster.authoring.lint.finding import Severity
    from passmuster.codec.yaml import Document, Path
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy


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
