"""Simple values: a pattern on their bytes proves that they are JSON and match their schema."""

from __future__ import annotations

import re
from typing import Any

_CHARACTER = rb'[^"\\\x00-\x1f\x7f-\xff]'
_LARGEST = 10**18 - 1
"""Every number up to here fits into 64 bits, and no larger one of as many digits."""
_REMARKS = frozenset(("description", "title", "x-class", "x-source", "x-unit"))


def pattern(schema: dict[str, Any]) -> re.Pattern[bytes] | None:
    """A pattern that matches only valid values, and most of them; None for values that are not simple.

    Simple are numbers from nought on, strings of ASCII, lists of such strings, and lists of objects that all have the
    same members: such numbers and strings, or null.
    """
    written = _scalar(schema) or _list(schema)
    return None if written is None else re.compile(written)


def _scalar(schema: dict[str, Any]) -> bytes | None:
    kind, words = _kind(schema)
    if kind == "integer" and words <= {"minimum", "maximum"} and schema.get("minimum", 0) <= 0:
        digits = len(str(min(schema.get("maximum", _LARGEST), _LARGEST) + 1)) - 1
        return rb"(?:0|[1-9][0-9]{0,%d})" % (digits - 1) if digits > 0 else None
    if kind == "string" and words <= {"minLength", "maxLength"}:
        return b'"%s{%d,%d}"' % (_CHARACTER, schema.get("minLength", 0), schema.get("maxLength", 2**16))
    return None


def _list(schema: dict[str, Any]) -> bytes | None:
    kind, words = _kind(schema)
    if kind != "array" or not words <= {"items", "maxItems"} or schema.get("maxItems", 0) < 2:
        return None
    items = schema["items"]
    item = (
        _object(items) if items.get("type") == "object" else _scalar(items) if items.get("type") == "string" else None
    )
    return None if item is None else rb"\[(?:%s(?:,%s){0,%d})?\]" % (item, item, schema["maxItems"] - 1)


def _object(schema: dict[str, Any]) -> bytes | None:
    """Of objects that have every member which the schema names, and no other, as canonical JSON has them."""
    _, words = _kind(schema)
    if words != {"properties", "required"} or set(schema["required"]) != set(schema["properties"]):
        return None
    written = []
    for name, each in sorted(schema["properties"].items()):
        value = _scalar(each)
        if value is None:
            return None
        null = b"null|" if isinstance(each["type"], list) else b""
        written.append(b'"%s":(?:%s%s)' % (re.escape(name.encode()), null, value))
    return rb"\{%s\}" % b",".join(written)


def _kind(schema: dict[str, Any]) -> tuple[str | None, set[str]]:
    """What kind of value the schema is of, null apart, and the words that it says more of it by."""
    kinds = schema.get("type")
    kind = next((each for each in kinds if each != "null"), None) if isinstance(kinds, list) else kinds
    return kind, schema.keys() - _REMARKS - {"type"}
