"""Cutting a canonical snapshot into its sections, and a section into its facts, without parsing either.

A canonical line is a head of a known form, then sections in the order of their names, and nothing else. It is cut
where ``,"NAME":{"facts":`` stands: inside a string every quotation mark has a backslash before it, so those bytes are
always structure. Whether they stand at the right depth shows when a piece is parsed, for only then is it balanced. So a
line of which every piece is a valid section is exactly that snapshot; every other line is left to the plain reader. A
section is cut into its facts in the same way, and what is left of it is its frame.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from passmuster.model.durations import MOMENT

_TEXT = rb'[^"\\\x00-\x1f\x7f-\xff]'
HEAD = re.compile(
    rb'\{"collection":\{"collected_at":(null|"' + MOMENT.encode() + rb'"),"collector":"' + _TEXT + rb'{0,64}",'
    rb'"context":"(host|container|elsewhere)","kind":"(live|root|dump)","recorded":\[\],'
    rb'"uid":(?:null|0|[1-9][0-9]{0,8})\},"node":\{"labels":(\{[^{}]*\}),'
    rb'"machine_id":(?:null|"(sha256:[0-9a-f]{64})"),"name":"(' + _TEXT + rb'{1,253})"\},'
    rb'"schema":"passmuster\.snapshot/1","sections":\{(?=")'
)
"""Groups: moment (as JSON: null, or with its quotation marks), context, kind, labels (JSON that was not validated yet),
machine id (None for null), name."""
FACTS = len(b'{"facts":')
END = b"}}\n"
_OPEN = b'{"facts":{'
_CLOSE = b'},"sources":'


def marks(names: tuple[str, ...]) -> tuple[bytes, ...]:
    """What stands where a section of each name begins that is not the first."""
    return tuple(b',"%s":{"facts":' % name.encode() for name in names)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A section, cut."""

    frame: tuple[tuple[int, ...], bytes]
    """The places of the facts that are there, among the names, and what stands behind the last of them."""
    values: list[bytes]
    """The facts that are there, as JSON."""


class FactCutter:
    """Cuts sections with facts of these names, which are sorted as a canonical section has them."""

    __slots__ = ("_marks",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self._marks = tuple(b',"%s":' % name.encode() for name in names)

    def cut(self, section: bytes) -> Pieces | None:
        """The facts of a section; None where it has none of these, or another form."""
        if not section.startswith(_OPEN):
            return None
        begin, places, values = -1, [], []
        for place, mark in enumerate(self._marks):
            if begin < 0:
                if section.startswith(mark[1:], len(_OPEN)):
                    begin = len(_OPEN) + len(mark) - 1
                    places.append(place)
                continue
            at = section.find(mark, begin)
            if at >= 0:
                values.append(section[begin:at])
                places.append(place)
                begin = at + len(mark)
        end = section.find(_CLOSE, begin)
        if begin < 0 or end < 0:
            return None
        values.append(section[begin:end])
        return Pieces((tuple(places), section[end:]), values)
