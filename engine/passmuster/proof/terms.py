"""The criteria that a verdict names, for judging again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.model.durations import parse_duration, parse_moment
from passmuster.model.outcome import Level
from passmuster.policy.parameters import effective, fitting
from passmuster.policy.profile.apply import RANK, raised
from passmuster.policy.waivers import InForce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy
    from passmuster.policy.waivers import Waivers
    from passmuster.proof.claim import Claim


def terms(
    claim: Claim,
    policies: Sequence[Policy],
    compiled: Sequence[CompiledPolicy],
    waivers: Waivers | None,
    today: datetime,
) -> tuple[EvaluationCriteria, list[str]]:
    """The terms, and sentences on what in the claim cannot have been: that is left as the policies have it.

    A claim without a moment says that no snapshot was from the future then; so none is `today`, which is later.
    """
    notes: list[str] = []
    headers = {policy.digest: policy for policy in claim.policies}
    judged = tuple(
        replace(policy, header=replace(policy.header, released=header.released, lock=header.lock))
        for policy, header in ((policy, headers[policy.header.digest]) for policy in compiled)
    )
    parameters = _parameters(claim, policies, notes)
    now = _now(claim, notes)
    return (
        EvaluationCriteria(
            policies=raised(judged, _levels(claim, judged, notes)),
            parameters=parameters,
            rules=_rules(claim, judged, notes),
            roster=claim.roster,
            roster_source=claim.roster_source,
            max_age=_max_age(claim, now, notes),
            received=now or today,
            latest=claim.superseded is not None,
            waivers=InForce(waivers=waivers, now=now) if waivers is not None and now is not None else None,
            assessment=claim.assessment,
        ),
        notes,
    )


def _parameters(claim: Claim, policies: Sequence[Policy], notes: list[str]) -> Mapping[str, Mapping[str, Any]]:
    values = effective(policies, ())
    declared = {
        f"{policy.pack}.{parameter.name}": (policy.pack, parameter)
        for policy in policies
        for parameter in policy.parameters
    }
    for name in sorted({*declared, *claim.parameters}):
        if name not in declared:
            notes.append(f"parameters: these policies have no parameter {name} (got {claim.parameters[name]!r})")
        elif name not in claim.parameters:
            notes.append(f"parameters: {name} is a parameter of these policies, and the report does not have it")
        else:
            pack, parameter = declared[name]
            try:
                values[pack][parameter.name] = fitting(parameter.type, claim.parameters[name])
            except ValueError as error:
                notes.append(f"parameters: {name} has a wrong value ({error})")
    return values


def _levels(claim: Claim, policies: Sequence[CompiledPolicy], notes: list[str]) -> dict[str, Level]:
    own = {rule.header.name: rule.header.level for policy in policies for rule in policy.every_rule}
    levels = {name: Level(level) for name, level in claim.levels.items()}
    for name, level in levels.items():
        if name not in own:
            notes.append(f"levels: these policies have no rule {name}")
        elif RANK[level] <= RANK[own[name]]:
            notes.append(f"levels: {name} is not raised (got {level.value}, the policy has {own[name].value})")
    return levels


def _rules(claim: Claim, policies: Sequence[CompiledPolicy], notes: list[str]) -> frozenset[str] | None:
    known = {rule.header.name for policy in policies for rule in policy.every_rule}
    notes += [f"rules: these policies have no rule {name}" for name in sorted((claim.rules or frozenset()) - known)]
    return claim.rules


def _now(claim: Claim, notes: list[str]) -> datetime | None:
    if claim.now is None and claim.max_age is None and claim.waivers is None:
        return None
    try:
        return parse_moment(claim.now or "")
    except ValueError as error:
        notes.append(f"now: {error}")
        return None


def _max_age(claim: Claim, now: datetime | None, notes: list[str]) -> MaximumAge | None:
    if claim.max_age is None or now is None:
        return None
    try:
        return MaximumAge(text=claim.max_age, span=parse_duration(claim.max_age), now=now)
    except ValueError as error:
        notes.append(f"max_age: {error}")
        return None
