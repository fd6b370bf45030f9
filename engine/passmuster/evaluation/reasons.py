"""Why a rule came out as it did: the parts of expressions that decided, variables taken apart."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster import cel
from passmuster.model.verdict import Because

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.policy import Expression
    from passmuster.policy.compile import CompiledVariable

_VARIABLE = re.compile(r"variables\.(?P<name>\w+)")


def because(
    program: cel.Program,
    expression: Expression,
    roots: Mapping[str, object],
    variables: Mapping[str, CompiledVariable],
) -> tuple[Because, ...]:
    """The deciding parts of an expression, each at its place in the policy file.

    A boolean variable that decided is replaced by what decided it, where its own expression stands.
    """
    reasons: list[Because] = []
    for because in _because(program, expression, roots, variables):
        if because not in reasons:  # two variables may rest on one; values may be lists, so no set
            reasons.append(because)
    return tuple(reasons)


def _because(
    program: cel.Program,
    expression: Expression,
    roots: Mapping[str, object],
    variables: Mapping[str, CompiledVariable],
) -> Iterator[Because]:
    for cause in cel.explain(program, roots):
        match = _VARIABLE.fullmatch(cause.expression)
        if match is not None and match["name"] in variables:
            # A variable can use only those before it, so this ends.
            variable = variables[match["name"]]
            below = _because(variable.program, variable.expression, roots, variables)
            # What decided the variable changes the rule only where the variable alone would.
            alone = cause.wanted.lstrip("!") == cause.expression
            yield from below if alone else _told_once(below, cause.wanted)
        else:
            line, column = expression.place(cause.line, cause.column)
            yield Because(expression=cause.expression, value=cause.value, line=line, column=column, wanted=cause.wanted)


def _told_once(reasons: Iterable[Because], wanted: str) -> Iterator[Because]:
    for at, because in enumerate(reasons):
        yield replace(because, wanted=wanted if at == 0 else "")
