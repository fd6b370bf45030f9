"""The documents in rows: which bytes of a file each of them is, so that its digest is that of the file's bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.fleet.spark import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_REPORT = b'"schema":"passmuster.report/'


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a row."""

    place: tuple[object, ...]
    """The columns of `rows.PLACE` but the kind."""
    data: bytes | None
    """Its bytes; None where the row has none."""

    @property
    def kind(self) -> str:
        """What it is, as far as that shows from outside."""
        if self.data is None:
            return rows.UNREADABLE
        if not self.data.strip():
            return rows.BLANK
        if json.is_noise(self.data):
            return rows.NOISE
        return rows.REPORT if self.data.startswith(b"{") and _REPORT in self.data else rows.NODE


def documents(batches: Iterable[Any], *, lines: bool) -> Iterator[list[Document]]:
    """The documents of each batch with the columns snapshot, file, block and size, block after block.

    `lines`: whether a row is a line of text without its line feed; else it is a snapshot's bytes.
    """
    here = _Here()
    for batch in batches:
        places = list(rows.listed(batch, ("file", "block", "size")))
        found: list[Document] = []
        for number, ((row,), (file, block, size)) in enumerate(
            zip(rows.listed(batch, ("snapshot",)), places, strict=True)
        ):
            data = row.encode() if isinstance(row, str) else row
            here.go_on(file, block, size)
            if lines:
                last = number + 1 == len(places) or places[number + 1][:2] != (file, block)
                found += here.documents(data, last=last)
            else:
                found.append(Document(place=(file, block, here.at, 0, 0, size, False), data=data))
        yield found


@dataclass(slots=True)
class _Here:
    """Where reading is."""

    file: str = ""
    block: int = -1
    size: int = 0
    at: int = 0
    """The number of the row in its block."""
    read: int = 0
    """Bytes of the block so far, each row with a line feed."""

    def go_on(self, file: str, block: int, size: int) -> None:
        """Go to the next row."""
        if (file, block) == (self.file, self.block):
            self.at += 1
        else:
            self.file, self.block, self.size, self.at, self.read = file, block, size, 0, 0

    def documents(self, line: bytes, *, last: bool) -> Iterator[Document]:
        """The documents of a line as the file may have it.

        The first block shows by its length whether its last line has a line feed. Of another block that is known when
        all of the file is together, so what may be the last line is read both ways.
        """
        self.read += len(line) + 1
        if self.block == 0 and self.read > self.size:
            yield from self._split(line, bare=False)
            return
        yield from self._split(line + b"\n", bare=False)
        if last and self.block:
            yield from self._split(line, bare=True)

    def _split(self, line: bytes, *, bare: bool) -> Iterator[Document]:
        length = len(line) if line.endswith(b"\n") else len(line) + 1
        found = [data for _, data in json.documents(line)] or [b""]
        for part, data in enumerate(found):
            place = (self.file, self.block, self.at, part, 0 if part else length, self.size, bare)
            yield Document(place=place, data=data)
