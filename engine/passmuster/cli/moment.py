"""The moment to judge at: as it is given, or the clock's; SOURCE_DATE_EPOCH stands for the clock where it is set."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from passmuster.errors import UsageError
from passmuster.model.durations import parse_moment

if TYPE_CHECKING:
    import argparse

_GIVEN = (("--now", "now"), ("--now-before", "now_before"), ("--created", "created"), ("--approved-at", "approved_at"))
"""Options that take a moment."""
_EPOCH = "SOURCE_DATE_EPOCH"
_LATEST = 253_402_300_799
"""Seconds from 1970 to the last moment of the year 9999."""


def demand_moments(options: argparse.Namespace) -> None:
    """Refuse a moment that is none, even where nothing needs one; raises UsageError."""
    for option, name in _GIVEN:
        text = getattr(options, name, None)
        if text is not None:
            moment(text, option)


def moment(text: str | None, option: str = "--now") -> datetime:
    """Read a moment, or look at the clock where there is no text; raises UsageError."""
    if text is None:
        return _clock()
    try:
        return parse_moment(text)
    except ValueError as error:
        raise UsageError.at(option, str(error), code="usage-now") from None


def _clock() -> datetime:
    epoch = os.environ.get(_EPOCH, "")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    if not re.fullmatch(r"[0-9]{1,12}", epoch) or int(epoch) > _LATEST:
        message = f"got {epoch[:40]!r}, expected seconds since 1970, at most {_LATEST}"
        raise UsageError.at(_EPOCH, message, code="usage-now")
    return datetime.fromtimestamp(int(epoch), UTC)
