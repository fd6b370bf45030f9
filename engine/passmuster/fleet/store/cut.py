"""Cutting snapshots for keeping: what many nodes share apart from what each has for itself.

A canonical line is cut where ``:{"facts":{`` stands (inside a string every quotation mark has a backslash before it, so
those bytes are always structure), and what differs between like nodes is taken out of the pieces: a hole is left there.
So a line is a few pieces that others have too, and a few values of its own, and joining them gives its bytes again.

A piece is proven when it is first seen (`holes`). So a line of known pieces is a valid snapshot, and what a policy says
of it depends on the pieces, and on the holes only where it reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from passmuster.codec import json, schema
from passmuster.fleet.store.holes import (
    FACTS,
    HOLE,
    HOLED,
    HOLES,
    MARK,
    NAME,
    TEXT,
    filled,
    head_holds,
    holds,
    hole_holds,
    taken,
)
from passmuster.model.durations import MOMENT, format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from passmuster.fleet.store.holes import Hole

_HEAD = re.compile(
    rb'(\{"collection":\{"collected_at":)(null|"' + MOMENT.encode() + rb'")(,.*"node":\{"labels":\{)(.*)'
    rb'(\},"machine_id":)(null|"sha256:[0-9a-f]{64}")(,"name":")(' + TEXT + rb"{1,253})"
    rb'("\},"schema":"passmuster\.snapshot/1","sections":\{)"([a-z][a-z0-9_]{0,63})"'
)
_NEXT = re.compile(rb'(.*\}),"([a-z][a-z0-9_]{0,63})"', re.DOTALL)
_END = b"}}\n"
_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Own:
    """The values of a single node."""

    at: int
    """The moment of collection in seconds since 1970; NO_MOMENT where it is not known."""
    machine: bytes | None
    """The 32 bytes of the machine id."""
    name: str
    total: int | None = None
    """Bytes of memory; None where not taken out."""


@dataclass(slots=True)
class _Values:
    """What was taken out of the sections so far."""

    total: int | None = None

    def take(self, hole: Hole, value: bytes | None) -> None:
        if hole is HOLES[0] and value is not None:
            self.total = int(value)


@dataclass(frozen=True, slots=True)
class Cut:
    """A snapshot, taken apart."""

    pieces: tuple[int, ...]
    """Numbers of pieces of the cutter that made it, the head first."""
    own: Own


def join(pieces: Iterable[bytes], own: Own) -> bytes:
    """The bytes of a snapshot again."""
    values = [moment_text(own.at).encode()] if own.at > NO_MOMENT else []
    if own.machine is not None:
        values.append(own.machine.hex().encode())
    if own.total is not None:
        values.append(b"%d" % own.total)
    return filled(MARK.join(pieces), values, own.name.encode())


NO_MOMENT = -(2**62)
"""Stands for a moment of collection that is not known: before all others."""


def moment(text: str | None) -> int:
    """Seconds since 1970 of a moment as snapshots write it; NO_MOMENT where there is none."""
    return NO_MOMENT if text is None else int(parse_moment(text).timestamp())


def moment_text(at: int) -> str:
    """The moment as snapshots write it."""
    return format_moment(datetime.fromtimestamp(at, UTC))


class Cutter:
    """Cuts lines, and remembers the pieces that it saw; what does not fit the form is for others to keep whole."""

    def __init__(self, *, limit: int = _LIMIT) -> None:
        self._limit, self._made = limit, 0
        self._forget()

    def cut(self, line: bytes) -> Cut | None:
        """The pieces of a valid canonical snapshot; None where it has another form, or is none."""
        if HOLE in line or NAME in line or len(line) > json.MAX_BYTES:
            return None
        first, *chunks = line.split(MARK)
        match = _HEAD.fullmatch(first)
        if match is None or not chunks:
            return None
        at, name = moment(None if match[2] == b"null" else match[2][1:-1].decode()), match[8]
        head = self._head(match)
        if head is None:
            return None
        numbers, values = [head], _Values()
        if not self._chunks(match[10], chunks, name, numbers, values):
            return None
        machine = None if match[6] == b"null" else bytes.fromhex(match[6][8:-1].decode())
        own = Own(at, machine, name.decode(), values.total)
        # The test that nothing is lost, for every line that is ever taken apart.
        return Cut(tuple(numbers), own) if join([self.contents[each] for each in numbers], own) == line else None

    def _chunks(
        self, section: bytes, chunks: Sequence[bytes], name: bytes, numbers: list[int], values: _Values
    ) -> bool:
        """Whether all chunks from a section on are valid pieces; adds their numbers, and what was taken out of them."""
        for chunk in chunks:
            stem, hole = chunk, HOLED.get(section)
            if hole is not None:
                stem, value = taken(chunk, hole, name)
                values.take(hole, value)
            known = self._known.get(section, _NOTHING).get(stem) or self._learn(section, stem, hole)
            if known is None:
                return False
            number, section = known
            numbers.append(number)
        return section == b""

    def trim(self) -> bool:
        """Forget all where too much is remembered, and say whether; numbers are never used twice."""
        full = self._held > self._limit
        if full:
            self._forget()
        return full

    def _forget(self) -> None:
        self._held = 0
        self.contents: dict[int, bytes] = {}
        """The bytes of each piece, by number."""
        self.sections: dict[int, str] = {}
        """The section that each piece is; empty for a head."""
        self._known: dict[bytes, dict[bytes, tuple[int, bytes]]] = {}
        self._heads: dict[bytes, int] = {}

    def _keep(self, section: bytes, content: bytes) -> int:
        self._made += 1
        self._held += len(content)
        self.contents[self._made] = content
        self.sections[self._made] = section.decode()
        return self._made

    def _head(self, match: re.Match[bytes]) -> int | None:
        """A number for what stands before the sections, with the moment, the machine id and the name taken out."""
        begin, when, to_labels, labels, to_machine, machine, to_name, name, to_sections, section = match.groups()
        moment_hole = b"null" if when == b"null" else b'"' + HOLE + b'"'
        hole = b"null" if machine == b"null" else b'"sha256:' + HOLE + b'"'
        shared = labels.replace(b':"' + name + b'"', b':"' + NAME + b'"')
        stem = b"".join(
            [begin, moment_hole, to_labels, shared, to_machine, hole, to_name, NAME, to_sections, b'"' + section + b'"']
        )
        number = self._heads.get(stem)
        if number is None and head_holds(stem, section):
            number = self._heads[stem] = self._keep(b"", stem)
        return number

    def _learn(self, section: bytes, stem: bytes, hole: Hole | None) -> tuple[int, bytes] | None:
        """A number for a piece that was not seen before, and the section after it; None where it is not valid."""
        body, after = _parted(stem)
        # A section that this engine does not know: a newer collector's. Its snapshot is kept whole.
        if (after and after <= section) or section.decode() not in schema.sections(1):
            return None
        if hole is not None and (HOLE in body or NAME in body):
            valid = hole_holds(section, body, hole)
        else:
            valid = holds(section, body)
        if not valid:
            return None
        known = (self._keep(section, stem), after)
        self._known.setdefault(section, {})[stem] = known
        return known


_NOTHING: Mapping[bytes, tuple[int, bytes]] = {}


def as_section(section: str, piece: bytes) -> bytes:
    """The section that a piece is, as JSON; values of a node's own, that were taken out of it, are made up."""
    body, _ = _parted(piece)
    hole = HOLED.get(section.encode())
    if hole is not None:
        value = hole.probes[0][0]
        body = body.replace(HOLE, value).replace(NAME, value)
    return FACTS + body


def _parted(chunk: bytes) -> tuple[bytes, bytes]:
    """What belongs to a section, and the name of the next one; empty where it is the last."""
    match = _NEXT.fullmatch(chunk)
    if match is not None:
        return match[1], match[2]
    return chunk.removesuffix(_END), b""
