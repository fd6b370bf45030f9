"""`passmuster cel ...`: trying an expression, and what the language has."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING

from passmuster import cel
from passmuster.cli import output
from passmuster.codec import schema
from passmuster.errors import ExitStatus, Location, PolicyError, Problem, UsageError
from passmuster.intake import inputs
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason, UnknownFact
from passmuster.policy.environments import environment
from passmuster.report import harmless
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from passmuster.intake.bundle_input import InputRecord

_FILE = "EXPR"


def run_eval(options: argparse.Namespace) -> ExitStatus:
    """Print the type, the reads, the value and the cost of an expression."""
    roots = _facts(options.record, options.snapshot) if options.snapshot else _no_facts()
    try:
        attempt = cel.attempt(
            options.expression, environment(), {**roots, "params": {}, "constants": {}, "variables": {}}
        )
    except cel.CelProblems as error:
        raise PolicyError(_problem(options.expression, problem) for problem in error.problems) from None
    reads = [str(read.path) + (" (whether it is there)" if read.presence_only else "") for read in attempt.reads]
    _print("value", attempt.value if _is_sentence(attempt.outcome) else json.dumps(attempt.value, ensure_ascii=False))
    _print("type", attempt.type)
    _print("reads", ", ".join(reads) or "no fact")
    _print("cost", f"{attempt.steps} steps, at most {attempt.most} whatever the facts are")
    return ExitStatus.INCOMPLETE if _is_sentence(attempt.outcome) else ExitStatus.GOOD


def _is_sentence(outcome: object) -> bool:
    return isinstance(outcome, cel.Unknown | cel.CelError)


def _facts(record: InputRecord, path: str) -> Mapping[str, object]:
    given = inputs.read(record, [path])
    if len(given) != 1:
        raise UsageError.at(path, f"{len(given)} snapshots (expected one)", code="usage-input")
    if given[0].snapshot is None:
        raise UsageError.at(path, str(given[0].problem), code="usage-input")
    return bind(given[0].snapshot)


def _no_facts() -> Mapping[str, object]:
    names = [*schema.sections(1), *schema.header(1)]
    paths = {name: FieldPath((name,)) for name in names}
    detail = "no snapshot was given with -s"
    facts = {name: UnknownFact(path=path, reason=Reason.NOT_COLLECTED, detail=detail) for name, path in paths.items()}
    return {name: cel.Unknown(frozenset({fact})) for name, fact in facts.items()}


def _problem(text: str, problem: cel.CelProblem) -> Problem:
    lines = text.split("\n")
    excerpt = lines[problem.line - 1] if problem.line <= len(lines) else None
    where = Location(file=_FILE, line=problem.line, column=problem.column)
    return Problem(code=problem.code, message=problem.message, location=where, excerpt=excerpt, hint=problem.hint)


def run_functions(options: argparse.Namespace) -> ExitStatus:
    """Print every function and macro, those that contain a word where one is given."""
    rows = [(form, about) for form, about in cel.functions_table() if options.word.lower() in (form + about).lower()]
    if not rows:
        raise UsageError.at(
            options.word, "no function with this word (expected none for all of them)", code="usage-function"
        )
    for form, about in sorted(rows):
        sys.stdout.write(form + "\n")
        sys.stdout.write(
            textwrap.fill(
                about, output.width(), initial_indent="    ", subsequent_indent="    ", break_long_words=False
            )
            + "\n"
        )
    return ExitStatus.GOOD


def _print(name: str, text: object) -> None:
    wrapped = textwrap.fill(
        f"{name:<6} {text}", output.width(), subsequent_indent=" " * 7, break_on_hyphens=False, break_long_words=False
    )
    sys.stdout.write(harmless.lines(wrapped) + "\n")
