"""The manifest: the header of a bundle, and the digest of every listed member.

Reading one is writing it again: its own statements are taken from it, the list of members is made anew from the
members that are there, and the bytes must be the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema
from passmuster.errors import IntegrityError
from passmuster.exchange.bundle import layout
from passmuster.model.durations import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from passmuster.errors import PassmusterError
    from passmuster.exchange.bundle.container import Member

SCHEMA = "passmuster.bundle/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The nodes that a site says it has."""

    digest: str
    """`sha256:` and the digits, over the file that listed them."""
    names: tuple[str, ...]
    """Sorted, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a bundle."""

    site: str | None
    sequence: int
    """Grows from bundle to bundle of one site."""
    created: datetime
    expires: datetime | None
    """The last moment at which it may be taken in."""
    roster: Roster | None
    collectors: tuple[str, ...]
    """The versions that made the snapshots, sorted, each once."""


def sha256(data: bytes) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def write(header: Header, members: Iterable[Member]) -> bytes:
    """The manifest's bytes; of the members, those are listed that are neither the manifest nor sign it."""
    return json.canonical(
        {
            "schema": SCHEMA,
            "site": header.site,
            "sequence": header.sequence,
            "created": format_moment(header.created),
            "expires": format_moment(header.expires) if header.expires else None,
            "roster": {"digest": header.roster.digest, "names": header.roster.names} if header.roster else None,
            "collectors": header.collectors,
            "members": _listed(members),
        }
    )


def _listed(members: Iterable[Member]) -> list[dict[str, Any]]:
    return [
        {"path": member.path, "size": len(member.data), "sha256": sha256(member.data), "media_type": kind.value}
        for member in sorted(members, key=lambda member: member.path)
        if (kind := layout.kind(member.path)) in layout.LISTED
    ]


def read(data: bytes, members: Sequence[Member], file: str) -> Header:
    """What the manifest says, proven to be the manifest of exactly these members; raises IntegrityError."""
    value = _document(data, file)
    header = _header(value, file)
    if write(header, members) != data:
        raise _error(file, _difference(value["members"], _listed(members)))
    return header


def _document(data: bytes, file: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except json.InvalidJSONError as error:
        raise _error(file, f"cannot be read: {error.message} (line {error.line}, column {error.column})") from None
    declared = value.get("schema") if isinstance(value, dict) else None
    if declared != SCHEMA:
        raise _error(file, f"is of no known version (got schema {str(declared)[:60]!r}, expected {SCHEMA!r})")
    # Members are compared with what is there, so the schema need see only the first: there may be very many.
    listed = value.get("members")
    shortened = {**value, "members": listed[:1] if isinstance(listed, list) else listed}
    for fault in schema.faults("bundle", 1, shortened):
        where = ".".join(str(step) for step in fault.path)
        raise _error(file, f"breaks its schema: {where + ': ' if where else ''}{fault.message}")
    return dict(value)


def _header(value: dict[str, Any], file: str) -> Header:
    listed = value["roster"]
    try:
        return Header(
            site=value["site"],
            sequence=value["sequence"],
            created=parse_moment(value["created"]),
            expires=parse_moment(value["expires"]) if value["expires"] is not None else None,
            roster=Roster(digest=listed["digest"], names=tuple(sorted(set(listed["names"])))) if listed else None,
            collectors=tuple(value["collectors"]),
        )
    except ValueError as error:
        raise _error(file, f"names a moment that is none: {error}") from None


def _difference(listed: list[Any], there: list[dict[str, Any]]) -> str:
    """The first thing in which the list and the members differ."""
    wanted = {str(entry.get("path")): entry for entry in listed if isinstance(entry, dict)}
    present = {entry["path"]: entry for entry in there}
    for path in sorted(wanted.keys() - present.keys()):
        return f"lists {path[:100]!r}, which is not in the bundle"
    for path in sorted(present.keys() - wanted.keys()):
        return f"does not list {path!r}, which is in the bundle"
    for path in sorted(present):
        if wanted[path].get("sha256") != present[path]["sha256"]:
            got, expected = present[path]["sha256"], str(wanted[path].get("sha256"))[:64]
            return f"does not match {path} (got sha256:{got}, expected sha256:{expected})"
    return "is not in the form in which a manifest is written"


def _error(file: str, message: str) -> PassmusterError:
    return IntegrityError.at(file, f"the manifest {message}", code="bundle-manifest")
