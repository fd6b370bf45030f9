"""Cutting snapshots for keeping: what many nodes share apart from what each has for itself.

A canonical line is cut where ``:{"facts":{`` stands (inside a string every quotation mark has a backslash before it, so
those bytes are always structure), and what differs between like nodes is taken out of the pieces: a hole is left there.
So a line is a few pieces that others have too, and a few values of its own, and joining them gives its bytes again.

A piece is read strictly when it is first seen: alone in a snapshot, and once more with another value in its hole, which
must change that fact and nothing else. So a line of known pieces is a valid snapshot, and what a policy says of it
depends on the pieces, and on the holes only where it reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from passmuster import _json, snapshot
from passmuster.errors import SnapshotError
from passmuster.fieldpath import FieldPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from passmuster.snapshot import Section, Snapshot

MARK = b':{"facts":{'
HOLE = b"\0"
"""Stands for a value of the node's own: no JSON holds this byte."""
NAME = b"\1"
"""Stands for the node's name."""
_TEXT = rb'[^"\\\x00-\x1f\x7f-\xff]'
_HEAD = re.compile(
    rb'(\{"collection":\{"collected_at":")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(".*"node":\{"labels":\{)(.*)'
    rb'(\},"machine_id":)(null|"sha256:[0-9a-f]{64}")(,"name":")(' + _TEXT + rb"{1,253})"
    rb'("\},"schema":"passmuster\.snapshot/1","sections":\{)"([a-z][a-z0-9_]{0,63})"'
)
_NEXT = re.compile(rb'(.*\}),"([a-z][a-z0-9_]{0,63})"', re.DOTALL)
_END = b"}}\n"
_DOCUMENT = (
    b'{"collection":{"collected_at":"2000-01-01T00:00:00Z","collector":"x","context":"host","kind":"live",'
    b'"recorded":[],"uid":0},"node":{"labels":{},"machine_id":null,"name":"x"},"schema":"passmuster.snapshot/1",'
    b'"sections":{"%s":%s}}\n'
)
_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A fact that nearly every node has for itself."""

    section: str
    path: FieldPath
    pattern: re.Pattern[bytes]
    """Its one group is the value; any bytes that fit it are valid there."""
    probes: tuple[tuple[bytes, Any], ...]
    """Two values to try, as bytes and as the fact that they are."""


HOLES = (
    Hole(
        section="boot",
        path=FieldPath(("boot", "cmdline")),
        pattern=re.compile(rb'"cmdline":\["((?:' + _TEXT + rb'{0,512}","){0,255}' + _TEXT + rb'{0,512})"\]'),
        probes=((b"quiet", ["quiet"]), (b'a","b', ["a", "b"])),
    ),
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
    pattern=re.compile(rb'"node":"(' + _TEXT + rb'{1,253})"'),
    probes=((b"x", "x"), (b"another", "another")),
)
"""Taken out where it is the node's name."""
_HOLED = {hole.section.encode(): hole for hole in (*HOLES, _NODE)}


@dataclass(frozen=True, slots=True)
class Own:
    """What a node has for itself."""

    at: int
    """The moment of collection in seconds since 1970."""
    machine: bytes | None
    """The 32 bytes of the machine id."""
    name: str
    cmdline: bytes | None = None
    """The words of the command line as they stand between the outermost quotation marks; None where not taken out."""
    total: int | None = None
    """Bytes of memory; None where not taken out."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A snapshot, taken apart."""

    pieces: tuple[int, ...]
    """Numbers of pieces of the cutter that made it, the head first."""
    own: Own


def join(pieces: Iterable[bytes], own: Own) -> bytes:
    """The bytes of a snapshot again."""
    values = [moment_text(own.at).encode()]
    if own.machine is not None:
        values.append(own.machine.hex().encode())
    if own.cmdline is not None:
        values.append(own.cmdline)
    if own.total is not None:
        values.append(b"%d" % own.total)
    return _filled(MARK.join(pieces), values, own.name.encode())


def _filled(frame: bytes, values: Sequence[bytes], name: bytes) -> bytes:
    """A frame with its holes filled in their order; raises ValueError where there are not as many."""
    parts = frame.replace(NAME, name).split(HOLE)
    if len(parts) != len(values) + 1:
        raise ValueError(f"pieces that do not fit (got {len(values)} values, expected {len(parts) - 1})")
    for at, value in enumerate(values):
        parts[at] += value
    return b"".join(parts)


