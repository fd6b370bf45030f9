"""From canonical lines to what their sections are: one that was met before is found by the few bytes that tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from passmuster.fleet.cache.cut import END, FACTS, marks
from passmuster.fleet.cache.shelf import Shelf
from passmuster.fleet.cache.tree import Tree

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from passmuster.fleet.cache.groups import Reads
    from passmuster.fleet.cache.part import Part
    from passmuster.fleet.cache.shelf import Stem


class _Met(NamedTuple):
    """A section that was met, with what follows it."""

    part: Part
    step: int
    """How far it is from where it was found to the next section."""
    next: int
    """Which one that is: -1 where it was the last."""


@dataclass(eq=False, slots=True)
class _Stem:
    """The beginning of a section up to a hole, or what stands between two holes."""

    length: int
    pattern: re.Pattern[bytes]
    """Of what stands in the hole."""
    rests: Tree[_Stem | _End]
    """What stands behind it."""
    stems: dict[bytes, _Stem]
    """Those among the rests that another hole follows, by their text."""


@dataclass(eq=False, slots=True)
class _End:
    """What stands behind the last hole of a section, with what follows the section."""

    stem: Stem
    step: int
    """How far it is from the last hole to the next section."""
    next: int
    """Which one that is: -1 where it was the last."""


class Lines:
    """Reads lines, and remembers their sections."""

    def __init__(self, names: Sequence[str], reads: Reads, hold: Callable[[int], None], *, sources: bool) -> None:
        """Rules read these facts of sections of these names; `hold` is told how many bytes are kept.

        `sources`: whether it matters where facts came from, and how it is worded why there are none.
        """
        self.names, self._hold = tuple(names), hold
        self._marks = marks(self.names)
        self._firsts = [mark[1:] for mark in self._marks]
        self.shelves = tuple(Shelf(name, reads.get(name, {}), hold, sources=sources) for name in names)
        self.read = tuple(at for at, shelf in enumerate(self.shelves) if shelf.is_read)
        """The sections that rules read."""
        self._missing = [shelf.missing for shelf in self.shelves]
        self._trees: list[Tree[_Met | _Stem]] = [Tree() for _ in names]
        self._stems: list[dict[bytes, _Stem]] = [{} for _ in names]
        self._seen = 0

    def parts(self, line: bytes, start: int) -> list[Part] | None:
        """What each section is, those that are not there included; None where one is not valid, or there is none.

        The first section begins at `start`.
        """
        self._seen += 1
        at = 0
        while not line.startswith(self._firsts[at], start):
            at += 1
            if at == len(self._firsts):
                return None
        begin = start + len(self._firsts[at]) - FACTS
        parts, trees = self._missing.copy(), self._trees
        while at >= 0:
            met = trees[at].find(line, begin)
            if type(met) is _Met:
                parts[at], step, at = met
                begin += step
                continue
            found = self._by_stem(line, begin, met) if isinstance(met, _Stem) else None
            if found is None:
                found = self._other(line, at, begin)
                if found is None:
                    return None
            parts[at], begin, at = found
        return parts if begin == len(line) else None

    def nothing(self) -> list[Part]:
        """What the sections of a snapshot are that has none, for one whose sections are known otherwise."""
        self._seen += 1
        return self._missing.copy()

    def alone(self, name: str, section: bytes) -> tuple[int, Part] | None:
        """The place of a section among parts, and what it is; None where it is not valid."""
        at = self.names.index(name)
        found = self.shelves[at].find(section, self._seen)
        return None if found is None else (at, found.part)

    def _by_stem(self, line: bytes, begin: int, stem: _Stem) -> tuple[Part, int, int] | None:
        """A section of which all was met before but what stands in its holes."""
        met = []
        while True:
            match = stem.pattern.match(line, begin + stem.length)
            if match is None:
                return None
            met.append(match)
            begin = match.end()
            rest = stem.rests.find(line, begin)
            if rest is None:
                return None
            if isinstance(rest, _End):
                part = rest.stem.filled([each[0] for each in met]) if rest.stem.facts else rest.stem.part
                return part, begin + rest.step, rest.next
            stem = rest

    def _other(self, line: bytes, at: int, begin: int) -> tuple[Part, int, int] | None:
        """A section that is new at its place, where the next one begins, and which one that is."""
        shelf = self.shelves[at]
        end, next_ = self._end(line, at, begin)
        era = shelf.era
        found = shelf.find(line[begin:end], self._seen)
        if found is None:
            return None
        step = len(self._marks[next_]) - FACTS if next_ >= 0 else len(END)
        follows = line[end : end + step + FACTS]
        if shelf.era != era:
            self._trees[at], self._stems[at] = Tree(), {}
        elif found.stem is not None:
            self._keep_stem(at, found.stem, follows, step, next_)
        elif found.kept:
            self._trees[at].add(line[begin:end] + follows, _Met(found.part, end - begin + step, next_))
            self._hold(end - begin + 200)
        return found.part, end + step, next_

    def _keep_stem(self, at: int, found: Stem, follows: bytes, step: int, next_: int) -> None:
        tree: Tree[Any] = self._trees[at]
        stems = self._stems[at]
        for text, hole in zip(found.texts, found.holes, strict=False):
            stem = stems.get(text)
            if stem is None:
                stem = stems[text] = _Stem(len(text), hole.pattern, Tree(), {})
                tree.add(text, stem)
                self._hold(len(text) + 500)
            tree, stems = stem.rests, stem.stems
        last = found.texts[-1]
        tree.add(last + follows, _End(found, len(last) + step, next_))
        self._hold(len(last) + 300)

    def _end(self, line: bytes, at: int, begin: int) -> tuple[int, int]:
        """Where a section ends, and which one is next: -1 where it is the last."""
        for next_ in range(at + 1, len(self._marks)):
            end = line.find(self._marks[next_], begin)
            if end >= 0:
                return end, next_
        return len(line) - len(END), -1
