"""What can go wrong, whose fault it is, and where: one value a mistake, all mistakes at once.

Every error that a user can cause reaches them as lines of
``file:line:col: what is wrong (got X, expected Y)`` and one exit status.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.model.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitStatus(enum.IntEnum):
    """The documented exit statuses; all others are reserved."""

    GOOD = 0
    """Nothing at or above the threshold failed, and nothing there is unknown."""
    FAILED = 1
    """A rule at or above the threshold fails."""
    UNUSABLE = 2
    """Usage, or a policy or configuration that cannot be used; nothing was judged."""
    INCOMPLETE = 3
    """Nothing fails at the threshold, but something is unknown, an error or unreadable."""
    INTEGRITY = 4
    """A digest, signature or lock does not hold."""
    DEFECT = 70
    """An exception that nobody foresaw: a defect in passmuster. Whatever was printed is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file; lines and columns count from 1, and a column counts characters."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake: a stable code, a sentence without a full stop, and where it is."""

    code: str
    message: str
    location: Location
    excerpt: str | None = None
    """The author's line, where it is known; the column of the location points into it."""
    hint: str | None = None
    """What to do about it, where that is not plain from the message."""

    def __str__(self) -> str:
        lines = [f"{self.location}: {self.message}"]
        if self.excerpt is not None and self.location.column is not None:
            excerpt, before = _window(self.excerpt, self.location.column - 1)
            # What nobody sees is shown as an escape, and the caret stands under it all the same.
            left, right = (_shown(part) for part in (excerpt[:before], excerpt[before:]))
            pad = "".join("\t" if c == "\t" else " " for c in left)
            lines += [f"    {left}{right}", f"    {pad}^"]
        if self.hint is not None:
            lines.append(f"    hint: {self.hint}")
        return "\n".join(lines)


def _shown(text: str) -> str:
    return "\t".join(visible(part) for part in text.split("\t"))


_WIDE = 240
"""Characters of an author's line that are shown."""


def _window(line: str, before: int) -> tuple[str, int]:
    """The part of a long line around a place, and how many characters of it stand before that place."""
    if len(line) <= _WIDE:
        return line, before
    start = max(0, min(before - _WIDE // 2, len(line) - _WIDE))
    cut = line[start : start + _WIDE]
    left, right = ("..." if start else ""), ("..." if start + _WIDE < len(line) else "")
    return left + cut + right, before - start + len(left)


MAX_PROBLEMS = 100
"""Mistakes that one error names; beyond as many, nobody reads on."""


def _first(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The first mistakes, and one that counts the others."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    next_one = problems[MAX_PROBLEMS]
    rest = f"and at least {len(problems) - MAX_PROBLEMS} more, here and below"
    return (*problems[:MAX_PROBLEMS], Problem(code="more", message=rest, location=next_one.location))


class PassmusterError(Exception):
    """The root of every error that a user can cause; it carries the mistakes found, at most `MAX_PROBLEMS`."""

    status: ExitStatus = ExitStatus.UNUSABLE

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = _first(tuple(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def at(cls, file: str, message: str, *, code: str, hint: str | None = None) -> PassmusterError:
        """Make an error of one mistake that concerns a whole file or argument."""
        return cls([Problem(code=code, message=message, location=Location(file=file), hint=hint)])


class UsageError(PassmusterError):
    """The command line asks for something that cannot be done."""


class PolicyError(PassmusterError):
    """A policy, its tests or its parameters cannot be used; nothing was judged."""


class SnapshotError(PassmusterError):
    """A snapshot cannot be read; in a fleet its node is unknown, and the others are judged."""

    status = ExitStatus.INCOMPLETE


class IntegrityError(PassmusterError):
    """A digest or the lock does not hold."""

    status = ExitStatus.INTEGRITY
