"""Timestamps and durations: made from text, and taken apart into the parts of a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.library.signature import Function, Overload
from passmuster.cel.values import times
from passmuster.cel.values.times import SECOND, Duration, Timestamp, duration_part, part
from passmuster.cel.values.types import Basic
from passmuster.cel.values.values import CelError, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame

_DURATION_PARTS = ("getHours", "getMinutes", "getSeconds", "getMilliseconds")
_ABOUT = {
    "getFullYear": "The year.",
    "getMonth": "The month, from 0.",
    "getDate": "The day of the month, from 1.",
    "getDayOfMonth": "The day of the month, from 0.",
    "getDayOfWeek": "The day of the week, from 0 for Sunday.",
    "getDayOfYear": "The day of the year, from 0.",
    "getHours": "The hour of the day; of a duration, all its hours.",
    "getMinutes": "The minute of the hour; of a duration, all its minutes.",
    "getSeconds": "The second of the minute; of a duration, all its seconds.",
    "getMilliseconds": "The millisecond of the second.",
}


def _timestamp_of_text(_: Frame, text: str) -> object:
    made = times.timestamp(text)
    return CelError(f"not a timestamp (got {shown(text)})") if made is None else made


def _timestamp_of_int(_: Frame, seconds: int) -> object:
    return times.ranged(Timestamp(seconds * SECOND))


def _duration_of_text(_: Frame, text: str) -> object:
    made = times.duration(text)
    return CelError(f"not a duration (got {shown(text)})") if made is None else made


def local_part(name: str, value: Timestamp, offset: times.Offset) -> int:
    """A part of a timestamp in a time zone."""
    return part(name, value, offset(value.nanoseconds // SECOND))


def _zoned(name: str) -> Callable[[Frame, Timestamp, str], object]:
    def run(_: Frame, value: Timestamp, text: str) -> object:
        offset = times.fixed(text)
        if offset is None:
            return CelError(f"a time zone that is computed is UTC or an offset such as +02:00 (got {shown(text)})")
        return local_part(name, value, offset)

    return run


def _of_timestamp(name: str) -> Callable[[Frame, Timestamp], object]:
    return lambda _, value: part(name, value)


def _of_duration(name: str) -> Callable[[Frame, Duration], object]:
    return lambda _, value: duration_part(name, value)


def _getter(name: str) -> Function:
    overloads = [
        Overload(parameters=(Basic.TIMESTAMP,), result=Basic.INT, run=_of_timestamp(name), member=True),
        Overload(parameters=(Basic.TIMESTAMP, Basic.STRING), result=Basic.INT, run=_zoned(name), member=True),
    ]
    if name in _DURATION_PARTS:
        overloads.append(Overload(parameters=(Basic.DURATION,), result=Basic.INT, run=_of_duration(name), member=True))
    return Function(name=name, overloads=tuple(overloads), about=_ABOUT[name])


FUNCTIONS = (
    Function(
        name="timestamp",
        overloads=(
            Overload(parameters=(Basic.STRING,), result=Basic.TIMESTAMP, run=_timestamp_of_text),
            Overload(parameters=(Basic.INT,), result=Basic.TIMESTAMP, run=_timestamp_of_int),
            Overload(parameters=(Basic.TIMESTAMP,), result=Basic.TIMESTAMP, run=lambda _, value: value),
        ),
        about="A point in time, from RFC 3339 or from seconds since 1970.",
    ),
    Function(
        name="duration",
        overloads=(
            Overload(parameters=(Basic.STRING,), result=Basic.DURATION, run=_duration_of_text),
            Overload(parameters=(Basic.DURATION,), result=Basic.DURATION, run=lambda _, value: value),
        ),
        about="A span of time, from text such as 1h30m or -1.5s.",
    ),
    *(_getter(name) for name in times.TIMESTAMP_PARTS),
)
GETTERS = frozenset(times.TIMESTAMP_PARTS)
"""Functions that take a time zone as their second operand."""
