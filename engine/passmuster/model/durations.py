"""Ages and moments: `--max-age 30d`, `--now 2026-11-22T10:11:12Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:\d{1,6}[smhdw])+", re.ASCII)
_DAY = (
    r"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
    r"|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
MOMENT = rf"(?!0000){_DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ"
"""A regular expression (ASCII digits) for every moment that the calendar has, in UTC to the second, and for nothing
else: no day 31 of November, no second 60. Texts of this form are in the order of their moments."""
_MOMENT = re.compile(MOMENT, re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Read a duration such as 90m, 12h, 30d or 1d12h; raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"got {text!r}, expected a duration such as 12h or 30d")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", text)))


def parse_moment(text: str) -> datetime:
    """Read a moment in UTC to the second; raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"got {text[:40]!r}, expected a moment in UTC such as 2026-11-22T10:11:12Z")
    return datetime.fromisoformat(text)


def format_moment(moment: datetime) -> str:
    """Write a moment in UTC to the second."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def days(span: timedelta) -> str:
    """An age for a person: days, or hours below two days."""
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
