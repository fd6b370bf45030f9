"""Paths to facts, written as CEL selectors: ``kernel.sysctl['net.ipv4.ip_forward']``.

One spelling a path: a key that is an identifier is written with a dot, any other in brackets
and single quotes. Paths are used in snapshots (`unknown`), tests, reports and redaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(
    r"\.?(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<quote>['\"])(?P<key>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)\]"
)
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True, order=True)
class FieldPath:
    """A path from the root of a snapshot's sections: a section name, then keys."""

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Read a selector; raises ValueError with the place where it ceases to be one."""
        parts: list[str] = []
        at = 0
        while at < len(text):
            step = _STEP.match(text, at)
            if step is None or _out_of_place(step, bool(parts)):
                msg = f"not a field path at character {at + 1} (got {text!r}, expected a selector such as cpu.flags)"
                raise ValueError(msg)
            parts.append(step["name"] if step["name"] is not None else _unescape(step["key"]))
            at = step.end()
        if not parts:
            msg = "a field path is empty (expected a selector such as cpu.flags)"
            raise ValueError(msg)
        return cls(tuple(parts))

    def __str__(self) -> str:
        first, *rest = self.parts
        return first + "".join(_step(part) for part in rest)

    def child(self, key: str) -> FieldPath:
        """The path of a member."""
        return FieldPath((*self.parts, key))

    def covers(self, other: FieldPath) -> bool:
        """Whether the other path is this one or lies below it."""
        return other.parts[: len(self.parts)] == self.parts


def _out_of_place(step: re.Match[str], later: bool) -> bool:  # noqa: FBT001 - the two cases of one question
    """Whether a step cannot stand where it does: a path begins with a bare name, and every later name has its dot."""
    if step["name"] is None:
        return not later
    return step.group().startswith(".") != later


def _step(part: str) -> str:
    if _IDENTIFIER.fullmatch(part):
        return f".{part}"
    return "['" + "".join(_ESCAPES.get(c, c) for c in part) + "']"


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _UNESCAPES.get(match[1], match[1]), text, flags=re.DOTALL)
