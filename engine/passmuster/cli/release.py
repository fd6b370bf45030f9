"""What a draft must be to be released: its examples hold and reach everything, and linting has nothing to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring import lint, testing
from passmuster.authoring.testing import wording
from passmuster.cli.lint import findings
from passmuster.errors import Location, PolicyError, Problem, UsageError
from passmuster.intake import catalog
from passmuster.policy.compile import compile_policy
from passmuster.policy.lock import MAX_WHO, Approval, is_who
from passmuster.policy.parameters import effective

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from passmuster.authoring.testing import Tested


def approval(who: str | None, at: datetime) -> Approval:
    """Who approves a release, and when; raises UsageError where nobody does."""
    if who is None:
        message = "a release names who approved it (expected --approved-by 'NAME <ADDRESS>')"
        raise UsageError.at("--release", message, code="lock-approval")
    if not is_who(who):
        message = f"not one line of visible text (got {who[:60]!r}, expected at most {MAX_WHO} characters)"
        raise UsageError.at("--approved-by", message, code="lock-approval")
    return Approval(by=who, at=at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def demand_ready(file: Path, name: str) -> str:
    """The digest of a draft that can be released; raises PolicyError with everything that is amiss with it."""
    policy = catalog.load_file(file)
    catalog.demand_name(policy, name)
    compiled = compile_policy(policy)
    beside = catalog.tests_beside(str(file))
    suite = testing.load(catalog.read(beside), str(beside))
    tested = testing.examine(compiled, policy, suite, effective([policy], [])[policy.pack], branches=True)
    weighty = (lint.Severity.ERROR, lint.Severity.WARNING)
    problems = [*_amiss(tested), *(finding.problem for finding in findings(file) if finding.severity in weighty)]
    if problems:
        raise PolicyError(
            [
                *problems,
                Problem(
                    code="release",
                    message=f"{name} cannot be released (got {len(problems)} findings, expected none)",
                    location=Location(file=str(file)),
                ),
            ]
        )
    return policy.digest


def _amiss(tested: Tested) -> Iterator[Problem]:
    """Examples that do not hold, outcomes without one, and branches that none of them takes."""
    beside = tested.suite.file
    for mismatch in tested.outcome.mismatches:
        where = Location(file=beside, line=mismatch.case.line, column=1)
        yield Problem(
            code="release-tests", message=f"{mismatch.case.name}: {wording.mismatch(mismatch)}", location=where
        )
    for untested in tested.outcome.untested:
        where = Location(file=beside, line=1, column=1)
        yield Problem(code="release-tests", message=f"no case expects {untested}", location=where)
    for branch in tested.coverage.uncovered if tested.coverage is not None else ():
        where = Location(file=tested.file, line=branch.line, column=branch.column)
        yield Problem(code="release-tests", message=f"{branch.owner}: {wording.uncovered(branch)}", location=where)
