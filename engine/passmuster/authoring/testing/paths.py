"""The paths of a suite against the schema: a case whose path is misspelt would test its base, and be green."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.cel.syntax.suggestions import nearest
from passmuster.codec import schema
from passmuster.codec.schema.fieldtypes import FieldType, ListOf, MapOf, Object
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import OTHERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.codec.yaml import Document
    from passmuster.errors import Problem

Place = tuple[str | int, ...]


class _StrayError(Exception):
    """A path that no snapshot has."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def problems(document: Document) -> Iterator[Problem]:
    """Every path that no snapshot has, and every two changes of one fact of which only one would count.

    The document may break its schema: what is not of the right type is passed over.
    """
    for name, base in _mapping(_mapping(document.value).get("bases")).items():
        for section, facts in _mapping(_mapping(base).get("sections")).items():
            place: Place = ("bases", name, "sections", section)
            try:
                kind = _kind(FieldPath((section,)), schema.sections(1))
            except _StrayError as error:
                yield _problem(document, place, error)
            else:
                yield from _within(document, kind, facts, place, section)
    for place, node in _nodes(document.value):
        yield from _of_node(document, place, node)


def _nodes(value: object) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    tests = _mapping(value)
    for number, case in enumerate(_list(tests.get("cases"))):
        yield ("cases", number), _mapping(case)
    for number, case in enumerate(_list(tests.get("fleet_cases"))):
        for at, node in enumerate(_list(_mapping(case).get("nodes"))):
            yield ("fleet_cases", number, "nodes", at), _mapping(node)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _of_node(document: Document, place: Place, node: Mapping[str, Any]) -> Iterator[Problem]:
    changed: dict[FieldPath, str] = {}
    facts = schema.sections(1)
    every = {**facts, **schema.header(1)}
    named = [
        (what, text, (*place, what, text), True) for what in ("set", "unknown") for text in _mapping(node.get(what))
    ]
    named += [
        ("delete", text, (*place, "delete", at), False)
        for at, text in enumerate(_list(node.get("delete")))
        if isinstance(text, str)
    ]
    for what, text, at, key in named:
        try:
            path = _parsed(text)
            kind = _kind(path, every if what == "set" else facts, others=what == "unknown")
            _once(path, what, changed)
        except _StrayError as error:
            yield _problem(document, at, error, key=key)
            continue
        if what == "set":
            yield from _within(document, kind, node["set"][text], at, text)
    for what in ("facts", "missing"):
        for rule, paths in _mapping(node.get(what)).items():
            for number, text in enumerate(_list(paths)):
                if not isinstance(text, str):
                    continue
                try:
                    _kind(_parsed(text), every, others=True)
                except _StrayError as error:
                    yield _problem(document, (*place, what, rule, number), error, key=False)


def _parsed(text: str) -> FieldPath:
    try:
        return FieldPath.parse(text)
    except ValueError as error:
        raise _StrayError(str(error)) from None


def _once(path: FieldPath, what: str, changed: dict[FieldPath, str]) -> None:
    """Refuse a change that another one undoes."""
    for other, how in changed.items():
        if path == other or (how == "set" and path.covers(other)):
            text = f"{how} and {what}" if how != what else f"{how} twice"
            raise _StrayError(f"a fact is {text} (got {other} and {path}, expected one of them)")
    changed[path] = what


def _kind(path: FieldPath, roots: Mapping[str, FieldType], *, others: bool = False) -> FieldType:
    """The type of what stands at a path; raises _StrayError."""
    first, *rest = path.parts
    if first not in roots:
        if first in schema.header(1):
            raise _StrayError(f"what stands above the sections is always known (got {path}, expected a fact)")
        known = ", ".join(sorted(roots))
        raise _StrayError(f"no such section (got {first!r}, expected one of: {known})", nearest(first, roots))
    if first in schema.header(1) and not rest:
        raise _StrayError(f"set its members one by one (got {path}, expected a path such as node.name)")
    if path.parts == ("collection", "collected_at"):
        raise _StrayError(f"no policy reads when a snapshot was collected (got {path})")
    kind, at = roots[first], FieldPath((first,))
    for number, part in enumerate(rest):
        if others and part == OTHERS and number == len(rest) - 1 and isinstance(kind, Object | MapOf):
            return kind
        kind = _member(kind, part, str(at))
        at = at.child(part)
    return kind


def _member(kind: FieldType, part: str, holder: str) -> FieldType:
    """The type of a member; raises _StrayError."""
    match kind:
        case Object():
            if part not in kind.fields:
                raise _StrayError(f"no such field of {holder} (got {part!r})", nearest(part, kind.fields))
            return kind.fields[part]
        case MapOf():
            if kind.keys is not None and part not in kind.keys:
                raise _StrayError(f"no such key of {holder} (got {part!r})", nearest(part, kind.keys))
            if not kind.dashes and "-" in part:
                meant = part.replace("-", "_")
                raise _StrayError(f"the kernel writes '-' as '_' in {holder} (got {part!r}, expected {meant!r})")
            return kind.value
        case _:
            raise _StrayError(f"{holder} has no members (got {part!r} below it)")


def _within(document: Document, kind: FieldType, value: Any, place: Place, holder: str) -> Iterator[Problem]:
    """What is misspelt within a value; of wrong types the snapshot's own reader tells."""
    if isinstance(value, dict) and isinstance(kind, Object | MapOf):
        for part, member in value.items():
            try:
                below = _member(kind, part, holder)
            except _StrayError as error:
                yield _problem(document, (*place, part), error)
            else:
                yield from _within(document, below, member, (*place, part), f"{holder}.{part}")
    elif isinstance(value, list) and isinstance(kind, ListOf):
        for at, member in enumerate(value):
            yield from _within(document, kind.element, member, (*place, at), f"an element of {holder}")


def _problem(document: Document, place: Place, error: _StrayError, *, key: bool = True) -> Problem:
    return document.problem(place, str(error), code="tests-path", hint=error.hint, key=key)
