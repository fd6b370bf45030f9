"""Cutting a canonical snapshot into its sections without parsing it.

A canonical line is a head of a known form, then sections in the order of their names, and nothing else. It is cut where
``,"NAME":{"facts":`` stands: inside a string every quotation mark has a backslash before it, so those bytes are always
structure. Whether they stand at the right depth shows when a piece is parsed, for only then is it balanced. So a line
of which every piece is a valid section is exactly that snapshot; every other line is left to the plain reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = rb'[^"\\\x00-\x1f\x7f-\xff]'
_HEAD = re.compile(
    rb'\{"collection":\{"collected_at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)","collector":"' + _TEXT + rb'{0,64}",'
    rb'"context":"(?:host|container|elsewhere)","kind":"(?:live|root|dump)","recorded":\[\],'
    rb'"uid":(?:null|0|[1-9][0-9]{0,8})\},"node":\{"labels":(\{[^{}]*\}),'
    rb'"machine_id":(?:null|"(sha256:[0-9a-f]{64})"),"name":"(' + _TEXT + rb'{0,253})"\},'
    rb'"schema":"passmuster\.snapshot/1","sections":\{(?=")'
)
_FACTS = len(b'{"facts":')
_END = b"}}\n"


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the sections, as text."""

    collected_at: str
    labels: bytes
    """JSON that was not validated yet."""
    machine_id: str | None
    name: str


class Cutter:
    """Cuts at the sections of these names, which are sorted as a canonical line has them."""

    __slots__ = ("_lengths", "_marks", "names")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._marks = tuple(b',"%s":{"facts":' % name.encode() for name in names)
        self._lengths = [0] * len(names)
        """How long each section was in the line before: in the next one its end is often there."""

    def head(self, line: bytes) -> tuple[Head, int] | None:
        """The head, and where the name of the first section begins; None where the line has another form."""
        match = _HEAD.match(line)
        if match is None or not line.endswith(_END):
            return None
        collected_at, labels, machine_id, name = match.groups()
        head = Head(
            collected_at.decode(), labels, machine_id.decode() if machine_id is not None else None, name.decode()
        )
        return head, match.end()

    def pieces(self, line: bytes, start: int) -> list[bytes | None] | None:
        """The bytes of each section in the order of the names, None for one that is missing; None where all are."""
        found: list[bytes | None] = [None] * len(self._marks)
        current, begin = -1, start
        for at, mark in enumerate(self._marks):
            if current < 0:
                if line.startswith(mark[1:], start):
                    current, begin = at, start + len(mark) - 1 - _FACTS
                continue
            next_ = begin + self._lengths[current]
            if not line.startswith(mark, next_):
                next_ = line.find(mark, begin)
            if next_ >= 0:
                found[current] = line[begin:next_]
                self._lengths[current] = next_ - begin
                current, begin = at, next_ + len(mark) - _FACTS
        if current < 0:
            return None
        found[current] = line[begin : -len(_END)]
        return found
