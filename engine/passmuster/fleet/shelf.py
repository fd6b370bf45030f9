"""What is remembered of the sections of one name.

A section is read strictly (JSON, schema, the snapshot's own laws) when its bytes are first seen. A section of which the
frame and each fact were seen before, if never together, is known by these. A fact that is another one on every node is
not remembered: a pattern says each time whether it is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster import _json, schema
from passmuster.binding import bind_section, rebound
from passmuster.fleet import facts, simple
from passmuster.fleet.cut import FactCutter, Pieces
from passmuster.fleet.facts import Fact
from passmuster.snapshot import Section, load_section

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from passmuster.fleet.facts import Facts


@dataclass(eq=False, slots=True, kw_only=True)
class Part:
    """All sections of one name that rules cannot tell apart."""

    name: str
    frame: int
    facts: tuple[int, ...] = ()
    """A number for each fact that rules read, 0 for one that is not there; empty where the frame says all."""
    section: Section | None = None
    """With the facts that rules read at least; None where the section is not there."""
    like: Part | None = None
    """The part that stands for all that differ from this one in facts that are not remembered; None for such a one,
    and where nothing is."""
    lasting: bool = True
    """Whether the same can come again; what a part is like can."""
    _bound: object = None

    def bound(self) -> object:
        """The value that expressions see."""
        if self._bound is None:
            if self.like is None or self.section is None:
                self._bound = bind_section(self.name, self.section)
            else:
                known = self.like.section.facts if self.like.section is not None else {}
                fresh = [each for each in self.section.facts if each not in known]
                self._bound = rebound(self.name, self.like.bound(), self.section, fresh)
        return self._bound


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    number: int
    section: Section
    """The section that it was first seen with."""
    divisible: bool
    """Whether any facts fit into it, as long as each is valid by itself."""


class Shelf:
    """The sections of one name."""

    def __init__(self, name: str, read: Facts | None, hold: Callable[[int], None], *, sources: bool) -> None:
        """Rules read these facts of the section, or all of it where that is None; `hold` is told what is kept.

        `sources`: whether it matters where facts came from, and how it is worded why there are none.
        """
        self.name, self._hold, self.is_read, self._sources = name, hold, read is None or bool(read), sources
        named = schema.facts(1, name)
        names = tuple(sorted(named))
        self._cutter = FactCutter(names)
        self._facts = [
            Fact(
                name=each,
                mark=b'"%s":' % each.encode(),
                pattern=simple.pattern(named[each]),
                keeps=schema.keeps(1, named[each]),
                read=read is None or each in read,
                looks=None if read is None else read.get(each),
            )
            for each in names
        ]
        self._places = tuple(place for place, each in enumerate(self._facts) if each.read)
        self.order = {self._facts[place].name: at for at, place in enumerate(self._places)}
        """Facts that rules read, and where their numbers stand."""
        self.missing = Part(name=name, frame=0)
        self.whole: dict[bytes, Part] | None = {}
        """Sections by all their bytes; None where that does not pay."""
        self._hole: Fact | None = None
        self.stem: tuple[bytes, re.Pattern[bytes], bytes, Part] | None = None
        """The section that was met last, round the one fact that differs on every node."""
        self._stems: dict[tuple[bytes, bytes], Part] = {}
        self._frames: dict[tuple[tuple[int, ...], bytes], _Frame] = {}
        self._by_meaning: dict[tuple[object, ...], _Frame] = {}
        self._parts: dict[tuple[int, ...], Part] = {}
        self._made = self._misses = 0

    def part(self, piece: bytes, lines: int) -> Part | None:
        """What a section is, that `whole` does not have; None where it is not valid. `lines` were seen so far."""
        if self._hole is not None:
            found = self._by_stem(piece, self._hole)
            if found is not None:
                return found
        self.stem = None
        pieces = self._cutter.cut(piece)
        part = self._of_facts(piece, pieces) if pieces is not None else None
        if part is None:
            part = self._of_whole(piece)
        if part is not None and self.whole is not None:
            self._keep(self.whole, piece, part)
            self._misses += 1
            if self._misses >= facts.MANY and self._misses * facts.SHARE > lines:
                self._settle()
        return part

    def _keep(self, whole: dict[bytes, Part], piece: bytes, part: Part) -> None:
        whole[piece] = part
        self._hold(len(piece) + 200)

    def _settle(self) -> None:
        """Sections are hardly met twice: know them by what differs in them."""
        self.whole = None
        volatile = [each for each in self._facts if each.volatile]
        if len(volatile) == 1 and volatile[0].pattern is not None:
            self._hole = volatile[0]

    def _by_stem(self, piece: bytes, hole: Fact) -> Part | None:
        """A section of which all but one fact was seen together."""
        assert hole.pattern is not None
        match = hole.pattern.match(piece, piece.find(hole.mark) + len(hole.mark))
        if match is None:
            return None
        stem = (piece[: match.start()], piece[match.end() :])
        part = self._stems.get(stem) or self._new_stem(piece, hole, match, stem)
        if part is None:
            return None
        self.stem = (stem[0], hole.pattern, stem[1], part)
        return self.filled(part, match[0])

    def filled(self, part: Part, data: bytes) -> Part:
        """A part of which one fact is not remembered, with that fact."""
        hole = self._hole
        return part if hole is None or not hole.read else self._passing(part, {hole.name: _json.loads(data)})

    def _new_stem(self, piece: bytes, hole: Fact, match: re.Match[bytes], stem: tuple[bytes, bytes]) -> Part | None:
        pieces = self._cutter.cut(piece)
        if pieces is None:
            return None
        # The value that was matched has to be the fact itself, and not one of that name further down.
        at = [place for place, value in zip(pieces.frame[0], pieces.values, strict=True) if value == match[0]]
        if not any(self._facts[place] is hole for place in at) or piece.find(hole.mark) != piece.rfind(hole.mark):
            return None
        part = self._of_facts(piece, pieces)
        if part is not None:
            self._stems[stem] = part
            self._hold(len(piece) + 200)
        return part

    def _of_facts(self, piece: bytes, pieces: Pieces) -> Part | None:
        frame = self._frames.get(pieces.frame)
        if frame is None:
            frame = self._new_frame(piece, pieces)
        if frame is None or not frame.divisible:
            return None
        numbers = dict.fromkeys(self._places, 0)
        passing: dict[str, Any] = {}
        for place, data in zip(pieces.frame[0], pieces.values, strict=True):
            fact = self._facts[place]
            fact.asked += 1
            number = fact.number(data)
            if number == 0:
                return None
            if fact.read:
                numbers[place] = number
                if number == facts.VOLATILE:
                    passing[fact.name] = _json.loads(data)
        key = (frame.number, *numbers.values())
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = self._new_part(frame, numbers)
            self._hold(200)
        return self._passing(part, passing) if passing else part

    def _new_frame(self, piece: bytes, pieces: Pieces) -> _Frame | None:
        """Read a section whole, for its frame; None where it is not valid."""
        section = load_section(self.name, piece)
        if section is None:
            return None
        like = self._like(section, pieces.frame[0])
        frame = self._by_meaning.get(like)
        if frame is None:
            names = [self._facts[place].name for place in pieces.frame[0]]
            # Where single members of a fact are unknown, whether a value fits hangs on which members it has.
            divisible = names == sorted(section.facts) and all(len(path.parts) == 2 for path in section.unknown)
            self._made += 1
            frame = self._by_meaning[like] = _Frame(number=self._made, section=section, divisible=divisible)
        self._frames[pieces.frame] = frame
        self._hold(len(piece))
        return frame

    def _like(self, section: Section, places: tuple[int, ...]) -> tuple[object, ...]:
        """Equal for frames in which rules see the same."""
        unknown = sorted(
            (path, fact.reason.value, fact.detail * self._sources) for path, fact in section.unknown.items()
        )
        named = sorted(section.sources.items()) if self._sources else ()
        return places, tuple(section.facts), section.reason, tuple(unknown), tuple(named)

    def _new_part(self, frame: _Frame, numbers: dict[int, int]) -> Part:
        values = {
            self._facts[place].name: self._facts[place].values[number]
            for place, number in numbers.items()
            if number > 0
        }
        section = Section(
            facts=values, unknown=frame.section.unknown, sources=frame.section.sources, reason=frame.section.reason
        )
        return Part(name=self.name, frame=frame.number, facts=tuple(numbers.values()), section=section)

    @staticmethod
    def _passing(part: Part, fresh: dict[str, Any]) -> Part:
        """The same with facts that are not remembered."""
        known = part.section
        assert known is not None
        section = Section(
            facts={**known.facts, **fresh}, unknown=known.unknown, sources=known.sources, reason=known.reason
        )
        return Part(
            name=part.name, frame=part.frame, facts=part.facts, section=section, like=part.like or part, lasting=False
        )

    def _of_whole(self, piece: bytes) -> Part | None:
        """A section that is known by all its bytes alone."""
        section = load_section(self.name, piece)
        if section is None:
            return None
        self._made += 1
        return Part(name=self.name, frame=self._made, section=section, lasting=self.whole is not None)
