"""Who was counted, and as what: any number of nodes, of which a few megabytes are in memory at a time."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from io import SEEK_END
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

WHO = 16
"""Bytes of an identity's digest: that two nodes of a million share one by chance has a probability of 1e-27."""
NOBODY = bytes(WHO)
"""The identity of what could not be read: it is never the same as another."""
RUN = 100_000
"""So many nodes are in memory."""
_PARTS = 256
"""Identities are compared in so many parts, by their highest byte."""


class _Run:
    """Nodes that are in the file: the numbers, the identities, and the first halves of these as sorted integers."""

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
        """The identities, one after the other."""
        return self._read(4 * self._size, WHO * self._size)

    def firsts(self, part: int) -> array[int]:
        """The first halves of the identities in a part."""
        low, high = self._bounds[part : part + 2]
        return array("Q", self._read((4 + WHO) * self._size + 8 * low, 8 * (high - low)))

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

    def add(self, who: bytes, number: int) -> None:
        """Note a node."""
        self._whos += who
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
        """The identity of each node, one after the other."""
        return b"".join([*(run.whos() for run in self._runs), self._whos])

    def counts(self) -> Counter[int]:
        """How many nodes have each number."""
        return self._counts + Counter(self._numbers)

    def repeated(self) -> list[int]:
        """The numbers of all nodes of which the identity comes more than once."""
        suspects = self._suspects()
        if not suspects:
            return []
        found: dict[bytes, list[int]] = {}
        parts = [(run.whos(), run.numbers()) for run in self._runs] + [(bytes(self._whos), self._numbers)]
        for whos, numbers in parts:
            for at, first in enumerate(_firsts(whos)):
                who = whos[at * WHO : (at + 1) * WHO] if first in suspects else NOBODY
                if who != NOBODY:
                    found.setdefault(who, []).append(numbers[at])
        return [number for numbers in found.values() if len(numbers) > 1 for number in numbers]

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
    return memoryview(whos).cast("Q")[::2].tolist()


def _twice(some: list[int]) -> set[int]:
    if len(set(some)) == len(some):
        return set()
    return {first for first, many in Counter(some).items() if many > 1}
