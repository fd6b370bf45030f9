"""When a dump was taken, by what is in it: never the moment of reading, and never a guess.

A snapshot's age counts from that moment. Where no place says it, or none in a time zone that is certain, it stays
unknown, and no maximum age can be met.
"""

import re
import time
from calendar import timegm
from typing import Optional, Sequence

from passmuster_collector.reading import Text
from passmuster_collector.source import Source

_EARLIEST = 946684800  # 2000-01-01
_LATEST = 253402300799  # 9999-12-31
_UNIVERSAL = ("/sos_commands/systemd/timedatectl", "/sos_commands/systemd/timedatectl_status")
_PRINTED = (
    *("/sos_commands/date/date_--utc", "/sos_commands/date/date", "/sos_commands/host/date"),
    *("/sos_commands/general/date_--utc", "/sos_commands/general/date", "/date"),
    *("/insights_commands/date_--utc", "/insights_commands/date", "/sos_commands/kernel/date"),
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_NUMERIC = re.compile(
    r"(?:[A-Z][a-z]{2} )?([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]{1,9})?"
    r" ?(UTC|GMT|Z|[+-][0-9]{2}:?[0-9]{2})(?![0-9A-Za-z])"
)
_ENGLISH = re.compile(
    r"[A-Z][a-z]{2},? +(?:([A-Z][a-z]{2}) +([0-9]{1,2})|([0-9]{1,2}) +([A-Z][a-z]{2}))(?: +([0-9]{4}),?)?"
    r" +([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?: ?([AP]M))? +(UTC|GMT|[+-][0-9]{4})(?: +([0-9]{4}))?"
)
_INSIGHTS = re.compile(r"insights-.{1,253}-([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})\Z")


def of_host(source: Source) -> Optional[str]:
    """The moment that the files below a mirrored host tell, as the snapshot writes it; None where none does."""
    for path in (*_UNIVERSAL, *_PRINTED):
        look = source.read(path)
        if isinstance(look, Text):
            text = look.text.partition("Universal time:")[2] if path in _UNIVERSAL else look.text
            moment = parse(text.lstrip().partition("\n")[0].strip())
            if moment is not None:
                return moment
    return None


def of_gathering(top: Source, places: Sequence[str]) -> Optional[str]:
    """The first line of a must-gather's ``timestamp``, which stands beside or above its folders."""
    for place in places:
        look = top.read(f"{place}/timestamp")
        moment = parse(look.text.partition("\n")[0]) if isinstance(look, Text) else None
        if moment is not None:
            return moment
    return None


def of_name(name: str) -> Optional[str]:
    """The moment in the name of an Insights archive's folder, which is UTC; None for other names."""
    match = _INSIGHTS.match(name)
    return _moment(*(int(part) for part in match.groups())) if match is not None else None


def of_seconds(seconds: int) -> Optional[str]:
    """A moment in seconds since 1970; None where that is no date of a dump (archives without dates have 0)."""
    if not _EARLIEST <= seconds <= _LATEST:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def parse(text: str) -> Optional[str]:
    """What date(1), timedatectl(1) or Go print; None where the zone is a word other than UTC and GMT."""
    match = _NUMERIC.match(text)
    if match is not None:
        *numbers, zone = match.groups()
        return _moment(*(int(number) for number in numbers), offset=_offset(zone))
    match = _ENGLISH.match(text)
    if match is None:
        return None
    month, day, other_day, other_month, year, hour, minute, second, half, zone, last = match.groups()
    years = [one for one in (year, last) if one]
    place = _MONTHS.find(month or other_month)
    if len(years) != 1 or place < 0:
        return None
    hours = int(hour) % 12 + (12 if half == "PM" else 0) if half else int(hour)
    return _moment(
        int(years[0]), place // 4 + 1, int(day or other_day), hours, int(minute), int(second), offset=_offset(zone)
    )


def _offset(zone: str) -> int:
    """Seconds east of UTC."""
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _moment(  # noqa: PLR0913, PLR0917 - the parts of a date
    year: int, month: int, day: int, hour: int, minute: int, second: int, *, offset: int = 0
) -> Optional[str]:
    if not 1 <= month <= 12:
        return None
    seconds = timegm((year, month, day, hour, minute, second, 0, 0, 0))
    if time.gmtime(seconds)[:6] != (year, month, day, hour, minute, second):
        return None
    return of_seconds(seconds - offset)
