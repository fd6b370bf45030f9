"""The processes that a support archive lists, as ``ps`` printed them."""

import re
from typing import List, NamedTuple, Optional, Union

from passmuster_collector.host import Host
from passmuster_collector.reading import Reason, Text, Unknown, each_line
from passmuster_collector.sosreport import PROCESSES

_FOREST = re.compile(r"\A(?:[|\\_]+ +)+")


class Row(NamedTuple):
    """A process: who runs it, and the words of its command line."""

    user: str
    words: List[str]


class Listed(NamedTuple):
    """Processes, and the file that lists them."""

    rows: List[Row]
    source: str


def listed(host: Host) -> Union[Listed, Unknown]:
    """The first list that is one."""
    for path in PROCESSES:
        look = host.read(path)
        found = parse(look.text, path) if isinstance(look, Text) else None
        if found is not None:
            return found
    return Unknown(Reason.NOT_COLLECTED, "known only to the running host")


def parse(text: str, source: str) -> Optional[Listed]:
    """The rows below a heading of users, numbers and commands; None where there is none."""
    rows: List[Row] = []
    heading: List[str] = []
    for line in each_line(text):
        if not heading:
            heading = _heading(line)
            continue
        cells = line.split(None, len(heading) - 1)
        words = _FOREST.sub("", cells[-1], 1).split() if len(cells) == len(heading) else []
        if words:
            rows.append(Row(cells[heading.index("USER")], words))
    return Listed(rows, source) if heading else None


def _heading(line: str) -> List[str]:
    words = line.replace("UID ", "USER ").split()
    last = words[-1] if words else ""
    return [*words[:-1], "COMMAND"] if {"USER", "PID"} <= set(words) and last in ("COMMAND", "CMD", "ARGS") else []
