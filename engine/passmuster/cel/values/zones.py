"""Time zones: UTC, fixed offsets, and IANA names out of the package tzdata.

The system's own database is never asked, so that one installation gives one answer on every host.
A zone by name is loaded when an expression is compiled; evaluating one reads no file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TypeAlias

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
