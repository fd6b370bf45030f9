"""Compiling without the checker's consent: what a changed expression would do if it were let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.check.check import Checker
from passmuster.cel.check.narrowing import NOWHERE
from passmuster.cel.run.program import assemble
from passmuster.cel.syntax.parse import parse
from passmuster.cel.syntax.problems import CelProblems, Findings

if TYPE_CHECKING:
    from passmuster.cel.check.environment import Environment
    from passmuster.cel.run.program import Program


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
