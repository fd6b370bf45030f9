"""Runs cases of CEL's conformance suite: one JSON object a line, values typed as ``{"int": "5"}``.

As a command, ``python tests/cel/conformance.py FILE`` prints a line for each case that does not
pass and ends with ``N passed, N failed``; its status is 1 if one failed.
"""

from __future__ import annotations

import base64
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from cel.unchecked import unchecked
from passmuster.cel import CelError, CelProblems, Environment, MapType, UInt, compile_expression, type_of_value
from passmuster.cel.values.equality import same
from passmuster.cel.values.times import SECOND, Duration, Timestamp
from passmuster.cel.values.values import TypeValue, to_key, type_name

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
        case "duration" | "timestamp":
            nanoseconds = int(value[0]) * SECOND + int(value[1])
            return Duration(nanoseconds) if kind == "duration" else Timestamp(nanoseconds)
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


def main(paths: list[str]) -> int:
    """Run the cases of the files; 1 if one of them failed."""
    cases = [json.loads(line) for path in paths for line in Path(path).read_text("utf-8").splitlines() if line]
    failed = 0
    for case in cases:
        came = guarded(case)
        if came:
            failed += 1
            sys.stdout.write(f"{name(case)}: {case['expr']}: {came}\n")
    sys.stdout.write(f"{len(cases) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


def guarded(case: dict[str, Any]) -> str:
    """As `run`; a crash is a failure and not the end."""
    try:
        return run(case)
    except Exception as error:  # noqa: BLE001 - whatever a case does to us is its outcome
        return f"crashed: {type(error).__name__}: {error}"


def name(case: dict[str, Any]) -> str:
    """A case by file, section and name."""
    return "/".join(str(case.get(part, "")) for part in ("file", "section", "name"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
