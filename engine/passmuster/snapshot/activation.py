"""Binding a snapshot to the names that expressions use: facts, or why there is none.

A null fact is bound as an unset key, a fact that could not be looked at as an unknown, and a
schema-named field that the snapshot does not mention as `unsupported`: nothing is ever silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.cel import Globs, OpenMap, Unknown
from passmuster.codec import schema
from passmuster.codec.schema.fieldtypes import FieldType, ListOf, MapOf, Object, Scalar
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import OTHERS, Reason, UnknownFact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from passmuster.snapshot import Section, Snapshot

_UNSET = object()
_OLD = "the collector that wrote this snapshot did not know it"


def bind(snapshot: Snapshot) -> dict[str, object]:
    """The root variables of expressions: each section, `node` and `collection` (without its time)."""
    roots = {name: bind_section(name, snapshot.sections.get(name)) for name in schema.sections(1)}
    return {
        **roots,
        "node": bind_header("node", snapshot.node),
        "collection": bind_header("collection", snapshot.collection),
    }


def at(roots: Mapping[str, object], path: FieldPath) -> object:
    """A fact as rules see it: its value, an Unknown, or None where there is none."""
    value: object = roots
    for part in path.parts:
        value = member(value, part)
    return value


def member(value: object, key: str) -> object:
    """A member of a bound value, as `at` has it."""
    if isinstance(value, OpenMap):
        return None if value.has(key) is False else value.get(key)
    if isinstance(value, dict):
        return value.get(key)
    return value if isinstance(value, Unknown) else None


def bind_header(name: str, value: Mapping[str, Any]) -> object:
    """One of the two parts that are not sections. A value that a redaction replaced is unknown."""
    path = FieldPath((name,))
    bound = _value(schema.header(1)[name], value, path, {})
    if "redacted" not in value or not isinstance(bound, dict):
        return bound
    names = ("labels", "machine_id", "name") if name == "node" else value["redacted"]
    hidden: dict[str, object] = {name: _unknown(_redacted(path.child(name))) for name in names if name in bound}
    if name == "node":
        hidden["labels"] = _pseudonyms(value["redacted"], path.child("labels"))
    return {**bound, **hidden}


def _pseudonyms(names: Mapping[str, Any], path: FieldPath) -> OpenMap:
    """Labels under pseudonyms: of some keys it is known that they are there or not, and no value is known."""
    return OpenMap(
        path=path,
        values={key: _unknown(_redacted(path.child(key))) for key in names["kept"]},
        absent=frozenset(names["absent"]),
        there=frozenset(names["kept"]),
        because=_redacted(path),
    )


def _redacted(path: FieldPath) -> UnknownFact:
    return UnknownFact(path=path, reason=Reason.REDACTED)


def bind_section(name: str, section: Section | None) -> object:
    """One of those sections; None is one that the snapshot does not have."""
    kind, path = schema.sections(1)[name], FieldPath((name,))
    if section is None:
        return _unknown(UnknownFact(path=path, reason=Reason.UNSUPPORTED, detail=_OLD))
    if section.reason is None:
        return _value(kind, section.facts, path, section.unknown)
    if not section.unknown or not isinstance(kind, Object):
        return _unknown(UnknownFact(path=path, reason=section.reason))
    rest = [path.child(field) for field in kind.fields]
    default = {fact: UnknownFact(path=fact, reason=section.reason) for fact in rest}
    return _value(kind, {}, path, {**default, **section.unknown})


def rebound(name: str, bound: object, section: Section, facts: Iterable[str]) -> object:
    """A section that was bound, with the values that these facts of it have now."""
    kind, path = schema.sections(1)[name], FieldPath((name,))
    if not isinstance(kind, Object) or not isinstance(bound, dict):
        return bind_section(name, section)
    fresh = {fact: _member(kind.fields[fact], section.facts, fact, path, section.unknown) for fact in facts}
    return _present({**bound, **fresh})


def _value(kind: FieldType, value: Any, path: FieldPath, unknown: Mapping[FieldPath, UnknownFact]) -> object:
    if value is None:
        return _UNSET
    match kind:
        case ListOf(element=Object() as element):
            return [_value(element, item, path, {}) for item in value]
        case Scalar() | ListOf():
            return value
        case Object():
            return _present({name: _member(field, value, name, path, unknown) for name, field in kind.fields.items()})
        case MapOf(open=True):
            return _open_map(kind, value, path, unknown)
        case MapOf():
            return _closed_map(kind, value, path, unknown)


def _member(
    kind: FieldType, holder: Mapping[str, Any], name: str, path: FieldPath, unknown: Mapping[FieldPath, UnknownFact]
) -> object:
    if name in holder:
        value = holder[name]
        if value is None or isinstance(kind, Scalar):
            return _UNSET if value is None else value
        return _value(kind, value, path.child(name), unknown)
    at = path.child(name)
    if at in unknown:
        return _unknown(unknown[at])
    if not any(at.covers(mark) for mark in unknown):
        return _unknown(_nowhere(at, unknown))
    match kind:
        case Object() | MapOf(open=True):
            return _value(kind, {}, at, unknown)
        case MapOf():
            # Only of some keys it is said why they are not known: that makes no other one absent.
            others = unknown.get(at.child(OTHERS)) or _nowhere(at, unknown)
            return _withheld((), _unknown_keys(kind, {}, at, unknown), at, others)
        case _:
            return _unknown(_nowhere(at, unknown))


def _nowhere(path: FieldPath, unknown: Mapping[FieldPath, UnknownFact]) -> UnknownFact:
    """Why a field is unknown that its section does not name: for the mark of all others, else the collector is old."""
    others = unknown.get(FieldPath((path.parts[0], OTHERS)))
    if others is not None:
        return UnknownFact(path=path, reason=others.reason, detail=others.detail)
    return UnknownFact(path=path, reason=Reason.UNSUPPORTED, detail=_OLD)


def _closed_map(
    kind: MapOf, value: Mapping[str, Any], path: FieldPath, unknown: Mapping[FieldPath, UnknownFact]
) -> object:
    members = {key: _value(kind.value, member, path.child(key), unknown) for key, member in value.items()}
    missing = _unknown_keys(kind, value, path, unknown)
    values = _present({**members, **missing})
    # A pattern of keys: which of those that are not named it fits is for newer engines to say.
    patterns = [key for key in missing if key.endswith(OTHERS) and key != OTHERS]
    others = unknown.get(path.child(OTHERS))
    if not patterns and others is None:
        return values
    absent = frozenset(key for key, member in members.items() if member is _UNSET)
    if not patterns and others is not None:
        return _withheld(kind.listed, values, path, others, absent)
    named = {key: member for key, member in values.items() if key not in patterns}
    return _withheld((), named, path, unknown.get(path.child(patterns[0])) or _nowhere(path, unknown), absent)


def _open_map(
    kind: MapOf, value: Mapping[str, Any], path: FieldPath, unknown: Mapping[FieldPath, UnknownFact]
) -> OpenMap:
    members = {key: _value(kind.value, member, path.child(key), unknown) for key, member in value.items()}
    absent = frozenset(key for key, member in members.items() if member is _UNSET)
    values = _present({**members, **_unknown_keys(kind, value, path, unknown)})
    # Where something was taken out of the section, a key that it does not name may be among it.
    return OpenMap(path=path, values=values, absent=absent, because=unknown.get(FieldPath((path.parts[0], OTHERS))))


def _withheld(
    listed: tuple[str, ...],
    values: dict[str, object],
    path: FieldPath,
    others: UnknownFact,
    absent: frozenset[str] = frozenset(),
) -> OpenMap:
    """A closed map with keys that it does not name: of those alone that it lists, a missing one is not there."""
    named = {key: member for key, member in values.items() if key != OTHERS}
    return OpenMap(path=path, values=named, absent=absent, listed=Globs.of(listed), because=others)


def _unknown_keys(
    kind: MapOf, value: Mapping[str, Any], path: FieldPath, unknown: Mapping[FieldPath, UnknownFact]
) -> dict[str, object]:
    below = {mark.parts[len(path.parts)] for mark in unknown if path.covers(mark) and mark != path}
    return {key: _member(kind.value, {}, key, path, unknown) for key in sorted(below) if key not in value}


def _present(members: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in members.items() if value is not _UNSET}


def _unknown(fact: UnknownFact) -> Unknown:
    return Unknown(frozenset({fact}))
