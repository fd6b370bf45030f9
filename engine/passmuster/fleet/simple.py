"""Values so simple that a pattern says of their bytes both that they are JSON and that they keep to their schema."""

from __future__ import annotations

import re
from typing import Any

_CHARACTER = rb'[^"\\\x00-\x1f\x7f-\xff]'
_LARGEST = 10**18 - 1
"""Every number up to here fits into 64 bits, and no larger one of as many digits."""
_REMARKS = frozenset(("description", "title", "x-class", "x-source", "x-unit"))


def pattern(schema: dict[str, Any]) -> re.Pattern[bytes] | None:
    """A pattern that matches only valid values, and most of them; None for values that are not simple.

    Simple are numbers from nought on, strings of ASCII, and lists of such strings.
    """
    written = _expression({key: value for key, value in schema.items() if key not in _REMARKS})
    return None if written is None else re.compile(written)


def _expression(schema: dict[str, Any]) -> bytes | None:
    kinds = schema.get("type")
    kind = next((each for each in kinds if each != "null"), None) if isinstance(kinds, list) else kinds
    words = set(schema) - {"type"}
    if kind == "integer" and words <= {"minimum", "maximum"} and schema.get("minimum", 0) <= 0:
        digits = len(str(min(schema.get("maximum", _LARGEST), _LARGEST) + 1)) - 1
        return rb"(?:0|[1-9][0-9]{0,%d})" % (digits - 1) if digits > 0 else None
    if kind == "string" and words <= {"minLength", "maxLength"}:
        return b'"%s{%d,%d}"' % (_CHARACTER, schema.get("minLength", 0), schema.get("maxLength", 2**16))
    if kind == "array" and words <= {"items", "maxItems"} and schema.get("maxItems", 0) > 1:
        item = _expression({key: value for key, value in schema["items"].items() if key not in _REMARKS})
        if item is not None and schema["items"].get("type") == "string":
            return rb"\[(?:%s(?:,%s){0,%d})?\]" % (item, item, schema["maxItems"] - 1)
    return None
