"""Reading a snapshot from bytes: limits, strict JSON, schema version, schema, and its own laws.

The laws that a JSON Schema cannot state: the calendar has the moment of collection; a path is not
both a fact and unknown, nor unknown inside a value or a list; an unknown path is a canonical selector
inside its own section; `ok` has nothing unknown, and a section whose status is a reason has no facts
(it may say of single fields why).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema
from passmuster.errors import Location, Problem, SnapshotError
from passmuster.model.durations import parse_moment
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason, UnknownFact
from passmuster.snapshot.model import Section, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "passmuster.snapshot/1"
_LOOKED = ("ok", "partial")


def load(data: bytes, file: str, line: int = 1) -> Snapshot:
    """Read one snapshot; `file` and `line` say where its bytes begin. Raises SnapshotError."""
    try:
        document = json.loads(data)
    except json.InvalidJSONError as error:
        raise _error(file, line + error.line - 1, error.column, error.message, "snapshot-json") from None
    declared = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(declared, str):
        message = f'not a snapshot: no schema named (expected a JSON object with "schema":"{SCHEMA}")'
        raise _error(file, line, 1, message, "snapshot-schema")
    if declared != SCHEMA:
        (at,) = json.positions(data, [("schema",)])
        message = f"unknown schema version (got {declared[:80]!r}, expected {SCHEMA!r})"
        raise _error(file, line + at[0] - 1, at[1], message, "snapshot-version")
    faults = [(fault.path, fault.message) for fault in schema.faults("snapshot", 1, document)] or _breaches(document)
    if faults:
        places = json.positions(data, [path for path, _ in faults])
        raise SnapshotError(_problem(file, line, at, *fault) for at, fault in zip(places, faults, strict=True))
    return Snapshot(
        digest="sha256:" + hashlib.sha256(data).hexdigest(),
        schema=declared,
        node=document["node"],
        collection=document["collection"],
        sections={name: _section(name, section) for name, section in document["sections"].items()},
    )


def load_section(name: str, data: bytes) -> Section | None:
    """Read one section of a snapshot as strictly as within it; None where it is not valid, or the engine knows none."""
    section = _valid_section(name, data)
    return None if section is None else _section(name, section)


def section_holds(name: str, data: bytes) -> bool:
    """Whether there is such a section."""
    return _valid_section(name, data) is not None


def _valid_section(name: str, data: bytes) -> dict[str, Any] | None:
    try:
        section: dict[str, Any] = json.loads(data, levels=json.MAX_DEPTH - 2)
    except json.InvalidJSONError:
        return None
    if name not in schema.sections(1) or not schema.section_holds(1, name)(section):
        return None
    return None if _breaches({"sections": {name: section}}) else section


def _error(file: str, line: int, column: int, message: str, code: str) -> SnapshotError:
    return SnapshotError([Problem(code=code, message=message, location=Location(file=file, line=line, column=column))])


def _problem(file: str, line: int, at: tuple[int, int], path: tuple[str | int, ...], message: str) -> Problem:
    where = Location(file=file, line=line + at[0] - 1, column=at[1])
    dotted = ".".join(str(step) for step in path) or "the document"
    return Problem(code="snapshot-invalid", message=f"{dotted}: {message}", location=where)


def _breaches(document: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    known = schema.sections(1)
    faults = list(_misdated(document["collection"]["collected_at"])) if "collection" in document else []
    for name, section in document["sections"].items():
        if name not in known:
            continue
        at = ("sections", name)
        if section["status"] == "ok" and section["unknown"]:
            faults.append(
                ((*at, "status"), f"wrong status (got 'ok' with {len(section['unknown'])} unknown, expected 'partial')")
            )
        if section["status"] not in _LOOKED and section["facts"]:
            faults.append(((*at, "status"), f"wrong status (got {section['status']!r} beside facts, expected none)"))
        for text in section["unknown"]:
            message = _unknown_breach(name, text, section["facts"])
            if message is not None:
                faults.append(((*at, "unknown", text), message))
    return faults


def _misdated(collected_at: str | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if collected_at is not None:
        try:
            parse_moment(collected_at)
        except ValueError as error:
            yield ("collection", "collected_at"), f"no such moment ({error})"


def _unknown_breach(name: str, text: str, facts: dict[str, Any]) -> str | None:
    try:
        path = FieldPath.parse(text)
    except ValueError as error:
        return str(error)
    if str(path) != text:
        return f"not the canonical spelling of a path (got {text!r}, expected {str(path)!r})"
    if path.parts[0] != name or len(path.parts) == 1:
        return f"not a path of this section (got {text!r}, expected one below {name!r})"
    value: Any = facts
    for number, part in enumerate(path.parts[1:], 1):
        if not isinstance(value, dict):
            within = str(FieldPath(path.parts[:number]))
            return f"inside a fact that has no members (got {text!r}, expected {within!r} as a whole, or nothing)"
        if part not in value:
            return None
        value = value[part]
    return f"both a fact and unknown (got {text!r} in both, expected it in one)"


def _section(name: str, section: dict[str, Any]) -> Section:
    if name not in schema.sections(1):
        # A newer collector wrote it: no more of it was looked at than that it is an object.
        facts = section.get("facts")
        return Section(facts=facts if isinstance(facts, dict) else {}, unknown={}, sources={})
    unknown = {}
    for text, entry in section["unknown"].items():
        path = FieldPath.parse(text)
        unknown[path] = UnknownFact(path=path, reason=Reason(entry["reason"]), detail=entry["detail"])
    return Section(
        facts=section["facts"],
        unknown=unknown,
        sources={source: tuple(names) for source, names in section["sources"].items()},
        reason=None if section["status"] in _LOOKED else Reason(section["status"]),
    )
