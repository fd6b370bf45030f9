"""Trying an expression: its type, what it reads, its value and what it cost, in one go; or without the checker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.cel.check.check import Checker
from passmuster.cel.check.narrowing import NOWHERE
from passmuster.cel.run.explain import jsonable
from passmuster.cel.run.program import assemble, compile_expression
from passmuster.cel.syntax.parse import parse
from passmuster.cel.syntax.problems import CelProblems, Findings
from passmuster.cel.values.types import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel.check.environment import Environment
    from passmuster.cel.check.reads import Read
    from passmuster.cel.run.program import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of an expression."""

    type: str
    """As in messages, such as ``list(string)``."""
    reads: tuple[Read, ...]
    value: object
    """JSON, or a sentence that begins with `error:` or `unknown:`; see `outcome` for the value itself."""
    outcome: object
    """A value, a CelError or an Unknown."""
    steps: int
    """What it cost this time."""
    most: int
    """What it can cost at most, whatever the facts are."""


def attempt(text: str, environment: Environment, roots: Mapping[str, object]) -> Attempt:
    """Compile and evaluate an expression; raises CelProblems with everything that is wrong with it."""
    program = compile_expression(text, environment)
    evaluation = program.run(roots)
    return Attempt(
        type=show(program.type),
        reads=program.reads,
        value=jsonable(evaluation.value),
        outcome=evaluation.value,
        steps=evaluation.steps,
        most=program.most,
    )


def unchecked(text: str, environment: Environment) -> Program | None:
    """The program of an expression whatever the checker thinks of it; None where it cannot even be parsed."""
    findings = Findings(text)
    try:
        tree = parse(text, findings)
    except CelProblems:
        return None
    checker = Checker(text, environment, findings)
    checker.check(tree, {}, NOWHERE)
    return assemble(text, environment, tree, checker.types, findings)
