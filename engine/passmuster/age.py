"""Ages and moments: `--max-age 30d`, `--now 2026-11-22T10:11:12Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:\d{1,6}[smhdw])+", re.ASCII)
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def parse_duration(text: str) -> timedelta:
    """Read a duration such as 90m, 12h, 30d or 1d12h; raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"got {text!r}, expected a duration such as 12h or 30d")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", text)))


def parse_moment(text: str) -> datetime:
    """Read a moment in UTC to the second; raises ValueError."""
    try:
        return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"got {text!r}, expected a moment in UTC such as 2026-11-22T10:11:12Z") from None


def format_moment(moment: datetime) -> str:
    """Write a moment in UTC to the second."""
    return moment.astimezone(UTC).strftime(_MOMENT)


def days(span: timedelta) -> str:
    """An age for a person: days, or hours below two days."""
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
