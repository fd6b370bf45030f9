"""Runs cases of CEL's conformance suite: one JSON object a line, values typed as ``{"int": "5"}``."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from cel.unchecked import unchecked

from passmuster.cel import CelError, CelProblems, Environment, MapType, UInt, compile_expression, type_of_value
from passmuster.cel.equality import same
from passmuster.cel.values import TypeValue, to_key, type_name

if TYPE_CHECKING:
    from passmuster.cel import CelType


def value_of(typed: dict[str, Any]) -> object:
    """The value that a typed one of the suite stands for."""
    ((kind, value),) = typed.items()
    match kind:
        case "int":
            return int(value)
        case "uint":
            return UInt(value)
        case "double":
            return float(value)
        case "bytes":
            return base64.b64decode(value)
        case "list":
            return [value_of(item) for item in value]
        case "map":
            return {to_key(value_of(key)): value_of(member) for key, member in value}
        case "type":
            return TypeValue(value)
        case "string" | "bool" | "null":
            return value
        case _:
            raise NotImplementedError(kind)


def alike(found: object, expected: object) -> bool:
    """Whether two values are the same, of the same type, NaN included."""
    if isinstance(found, float) and isinstance(expected, float) and math.isnan(expected):
        return math.isnan(found)
    return type_name(found) == type_name(expected) and same(found, expected)


def _declared(value: object) -> CelType:
    """The type of a binding: the suite declares map(string, ...), and lists no keys."""
    kind = type_of_value(value)
    return MapType(kind.key, kind.value) if isinstance(kind, MapType) else kind


def run(case: dict[str, Any]) -> str:
    """An empty string where the case holds, else what came instead."""
    try:
        bindings = {name: value_of(typed) for name, typed in case["bindings"].items()}
    except NotImplementedError as error:
        return f"no values of type {error}"
    environment = Environment(roots={name: _declared(value) for name, value in bindings.items()})
    text = case["expr"]
    try:
        compile_it = unchecked if case.get("disable_check") else compile_expression
        program = compile_it(text, environment)
    except CelProblems as problems:
        return "" if "error" in case else f"refused: {problems}"
    if case.get("checks"):
        return ""
    found = program.run(bindings).value
    if "error" in case:
        return "" if type(found) is CelError else f"got {found!r}, expected an error"
    return "" if alike(found, value_of(case["value"])) else f"got {found!r}, expected {case['value']}"
