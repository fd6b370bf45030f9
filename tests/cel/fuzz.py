"""Compares our engine with Google's C++ runtime (`cel-expr-python`) on random expressions over random values.

``python tests/cel/fuzz.py --cases 200000 [--seed N]`` prints how many agreed, how often each known
difference was met, and each difference that nothing explains; its status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import math
import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from cel.expressions import ENVIRONMENT, Maker
from passmuster.cel import CelError, CelProblems, Code
from passmuster.cel.check.check import Checker
from passmuster.cel.run.program import assemble
from passmuster.cel.syntax.parse import parse
from passmuster.cel.syntax.problems import Findings
from passmuster.cel.values.values import type_name

ERROR, REFUSED = "error", "refused"
"""In the place of a type: an expression that failed, and one that was not compiled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The type and the value of an expression, or an error with its words."""

    type: str
    value: Any


class Oracle:
    """The C++ runtime with the extensions that we have too."""

    def __init__(self) -> None:
        self._cel: Any = importlib.import_module("cel_expr_python.cel")
        kinds = self._cel.Type
        variables = {
            "b": kinds.BOOL,
            "i": kinds.INT,
            "d": kinds.DOUBLE,
            "s": kinds.STRING,
            "y": kinds.BYTES,
            "li": kinds.List(kinds.INT),
            "ls": kinds.List(kinds.STRING),
            "m": kinds.Map(kinds.STRING, kinds.INT),
            "any": kinds.DYN,
        }
        names = (("math", "Math"), ("strings", "Strings"), ("optional", "Optional"), ("bindings", "Bindings"))
        extensions = [
            getattr(importlib.import_module(f"cel_expr_python.ext.ext_{module}"), f"Ext{name}")()
            for module, name in names
        ]
        self._environment = self._cel.NewEnv(variables=variables, extensions=extensions)

    def outcome(self, text: str, bindings: dict[str, object]) -> Outcome:
        """What the runtime makes of an expression."""
        try:
            compiled = self._environment.compile(text)
        except Exception as error:  # noqa: BLE001 - it raises RuntimeError and others
            return Outcome(REFUSED, str(error))
        try:
            value = compiled.eval(data=bindings)
            kind = value.type().name().split("<")[0].lower()
            plain = value.plain_value()
        except Exception as error:  # noqa: BLE001 - it raises RuntimeError, TypeError and others
            return Outcome(ERROR, str(error))
        return Outcome(kind, str(plain) if kind in {ERROR, "type"} else plain)


def ours(text: str, bindings: dict[str, object]) -> tuple[Outcome, frozenset[Code]]:
    """What we make of an expression whatever the checker thinks of it, and the codes with which it is refused."""
    findings = Findings(text)
    try:
        tree = parse(text, findings)
    except CelProblems as refused:
        return Outcome(REFUSED, str(refused)), frozenset(problem.code for problem in refused.problems)
    checker = Checker(text, ENVIRONMENT, findings)
    checker.check(tree, {}, frozenset())
    codes = frozenset(problem.code for problem in findings.raised().problems)
    value = assemble(text, ENVIRONMENT, tree, checker.types, findings).run(bindings).value
    if isinstance(value, CelError):
        return Outcome(ERROR, value.message), codes
    kind = type_name(value)
    return Outcome({"null_type": "null"}.get(kind, kind), value), codes


def alike(one: Any, other: Any) -> bool:
    """Whether two plain values are the same, booleans and numbers told apart, NaN equal to itself."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _literal_is_refused(_: str, codes: frozenset[Code], theirs: Outcome) -> bool:
    return bool(codes) and codes <= {Code.TIME, Code.REGEX} and theirs.type != REFUSED


def _lists_of_two_types(_: str, codes: frozenset[Code], theirs: Outcome) -> bool:
    return not codes and theirs.type == REFUSED and "'_+_' applied to '(list(" in theirs.value


def _substring_to_the_end(text: str, codes: frozenset[Code], theirs: Outcome) -> bool:
    return ".substring(" in text and not codes and theirs.type == ERROR and "is greater than <string>" in theirs.value


def _empty_literal(text: str, codes: frozenset[Code], theirs: Outcome) -> bool:
    return re.search(r"\[\]|\{\}", text) is not None and not codes and theirs.type == REFUSED


KNOWN = (
    ("a literal that no run can read is refused when compiled; there, where it is met", _literal_is_refused),
    ("lists of different types can be joined; there, only as dyn", _lists_of_two_types),
    ("substring() may go up to the end of the string; there, that is an error", _substring_to_the_end),
    ("what is in [] and {} may be of any type; there, it is of one that the rest implies", _empty_literal),
)
"""Each difference that random expressions meet: its reason, and what tells it."""


def difference(oracle: Oracle, text: str, bindings: dict[str, object]) -> str | None:
    """None where both agree; the reason of a known difference; else a line that begins with `unexplained`."""
    theirs = oracle.outcome(text, bindings)
    mine, codes = ours(text, bindings)
    same = mine.type == theirs.type and (mine.type == ERROR or alike(mine.value, theirs.value))
    if (theirs.type == REFUSED and codes) or (same and (not codes or theirs.type == ERROR)):
        return None
    for reason, holds in KNOWN:
        if holds(text, codes, theirs):
            return reason
    return f"unexplained: {text} over {bindings}: ours {mine} {sorted(codes)}, theirs {theirs}"


def fuzz(cases: int, seed: int) -> collections.Counter[str]:
    """Compare so many random cases."""
    oracle, maker = Oracle(), Maker(random.Random(seed))
    counts: collections.Counter[str] = collections.Counter()
    for _ in range(cases):
        counts[difference(oracle, maker.expression(), maker.bindings()) or "agreed"] += 1
    return counts


def main() -> int:
    """Print the counts; 1 if a difference has no explanation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    counts = fuzz(arguments.cases, arguments.seed)
    for reason, count in counts.most_common():
        sys.stdout.write(f"{count:>8}  {reason}\n")
    unexplained = sum(count for reason, count in counts.items() if reason.startswith("unexplained"))
    sys.stdout.write(f"{arguments.cases} cases, {unexplained} unexplained differences\n")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
