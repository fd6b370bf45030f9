"""Saying quickly that a document keeps to its schema: closures in place of a validator.

Only yes is believed. What is not plainly right is left to the validator, which also says what is wrong; a keyword that
is not known here is refused when the schema is read, never passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Check: TypeAlias = "Callable[[Any], bool]"

_WORDS = frozenset(
    (
        "description",
        "title",
        "$schema",
        "$id",
        "$defs",
        "x-class",
        "x-full",
        "x-keys",
        "x-listed",
        "x-map",
        "x-source",
        "x-spelling",
        "x-unit",
    )
)
_KINDS: dict[str, type] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "object": dict,
    "string": str,
}


def check(schema: dict[str, Any], definitions: dict[str, Any]) -> Check:
    """A predicate that is true only of values which keep to the schema; raises ValueError for an unknown keyword."""
    made = [maker(schema, definitions) for maker in _MAKERS if _concerns(maker, schema)]
    unknown = set(schema) - _WORDS - {word for words in _MAKERS.values() for word in words}
    if unknown:
        raise ValueError(f"unknown keywords (got {sorted(unknown)})")
    return _together(made)


def _together(made: list[Check]) -> Check:
    """All of them at once; two and three at a time, for a generator costs more than a check."""
    if len(made) < 2:
        return made[0] if made else _anything
    if len(made) == 2:
        one, two = made
        return lambda value: one(value) and two(value)
    first, second, *others = made
    rest = _together(others)
    return lambda value: first(value) and second(value) and rest(value)


def _concerns(maker: Callable[..., Check], schema: dict[str, Any]) -> bool:
    return any(word in schema for word in _MAKERS[maker])


def _reference(schema: dict[str, Any], definitions: dict[str, Any]) -> Check:
    name = schema["$ref"].removeprefix("#/$defs/")
    made: list[Check] = []

    def holds(value: Any) -> bool:
        if not made:  # made when it is first needed: a definition may refer to itself
            made.append(check(definitions[name], definitions))
        return made[0](value)

    return holds


def _type(schema: dict[str, Any], _definitions: dict[str, Any]) -> Check:
    declared = schema["type"]
    kinds = frozenset(_KINDS[name] for name in ([declared] if isinstance(declared, str) else declared))
    return lambda value: type(value) in kinds


def _values(schema: dict[str, Any], _definitions: dict[str, Any]) -> Check:
    allowed = [schema["const"]] if "const" in schema else schema["enum"]
    plain = frozenset((type(value), value) for value in allowed)
    return lambda value: not isinstance(value, list | dict) and (type(value), value) in plain


def _text(schema: dict[str, Any], _definitions: dict[str, Any]) -> Check:
    longest, shortest = schema.get("maxLength", 2**62), schema.get("minLength", 0)
    if "pattern" not in schema:
        return lambda value: type(value) is not str or shortest <= len(value) <= longest
    pattern = re.compile(schema["pattern"])
    return lambda value: (
        type(value) is not str
        # Python's `$` fits before a last newline too, a schema's does not.
        or (shortest <= len(value) <= longest and pattern.search(value) is not None and not value.endswith("\n"))
    )


def _number(schema: dict[str, Any], _definitions: dict[str, Any]) -> Check:
    least, most = schema.get("minimum", -(2**63)), schema.get("maximum", 2**63 - 1)
    return lambda value: type(value) is not int or least <= value <= most


def _list(schema: dict[str, Any], definitions: dict[str, Any]) -> Check:
    longest, shortest = schema.get("maxItems", 2**62), schema.get("minItems", 0)
    item = check(schema["items"], definitions) if "items" in schema else _anything
    return lambda value: type(value) is not list or (shortest <= len(value) <= longest and all(map(item, value)))


def _object(schema: dict[str, Any], definitions: dict[str, Any]) -> Check:
    required = frozenset(schema.get("required", ()))
    fields = {name: check(member_schema, definitions) for name, member_schema in schema.get("properties", {}).items()}
    others = schema.get("additionalProperties", True)
    rest = check(others, definitions) if isinstance(others, dict) else _anything if others else _nothing
    name_of = check(schema["propertyNames"], definitions) if "propertyNames" in schema else _anything
    most = schema.get("maxProperties", 2**62)

    def holds(value: Any) -> bool:
        if type(value) is not dict:
            return True
        if len(value) > most or not required <= value.keys() or not all(map(name_of, value)):
            return False
        for name, member in value.items():  # noqa: SIM110 - a generator costs more than a check
            if not fields.get(name, rest)(member):
                return False
        return True

    return holds


def _every(schema: dict[str, Any], definitions: dict[str, Any]) -> Check:
    made = [check(checks, definitions) for checks in schema["allOf"]]
    return lambda value: all(member_check(value) for member_check in made)


def _condition(schema: dict[str, Any], definitions: dict[str, Any]) -> Check:
    """A condition has to be answered rightly both ways, so it may only be of words of which `no` is right too."""
    asked = {word for subschema in (schema["if"], *schema["if"].get("properties", {}).values()) for word in subschema}
    if not asked <= {"properties", "const", "enum"}:
        raise ValueError(f"a condition that cannot be answered here (got {sorted(asked)})")
    holds, then = check(schema["if"], definitions), check(schema["then"], definitions)
    return lambda value: then(value) if holds(value) else True


def _anything(_value: Any) -> bool:
    return True


def _nothing(_value: Any) -> bool:
    return False


_MAKERS: dict[Callable[[dict[str, Any], dict[str, Any]], Check], Iterable[str]] = {
    _reference: ("$ref",),
    _type: ("type",),
    _values: ("const", "enum"),
    _text: ("maxLength", "minLength", "pattern"),
    _number: ("minimum", "maximum"),
    _list: ("items", "maxItems", "minItems"),
    _every: ("allOf",),
    _condition: ("if", "then"),
    _object: ("properties", "required", "additionalProperties", "propertyNames", "maxProperties"),
}
