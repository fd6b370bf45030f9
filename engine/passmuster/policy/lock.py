"""The lock: the digest of every released policy file, and who approved it when. What it names never changes.

A line is `PACK@VERSION sha256:<hex>`, and behind it `approved <moment> by <who>` where that was said; lines are sorted;
`#` begins a comment line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.errors import Location, PolicyError, Problem
from passmuster.model.durations import parse_moment
from passmuster.model.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WHO = 200
"""Characters of who approved a release."""
_LINE = re.compile(
    r"(?P<name>[a-z][a-z0-9-]*@\S+) (?P<digest>sha256:[0-9a-f]{64})(?: approved (?P<at>\S+) by (?P<by>\S.*))?"
)
_HEAD = """\
# Digests of released policies: PACK@VERSION, sha256 of the bytes of policy.yaml, who approved it and when.
# A line here never changes; `passmuster policy lock` adds new ones.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who answers for a release."""

    by: str
    """One line of visible text, at most `MAX_WHO` characters."""
    at: str
    """A moment in UTC, as 2026-12-01T10:00:00Z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A line of the lock."""

    digest: str
    approval: Approval | None = None
    """None where the lock does not say."""


def is_who(text: str) -> bool:
    """Whether a text can say who approved a release."""
    return text == text.strip() and 0 < len(text) <= MAX_WHO and visible(text) == text


def parse(text: str, file: str) -> dict[str, Locked]:
    """Read a lock: PACK@VERSION -> what it says. Raises PolicyError with every mistake found."""
    entries: dict[str, Locked] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        where = Location(file=file, line=number, column=1)
        if match is None or not _approved(match):
            wanted = "PACK@VERSION sha256:<64 hex digits>, and approved <moment> by <who> or nothing"
            message = f"not a line of a lock (got {line[:120]!r}, expected {wanted})"
            problems.append(Problem(code="lock-line", message=message, location=where))
        elif match["name"] in entries:
            problems.append(
                Problem(
                    code="lock-duplicate", message=f"{match['name']} is locked twice (expected once)", location=where
                )
            )
        else:
            approval = Approval(by=match["by"], at=match["at"]) if match["by"] else None
            entries[match["name"]] = Locked(digest=match["digest"], approval=approval)
    if problems:
        raise PolicyError(problems)
    return entries


def _approved(match: re.Match[str]) -> bool:
    """Whether a line says nothing of who approved it, or says it rightly."""
    if match["by"] is None:
        return True
    try:
        parse_moment(match["at"])
    except ValueError:
        return False
    return is_who(match["by"])


def render(entries: Mapping[str, Locked]) -> str:
    """Write a lock."""
    return _HEAD + "".join(f"{_line(name, entries[name])}\n" for name in sorted(entries))


def _line(name: str, locked: Locked) -> str:
    approval = locked.approval
    return f"{name} {locked.digest}" + (f" approved {approval.at} by {approval.by}" if approval is not None else "")
