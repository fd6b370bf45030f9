"""What is remembered of single facts: a number for each value that rules can tell from others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from passmuster.codec import json

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, order=True)
class Look:
    """One thing that rules look at below a fact."""

    path: tuple[str, ...]
    presence: bool
    """Only whether it is there."""


Looks: TypeAlias = "tuple[Look, ...]"
Facts: TypeAlias = "Mapping[str, Looks | None]"
"""The facts of a section that rules read, and what they look at below each; None where that is all of it."""
VOLATILE = -1
"""The number of every fact that is valid, and not remembered."""
FIRST = 256
"""So many misses are looked at first for what differs on every node."""
_WRONG = object()
MANY = 2048
"""So many are looked at before a section or a fact is called volatile."""
SHARE = 2
"""Volatile: more than one miss in so many."""


@dataclass(slots=True, kw_only=True)
class Fact:
    """The values that were seen of one fact, by number; values that look alike to rules have the same."""

    name: str
    pattern: re.Pattern[bytes] | None
    keeps: Callable[[Any], bool]
    read: bool
    looks: Looks | None
    """What rules look at below it; None where they look at all of it."""
    seen: dict[bytes, int] = field(default_factory=dict)
    alike: dict[bytes, int] = field(default_factory=dict)
    """Values by what rules look at."""
    values: dict[int, Any] = field(default_factory=dict)
    """By number; where values are alike, the first of them."""
    asked: int = 0
    made: int = 0
    volatile: bool = False

    def number(self, data: bytes) -> int:
        """A number for the value; 0 where it is not valid."""
        known = self.seen.get(data)
        if known is not None:
            return known
        if self.pattern is not None and self.pattern.fullmatch(data):
            value = json.loads(data) if self.read and not self.volatile else None
        else:
            value = self._valid(data)
            if value is _WRONG:
                return 0
        number = self._like(value) if self.looks is not None and type(value) is dict else 0
        if not self.volatile:
            number = self.seen[data] = number or self._new(value)
            self.volatile = len(self.seen) >= MANY and len(self.seen) * SHARE > self.asked
            if self.volatile:
                # A value that was seen before must not keep its number: what is known of it would hold for all others.
                self.seen.clear()
        return number or VOLATILE

    def holds(self, data: bytes) -> bool:
        """Whether the value is valid."""
        return self._valid(data) is not _WRONG

    def _valid(self, data: bytes) -> Any:
        try:
            value = json.loads(data)
        except json.InvalidJSONError:
            return _WRONG
        return value if self.keeps(value) and not json.deeper_than(value, json.MAX_DEPTH - 4) else _WRONG

    def _new(self, value: Any) -> int:
        self.made += 1
        if self.read:
            self.values[self.made] = value
        return self.made

    def _like(self, value: dict[str, Any]) -> int:
        """The number of values in which rules see the same; 0 where there are too many kinds of them."""
        assert self.looks is not None
        key = json.canonical([_look(value, each.path, presence=each.presence) for each in self.looks])
        number = self.alike.get(key, 0)
        if not number and len(self.alike) < MANY:
            number = self.alike[key] = self._new(value)
        return number


def _look(value: Any, path: tuple[str, ...], *, presence: bool) -> list[Any]:
    """What an expression can see at a path: how far it goes, and what is there."""
    for depth, part in enumerate(path):
        if not isinstance(value, dict) or part not in value:
            return [depth, value is None]
        value = value[part]
    return [len(path), value is None] if value is None or presence else [len(path), False, value]
