"""The operating system's own name, from os-release(5)."""

import re
from typing import Callable, Dict, Iterator, List, Optional, Tuple, Union

from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import Known, Result, Sourced, Text, Unknown, lines
from passmuster_collector.section import Fact, sourced

FIELDS: Fields = {
    ("id",): Limit(length=256),
    ("id_like",): Limit(items=32, length=128),
    ("pretty_name",): Limit(length=256),
    ("version_id",): Limit(length=256),
}
_PLACES = ("/etc/os-release", "/usr/lib/os-release")
_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z")
_ESCAPE = re.compile(r"\\(.)")

Value = Union[str, List[str], None]


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section; a host without the file is the unnamed `linux` that os-release(5) speaks of."""
    place, result = _found(host)
    for path, value in _FACTS.items():
        answer: Result = Known(value(result.value)) if isinstance(result, Known) else result
        yield sourced(path, Sourced(answer, (place,)))


def parse_os_release(text: str) -> Dict[str, str]:
    """Names and values; a line that is no assignment is passed over, the last of several counts."""
    matches = (_LINE.match(line.strip()) for line in lines(text))
    return {match.group(1): _unquoted(match.group(2)) for match in matches if match is not None}


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return _ESCAPE.sub(r"\1", value)


def _found(host: Host) -> Tuple[str, Result]:
    trouble: Optional[Unknown] = None
    for place in _PLACES:
        look = host.read(place)
        if isinstance(look, Text):
            return place, Known(parse_os_release(look.text))
        if isinstance(look, Unknown) and trouble is None:
            trouble = look
    return _PLACES[0], Known({}) if trouble is None else trouble


def _optional(key: str) -> Callable[[Dict[str, str]], Optional[str]]:
    return lambda names: names.get(key) or None


_FACTS: Dict[str, Callable[[Dict[str, str]], Value]] = {
    "id": lambda names: names.get("ID") or "linux",
    "id_like": lambda names: names.get("ID_LIKE", "").split(),
    "pretty_name": _optional("PRETTY_NAME"),
    "version_id": _optional("VERSION_ID"),
}