def moment(text: str) -> int | None:
    """Seconds since 1970 of a moment as snapshots write it; None where there is no such moment."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


def moment_text(at: int) -> str:
    """The moment as snapshots write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Cutter:
    """Cuts lines, and remembers the pieces that it saw; what does not fit the form is for others to keep whole."""

    def __init__(self, *, limit: int = _LIMIT) -> None:
        self._limit, self._made = limit, 0
        self._forget()

    def cut(self, line: bytes) -> Cut | None:
        """The pieces of a valid canonical snapshot; None where it has another form, or is none."""
        first, *chunks = line.split(MARK)
        match = _HEAD.fullmatch(first)
        if match is None or not chunks or len(line) > _json.MAX_BYTES:
            return None
        at, name, section = moment(match[2].decode()), match[8], match[10]
        head = self._head(match)
        if head is None or at is None:
            return None
        numbers = [head]
        cmdline = total = None
        for chunk in chunks:
            stem = chunk
            hole = _HOLED.get(section)
            if hole is not None:
                stem, value = _taken(chunk, hole, name)
                if hole is HOLES[0]:
                    cmdline = value
                elif hole is HOLES[1] and value is not None:
                    total = int(value)
            known = self._known.get(section, _NOTHING).get(stem)
            if known is None:
                known = self._learn(section, stem, hole)
                if known is None:
                    return None
            number, section = known
            numbers.append(number)
        machine = None if match[6] == b"null" else bytes.fromhex(match[6][8:-1].decode())
        own = Own(at, machine, name.decode(), cmdline, total)
        found = Cut(tuple(numbers), own)
        # The proof that nothing is lost, for every line that is ever taken apart.
        return found if section == b"" and join([self.contents[each] for each in numbers], own) == line else None

    def trim(self) -> bool:
        """Forget all where too much is remembered, and say whether; numbers are never used twice."""
        full = self._held > self._limit
        if full:
            self._forget()
        return full

    def _forget(self) -> None:
        self._held = 0
        self.contents: dict[int, bytes] = {}
        """The bytes of each piece, by number."""
        self.sections: dict[int, str] = {}
        """The section that each piece is; empty for a head."""
        self._known: dict[bytes, dict[bytes, tuple[int, bytes]]] = {}
        self._heads: dict[bytes, int] = {}

    def _keep(self, section: bytes, content: bytes) -> int:
        self._made += 1
        self._held += len(content)
        self.contents[self._made] = content
        self.sections[self._made] = section.decode()
        return self._made

    def _head(self, match: re.Match[bytes]) -> int | None:
        """A number for what stands before the sections, with the moment, the machine id and the name taken out."""
        begin, _, to_labels, labels, to_machine, machine, to_name, name, to_sections, section = match.groups()
        hole = b"null" if machine == b"null" else b'"sha256:' + HOLE + b'"'
        shared = labels.replace(b':"' + name + b'"', b':"' + NAME + b'"')
        stem = b"".join(
            [begin, HOLE, to_labels, shared, to_machine, hole, to_name, NAME, to_sections, b'"' + section + b'"']
        )
        number = self._heads.get(stem)
        if number is None and _head_holds(stem, section):
            number = self._heads[stem] = self._keep(b"", stem)
        return number

    def _learn(self, section: bytes, stem: bytes, hole: Hole | None) -> tuple[int, bytes] | None:
        """A number for a piece that was not seen before, and the section after it; None where it is not valid."""
        body, after = _parted(stem)
        if after and after <= section:
            return None
        taken = hole is not None and (HOLE in body or NAME in body)
        if not (_hole_holds(section, body, hole) if hole is not None and taken else _alone(section, body)):
            return None
        known = (self._keep(section, stem), after)
        self._known.setdefault(section, {})[stem] = known
        return known


_NOTHING: dict[bytes, tuple[int, bytes]] = {}


def _taken(chunk: bytes, hole: Hole, name: bytes) -> tuple[bytes, bytes | None]:
    """A chunk with its value taken out, and the value; the chunk as it is where it has none."""
    match = hole.pattern.search(chunk)
    if match is None or (hole is _NODE and match[1] != name):
        return chunk, None
    return chunk[: match.start(1)] + (NAME if hole is _NODE else HOLE) + chunk[match.end(1) :], match[1]


def _parted(chunk: bytes) -> tuple[bytes, bytes]:
    """What belongs to a section, and the name of the next one; empty where it is the last."""
    match = _NEXT.fullmatch(chunk)
    if match is not None:
        return match[1], match[2]
    return chunk.removesuffix(_END), b""


def _alone(section: bytes, body: bytes) -> Section | None:
    """The section that a body is by itself; None where it is none that is valid."""
    piece = b'{"facts":{' + body
    try:
        if isinstance(_json.loads(piece), dict):
            return snapshot.load(_DOCUMENT % (section, piece), "").sections[section.decode()]
    except (_json.InvalidJSONError, SnapshotError):
        pass
    return None


def _hole_holds(section: bytes, body: bytes, hole: Hole) -> bool:
    """Whether the hole is that fact, and nothing else changes with it."""
    found = [(_alone(section, body.replace(HOLE, text).replace(NAME, text)), value) for text, value in hole.probes]
    whole = [(each, value) for each, value in found if each is not None and _has(each, hole.path, value)]
    rests = [replace(each, facts={**each.facts, hole.path.parts[1]: None}) for each, _ in whole]
    return len(rests) == len(hole.probes) and all(rest == rests[0] for rest in rests)


def _has(section: Section, path: FieldPath, value: Any) -> bool:
    got = section.facts.get(path.parts[1])
    return type(got) is type(value) and got == value


def _head_holds(stem: bytes, section: bytes) -> bool:
    """Whether a head is valid, and its holes are what they are taken for."""
    found = [one for probe in _HEAD_PROBES if (one := _headed(stem, section, *probe)) is not None]
    return len(found) == len(_HEAD_PROBES) and all(_rest(one) == _rest(found[0]) for one in found)


_HEAD_PROBES = (("2001-02-03T04:05:06Z", "0" * 64, "x"), ("2011-12-13T14:15:16Z", "f" * 64, "another"))


def _headed(stem: bytes, section: bytes, at: str, machine: str, name: str) -> Snapshot | None:
    """A snapshot without sections that has these values; None where it is none, or has others."""
    begin = stem.removesuffix(b'"' + section + b'"') + b"}}\n"
    values = [at.encode(), machine.encode()][: stem.count(HOLE)]
    try:
        one = snapshot.load(_filled(begin, values, name.encode()), "")
    except SnapshotError:
        return None
    expected = (at, name, f"sha256:{machine}" if len(values) > 1 else None)
    return one if (one.collection["collected_at"], one.name, one.machine_id) == expected else None


def _rest(one: Snapshot) -> tuple[dict[str, Any], list[str]]:
    """What no hole of a head may change."""
    return {**one.collection, "collected_at": None}, sorted(one.node["labels"])
