"""A journal of the nodes, so that a fleet of any size can be read again at the end.

Duplicates, the roster and the digest of the verdict depend on all nodes. Only numbers are kept in memory for them;
names are in the file.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from passmuster.codec import json
from passmuster.snapshot.identity import Claim, Standing, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO, BinaryIO

    from passmuster.fleet.classes import Class

_AT_ONCE = 100_000
"""The number of nodes that are compared in memory at a time."""


class Entry(NamedTuple):
    """One line of the journal."""

    name: str
    machine_id: str | None
    digest: str | None
    """Of the snapshot; None where there is none that can be read."""
    label: str
    """Its input."""
    site: str | None = None
    """Its site; None without one."""


class Spool:
    """Texts in the order in which they came, in a file that is empty at first; each can be had again by its place."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ends = array("Q", [0])

    def add(self, text: bytes) -> None:
        """Add a text."""
        self._file.write(text)
        self._ends.append(self._ends[-1] + len(text))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> bytes:
        """The text at a place."""
        self._file.seek(self._ends[at])
        return self._file.read(self._ends[at + 1] - self._ends[at])


class Journal:
    """The entries of a fleet, in the order in which they came, in a file that is empty at first."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, entry: Entry) -> None:
        """Add one node."""
        self._file.write(json.canonical(list(entry)))

    def write_plain(self, name: bytes, machine_id: bytes | None, digest: str, label: bytes, site: str | None) -> None:
        """The same of a name that needs no escapes; `label` is JSON."""
        machine = b"null" if machine_id is None else b'"%s"' % machine_id
        place = b"null" if site is None else json.canonical(site)[:-1]
        self._file.write(b'["%s",%s,"%s",%s,%s]\n' % (name, machine, digest.encode(), label, place))

    def append(self, data: bytes) -> None:
        """Add the entries of another journal."""
        self._file.write(data)

    def __iter__(self) -> Iterator[Entry]:
        """Every entry, from the first one on."""
        self._file.seek(0)
        for line in self._file:
            yield Entry(*json.trusted(line))

    def standing(self, classes: Callable[[], Iterable[Class]]) -> Standing:
        """What the snapshots are beside each other; `classes` gives the class of each node, whenever it is asked."""
        names, machines = array("q"), array("q")
        for entry in self:
            # What cannot be read has no identity; hashes only say where to look again.
            known = entry.digest is not None
            names.append(hash((entry.name,)) if known else 0)
            machines.append(hash(entry.machine_id) if known and entry.machine_id is not None else 0)
        suspects = _repeated(names) | _repeated(machines)
        if not suspects:
            return Standing()
        return standing(
            Claim(
                place=place,
                name=entry.name,
                machine_id=entry.machine_id,
                site=entry.site,
                digest=entry.digest,
                label=entry.label,
                apart=judged.apart,
            )
            for place, (entry, judged, name, machine) in enumerate(zip(self, classes(), names, machines, strict=True))
            if entry.digest is not None and (name in suspects or machine in suspects)
        )

    def digests(self, classes: Iterable[Class], beside: Standing, repeated: Class) -> Iterator[bytes]:
        """The digest of each node's verdict, given its class; those that are doubled are of another."""
        for place, (entry, judged) in enumerate(zip(self, classes, strict=True)):
            if place in beside.repeats:
                continue
            told = repeated if place in beside.doubled else judged
            yield hashlib.sha256(json.canonical([entry.name, entry.digest])[:-2] + b"," + told.tail).digest()


def _repeated(values: array[int]) -> set[int]:
    """Values other than zero that occur more than once."""
    slices = len(values) // _AT_ONCE + 1
    found: set[int] = set()
    for at in range(slices):
        some = [each for each in values if each % slices == at and each]
        if len(set(some)) < len(some):
            found |= {each for each, many in Counter(some).items() if many > 1}
    return found
