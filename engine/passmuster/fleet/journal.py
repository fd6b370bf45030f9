"""Who was given, written down as nodes come, so that a fleet of any size can be looked through again at its end.

Duplicates, what the roster says, and the digest of the verdict hang on every node; only numbers of these are kept in
memory, and the names stay in the file.
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
"""So many nodes are compared in memory at a time."""


class Entry(NamedTuple):
    """One line of the journal."""

    name: str
    machine_id: str | None
    digest: str | None
    """Of the snapshot; None where there is none that can be read."""
    label: str
    """Where it came from."""
    site: str | None = None
    """At which site; None where nobody named one."""


class Spool:
    """Texts in the order in which they came, in a file that is empty at first; each can be had again by its place."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ends = array("Q", [0])

    def add(self, text: bytes) -> None:
        """Keep one."""
        self._file.write(text)
        self._ends.append(self._ends[-1] + len(text))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> bytes:
        """The one at a place."""
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
        """Add what another journal holds."""
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
    """Values, other than nought, that come more than once."""
    slices = len(values) // _AT_ONCE + 1
    found: set[int] = set()
    for at in range(slices):
        some = [each for each in values if each % slices == at and each]
        if len(set(some)) < len(some):
            found |= {each for each, many in Counter(some).items() if many > 1}
    return found
