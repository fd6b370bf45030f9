"""Judging a snapshot before and after its redaction: which rules change, and refusing what changes a verdict.

A rule about the fleet is compared by what the node contributes to it: where no contribution changes, no outcome can,
whichever other nodes there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.errors import ExitStatus, Location, PassmusterError, Problem
from passmuster.evaluation.pools.contributions import Unplaced, Unvalued, Valued, contribution
from passmuster.evaluation.rule import bound, evaluate
from passmuster.model.outcome import RuleOutcome
from passmuster.model.unknown import Reason
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.evaluation.pools.contributions import Contribution
    from passmuster.model.unknown import UnknownFact
    from passmuster.policy.compile import CompiledPolicy
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A rule that changes outcome."""

    rule: str
    """PACK/ID."""
    before: str
    after: str
    """Outcomes; of a rule about the fleet, what is known of the node's part in it."""
    withheld: bool
    """Whether it is unknown now because something was redacted; else the redaction made it say another thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A policy with the values of its parameters."""

    policy: CompiledPolicy
    parameters: Mapping[str, Any]


def changes(before: Snapshot, after: Snapshot, asked: Iterable[Asked]) -> tuple[Change, ...]:
    """What the redaction does to the outcomes of these policies, by rule; empty where it does nothing."""
    pairs = [(_judged(policy, before), _judged(policy, after)) for policy in asked]
    changes = [
        Change(rule, _shown(old[rule]), _shown(contribution_), _withheld(contribution_))
        for old, new in pairs
        for rule, contribution_ in new.items()
        if _said(old[rule]) != _said(contribution_)
    ]
    return tuple(sorted(changes))


@dataclass(frozen=True, slots=True)
class _Told:
    """What a rule says of a node: its outcome, or the node's part in it, and the facts that stood in the way."""

    said: RuleOutcome | Contribution | None
    missing: tuple[UnknownFact, ...] = ()


def _judged(asked: Asked, node: Snapshot) -> dict[str, _Told]:
    return dict(_each(asked.policy, node, asked.parameters))


def _each(policy: CompiledPolicy, node: Snapshot, parameters: Mapping[str, Any]) -> Iterator[tuple[str, _Told]]:
    roots = bind(node)
    for result in evaluate(policy, node, roots, parameters):
        yield result.rule.name, _Told(result.outcome, result.unknown)
    values = bound(policy, roots, parameters)
    for rule in policy.fleet_rules:
        contributed = contribution(rule, values)
        missing = contributed.why.facts if isinstance(contributed, Unvalued | Unplaced) else ()
        yield rule.header.name, _Told(contributed, missing)


def _said(contributed: _Told) -> object:
    """What counts; why something is not known may change, whether it is must not."""
    match contributed.said:
        case Unvalued(pool=pool):
            return "no value", pool
        case Unplaced():
            return "no place"
        case said:
            return said


def _shown(contributed: _Told) -> str:
    match contributed.said:
        case None:
            return "no member"
        case Valued():
            return "member"
        case Unvalued() | Unplaced():
            return RuleOutcome.UNKNOWN.value
        case RuleOutcome() as outcome:
            return outcome.value


def _withheld(contributed: _Told) -> bool:
    unknown = contributed.said is RuleOutcome.UNKNOWN or isinstance(contributed.said, Unvalued | Unplaced)
    return unknown and any(fact.reason is Reason.REDACTED for fact in contributed.missing)


_COMMAND = "snapshot redact"


class RedactionError(PassmusterError):
    """A redaction would change verdicts; nothing was written."""

    status = ExitStatus.FAILED


def demand_same(changes: Mapping[Change, int], *, allow_unknown: bool) -> None:
    """Raise RedactionError unless every change is allowed; `found` counts the snapshots of each.

    A rule that would be unknown may be allowed, one that would say another thing never.
    """
    wrong = {change: count for change, count in changes.items() if not change.withheld}
    if wrong:
        raise _error(wrong, " to other than unknown", _NEVER)
    if changes and not allow_unknown:
        raise _error(changes, "", _UNKNOWN)


_NEVER = "these rules read what a pseudonym replaces: leave out --class host-identifying, or these packs"
_UNKNOWN = "leave out the --class that removes what they read, or use --allow-unknown"


def _error(changes: Mapping[Change, int], how: str, hint: str) -> RedactionError:
    text = ", ".join(_told(change, count) for change, count in sorted(changes.items()))
    rules = len({change.rule for change in changes})
    message = f"{rules} rule{'' if rules == 1 else 's'} would change outcome{how}, so nothing was written ({text})"
    place = Location(file=_COMMAND)
    return RedactionError([Problem(code="redact-verdict", message=message, location=place, hint=hint)])


def _told(change: Change, count: int) -> str:
    on = "" if count == 1 else f" on {count} nodes"
    return f"{change.rule}: {change.before} -> {change.after}{on}"
