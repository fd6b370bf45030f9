"""Reading sections of one name strictly, and saying which of them rules cannot tell apart.

A section of which the frame and each fact were seen before, if never together, is known by these. What is unknown
belongs to the frame; a fact with a value in an unknown member's place does not fit it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema
from passmuster.fleet.cache import facts, simple
from passmuster.fleet.cache.cut import FactCutter
from passmuster.fleet.cache.facts import Fact
from passmuster.fleet.cache.part import Part
from passmuster.snapshot import Section, load_section

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from passmuster.fleet.cache.cut import Pieces
    from passmuster.fleet.cache.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    number: int
    section: Section
    """The section that it was first seen with."""
    divisible: bool
    """Whether any facts fit into it, as long as each is valid by itself and lacks the members that are unknown."""
    unknown: Mapping[str, tuple[tuple[str, ...], ...]]
    """Where members of a fact are unknown, by its name: paths below it."""


class Reader:
    """Reads sections of one name."""

    def __init__(self, name: str, read: Facts | None, hold: Callable[[int], None], *, sources: bool) -> None:
        """Rules read these facts of the section, or all of it where that is None; `hold` is told what is kept.

        `sources`: whether it matters where facts came from, and how it is worded why there are none.
        """
        self.name, self._hold, self._sources = name, hold, sources
        named = schema.facts(1, name)
        names = tuple(sorted(named))
        self._cutter = FactCutter(names)
        self._facts = [
            Fact(
                name=each,
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
        self._frames: dict[tuple[tuple[int, ...], bytes], _Frame] = {}
        self._by_meaning: dict[tuple[object, ...], _Frame] = {}
        self._parts: dict[tuple[int, ...], Part] = {}
        self._made = 0

    def by_facts(self, piece: bytes, fresh: frozenset[str] = frozenset()) -> tuple[Part, bool] | None:
        """A section by its facts, and whether one of them is not remembered; None where it cannot be known so.

        Facts that are `fresh` are not remembered, and left out; see `filled`.
        """
        pieces = self._cutter.cut(piece)
        frame = None
        if pieces is not None:
            frame = self._frames.get(pieces.frame) or self._new_frame(piece, pieces)
        if pieces is None or frame is None or not frame.divisible:
            return None
        numbers = dict.fromkeys(self._places, 0)
        values: dict[str, Any] = {}
        passing = bool(fresh)
        for place, data in zip(pieces.frame[0], pieces.values, strict=True):
            fact = self._facts[place]
            if fact.name in frame.unknown and not _lacks(data, frame.unknown[fact.name]):
                return None
            if fact.name in fresh:
                if not fact.holds(data):
                    return None
                numbers[place] = facts.VOLATILE
                continue
            fact.asked += 1
            number = fact.number(data)
            if number == 0:
                return None
            passing = passing or fact.volatile
            if fact.read:
                numbers[place] = number
                if number == facts.VOLATILE:
                    values[fact.name] = json.loads(data)
        part = self._part(frame, numbers)
        return (self.filled(part, values) if values else part), passing

    def whole(self, piece: bytes, *, lasting: bool) -> Part | None:
        """A section that is known by all its bytes alone; None where it is not valid."""
        section = load_section(self.name, piece)
        if section is None:
            return None
        self._made += 1
        return Part(name=self.name, frame=self._made, section=section, lasting=lasting)

    @staticmethod
    def filled(part: Part, values: Mapping[str, Any]) -> Part:
        """The same with facts that are not remembered."""
        known = part.section
        assert known is not None
        section = Section(
            facts={**known.facts, **values}, unknown=known.unknown, sources=known.sources, reason=known.reason
        )
        return Part(
            name=part.name, frame=part.frame, facts=part.facts, section=section, like=part.like or part, lasting=False
        )

    def _part(self, frame: _Frame, numbers: Mapping[int, int]) -> Part:
        key = (frame.number, *numbers.values())
        part = self._parts.get(key)
        if part is None:
            values = {
                self._facts[place].name: self._facts[place].values[number]
                for place, number in numbers.items()
                if number > 0
            }
            known = frame.section
            section = Section(facts=values, unknown=known.unknown, sources=known.sources, reason=known.reason)
            part = self._parts[key] = Part(name=self.name, frame=frame.number, facts=key[1:], section=section)
            self._hold(200)
        return part

    def _new_frame(self, piece: bytes, pieces: Pieces) -> _Frame | None:
        """Read a section whole, for its frame; None where it is not valid."""
        section = load_section(self.name, piece)
        if section is None:
            return None
        like = self._like(section, pieces.frame[0])
        frame = self._by_meaning.get(like)
        if frame is None:
            names = [self._facts[place].name for place in pieces.frame[0]]
            unknown: dict[str, tuple[tuple[str, ...], ...]] = {}
            for path in section.unknown:
                if len(path.parts) > 2:
                    unknown[path.parts[1]] = (*unknown.get(path.parts[1], ()), path.parts[2:])
            self._made += 1
            frame = self._by_meaning[like] = _Frame(
                number=self._made, section=section, divisible=names == sorted(section.facts), unknown=unknown
            )
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


def _lacks(data: bytes, members: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a value has room for all of these unknown members: none of them is there, nor stands in what has none."""
    try:
        value = json.loads(data)
    except json.InvalidJSONError:
        return False
    return all(_has_room(value, path) for path in members)


def _has_room(value: Any, path: tuple[str, ...]) -> bool:
    for part in path:
        if not isinstance(value, dict):
            return False
        if part not in value:
            return True
        value = value[part]
    return False
