"""/dev as support archives have it: what ``ls -lanR /dev`` printed, in sosreport and in Insights archives.

A folder's rows are all there where a blank line follows them; the last folder's may be cut.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Names,
    Node,
    Reason,
    Text,
    Unknown,
    lines,
)
from passmuster_collector.source import LONG_LIMIT, Kind

_FOLDERS = ("/sos_commands/block", "/sos_commands/devices", "/sos_commands/hardware", "/insights_commands")
_FILE = re.compile(r"ls_-[A-Za-z]*R[A-Za-z]*_\.dev\Z")
_MODE = re.compile(r"[-bcdlps][-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT][.+@]?\Z")
_NUMBER = re.compile(r"[0-9]{1,10}\Z")
_HEADING = re.compile(r"(/dev(?:/\S*)?):\Z")
_COLUMNS = 8
"""Mode, links, owner, group, size or numbers, date, time and name: a row has them at least."""
_TYPES = {
    "-": "regular",
    "b": "block",
    "c": "character",
    "d": "directory",
    "p": "fifo",
    "s": "socket",
}


class Listed(NamedTuple):
    """A device node of a listing."""

    node: Node
    unnumbered: Tuple[str, ...]
    """Of ``uid`` and ``gid`` those that the listing gives by a name that means nothing without the host's users."""


class Listing(NamedTuple):
    """Folders to their rows by name, and which folders are there to their last row."""

    rows: Dict[str, Dict[str, str]]
    whole: Tuple[str, ...]


def find(host: Host, path: str) -> Optional[Tuple[str, Union[Listed, Absent, Unknown]]]:
    """The listing's path and what it says of a path of /dev; None without a listing."""
    if host.kind is not Kind.DUMP:
        return None
    for folder in _FOLDERS:
        names = host.names(folder)
        for name in names.names if isinstance(names, Names) else ():
            source = f"{folder}/{name}"
            look = host.read(source, LONG_LIMIT) if _FILE.match(name) else None
            if isinstance(look, Text):
                return source, said(parse(look.text), path, source)
    return None


def parse(text: str) -> Listing:
    """The rows of each folder; what is no row (``total 0``, messages of ls) is passed over."""
    rows: Dict[str, Dict[str, str]] = {}
    whole: List[str] = []
    broken: List[str] = []
    folder = ""
    for line in lines(text):
        heading = _HEADING.match(line)
        if heading is not None:
            folder = heading.group(1)
            rows[folder] = {}
        elif not line.strip():
            whole.extend([folder] if folder in rows else [])
            folder = ""
        elif folder and _MODE.match(line.split(None, 1)[0]):
            broken.extend([folder] if len(line.split()) < _COLUMNS else [])
            rows[folder][_name(line)] = line
    return Listing(rows, tuple(name for name in whole if "." in rows[name] and name not in broken))


def said(listing: Listing, path: str, source: str) -> Union[Listed, Absent, Unknown]:
    """What a listing says of a path: there, not there, or unknown."""
    folder, _, name = path.rpartition("/")
    if folder in listing.rows and name in listing.rows[folder]:
        return _listed(listing.rows[folder][name], source)
    above, _, last = folder.rpartition("/")
    gone = above in listing.whole and last not in listing.rows[above]
    if folder in listing.whole or gone:
        return Absent(path)
    return Unknown(Reason.NOT_COLLECTED, f"{path} is not listed, but nothing shows that {source} is whole")


def _name(line: str) -> str:
    return (line.partition(" -> ")[0] if line.startswith("l") else line).split()[-1]


def _listed(row: str, source: str) -> Union[Listed, Unknown]:
    words = row.split()
    if row.startswith("l"):
        return Unknown(Reason.NOT_COLLECTED, f"a symbolic link, which {source} does not follow")
    unread = Unknown(Reason.UNREADABLE, f"{source}: not what ls prints of a device")
    if len(words) < 7:
        return unread
    numbers = words[5:] if ":" in words[4] or words[4] == "?" else words[4:]
    major, _, rest = numbers[0].partition(",")
    minor = rest or numbers[1]
    if words[0][0] not in "bc":
        major = minor = "0"
    if not (_NUMBER.match(major) and _NUMBER.match(minor)):
        return unread
    owners = {"uid": _owner(words[2]), "gid": _owner(words[3])}
    node = Node(
        kind=_TYPES[words[0][0]],
        mode=_bits(words[0]),
        uid=owners["uid"] or 0,
        gid=owners["gid"] or 0,
        major=int(major),
        minor=int(minor),
        inode=0,
    )
    return Listed(node, tuple(name for name, number in owners.items() if number is None))


def _owner(word: str) -> Optional[int]:
    return int(word) if _NUMBER.match(word) else 0 if word == "root" else None


def _bits(mode: str) -> int:
    """The permission bits of rwx for three; the bits above do not matter to a device."""
    return sum(0o400 >> place for place, letter in enumerate(mode[1:10]) if letter not in "-ST")
