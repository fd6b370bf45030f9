"""The criteria that the options of a command set, as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cli.surroundings import homes, moment, read
from passmuster.errors import Location, Problem, UsageError
from passmuster.intake import catalog
from passmuster.intake.criteria import CriteriaOptions, criteria
from passmuster.policy import waivers
from passmuster.snapshot import roster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from passmuster.api import EvaluationCriteria
    from passmuster.policy import Policy
    from passmuster.policy.profile import Assessment
    from passmuster.policy.waivers import Waivers

DEFAULT = "virtnest"
"""The pack that is judged by where nobody names one."""


def asked(options: argparse.Namespace) -> tuple[EvaluationCriteria, str]:
    """What the options of `check` say, or the assessment that they name; and the level that counts for the status."""
    if options.assessment is not None:
        return _by_assessment(options)
    return of_options(options), options.fail_on or "required"


def of_options(options: argparse.Namespace) -> EvaluationCriteria:
    """What the options of `check` and its like say."""
    return criteria(chosen(options.policy), beside(options, moment(options.now)))


def chosen(specs: Sequence[str]) -> tuple[Policy, ...]:
    """The policies that an option names; the default pack where it names none."""
    return catalog.chosen(specs or [DEFAULT], homes())


def beside(options: argparse.Namespace, now: datetime) -> CriteriaOptions:
    """What the options ask for beside policies."""
    return CriteriaOptions(
        parameters=options.set,
        rules=options.rule,
        roster=listed(options.roster),
        max_age=options.max_age,
        waivers=loaded_waivers(getattr(options, "waivers", None)),
        now=now,
        latest=getattr(options, "latest", False),
    )


def listed(file: str | None) -> frozenset[str] | None:
    """The nodes of a roster's file."""
    return None if file is None else roster.parse(read(file), file)


def loaded_waivers(file: str | None) -> Waivers | None:
    """The waivers of a file."""
    return None if file is None else waivers.load(read(file), file)


def load_assessment(file: str) -> Assessment:
    """Read an assessment's file; raises PassmusterError."""
    from passmuster.policy import profile  # noqa: PLC0415 - most checks have no assessment

    return profile.load(read(file), file)


def _by_assessment(options: argparse.Namespace) -> tuple[EvaluationCriteria, str]:
    from passmuster.intake import profile  # noqa: PLC0415 - as above

    assessment = load_assessment(options.assessment)
    contradictions = list(_contradictions(options, assessment))
    if contradictions:
        raise UsageError(contradictions)
    now = assessment.now or moment(options.now)
    criteria = profile.criteria(assessment, homes(), beside(options, now))
    return criteria, assessment.fail_on or options.fail_on or "required"


def _contradictions(options: argparse.Namespace, asked: Assessment) -> Iterator[Problem]:
    """Options that say what the assessment says, or what it alone may say."""
    always = (
        ("-p", options.policy, "which policies judge"),
        ("--set", options.set, "what the parameters are"),
        ("--rule", options.rule, "what is asked: every rule of its policies"),
        ("--waivers", options.waivers, "which waivers hold"),
    )
    where_said = (
        ("--roster", options.roster, asked.roster, "which nodes there should be"),
        ("--max-age", options.max_age, asked.max_age, "how old a snapshot may be"),
        ("--now", options.now, asked.now, "the moment to judge at"),
        ("--fail-on", options.fail_on, asked.fail_on, "what counts for the exit status"),
    )
    clashes = [(option, what) for option, given, what in always if given]
    clashes += [(option, what) for option, given, said, what in where_said if given is not None and said is not None]
    for option, what in clashes:
        message = f"contradicts -f {options.assessment}: the assessment says {what} (expected no {option} beside -f)"
        yield Problem(code="usage-assessment", message=message, location=Location(file=option))
