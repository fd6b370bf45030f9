"""What is remembered of the sections of one name.

A section is read strictly (JSON, schema, the snapshot's own laws) when its bytes are first seen. A section of which the
frame and each fact were seen before, if never together, is known by these. A fact that is another one on every node is
not remembered: a pattern says each time whether it is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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


class Stem(NamedTuple):
    """A section round the one fact that differs on every node."""

    prefix: bytes
    hole: Fact
    suffix: bytes
    part: Part
    """What the section is, that fact apart."""


class Found(NamedTuple):
    """What became of a section."""

    part: Part
    kept: bool
    """Whether it is known by all its bytes from now on."""
    stem: Stem | None
    """Where one fact in it differs on every node."""


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
        self.era = 0
        """Above 0 where most sections of this name are not met twice: then they are known by what differs in them.
        What was found in an earlier era does not hold."""
        self._whole: dict[bytes, Part] = {}
        """Sections by all their bytes."""
        self._hole: Fact | None = None
        self._stems: dict[tuple[bytes, bytes], Part] = {}
        self._frames: dict[tuple[tuple[int, ...], bytes], _Frame] = {}
        self._by_meaning: dict[tuple[object, ...], _Frame] = {}
        self._parts: dict[tuple[int, ...], Part] = {}
        self._made = self._misses = 0

    def find(self, piece: bytes, lines: int) -> Found | None:
        """What a section is; None where it is not valid. `lines` were seen so far."""
        known = self._whole.get(piece)
        if known is not None:
            return Found(known, kept=True, stem=None)
        if self._hole is not None:
            stemmed = self._by_stem(piece, self._hole)
            if stemmed is not None:
                return stemmed
        pieces = self._cutter.cut(piece)
        by_facts = self._of_facts(piece, pieces) if pieces is not None else None
        part, passing = (self._of_whole(piece), False) if by_facts is None else by_facts
        if part is None:
            return None
        self._misses += 1
        if not self.era and self._misses >= facts.MANY and self._misses * facts.SHARE > lines:
            self._choose_hole()
        kept = self._roomy and not (passing and self.era)
        if kept:
            self._whole[piece] = part
            self._hold(len(piece) + 200)
        return Found(part, kept=kept, stem=None)

    @property
    def _roomy(self) -> bool:
        """Whether one more section may be known by all its bytes."""
        return not self.era or len(self._whole) < facts.MANY

    def _choose_hole(self) -> None:
        """Begin a new era."""
        self.era += 1
        self._whole.clear()
        volatile = [each for each in self._facts if each.volatile]
        self._hole = volatile[0] if len(volatile) == 1 and volatile[0].pattern is not None else None
        self._stems.clear()

    def _by_stem(self, piece: bytes, hole: Fact) -> Found | None:
        """A section of which all but one fact was seen together."""
        assert hole.pattern is not None
        match = hole.pattern.match(piece, piece.find(hole.mark) + len(hole.mark))
        if match is None:
            return None
        stem = (piece[: match.start()], piece[match.end() :])
        part = self._stems.get(stem) or self._new_stem(piece, hole, match, stem)
        if part is None:
            return None
        return Found(self.filled(part, hole, match[0]), kept=False, stem=Stem(stem[0], hole, stem[1], part))

    def filled(self, part: Part, hole: Fact, data: bytes) -> Part:
        """A part of which one fact is not remembered, with that fact."""
        return self._passing(part, {hole.name: _json.loads(data)}) if hole.read else part

    def _new_stem(self, piece: bytes, hole: Fact, match: re.Match[bytes], stem: tuple[bytes, bytes]) -> Part | None:
        pieces = self._cutter.cut(piece)
        if pieces is None:
            return None
        # The value that was matched has to be the fact itself, and not one of that name further down.
        at = [place for place, value in zip(pieces.frame[0], pieces.values, strict=True) if value == match[0]]
        if not any(self._facts[place] is hole for place in at) or piece.find(hole.mark) != piece.rfind(hole.mark):
            return None
        found = self._of_facts(piece, pieces)
        if found is None:
            return None
        self._stems[stem] = found[0]
        self._hold(len(piece) + 200)
        return found[0]

    def _of_facts(self, piece: bytes, pieces: Pieces) -> tuple[Part, bool] | None:
        """A section by its facts, and whether one of them is not remembered; None where it cannot be known so."""
        frame = self._frames.get(pieces.frame)
        if frame is None:
            frame = self._new_frame(piece, pieces)
        if frame is None or not frame.divisible:
            return None
        numbers = dict.fromkeys(self._places, 0)
        fresh: dict[str, Any] = {}
        passing = False
        for place, data in zip(pieces.frame[0], pieces.values, strict=True):
            fact = self._facts[place]
            fact.asked += 1
            lasting = not fact.volatile
            number = fact.number(data)
            if lasting and fact.volatile and self.era:
                self._choose_hole()
            if number == 0:
                return None
            passing = passing or fact.volatile
            if fact.read:
                numbers[place] = number
                if number == facts.VOLATILE:
                    fresh[fact.name] = _json.loads(data)
        key = (frame.number, *numbers.values())
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = self._new_part(frame, numbers)
            self._hold(200)
        return (self._passing(part, fresh) if fresh else part), passing

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
        return Part(name=self.name, frame=self._made, section=section, lasting=self._roomy)
