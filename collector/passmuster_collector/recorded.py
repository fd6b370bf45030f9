"""What the caller says in the kernel's place: ``--recorded KEY=VALUE``.

Only a running kernel can tell its machine, or whether it answers a bpf(2) query; for a tree of copied files someone who
was there may have written that down. The snapshot lists the keys that were given.
"""

import io
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from passmuster_collector.reading import (
    Known,
    Node,
    Reason,
    Result,
    Unknown,
    UnreadableError,
    lines,
    quoted,
    whole_number,
)
from passmuster_collector.usage import UsageError

_COLUMNS = ["path", "type", "major", "minor", "mode", "uid", "gid"]
_TYPES = {
    "b": "block",
    "c": "character",
    "d": "directory",
    "f": "regular",
    "-": "regular",
    "l": "symlink",
    "p": "fifo",
    "s": "socket",
}
_BPF: Dict[str, Result] = {
    "ok": Known(value=True),
    "einval": Known(value=False),
    "eperm": Unknown(Reason.DENIED, "bpf(2): permission denied (recorded)"),
}
_IDS = 2**32 - 1
_TABLE_LIMIT = 1 << 20


class Recorded(NamedTuple):
    """What was given; None where nothing was."""

    machine: Optional[str] = None
    uid: Optional[int] = None
    gid: Optional[int] = None
    devices_bpf: Optional[Result] = None
    devices: Optional[Dict[str, Node]] = None
    """Every device node of the host by its path: one that is not listed does not exist."""

    def keys(self) -> List[str]:
        """The keys that were given, sorted."""
        return sorted(key for key in self._fields if getattr(self, key) is not None)


def parse_recorded(pairs: Sequence[str]) -> Recorded:
    """Read the options' values; raises UsageError."""
    recorded = Recorded()
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in _READERS:
            expected = ", ".join(name + "=..." for name in sorted(_READERS))
            raise UsageError(f"--recorded: no such key (got {quoted(pair)}, expected one of {expected})")
        if getattr(recorded, key) is not None:
            raise UsageError(f"--recorded: {key} is given twice")
        recorded = _READERS[key](recorded, value)
    return recorded


def parse_devices(text: str, name: str) -> Dict[str, Node]:
    """Read a table of device nodes, tab-separated, with its heading; raises UsageError with the line."""
    rows = lines(text)
    if not rows or rows[0].split("\t") != _COLUMNS:
        expected = " ".join(_COLUMNS)
        raise UsageError(f"{name}:1: no table of devices (expected the columns {expected})")
    nodes: Dict[str, Node] = {}
    for number, line in enumerate(rows[1:], 2):
        try:
            path, node = _row(line.split("\t"))
        except UnreadableError as error:
            raise UsageError(f"{name}:{number}: {error}") from None
        if path in nodes:
            raise UsageError(f"{name}:{number}: {quoted(path)} is listed twice")
        nodes[path] = node
    return nodes


def _row(cells: List[str]) -> Tuple[str, Node]:
    if len(cells) != len(_COLUMNS):
        raise UnreadableError(f"not a device (got {len(cells)} columns, expected {len(_COLUMNS)})")
    path, kind, major, minor, mode, uid, gid = cells
    if kind not in _TYPES:
        expected = " ".join(sorted(_TYPES))
        raise UnreadableError(f"not a type (got {quoted(kind)}, expected one of {expected})")
    return path, Node(
        kind=_TYPES[kind],
        mode=_octal(mode),
        uid=_number(uid, _IDS),
        gid=_number(gid, _IDS),
        major=_number(major, 4095),
        minor=_number(minor, 1048575),
        inode=0,
    )


def _octal(text: str) -> int:
    if not (0 < len(text) <= 4 and all(digit in "01234567" for digit in text)):
        raise UnreadableError(f"not a mode (got {quoted(text)}, expected up to four octal digits)")
    return int(text, 8)


def _number(text: str, high: int) -> int:
    value = whole_number(text)
    if value > high:
        raise UnreadableError(f"not in range (got {value}, expected at most {high})")
    return value


def _machine(recorded: Recorded, value: str) -> Recorded:
    if not 0 < len(value) <= 64:
        raise UsageError(f"--recorded machine: not what uname -m prints (got {quoted(value)})")
    return recorded._replace(machine=value)


def _uid(recorded: Recorded, value: str) -> Recorded:
    return recorded._replace(uid=_id("uid", value))


def _gid(recorded: Recorded, value: str) -> Recorded:
    return recorded._replace(gid=_id("gid", value))


def _id(key: str, value: str) -> int:
    try:
        return _number(value, _IDS)
    except UnreadableError as error:
        raise UsageError(f"--recorded {key}: {error}") from None


def _devices_bpf(recorded: Recorded, value: str) -> Recorded:
    if value not in _BPF:
        expected = ", ".join(sorted(_BPF))
        raise UsageError(f"--recorded devices_bpf: not a result (got {quoted(value)}, expected {expected})")
    return recorded._replace(devices_bpf=_BPF[value])


def _devices(recorded: Recorded, value: str) -> Recorded:
    try:
        with io.open(value, "rb") as stream:
            data = stream.read(_TABLE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{value}: {error.strerror}") from None
    if len(data) > _TABLE_LIMIT:
        raise UsageError(f"{value}: too large (limit {_TABLE_LIMIT} bytes)")
    return recorded._replace(devices=parse_devices(data.decode("utf-8", "backslashreplace"), value))


_READERS: Dict[str, Callable[[Recorded, str], Recorded]] = {
    "machine": _machine,
    "uid": _uid,
    "gid": _gid,
    "devices_bpf": _devices_bpf,
    "devices": _devices,
}
