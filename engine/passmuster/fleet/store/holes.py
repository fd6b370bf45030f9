"""Holes: facts that differ on nearly every node, and the proof that the rest of a piece is valid without them.

A piece is read strictly, alone in a snapshot, with two different values in each hole: each time the fact must have that
value, and nothing else may change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from passmuster import snapshot
from passmuster.errors import SnapshotError
from passmuster.model.fieldpath import FieldPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.snapshot import Section, Snapshot

FACTS = b'{"facts":{'
"""What every section begins with."""
MARK = b":" + FACTS
HOLE = b"\0"
"""Stands for a value of the node's own: no JSON holds this byte."""
NAME = b"\1"
"""Stands for the node's name."""
TEXT = rb'[^"\\\x00-\x1f\x7f-\xff]'
"""A character that stands for itself in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A fact that differs on nearly every node."""

    section: str
    path: FieldPath
    pattern: re.Pattern[bytes]
    """Its one group is the value; any bytes that fit it are valid there."""
    probes: tuple[tuple[bytes, Any], ...]
    """Two values to try, as bytes and as the fact that they are."""


HOLES = (
    Hole(
        section="memory",
        path=FieldPath(("memory", "total_bytes")),
        pattern=re.compile(rb'"total_bytes":(0|[1-9][0-9]{0,17})(?=[,}])'),
        probes=((b"1", 1), (b"999999999999999999", 10**18 - 1)),
    ),
)
"""In the order of a canonical line; `Own` has a field for each."""
_NODE = Hole(
    section="kubernetes",
    path=FieldPath(("kubernetes", "node")),
    pattern=re.compile(rb'"node":"(' + TEXT + rb'{1,253})"'),
    probes=((b"x", "x"), (b"another", "another")),
)
"""Taken out where it is the node's name."""
HOLED = {hole.section.encode(): hole for hole in (*HOLES, _NODE)}


def filled(frame: bytes, values: Sequence[bytes], name: bytes) -> bytes:
    """A frame with its holes filled in their order; raises ValueError where there are not as many."""
    parts = frame.replace(NAME, name).split(HOLE)
    if len(parts) != len(values) + 1:
        raise ValueError(f"pieces that do not fit (got {len(values)} values, expected {len(parts) - 1})")
    for at, value in enumerate(values):
        parts[at] += value
    return b"".join(parts)


def taken(chunk: bytes, hole: Hole, name: bytes) -> tuple[bytes, bytes | None]:
    """A chunk with its value taken out, and the value; the chunk as it is where it has none."""
    match = hole.pattern.search(chunk)
    if match is None or (hole is _NODE and match[1] != name):
        return chunk, None
    return chunk[: match.start(1)] + (NAME if hole is _NODE else HOLE) + chunk[match.end(1) :], match[1]


def alone(section: bytes, body: bytes) -> Section | None:
    """The section that a body is by itself; None where it is none that is valid."""
    return snapshot.load_section(section.decode(), FACTS + body)


def holds(section: bytes, body: bytes) -> bool:
    """Whether there is such a section."""
    return snapshot.section_holds(section.decode(), FACTS + body)


def hole_holds(section: bytes, body: bytes, hole: Hole) -> bool:
    """Whether the hole is that fact, and nothing else changes with it."""
    found = [(alone(section, body.replace(HOLE, text).replace(NAME, text)), value) for text, value in hole.probes]
    whole = [(each, value) for each, value in found if each is not None and _has(each, hole.path, value)]
    rests = [replace(each, facts={**each.facts, hole.path.parts[1]: None}) for each, _ in whole]
    return len(rests) == len(hole.probes) and all(rest == rests[0] for rest in rests)


def _has(section: Section, path: FieldPath, value: Any) -> bool:
    got = section.facts.get(path.parts[1])
    return type(got) is type(value) and got == value


def head_holds(stem: bytes, section: bytes) -> bool:
    """Whether a head is valid, and its holes are what they are taken for."""
    found = [one for probe in _HEAD_PROBES if (one := _headed(stem, section, *probe)) is not None]
    return len(found) == len(_HEAD_PROBES) and all(_rest(one) == _rest(found[0]) for one in found)


_HEAD_PROBES = (("2001-02-03T04:05:06Z", "0" * 64, "x"), ("2011-12-13T14:15:16Z", "f" * 64, "another"))


def _headed(stem: bytes, section: bytes, at: str, machine: str, name: str) -> Snapshot | None:
    """A snapshot without sections that has these values; None where it is none, or has others."""
    begin = stem.removesuffix(b'"' + section + b'"') + b"}}\n"
    dated, known = (each + HOLE in stem for each in (b'"collected_at":"', b'"machine_id":"sha256:'))
    values = [value.encode() for value, has in ((at, dated), (machine, known)) if has]
    try:
        one = snapshot.load(filled(begin, values, name.encode()), "")
    except SnapshotError:
        return None
    expected = (at if dated else None, name, f"sha256:{machine}" if known else None)
    return one if (one.collection["collected_at"], one.name, one.machine_id) == expected else None


def _rest(one: Snapshot) -> tuple[dict[str, Any], list[str]]:
    """What no hole of a head may change."""
    return {**one.collection, "collected_at": None}, sorted(one.node["labels"])
