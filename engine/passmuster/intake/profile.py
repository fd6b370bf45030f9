"""The criteria of an assessment, with the files that belong to it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.errors import IntegrityError, PassmusterError, PolicyError, Problem, UsageError
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.intake import catalog, reading
from passmuster.intake.criteria import CriteriaOptions, in_force, max_age
from passmuster.policy import profile, waivers
from passmuster.policy.compile import compile_policy
from passmuster.snapshot import roster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.policy import Policy
    from passmuster.policy.profile import Assessment, Attached, Settled


def criteria(asked: Assessment, homes: catalog.Homes, options: CriteriaOptions) -> EvaluationCriteria:
    """What nodes are judged by: as the assessment says, and as the options say where it says nothing.

    Raises PassmusterError that points into the assessment's file.
    """
    _, settled = settle(asked, homes)
    now = asked.now or options.now
    if asked.roster is not None:
        options = replace(options, roster=roster.parse(*attached(asked, "roster", asked.roster)))
    age = max_age(options.max_age, now)
    if asked.max_age is not None and now is not None:
        age = MaximumAge(text=asked.max_age[0], span=asked.max_age[1], now=now)
    held = None if asked.waivers is None else waivers.load(*attached(asked, "waivers", asked.waivers))
    return EvaluationCriteria(
        policies=settled.policies,
        parameters=settled.parameters,
        roster=options.roster,
        max_age=age,
        received=now,
        latest=options.latest,
        waivers=in_force(held, now),
        assessment=asked.digest,
    )


def settle(asked: Assessment, homes: catalog.Homes) -> tuple[tuple[Policy, ...], Settled]:
    """The policies of an assessment, and what it makes of them."""
    policies = chosen(asked, homes)
    return policies, profile.settle(asked, policies, [compile_policy(policy) for policy in policies])


def chosen(asked: Assessment, homes: catalog.Homes) -> tuple[Policy, ...]:
    """The policies of an assessment, by name and digest; raises PassmusterError that points into its file."""
    policies: list[Policy] = []
    problems: list[Problem] = []
    kinds: set[type[PassmusterError]] = set()
    for at, text in enumerate(asked.policies):
        try:
            policies.append(catalog.one(text, homes))
        except PolicyError:
            raise
        except PassmusterError as error:
            kinds.add(type(error))
            problems += [
                asked.document.problem(("policies", at), problem.message, code=problem.code)
                for problem in error.problems
            ]
    if problems:
        raise (IntegrityError if kinds == {IntegrityError} else UsageError)(problems)
    _demand_distinct(asked, policies)
    return tuple(policies)


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


def attached(asked: Assessment, name: str, attachment: Attached) -> tuple[bytes, str]:
    """The bytes and the path of a file that belongs to an assessment, its digest checked; raises PassmusterError."""
    path = Path(asked.document.file).parent / attachment.file
    try:
        data = reading.whole(path)
    except UsageError as error:
        message = f"file: {error.problems[0]}"
        raise UsageError([asked.document.problem((name, "file"), message, code="file")]) from None
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    if attachment.digest is not None and attachment.digest != digest:
        message = f"digest: {path} has another (got {digest}, expected {attachment.digest})"
        raise IntegrityError([asked.document.problem((name, "digest"), message, code="assessment-digest")])
    return data, str(path)
