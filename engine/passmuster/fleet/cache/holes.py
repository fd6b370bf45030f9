"""Holes: places in a section with a different value on nearly every node, and the common text around them.

The value at a hole is so simple that a pattern on its bytes proves that it matches the schema. So once a section is
validated with one value there, it is valid with every value that matches the pattern.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from passmuster.codec import json, schema
from passmuster.fleet.cache import simple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from passmuster.fleet.cache.facts import Facts

Path: TypeAlias = "tuple[str, ...]"
"""Keys from the section on."""
_UNIQUE = 0.7
"""So many of the values at a path are different ones: then it is a hole."""
_VARIED = 1 / 8
"""So many are enough where no rule looks: a hole costs little there, and values that vary together make many texts."""
_COMMON = 1 / 16
"""So many of the sections have the path."""
_MOST = 8
"""A section with more holes is not worth it: those are left out that vary least."""
_MARK = "\0"
_WRITTEN = json.canonical(_MARK)[:-1]
_FACTS = "facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A place in sections of one name at which each node has its own value."""

    path: Path
    pattern: re.Pattern[bytes]
    """Of every value that may stand there, none of which has parts that are found elsewhere."""
    fact: str | None
    """The fact that it is, or is a part of, where rules look at it; None where none does."""


class Cut(NamedTuple):
    """A section, cut at its holes."""

    texts: tuple[bytes, ...]
    """What stands before the first hole, between them, and behind the last."""
    holes: tuple[Hole, ...]
    values: tuple[bytes, ...]
    """What stands in them, as JSON."""
    facts: dict[str, Any]
    """The facts of the section."""


def find(pieces: Collection[bytes], section: str, read: Facts | None, *, sources: bool) -> tuple[Hole, ...]:
    """The holes of valid sections, none of which came twice; empty where there are none.

    Rules read these facts of the section, or all of it where that is None; `sources`: whether the rest matters too.
    """
    seen: dict[Path, set[int]] = {}
    there: Counter[Path] = Counter()
    for piece in pieces:
        for path, value in _leaves(json.trusted(piece), ()):
            there[path] += 1
            # A hash is enough to guess by, and a long value takes no room.
            seen.setdefault(path, set()).add(hash(repr(value)))
    found: list[tuple[float, Hole]] = []
    for path, many in there.items():
        hole = _hole(path, section, read, sources=sources) if many >= _COMMON * len(pieces) else None
        share = len(seen[path]) / many
        if hole is not None and share >= (_VARIED if hole.fact is None else _UNIQUE):
            found.append((share, hole))
    found.sort(key=_share)
    return tuple(sorted((hole for _, hole in found[-_MOST:]), key=_path))


def _share(found: tuple[float, Hole]) -> float:
    return found[0]


def _path(hole: Hole) -> Path:
    return hole.path


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    else:
        yield path, value


def _hole(path: Path, section: str, read: Facts | None, *, sources: bool) -> Hole | None:
    """None where any value cannot simply be put there, or it matters outside the facts."""
    below = schema.below(1, section, path)
    pattern = None if below is None else simple.pattern(below)
    if below is None or pattern is None or (path[0] != _FACTS and sources):
        return None
    nullable = "null" in below["type"] and isinstance(below["type"], list)
    if nullable:
        pattern = re.compile(b"null|" + pattern.pattern)
    looked_at = path[0] == _FACTS and _looked_at(path[1:], read, nullable=nullable)
    return Hole(path=path, pattern=pattern, fact=path[1] if looked_at else None)


def _looked_at(path: Path, read: Facts | None, *, nullable: bool) -> bool:
    """Whether rules see what stands at a path of the facts."""
    if read is None:
        return True
    if path[0] not in read:
        return False
    looks = read[path[0]]
    return looks is None or any(
        # A value that is never null is there, whichever it is.
        (nullable or not look.presence) and all(one == other for one, other in zip(look.path, path[1:], strict=False))
        for look in looks
    )


def cut(piece: bytes, holes: Sequence[Hole]) -> Cut | None:
    """A section cut at those of the holes that it has; None where it has none, or is not written canonically."""
    try:
        document = json.loads(piece)
    except json.InvalidJSONError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get(_FACTS), dict):
        return None
    facts = document[_FACTS]
    there, values = [], []
    for hole in holes:
        value = _taken(document, hole.path)
        written = b"" if value is _ABSENT else json.canonical(value)[:-1]
        if hole.pattern.fullmatch(written):
            document = _replaced(document, hole.path, _MARK)
            there.append(hole)
            values.append(written)
    texts = json.canonical(document)[:-1].split(_WRITTEN)
    if not there or len(texts) != len(there) + 1 or _joined(texts, values) != piece:
        return None
    return Cut(tuple(texts), tuple(there), tuple(values), facts)


_ABSENT = object()


def _taken(document: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return _ABSENT
        document = document[key]
    return document


def _replaced(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The same with another value at a path."""
    key, *rest = path
    return {**document, key: _replaced(document[key], tuple(rest), value) if rest else value}


def _joined(texts: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    return b"".join(part for pair in zip(texts, [*values, b""], strict=True) for part in pair)


def filled(facts: dict[str, Any], holes: Sequence[Hole], values: Sequence[bytes]) -> dict[str, Any]:
    """The facts that rules look at, and that the holes are a part of, with these values in them."""
    found: dict[str, Any] = {}
    for hole, value in zip(holes, values, strict=True):
        if hole.fact is not None:
            before = {hole.fact: found.get(hole.fact, facts[hole.fact])}
            found |= _replaced(before, hole.path[1:], json.trusted(value))
    return found
