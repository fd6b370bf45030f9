"""Timestamps and durations in whole nanoseconds: reading, writing, ranges and the parts of a date.

A timestamp lies between the years 1 and 9999; a duration fits into 64 bits, which is some 292 years.
No clock, no locale and no calendar library is asked: the arithmetic of the Gregorian calendar is here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, ClassVar

from passmuster.cel.values.values import INT_MAX, INT_MIN, CelError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TypeAlias

SECOND = 1_000_000_000
_DAY = 86_400
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_TIMESTAMP = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?:\.(?P<fraction>\d{1,9}))?(?:Z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))",
    re.ASCII,
)
# A number has at most 30 digits before and after its point, so that reading one costs the same as any other.
_PIECE = re.compile(
    r"(?P<whole>\d{0,30})(?:\.(?P<fraction>\d{0,30}))?(?P<unit>ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII
)
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""Seconds since 1970 of the first second of the year 1 and of the last of the year 9999."""


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A point in time."""

    nanoseconds: int
    """Since 1970-01-01T00:00:00Z."""

    CEL_NAME: ClassVar[str] = "google.protobuf.Timestamp"

    def __str__(self) -> str:
        seconds, nanoseconds = divmod(self.nanoseconds, SECOND)
        days, second = divmod(seconds, _DAY)
        year, month, day = civil(days)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        return f"{year:04}-{month:02}-{day:02}T{clock}{_fraction(nanoseconds)}Z"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time."""

    nanoseconds: int

    CEL_NAME: ClassVar[str] = "google.protobuf.Duration"

    def __str__(self) -> str:
        seconds, nanoseconds = divmod(abs(self.nanoseconds), SECOND)
        return f"{'-' if self.nanoseconds < 0 else ''}{seconds}{_fraction(nanoseconds)}s"


