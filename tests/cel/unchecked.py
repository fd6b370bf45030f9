"""Runs expressions whatever the checker thinks of them, so that errors at run time can be tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel import Environment
from passmuster.cel.check.check import Checker
from passmuster.cel.run.program import assemble
from passmuster.cel.syntax.parse import parse
from passmuster.cel.syntax.problems import Findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel import Program


def unchecked(text: str, environment: Environment | None = None) -> Program:
    """Compile an expression; only what cannot be parsed is refused."""
    environment = environment or Environment(roots={})
    findings = Findings(text)
    tree = parse(text, findings)
    checker = Checker(text, environment, findings)
    checker.check(tree, {}, frozenset())
    return assemble(text, environment, tree, checker.types, Findings(text))


def run(text: str, roots: Mapping[str, object] | None = None) -> object:
    """What an expression comes to."""
    return unchecked(text).run(roots or {}).value
