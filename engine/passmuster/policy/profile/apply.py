"""What an assessment makes of its policies: values of their parameters, and levels that are raised, never lowered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from passmuster.errors import PolicyError
from passmuster.model.outcome import Level
from passmuster.policy.parameters import effective, fitting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from passmuster.codec.yaml import Document
    from passmuster.errors import Problem
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy, CompiledRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that belongs to an assessment."""

    file: str
    """Its path, relative to the folder of the assessment."""
    digest: str | None
    """`sha256:` and the digits, over its bytes; None where any bytes will do, which only a roster's may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What nodes are judged by."""

    digest: str
    """`sha256:` and the digits, over the bytes of the file."""
    title: str
    policies: tuple[str, ...]
    """Each as PACK@VERSION#sha256:DIGEST; never empty."""
    parameters: Mapping[str, Any]
    """Values by PACK.NAME, as the file has them."""
    levels: Mapping[str, Level]
    """Levels by PACK/ID, as the file has them."""
    waivers: Attached | None
    roster: Attached | None
    max_age: tuple[str, timedelta] | None
    """As the file has it, and how long that is."""
    now: datetime | None
    fail_on: str | None
    """`required`, `recommended` or `never`; None where the file does not say."""
    document: Document = field(repr=False)
    """The file, for diagnostics."""


RANK = {Level.INFORMATIONAL: 0, Level.RECOMMENDED: 1, Level.REQUIRED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Policies as an assessment has them."""

    policies: tuple[CompiledPolicy, ...]
    """With their levels raised."""
    parameters: Mapping[str, Mapping[str, Any]]
    """Effective values by pack, then name."""


def settle(assessment: Assessment, policies: Sequence[Policy], compiled: Sequence[CompiledPolicy]) -> Settled:
    """Apply an assessment to its policies, loaded and compiled; raises PolicyError with every mistake found."""
    problems: list[Problem] = []
    parameters = _parameters(assessment, policies, problems)
    _check_levels(assessment, compiled, problems)
    if problems:
        raise PolicyError(problems)
    return Settled(policies=raised(compiled, assessment.levels), parameters=parameters)


def raised(policies: Sequence[CompiledPolicy], levels: Mapping[str, Level]) -> tuple[CompiledPolicy, ...]:
    """Policies whose rules have these levels, by PACK/ID; the others stay as they are."""
    return tuple(
        replace(
            policy,
            rules=tuple(replace(rule, header=_header(rule, levels)) for rule in policy.rules),
            fleet_rules=tuple(replace(rule, header=_header(rule, levels)) for rule in policy.fleet_rules),
        )
        for policy in policies
    )


def _header(rule: CompiledRule | CompiledFleetRule, levels: Mapping[str, Level]) -> Any:
    return replace(rule.header, level=levels.get(rule.header.name, rule.header.level))


def _parameters(
    assessment: Assessment, policies: Sequence[Policy], problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    declared = {
        f"{policy.pack}.{parameter.name}": (policy, parameter) for policy in policies for parameter in policy.parameters
    }
    values = effective(policies, ())
    for name, value in assessment.parameters.items():
        if name not in declared:
            known = ", ".join(declared) or "none: these policies have none"
            message = f"no such parameter (got {name!r}, expected one of: {known})"
            problems.append(_problem(assessment, ("parameters", name), message, "assessment-parameter", key=True))
            continue
        policy, parameter = declared[name]
        try:
            values[policy.pack][parameter.name] = fitting(parameter.type, value)
        except ValueError as error:
            problems.append(
                _problem(assessment, ("parameters", name), f"{name}: {error}", "assessment-parameter", key=False)
            )
    return values


def _check_levels(assessment: Assessment, policies: Sequence[CompiledPolicy], problems: list[Problem]) -> None:
    rules = {rule.header.name: rule for policy in policies for rule in policy.every_rule}
    for name, level in assessment.levels.items():
        if name not in rules:
            known = ", ".join(rules)
            message = f"no such rule (got {name!r}, expected one of: {known})"
            problems.append(_problem(assessment, ("levels", name), message, "assessment-rule", key=True))
            continue
        own = rules[name].header.level
        if RANK[level] < RANK[own]:
            message = f"a level is raised, never lowered (got {level.value}, expected {own.value} or stricter)"
            problems.append(_problem(assessment, ("levels", name), f"{name}: {message}", "assessment-level", key=False))


def _problem(assessment: Assessment, path: tuple[str, ...], message: str, code: str, *, key: bool) -> Problem:
    return assessment.document.problem(path, message, code=code, key=key)