def timestamp(text: str) -> Timestamp | None:
    """Read RFC 3339 such as ``2009-02-13T23:31:30.5+01:00``; None if it is none, or out of range."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(match[name]) for name in ("year", "month", "day"))
    hour, minute, second = (int(match[name]) for name in ("hour", "minute", "second"))
    hours, minutes = int(match["hours"] or 0), int(match["minutes"] or 0)
    valid = 1 <= month <= 12 and 1 <= day <= _days_in(year, month) and hour < 24 and hours < 24
    if not valid or max(minute, second, minutes) > 59:
        return None
    offset = (hours * 60 + minutes) * 60 * (-1 if match["sign"] == "-" else 1)
    seconds = days_of(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - offset
    made = Timestamp(seconds * SECOND + int((match["fraction"] or "").ljust(9, "0")))
    return made if in_range(made) else None


def duration(text: str) -> Duration | None:
    """Read Go's notation such as ``1h30m`` or ``-1.5s``; None if it is none, or out of range."""
    at = 1 if text[:1] in {"+", "-"} else 0
    if text[at:] == "0":
        return Duration(0)
    total = 0
    begin = at
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None or not (piece["whole"] or piece["fraction"]):
            return None
        unit, fraction = _UNITS[piece["unit"]], piece["fraction"] or ""
        total += int(piece["whole"] or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        if total > -INT_MIN:
            return None
        at = piece.end()
    made = Duration(-total if text[:1] == "-" else total)
    return made if at > begin and in_range(made) else None


def in_range(value: Timestamp | Duration) -> bool:
    """Whether a value is one that there can be."""
    if isinstance(value, Duration):
        return INT_MIN <= value.nanoseconds <= INT_MAX
    return _FIRST <= value.nanoseconds // SECOND <= _LAST


def ranged(value: Timestamp | Duration) -> Timestamp | Duration | CelError:
    """A value, or the error that it is out of range."""
    kind = "timestamp" if isinstance(value, Timestamp) else "duration"
    return value if in_range(value) else CelError(f"{kind} out of range")


def apply(symbol: str, left: object, right: object) -> object:
    """``left + right`` and ``left - right`` where one is a timestamp or a duration; None where there is no such."""
    sign = {"+": 1, "-": -1}.get(symbol)
    if sign is None:
        return None
    if isinstance(left, Timestamp) and isinstance(right, Duration):
        return ranged(Timestamp(left.nanoseconds + sign * right.nanoseconds))
    if isinstance(left, Duration) and isinstance(right, Timestamp) and sign == 1:
        return ranged(Timestamp(left.nanoseconds + right.nanoseconds))
    if isinstance(left, Duration) and isinstance(right, Duration):
        return ranged(Duration(left.nanoseconds + sign * right.nanoseconds))
    if isinstance(left, Timestamp) and isinstance(right, Timestamp) and sign == -1:
        return ranged(Duration(left.nanoseconds - right.nanoseconds))
    return None


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the Gregorian calendar."""
    # March begins the counting, so that the day that leap years add is the last of one.
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = (shifted + 2) % 12 + 1
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def _day_of_year(days: int) -> int:
    return days - days_of(civil(days)[0], 1, 1)


# Each takes the days since 1970, the second of the day and the nanosecond of the second, all of local time.
TIMESTAMP_PARTS: dict[str, Callable[[int, int, int], int]] = {
    "getFullYear": lambda days, _, __: civil(days)[0],
    "getMonth": lambda days, _, __: civil(days)[1] - 1,
    "getDate": lambda days, _, __: civil(days)[2],
    "getDayOfMonth": lambda days, _, __: civil(days)[2] - 1,
    "getDayOfWeek": lambda days, _, __: (days + 4) % 7,
    "getDayOfYear": lambda days, _, __: _day_of_year(days),
    "getHours": lambda _, second, __: second // 3600,
    "getMinutes": lambda _, second, __: second // 60 % 60,
    "getSeconds": lambda _, second, __: second % 60,
    "getMilliseconds": lambda _, __, nanosecond: nanosecond // 1_000_000,
}


def part(name: str, value: Timestamp, offset: int = 0) -> int:
    """A part of a timestamp, `offset` seconds east of UTC."""
    seconds, nanoseconds = divmod(value.nanoseconds, SECOND)
    return TIMESTAMP_PARTS[name](*divmod(seconds + offset, _DAY), nanoseconds)


def duration_part(name: str, value: Duration) -> int:
    """How many hours, minutes or seconds a duration has, or the milliseconds of its last second; towards zero."""
    seconds, nanoseconds = divmod(abs(value.nanoseconds), SECOND)
    whole = {
        "getHours": seconds // 3600,
        "getMinutes": seconds // 60,
        "getSeconds": seconds,
        "getMilliseconds": nanoseconds // 1_000_000,
    }[name]
    return -whole if value.nanoseconds < 0 else whole


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""


def _days_in(year: int, month: int) -> int:
    following = (year, month + 1) if month < 12 else (year + 1, 1)
    return days_of(*following, 1) - days_of(year, month, 1)


if TYPE_CHECKING:
    Offset: TypeAlias = Callable[[int], int]
    """From seconds since 1970 to seconds east of UTC."""

_FIXED = re.compile(r"(?P<sign>[+-]?)(?P<hours>\d\d):(?P<minutes>[0-5]\d)", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z][A-Za-z0-9_+-]{0,31}){0,2}")
_MAX_HOURS = 23
_SAFE = range(-62_135_596_800 + 172_800, 253_402_300_799 - 172_800)
"""Seconds for which Python's calendar has a local time in every zone: all but two days at either end."""


def fixed(text: str) -> Offset | None:
    """``UTC``, ``+02:00``, ``-09:30`` or ``02:00``; None for anything else."""
    if text == "UTC":
        return lambda _: 0
    match = _FIXED.fullmatch(text)
    if match is None or int(match["hours"]) > _MAX_HOURS:
        return None
    seconds = (int(match["hours"]) * 60 + int(match["minutes"])) * 60 * (-1 if match["sign"] == "-" else 1)
    return lambda _: seconds


@lru_cache(maxsize=64)
def zone(text: str) -> Offset | None:
    """A fixed offset or a zone by its IANA name; None if there is none of that name. Reads a file of tzdata."""
    return fixed(text) or (_named(text) if _NAME.fullmatch(text) else None)


def _named(name: str) -> Offset | None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - few expressions name a zone
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    try:
        with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
            zone = ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        return None
    epoch: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def offset(seconds: int) -> int:
        safe = min(max(seconds, _SAFE.start), _SAFE.stop)
        local = (epoch + timedelta(seconds=safe)).astimezone(zone).utcoffset()
        assert local is not None
        return local.days * 86_400 + local.seconds

    return offset
