"""``'%s is %d'.format([...])`` of the strings extension, version 2."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from passmuster.cel.values import sizes
from passmuster.cel.values.budget import MAX_STRING
from passmuster.cel.values.numbers import double_text
from passmuster.cel.values.times import Duration, Timestamp
from passmuster.cel.values.values import CelError, TypeValue, UInt, from_key, type_name, weight
from passmuster.cel.values.versions import Version
from passmuster.model.semver import SemVer

if TYPE_CHECKING:
    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound

_CLAUSE = re.compile(r"%(?:(?P<percent>%)|(?:\.(?P<precision>[0-9]{1,3}))?(?P<verb>[a-zA-Z])?)")
_MAX_PRECISION = 100
_FIXED_POWERS = range(-4, 21)
"""Powers of ten that are written out: `%s` of a million has no exponent, as in cel-go."""
_BASES = {"b": "b", "o": "o", "x": "x", "X": "X"}


def grown(template: Bound, values: Bound) -> Bound:
    """The bound of a formatted text: each value is written once."""
    parts = values.parts or (sizes.element(values),) * min(values.length, template.length // 2)
    return sizes.text(template.length + sum(map(_longest, parts)))


def steps(template: Bound, values: Bound) -> int:
    """The most that formatting is charged."""
    return template.length // 64 + sizes.weight(values)


def _longest(value: Bound) -> int:
    """Characters of a value by any clause: ``%.100f`` of a number, ``%x`` of a string."""
    return sizes.written(value) if value.element or value.fields else max(8 * value.length, 512)


class _BadFormatError(Exception):
    """A template or a value that cannot be formatted."""


def formatted(frame: Frame, template: str, values: list[object]) -> object:
    """The text of a template, or the CelError that says why there is none."""
    frame.charge_text(len(template))
    parts: list[str] = []
    at, used, length = 0, 0, 0
    try:
        for clause in _CLAUSE.finditer(template):
            parts.append(template[at : clause.start()])
            at = clause.end()
            if clause["percent"]:
                parts.append("%")
            else:
                parts.append(_clause(frame, clause, values, used))
                used += 1
            length += len(parts[-1]) + len(parts[-2])
            if length > MAX_STRING:
                return CelError(f"the string is too long (got {length}, max {MAX_STRING})")
    except _BadFormatError as error:
        return CelError(str(error))
    return "".join((*parts, template[at:]))


def _clause(frame: Frame, clause: re.Match[str], values: list[object], index: int) -> str:
    verb = clause["verb"] or ""
    if verb not in {"s", "d", "f", "e", *_BASES} or (clause["precision"] and verb not in {"f", "e"}):
        msg = f"format: no such clause (got {clause[0]!r})"
        raise _BadFormatError(msg)
    if index >= len(values):
        msg = f"format: the template needs more than {len(values)} values"
        raise _BadFormatError(msg)
    value = values[index]
    match verb:
        case "s":
            frame.charge(weight(value))
            return text_of(value)
        case "d":
            return _decimal(value)
        case "f" | "e":
            return _real(value, verb, int(clause["precision"] or 6))
        case _:
            return _based(value, verb)


def text_of(value: object) -> str:
    """What ``%s`` makes of a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return _special(value) or double_text(value, _FIXED_POWERS)
    if isinstance(value, bytes):
        return _utf8(value)
    if isinstance(value, list):
        return "[" + ", ".join(text_of(element) for element in value) + "]"
    if isinstance(value, dict):
        entries = sorted((text_of(from_key(key)), text_of(member)) for key, member in value.items())
        return "{" + ", ".join(f"{key}: {member}" for key, member in entries) + "}"
    if isinstance(value, _WORDED):
        return str(value)
    msg = f"format: %s does not take a value of type {type_name(value)}"
    raise _BadFormatError(msg)


_WORDED = (int, Timestamp, Duration, TypeValue, Version, SemVer)
"""What says itself in words."""


def _utf8(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        msg = "format: the bytes are not UTF-8"
        raise _BadFormatError(msg) from None


def _special(value: float) -> str | None:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return None


def _decimal(value: object) -> str:
    if type(value) in {int, UInt}:
        return str(value)
    if isinstance(value, float):
        return _special(value) or double_text(value, _FIXED_POWERS)
    msg = f"format: %d takes numbers (got {type_name(value)})"
    raise _BadFormatError(msg)


def _real(value: object, verb: str, precision: int) -> str:
    if type(value) not in {int, UInt, float} or not isinstance(value, int | float):
        msg = f"format: %{verb} takes numbers (got {type_name(value)})"
        raise _BadFormatError(msg)
    if precision > _MAX_PRECISION:
        msg = f"format: the precision is too large (got {precision}, max {_MAX_PRECISION})"
        raise _BadFormatError(msg)
    return _special(float(value)) or f"{float(value):.{precision}{verb}}"


def _based(value: object, verb: str) -> str:
    if type(value) in {int, UInt} and isinstance(value, int):
        return format(int(value), _BASES[verb])
    if verb == "b" and isinstance(value, bool):
        return "1" if value else "0"
    if verb in {"x", "X"} and isinstance(value, str | bytes):
        digits = (value.encode() if isinstance(value, str) else value).hex()
        return digits.upper() if verb == "X" else digits
    msg = f"format: %{verb} does not take a value of type {type_name(value)}"
    raise _BadFormatError(msg)
