"""Refusing a redaction that changes a verdict: which rules, what they said and would say; no value of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.errors import ExitStatus, Location, PassmusterError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.exchange.redaction.compare import Change

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
        raise _error(wrong, "otherwise than as unknown", _NEVER)
    if changes and not allow_unknown:
        raise _error(changes, "otherwise", _UNKNOWN)


_NEVER = "these rules read what becomes a pseudonym: leave out --class host-identifying, or these packs"
_UNKNOWN = "leave out the --class that takes out what they read, or say --allow-unknown"


def _error(changes: Mapping[Change, int], how: str, hint: str) -> RedactionError:
    text = ", ".join(_told(change, count) for change, count in sorted(changes.items()))
    rules = len({change.rule for change in changes})
    message = f"{rules} rule{'' if rules == 1 else 's'} would come out {how}, so nothing was written ({text})"
    place = Location(file=_COMMAND)
    return RedactionError([Problem(code="redact-verdict", message=message, location=place, hint=hint)])


def _told(change: Change, count: int) -> str:
    on = "" if count == 1 else f" on {count} nodes"
    return f"{change.rule}: {change.before} -> {change.after}{on}"
