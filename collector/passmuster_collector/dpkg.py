"""Installed packages of Debian's package manager: its status file, and what ``dpkg -l`` prints.

The third word of a status, the second letter of a row, says what lies on the disk; the first, what somebody wants: a
package on hold or marked for removal is still there.
"""

import re
from itertools import chain
from typing import Dict, List, Optional

from passmuster_collector.host import Host
from passmuster_collector.reading import Known, Result, UnreadableError, each_line, interpret, quoted
from passmuster_collector.source import LONG_LIMIT

STATUS = "/var/lib/dpkg/status"

Packages = Dict[str, Optional[str]]
"""Names to versions; None for a package that is there in a version that cannot be told."""

_UNPACKED = ("installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending")
_BROKEN = "half-installed"
_FIELDS = ("Package: ", "Status: ", "Version: ")
_LETTERS = {"i": True, "U": True, "F": True, "W": True, "t": True, "H": False}
"""Status letters of packages whose files are there, to whether all are."""
_ROW = re.compile(r"[uihrp]([a-zA-Z])[ R]{1,2}\s*(\S+)\s+(\S+)")
_CUT = 14
"""Width of the first columns on a terminal of 80: what fills them may have been longer."""


def installed_packages(host: Host) -> Result:
    """Names to versions of all packages that are installed; none on hosts with another package manager."""
    return interpret(host.read(STATUS, LONG_LIMIT), parse_status, absent=Known({}))


def parse_status(text: str) -> Packages:
    """Names to versions of the packages whose files are on the disk."""
    found: Packages = {}
    fields: Dict[str, str] = {}
    for line in chain(each_line(text), ("",)):
        if not line:
            found.update(_unpacked(fields))
            fields = {}
        elif line.startswith(_FIELDS):
            key, _, value = line.partition(": ")
            fields.setdefault(key, value.strip())
    return found


def _unpacked(fields: Dict[str, str]) -> Packages:
    """The package of one paragraph, if its files are on the disk."""
    state = fields.get("Status", "").split()[-1:]
    if "Package" not in fields or not state or state[0] not in (*_UNPACKED, _BROKEN):
        return {}
    return {fields["Package"]: None if state[0] == _BROKEN else fields.get("Version") or None}


def parse_list(text: str) -> Packages:
    """The rows of ``dpkg -l`` whose packages are on the disk; raises UnreadableError where there is none."""
    found: Packages = {}
    widths: List[int] = []
    for line in each_line(text):
        if line.startswith("+++-"):
            widths = [len(column) for column in line.strip()[len("+++-") :].split("-")]
        row = _ROW.match(line)
        if row is None or row.group(1) not in _LETTERS:
            continue
        name, version = row.group(2).partition(":")[0], row.group(3)
        cut = widths[1:2] == [_CUT] and len(version) == _CUT
        found[name] = None if cut or not _LETTERS[row.group(1)] else version
    if not found:
        raise UnreadableError(f"no list of packages (got {quoted(text)})")
    return found
