"""The shipped JSON Schemas: validating documents, and reading the types of facts from them.

The one door to jsonschema. A schema has a kind and a version: ``schemas/<kind>/<version>.json``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, resources
from passmuster.codec.schema.compiled import Check, check
from passmuster.codec.schema.fieldtypes import FieldType, Object, field_type
from passmuster.codec.schema.wording import Fault, fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.protocols import Validator

__all__ = ["Fault", "below", "document", "facts", "faults", "header", "keeps", "section_holds", "sections", "versions"]


@functools.cache
def document(kind: str, version: int) -> dict[str, Any]:
    """The schema itself, as JSON."""
    schema: dict[str, Any] = json.loads((resources.schemas() / kind / f"{version}.json").read_bytes())
    return schema


@functools.cache
def versions(kind: str) -> tuple[int, ...]:
    """The versions that this engine knows, ascending."""
    return tuple(sorted(int(path.stem) for path in (resources.schemas() / kind).glob("*.json")))


def faults(kind: str, version: int, value: Any) -> tuple[Fault, ...]:
    """What in the value breaks the schema, in the order of the document; empty where nothing does.

    No more than `MAX_FAULTS` are looked for: the time that a hostile document takes has an end.
    """
    if kind in _QUICK and _quick(kind, version)(value):
        return ()
    errors = islice(_validator(kind, version).iter_errors(value), MAX_FAULTS)
    return tuple(sorted(dict.fromkeys(map(fault, errors)), key=_place))


MAX_FAULTS = 5000


def _place(fault: Fault) -> tuple[tuple[int, str], ...]:
    """Elements by their number, members by their name."""
    return tuple((step, "") if isinstance(step, int) else (0, step) for step in fault.path)


_QUICK = ("policy", "report", "snapshot")
"""Kinds that every command reads, or thousands of, or that are as long as a thousand."""


@functools.cache
def _quick(kind: str, version: int) -> Check:
    schema = document(kind, version)
    return check(schema, schema["$defs"])


@functools.cache
def sections(version: int) -> dict[str, FieldType]:
    """The types of the facts of each section of a snapshot."""
    named = document("snapshot", version)["properties"]["sections"]["properties"]
    return {name: field_type(section["properties"]["facts"]) for name, section in named.items()}


def facts(version: int, section: str) -> dict[str, dict[str, Any]]:
    """The schema of each fact of a section, by name; of a map, of each key that the schema lists."""
    whole = document("snapshot", version)["properties"]["sections"]["properties"][section]["properties"]["facts"]
    if "x-map" in whole:
        return dict.fromkeys(whole.get("x-keys", ()), whole["additionalProperties"])
    named: dict[str, dict[str, Any]] = whole["properties"]
    return named


def below(version: int, section: str, path: tuple[str, ...]) -> dict[str, Any] | None:
    """The schema of what stands at a path of a section; None where there is none, or what stands elsewhere matters."""
    whole = document("snapshot", version)
    at: Any = whole["properties"]["sections"]["properties"][section]
    for key in (*path, None):
        if isinstance(at, dict) and "$ref" in at:
            at = whole["$defs"][at["$ref"].removeprefix("#/$defs/")]
        if not isinstance(at, dict) or not at.keys().isdisjoint(_CONDITIONS):
            return None
        if key is not None:
            at = at.get("properties", {}).get(key, at.get("additionalProperties"))
    node: dict[str, Any] = at
    return node


_CONDITIONS = frozenset(("allOf", "if", "then"))
"""Words by which a schema makes one value hang on another."""


@functools.cache
def section_holds(version: int, name: str) -> Check:
    """A predicate that is true only of sections of this name which keep to the schema."""
    whole = document("snapshot", version)
    return check(whole["properties"]["sections"]["properties"][name], whole["$defs"])


def keeps(version: int, schema: dict[str, Any]) -> Check:
    """A predicate that is true only of values which keep to a part of the snapshot's schema."""
    return check(schema, document("snapshot", version)["$defs"])


@functools.cache
def header(version: int) -> dict[str, FieldType]:
    """The types of a snapshot's `node` and `collection`, as policies see them."""
    properties = document("snapshot", version)["properties"]
    collection = field_type(properties["collection"])
    node = field_type(properties["node"])
    assert isinstance(collection, Object)
    assert isinstance(node, Object)
    return {
        "node": replace(node, fields=_seen(node)),
        "collection": replace(collection, fields=_seen(collection)),
    }


def _seen(kind: Object) -> dict[str, FieldType]:
    """The fields that policies see: not the moment of the collection, and not what a redaction says of itself."""
    return {name: field for name, field in kind.fields.items() if name not in {"collected_at", "redacted"}}


@functools.cache
def _validator(kind: str, version: int) -> Validator:
    # jsonschema costs 0.1 s to import: only what validates pays for it.
    from jsonschema import Draft202012Validator, TypeChecker, ValidationError, validators  # noqa: PLC0415

    def integer(_checker: TypeChecker, instance: object) -> bool:
        return type(instance) is int  # draft 2020-12 calls 1.0 an integer; a snapshot has no floats

    def pattern(_validator: Validator, wanted: str, instance: object, _schema: object) -> Iterator[ValidationError]:
        # Python's `$` fits before a last newline too, a schema's does not.
        if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", wanted), instance):
            yield ValidationError("another form")

    def unique(_validator: Validator, wanted: object, instance: object, _schema: object) -> Iterator[ValidationError]:
        # The library compares each with each where they are of several types.
        if wanted and isinstance(instance, list) and len(set(map(json.canonical, instance))) < len(instance):
            yield ValidationError("repeated")

    extend: Any = validators.extend  # untyped in the library's stubs
    strict = extend(
        Draft202012Validator,
        {"pattern": pattern, "uniqueItems": unique},
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", integer),
    )
    validator: Validator = strict(document(kind, version))
    return validator
