"""`check -f assessment.yaml`: what an assessment asks, with the files that belong to it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli.surroundings import homes, moment, read
from passmuster.errors import IntegrityError, Location, PassmusterError, PolicyError, Problem, UsageError
from passmuster.evaluation.criteria import MaximumAge, Terms
from passmuster.intake import catalog, reading
from passmuster.model.durations import parse_duration
from passmuster.policy import profile, waivers
from passmuster.policy.compile import compile_policy
from passmuster.snapshot import roster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from passmuster.policy import Policy
    from passmuster.policy.profile import Assessment, Attached


def terms(options: argparse.Namespace) -> tuple[Terms, str]:
    """What the assessment that the options name asks, and the level that counts for the exit status."""
    asked = load(options.assessment)
    contradictions = list(_contradictions(options, asked))
    if contradictions:
        raise UsageError(contradictions)
    policies = chosen(asked)
    settled = profile.settle(asked, policies, [compile_policy(policy) for policy in policies])
    now = asked.now or moment(options.now)
    return (
        Terms(
            policies=settled.policies,
            parameters=settled.parameters,
            roster=_roster(options, asked),
            max_age=_max_age(options, asked, now),
            received=now,
            latest=options.latest,
            waivers=_waivers(asked, now),
            assessment=asked.digest,
        ),
        asked.fail_on or options.fail_on or "required",
    )


def load(file: str) -> Assessment:
    """Read an assessment's file; raises PassmusterError."""
    return profile.load(read(file), file)


def chosen(asked: Assessment) -> tuple[Policy, ...]:
    """The policies of an assessment, by name and digest; raises PassmusterError that points into its file."""
    found: list[Policy] = []
    problems: list[Problem] = []
    kinds: set[type[PassmusterError]] = set()
    for at, text in enumerate(asked.policies):
        try:
            found.append(catalog.one(text, homes()))
        except PolicyError:
            raise
        except PassmusterError as error:
            kinds.add(type(error))
            problems += [
                asked.document.problem(("policies", at), each.message, code=each.code) for each in error.problems
            ]
    if problems:
        raise (IntegrityError if kinds == {IntegrityError} else UsageError)(problems)
    _demand_distinct(asked, found)
    return tuple(found)


def _demand_distinct(asked: Assessment, policies: Sequence[Policy]) -> None:
    seen: set[str] = set()
    problems: list[Problem] = []
    for at, policy in enumerate(policies):
        if policy.pack in seen:
            message = f"one pack twice (got {policy.pack}@{policy.version}, expected one version)"
            problems.append(asked.document.problem(("policies", at), message, code="policy-twice"))
        seen.add(policy.pack)
    if problems:
        raise PolicyError(problems)


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
    told = [(option, what) for option, given, what in always if given]
    told += [(option, what) for option, given, said, what in where_said if given is not None and said is not None]
    for option, what in told:
        message = f"contradicts -f {options.assessment}: the assessment says {what} (expected no {option} beside -f)"
        yield Problem(code="usage-assessment", message=message, location=Location(file=option))


def attached(asked: Assessment, name: str, each: Attached) -> tuple[bytes, str]:
    """The bytes and the path of a file that belongs to an assessment, its digest checked; raises PassmusterError."""
    path = Path(asked.document.file).parent / each.file
    try:
        data = reading.whole(path)
    except UsageError as error:
        message = f"file: {error.problems[0]}"
        raise UsageError([asked.document.problem((name, "file"), message, code="file")]) from None
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    if each.digest is not None and each.digest != digest:
        message = f"digest: {path} has another (got {digest}, expected {each.digest})"
        raise IntegrityError([asked.document.problem((name, "digest"), message, code="assessment-digest")])
    return data, str(path)


def _max_age(options: argparse.Namespace, asked: Assessment, now: datetime) -> MaximumAge | None:
    if asked.max_age is not None:
        text, span = asked.max_age
        return MaximumAge(text=text, span=span, now=now)
    if options.max_age is None:
        return None
    try:
        return MaximumAge(text=options.max_age, span=parse_duration(options.max_age), now=now)
    except ValueError as error:
        raise UsageError.at("--max-age", str(error), code="usage-age") from None


def _roster(options: argparse.Namespace, asked: Assessment) -> frozenset[str] | None:
    if asked.roster is not None:
        return roster.parse(*attached(asked, "roster", asked.roster))
    return None if options.roster is None else roster.parse(read(options.roster), options.roster)


def _waivers(asked: Assessment, now: datetime) -> waivers.InForce | None:
    if asked.waivers is None:
        return None
    return waivers.InForce(waivers=waivers.load(*attached(asked, "waivers", asked.waivers)), now=now)
