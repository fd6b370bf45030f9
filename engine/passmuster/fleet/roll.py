"""The nodes that were counted, with snapshot and class: any number of nodes, with a few megabytes in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from io import SEEK_END
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

WHO = 16
"""Bytes of an identity's digest: that two nodes of a million share one by chance has a probability of 1e-27."""
NOBODY = bytes(WHO)
"""The identity of what could not be read: it is never the same as another."""
WHAT = 8
"""Bytes that tell snapshots of one node apart."""
_EACH = WHO + WHAT
RUN = 100_000
"""The number of nodes that are kept in memory."""
_PARTS = 256
"""Identities are compared in so many parts, by their highest byte."""


class _Run:
    """Nodes in the file: numbers, identities with what tells snapshots apart, first halves of identities, sorted."""

    def __init__(self, file: BinaryIO, numbers: array[int], whos: bytearray) -> None:
        """Written behind everything that the file holds."""
        firsts = array("Q", sorted(_firsts(whos)))
        self._file, self._start, self._size = file, file.seek(0, SEEK_END), len(numbers)
        self._bounds = [bisect_left(firsts, part << 56) for part in range(_PARTS)] + [len(firsts)]
        file.write(numbers.tobytes() + whos + firsts.tobytes())

    def numbers(self) -> array[int]:
        """The number of each node."""
        return array("I", self._read(0, 4 * self._size))

    def whos(self) -> bytes:
        """The identities and what tells snapshots apart, one node after the other."""
        return self._read(4 * self._size, _EACH * self._size)

    def firsts(self, part: int) -> array[int]:
        """The first halves of the identities in a part."""
        low, high = self._bounds[part : part + 2]
        return array("Q", self._read((4 + _EACH) * self._size + 8 * low, 8 * (high - low)))

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(self._start + at)
        return self._file.read(size)


class Roll:
    """Nodes in the order in which they came: of each its identity, and a number for what was said of it."""

    def __init__(self, file: BinaryIO) -> None:
        """What does not stay in memory goes to the file, which is empty at first."""
        self._file = file
        self._runs: list[_Run] = []
        self._counts: Counter[int] = Counter()
        self._numbers = array("I")
        self._whos = bytearray()

    def add(self, who: bytes, what: bytes, number: int) -> None:
        """Note a node: its identity, what tells its snapshot from others of it, and the number."""
        self._whos += who + what
        self._numbers.append(number)
        if len(self._numbers) >= RUN:
            self._runs.append(_Run(self._file, self._numbers, self._whos))
            self._counts.update(self._numbers)
            self._numbers, self._whos = array("I"), bytearray()

    def numbers(self) -> Iterator[int]:
        """The number of each node."""
        for run in self._runs:
            yield from run.numbers()
        yield from self._numbers

    def whos(self) -> bytes:
        """What was noted of each node beside its number, one after the other."""
        return b"".join([*(run.whos() for run in self._runs), self._whos])

    def counts(self) -> Counter[int]:
        """The number of nodes for each number."""
        return self._counts + Counter(self._numbers)

    def take(self, whos: bytes, numbers: Iterable[int]) -> None:
        """Note nodes that were noted elsewhere: what `whos` gave there, and their numbers."""
        for at, number in enumerate(numbers):
            each = whos[at * _EACH : (at + 1) * _EACH]
            self.add(each[:WHO], each[WHO:], number)

    def repeated(self) -> list[list[tuple[bytes, int]]]:
        """For each identity that comes more than once, what was noted each time: the snapshot, and the number."""
        suspects = self._suspects()
        if not suspects:
            return []
        found: dict[bytes, list[tuple[bytes, int]]] = {}
        parts = [(run.whos(), run.numbers()) for run in self._runs] + [(bytes(self._whos), self._numbers)]
        for whos, numbers in parts:
            for at, first in enumerate(_firsts(whos)):
                if first in suspects:
                    who = whos[at * _EACH : at * _EACH + WHO]
                    if who != NOBODY:
                        found.setdefault(who, []).append((whos[at * _EACH + WHO : (at + 1) * _EACH], numbers[at]))
        return [each for each in found.values() if len(each) > 1]

    def _suspects(self) -> set[int]:
        """First halves that come more than once."""
        rest = _firsts(self._whos)
        if not self._runs:
            return _twice(rest)
        suspects: set[int] = set()
        for part in range(_PARTS):
            some = [first for first in rest if first >> 56 == part]
            for run in self._runs:
                some += run.firsts(part)
            suspects |= _twice(some)
        return suspects


def _firsts(whos: bytes | bytearray) -> list[int]:
    return memoryview(whos).cast("Q")[:: _EACH // 8].tolist()


def _twice(some: list[int]) -> set[int]:
    if len(set(some)) == len(some):
        return set()
    return {first for first, many in Counter(some).items() if many > 1}
