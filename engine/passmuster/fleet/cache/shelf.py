"""The cache for the sections of one name.

A section is read strictly (JSON, schema, the snapshot's own laws) when its bytes are first seen. If most nodes have a
unique section, the cache keeps the common text around the values that differ (`holes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from passmuster.fleet.cache import facts, holes
from passmuster.fleet.cache.part import Part
from passmuster.fleet.cache.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from passmuster.fleet.cache.facts import Facts
    from passmuster.fleet.cache.holes import Hole


class Stem(NamedTuple):
    """Sections that differ in the values at their holes alone."""

    texts: tuple[bytes, ...]
    """What stands before the first hole, between them, and behind the last."""
    holes: tuple[Hole, ...]
    part: Part
    """What they are, apart from what rules look at in the holes."""
    facts: dict[str, Any]
    """Those of the section that was seen first; empty where rules look into no hole."""

    def filled(self, values: Sequence[bytes]) -> Part:
        """What the section with these values is."""
        if not self.facts:
            return self.part
        return Reader.filled(self.part, holes.filled(self.facts, self.holes, values))


class Found(NamedTuple):
    """What became of a section."""

    part: Part
    kept: bool
    """Whether it is known by all its bytes from now on."""
    stem: Stem | None
    """What is the same in others; None where it has no holes."""


class Shelf:
    """The sections of one name."""

    def __init__(self, name: str, read: Facts | None, hold: Callable[[int], None], *, sources: bool) -> None:
        """Rules read these facts of the section, or all of it where that is None; `hold` is told what is kept.

        `sources`: whether it matters where facts came from, and how it is worded why there are none.
        """
        self.name, self._read, self._hold, self._sources = name, read, hold, sources
        self._reader = Reader(name, read, hold, sources=sources)
        self.is_read = read is None or bool(read)
        self.order = self._reader.order
        """Facts that rules read, and where their numbers stand."""
        self.missing = Part(name=name, frame=0)
        self.era = 0
        """Where it changes, what was found before is to be forgotten."""
        self._holes: tuple[Hole, ...] = ()
        self._settled = False
        """Whether most nodes have a section of their own."""
        self._whole: dict[bytes, Part] = {}
        """Sections by all their bytes."""
        self._misses = 0
        self._due = facts.FIRST
        """So many misses are waited for before holes are looked for."""
        self._since = 0
        """How many lines there were when the era began."""

    def find(self, piece: bytes, lines: int) -> Found | None:
        """What a section is; None where it is not valid. `lines` were seen so far."""
        known = self._whole.get(piece)
        if known is not None:
            return Found(known, kept=True, stem=None)
        holed = self._by_holes(piece) if self._holes else None
        found = holed or self._by_itself(piece)
        if found is None:
            return None
        self._misses += 1
        if self._holes:
            self._doubt(lines)
        elif not self._settled and self._misses >= self._due:
            self._decide(lines)
        return found

    def _by_itself(self, piece: bytes) -> Found | None:
        """A section of which nothing was seen, or not with others of its facts."""
        by_facts = self._reader.by_facts(piece)
        room = not self._settled or len(self._whole) < facts.MANY
        part, passing = (self._reader.whole(piece, lasting=room), False) if by_facts is None else by_facts
        if part is None:
            return None
        kept = room and not (passing and self._settled)
        if kept:
            self._whole[piece] = part
            self._hold(len(piece) + 200)
        return Found(part, kept=kept, stem=None)

    def _by_holes(self, piece: bytes) -> Found | None:
        """A section by what is the same in others; None where it has no holes, or they do not help."""
        cut = holes.cut(piece, self._holes)
        if cut is None:
            return None
        fresh = frozenset(hole.fact for hole in cut.holes if hole.fact is not None)
        by_facts = self._reader.by_facts(piece, fresh)
        part = by_facts[0] if by_facts is not None else None if fresh else self._reader.whole(piece, lasting=True)
        if part is None:
            return None
        self._hold(len(piece) + 300)
        stem = Stem(cut.texts, cut.holes, part, cut.facts if fresh else {})
        return Found(stem.filled(cut.values), kept=False, stem=stem)

    def _decide(self, lines: int) -> None:
        """Whether sections are hardly met twice; if so, look for what differs in them."""
        self._due *= 2
        if self._misses * facts.SHARE <= lines:
            return
        some = list(self._whole)[-facts.FIRST :]
        found = holes.find(some, self.name, self._read, sources=self._sources)
        if found or self._misses >= facts.MANY:
            self._begin(found, lines)

    def _doubt(self, lines: int) -> None:
        """Give holes up where what is round them is hardly met twice either."""
        if self._misses >= facts.MANY and self._misses * facts.SHARE > lines - self._since:
            self._begin((), lines)

    def _begin(self, found: tuple[Hole, ...], lines: int) -> None:
        """Begin a new era."""
        self.era += 1
        self._holes, self._settled, self._misses, self._since = found, True, 0, lines
        self._whole.clear()
