"""The lock: the digest of every released policy file. What it names never changes.

A line is `PACK@VERSION sha256:<hex>`; lines are sorted; `#` begins a comment line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from passmuster.errors import Location, PolicyError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = re.compile(r"(?P<name>[a-z][a-z0-9-]*@\S+) (?P<digest>sha256:[0-9a-f]{64})")
_HEAD = """\
# Digests of released policies: PACK@VERSION and sha256 of the bytes of policy.yaml.
# A line here never changes; `passmuster policy lock` adds new ones.
"""


def parse(text: str, file: str) -> dict[str, str]:
    """Read a lock: PACK@VERSION -> digest. Raises PolicyError with every mistake found."""
    entries: dict[str, str] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        where = Location(file=file, line=number, column=1)
        if match is None:
            message = f"not a line of a lock (got {line[:80]!r}, expected PACK@VERSION sha256:<64 hex digits>)"
            problems.append(Problem(code="lock-line", message=message, location=where))
        elif match["name"] in entries:
            problems.append(
                Problem(
                    code="lock-duplicate", message=f"{match['name']} is locked twice (expected once)", location=where
                )
            )
        else:
            entries[match["name"]] = match["digest"]
    if problems:
        raise PolicyError(problems)
    return entries


def render(entries: Mapping[str, str]) -> str:
    """Write a lock."""
    return _HEAD + "".join(f"{name} {entries[name]}\n" for name in sorted(entries))
