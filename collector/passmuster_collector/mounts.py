"""Mount tables: what is mounted where, and whose table tells it.

``/proc/mounts`` shows the reader's own namespace, so the node's table is that of its first process wherever there is
one.
"""

import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from passmuster_collector.reading import (
    Absent,
    Known,
    Sourced,
    Text,
    Unknown,
    UnreadableError,
    each_line,
    graver,
    interpret,
    quoted,
)
from passmuster_collector.source import TABLE_LIMIT, Kind

_OCTAL = re.compile(r"\\([0-7]{3})")


_EARLY = re.compile(r"/((sys|proc|dev)(/.*)?|run(/lock)?)?\Z", re.DOTALL)
"""Where init mounts first of all: file systems of the kernel, the root, and /run."""


_MOST = 100_000
"""The kernel's own limit for one namespace, unless somebody raises it (fs.mount-max)."""


class Mount(NamedTuple):
    """One line: what it is, where, and the options of the file system."""

    point: str
    type: str
    options: Tuple[str, ...]
    identity: str
    """Device number and folder within it, where the table gives them: tells two roots apart."""
    propagation: str = ""
    """The schema's word for what of later mounts it passes on, where the table tells."""


def parse_mounts(text: str) -> List[Mount]:
    """A table in the form of /proc/mounts: device, point, type, options, two numbers; raises UnreadableError."""
    found, alike = [], _Alike()
    for line in _bounded(text):
        words = line.split(" ")
        if len(words) < 4 or not words[1].startswith("/") or words[4:] not in ([], ["0", "0"]):
            raise UnreadableError(f"not a mount (got {quoted(line)})")
        found.append(Mount(_unescaped(words[1]), alike.word(words[2]), alike.options(words[3]), ""))
    return found


def parse_mountinfo(text: str) -> List[Mount]:
    """A table in the form of /proc/PID/mountinfo; raises UnreadableError."""
    found, alike = [], _Alike()
    for line in _bounded(text):
        left, dash, right = line.partition(" - ")
        words, tail = left.split(" "), right.split(" ")
        if not dash or len(words) < 6 or len(tail) < 3:
            raise UnreadableError(f"not a mount (got {quoted(line)})")
        identity = alike.word(" ".join((words[2], words[3], tail[0])))
        options = alike.options(tail[2])
        found.append(Mount(_unescaped(words[4]), alike.word(tail[0]), options, identity, _propagation(words[6:])))
    return found


class _Alike:
    """Words that many mounts have alike, each kept once: a dense node's table would take ten times its size."""

    def __init__(self) -> None:
        self._words: Dict[str, str] = {}
        self._options: Dict[str, Tuple[str, ...]] = {}

    def word(self, text: str) -> str:
        """The word as it was met first."""
        return self._words.setdefault(text, text)

    def options(self, text: str) -> Tuple[str, ...]:
        """Options between commas."""
        if text not in self._options:
            self._options[text] = tuple(text.split(","))
        return self._options[text]


def _bounded(text: str) -> Iterator[str]:
    """Lines; raises UnreadableError where there are more than a kernel lets one namespace mount."""
    if text.count("\n") > _MOST:
        raise UnreadableError(f"too many mounts (got {text.count(chr(10))}, limit {_MOST})")
    return each_line(text)


def _propagation(fields: Sequence[str]) -> str:
    """What optional fields say: a mount that receives and passes on is shared; one without a field is private."""
    names = {field.partition(":")[0] for field in fields}
    order = (("shared", "shared"), ("master", "slave"), ("unbindable", "unbindable"))
    return next((word for name, word in order if name in names), "private")


def has_root(mounts: Sequence[Mount]) -> bool:
    """Whether something is mounted at ``/``, as in every table of a whole host."""
    return at_root(mounts) is not None


def gone_past(mounts: Sequence[Mount], kinds: Sequence[str]) -> bool:
    """Whether a copied table shows that it lists every mount of some types.

    A table has no end of its own. It is in the order of mounting, and every init mounts control groups with the other
    file systems of the kernel, before all else but the root: what is not listed when another mount follows, is not
    mounted.
    """
    last = max((place for place, mount in enumerate(mounts) if mount.type in kinds), default=-1)
    return has_root(mounts) and any(not _EARLY.match(mount.point) for mount in mounts[last + 1 :])


def covering(mounts: Sequence[Mount], path: str) -> Optional[Mount]:
    """The mount that a path lies in: the deepest, and the last where there are several."""
    place = _covering(mounts, path)
    return None if place is None else mounts[place]


def _covering(mounts: Sequence[Mount], path: str) -> Optional[int]:
    best = None
    for place, mount in enumerate(mounts):
        point = mount.point.rstrip("/") + "/"
        if (path + "/").startswith(point) and (best is None or len(mount.point) >= len(mounts[best].point)):
            best = place
    return best


def settled(mounts: Sequence[Mount], path: str) -> bool:
    """Whether a copied table shows that no mount is lost in which a path lies.

    What init mounts first is listed when a later mount follows; elsewhere the mount is there when it is at the path
    itself, or when one below the path follows, which can only have been mounted after it.
    """
    place = _covering(mounts, path)
    if place is None:
        return False
    if _EARLY.match(path):
        return any(not _EARLY.match(mount.point) for mount in mounts[place + 1 :])
    return any((mount.point + "/").startswith(path + "/") for mount in mounts[place:])


def at_root(mounts: Sequence[Mount]) -> Optional[Mount]:
    """What is mounted at ``/``."""
    return next((mount for mount in reversed(mounts) if mount.point == "/"), None)


def _unescaped(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match.group(1), 8)), text)


_FIRST = ("/proc/1/mounts",)
_TABLES = {
    "running": _FIRST,
    "copied": (*_FIRST, "/proc/mounts"),
    "dump": (*_FIRST, "/proc/mounts", "/proc/self/mounts", "/proc/1/mountinfo", "/proc/self/mountinfo"),
}


def node_mounts(read: Callable[[str, int], Union[Text, Absent, Unknown]], kind: Kind, *, running: bool) -> Sourced:
    """The node's table, a list of Mount.

    `running`: the /proc that is read is that of the running kernel, so that all but the first process's table is the
    reader's own; only a live host falls back on that.
    """
    if kind is Kind.DUMP:
        paths = _TABLES["dump"]
    else:
        paths = _TABLES["copied" if kind is Kind.LIVE or not running else "running"]
    trouble: Optional[Unknown] = None
    for path in paths:
        table = interpret(read(path, TABLE_LIMIT), parse_mountinfo if path.endswith("info") else parse_mounts)
        if isinstance(table, Known):
            return Sourced(table, (path,))
        trouble = graver(trouble, table)
    assert trouble is not None
    return Sourced(trouble, ())
