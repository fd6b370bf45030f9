"""What capture.sh wrote on a node without Python, as the view that the collector would have had there.

The list has a line a look: the path, what was asked, and the answer, or ``!`` and the system's words. Contents lie in
the archive: files below ``host/``, folders' names with a zero byte behind each below ``names/``, what programs printed
below ``run/``. What the shell did not ask for is not collected.
"""

import re
import stat
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

from passmuster_collector.budget import Budget
from passmuster_collector.command import distrusted
from passmuster_collector.reading import (
    Absent,
    Data,
    Known,
    Names,
    Node,
    Reason,
    Text,
    Unknown,
    UnreadableError,
    each_line,
    quoted,
)
from passmuster_collector.source import (
    NAMES_LIMIT,
    TABLE_LIMIT,
    TEXT_LIMIT,
    Kind,
    Reader,
    Source,
    Uname,
    as_text,
)
from passmuster_collector.usage import UsageError

LIST = "/passmuster-capture.tsv"
_LIST_LIMIT = 8 << 20
_FOLDER_LIMIT = 16 << 20
_MISSING = ("No such file or directory", "No such file", "Not a directory", "No such process")
_DENIED = ("Permission denied", "Operation not permitted")
_NO_DRIVER = ("No such device or address", "No such device")
_TYPES = {
    "-": "regular",
    "b": "block",
    "c": "character",
    "d": "directory",
    "l": "symlink",
    "p": "fifo",
    "s": "socket",
}
_MODE = re.compile(r"[-bcdlps][-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT][.+@]?\Z")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")
_PROCESS = re.compile(r"/proc/[0-9]+/comm\Z")

T = TypeVar("T")


class _Head(NamedTuple):
    kind: Kind
    captured_at: str
    folder: str
    reader: Reader


class Capture(Source):
    """A host as a shell saw it."""

    def __init__(self, files: Source, head: _Head, looks: Dict[Tuple[str, str], str]) -> None:
        super().__init__(head.kind, files.budget)
        self._files = files
        self._head = head
        self._looks = looks

    @classmethod
    def open(cls, files: Source) -> "Capture":
        """The view that a capture, packed or not, holds; raises UsageError where its list is none."""
        found = files.read_data(LIST, _LIST_LIMIT)
        if not isinstance(found, Data):
            raise UsageError(f"no capture: {LIST[1:]} could not be read")
        try:
            looks = parse_list(as_text(found.data))
            return cls(files, _head(looks), looks)
        except UnreadableError as error:
            raise UsageError(f"no capture: {error}") from None

    @property
    def folder(self) -> str:
        """The last name of the folder that was captured; empty for a live host."""
        return self._head.folder

    @property
    def captured_at(self) -> str:
        """When the shell looked."""
        return self._head.captured_at

    def within(self, budget: Budget) -> "Capture":
        """The same view with another budget."""
        other = super().within(budget)
        other._files = self._files.within(budget)  # noqa: SLF001 - a copy of its own
        return other

    def reader(self) -> Reader:
        """The shell."""
        return self._head.reader

    def read_data(self, path: str, limit: int = TEXT_LIMIT) -> Union[Data, Absent, Unknown]:
        """A regular file's bytes."""
        node = self.node(path)
        if not isinstance(node, Node):
            return Absent(path) if isinstance(node, Unknown) and self._another_process(path) else node
        if node.kind != "regular":
            return Unknown(Reason.FAILED, f"{path} is no regular file")
        look = self._asked(path, "file")
        if not isinstance(look, str):
            return look
        if look == "timeout":
            return Unknown(Reason.TIMEOUT, f"no time was left to read {path}")
        found = self._files.read_data("/host" + path, TABLE_LIMIT + 1)
        if isinstance(found, Data) and len(found.data) > limit:
            return Unknown(Reason.FAILED, f"too large: {path} (limit {limit} bytes)")
        return found

    def names(self, path: str, limit: int = NAMES_LIMIT) -> Union[Names, Absent, Unknown]:
        """The names in a folder."""
        node = self.node(path)
        if not isinstance(node, Node):
            return node
        if node.kind != "directory":
            return self.missing(path)
        look = self._asked(path, "names")
        if not isinstance(look, str):
            return look
        found = self._files.read_data(f"/names{path}.list", _FOLDER_LIMIT)
        if not isinstance(found, Data):
            return found
        names = sorted(as_text(name) for name in found.data.split(b"\0") if name)
        if len(names) > limit:
            return Unknown(Reason.FAILED, f"too large: {path} (limit {limit} names)")
        return Names(tuple(names))

    def node(self, path: str, *, follow: bool = True) -> Union[Node, Absent, Unknown]:
        """What ls said of a path."""
        look = self._asked(path, "stat" if follow else "lstat")
        return _node(look) if isinstance(look, str) else look

    def link(self, path: str) -> Union[Text, Absent, Unknown]:
        """The text of a symbolic link."""
        look = self._asked(path, "link")
        return Text(look) if isinstance(look, str) else look

    def try_device(self, path: str, major: int, minor: int) -> Union[Known, Absent, Unknown]:  # noqa: ARG002
        """Whether the shell could open it."""
        if self._looks.get((path, "try"), "")[1:] in _NO_DRIVER:
            return Known(value=False)
        look = self._asked(path, "try")
        return Known(value=True) if isinstance(look, str) else look

    def devices_bpf(self, point: str, machine: str) -> Unknown:  # noqa: ARG002
        """No shell can ask."""
        return Unknown(Reason.NOT_COLLECTED, "a shell cannot call bpf(2)")

    def run(self, argv: Sequence[str]) -> Union[Text, Unknown]:
        """What a program printed there."""
        node = self.node(argv[0])
        if not isinstance(node, Node):
            detail = "No such file or directory" if isinstance(node, Absent) else node.detail
            return Unknown(Reason.NOT_COLLECTED, f"{argv[0]}: {detail}")
        distrust = distrusted(argv[0], node.uid, node.mode)
        if distrust:
            return Unknown(Reason.NOT_COLLECTED, distrust)
        look = self._asked(" ".join(argv), "run")
        if not isinstance(look, str):
            return Unknown(Reason.NOT_COLLECTED, f"{argv[0]} was not run")
        number, _, status = look.partition(" ")
        if status == "124":
            return Unknown(Reason.TIMEOUT, f"{argv[0]} did not end in time")
        found = self._files.read_data(f"/run/{number}")
        if not isinstance(found, Data) or not found.data:
            return Unknown(Reason.FAILED, f"{argv[0]} printed nothing (status {status})")
        return Text(as_text(found.data))

    def _another_process(self, path: str) -> bool:
        """The shell kept the names of the kubelet's processes and the first one's alone."""
        return _PROCESS.match(path) is not None and (path, "stat") not in self._looks

    def _asked(self, path: str, what: str) -> Union[str, Absent, Unknown]:
        """The answer to a look, or what its refusal means."""
        look = self._looks.get((path, what))
        if look is None:
            return Unknown(Reason.NOT_COLLECTED, f"{path} is not in the capture")
        if not look.startswith("!"):
            return look
        if look[1:] in _MISSING:
            return self.missing(path)
        if look[1:] in _DENIED:
            return Unknown(Reason.DENIED, f"permission denied: {path}")
        return Unknown(Reason.FAILED, f"{path}: {look[1:]}")

    def _exists(self, path: str) -> bool:
        return not self._looks.get((path, "stat"), "!").startswith("!")


def parse_list(text: str) -> Dict[Tuple[str, str], str]:
    """Paths and questions to answers; of several the last. Raises UnreadableError."""
    found: Dict[Tuple[str, str], str] = {}
    for number, line in enumerate(each_line(text), 1):
        cells = line.split("\t", 2)
        if len(cells) == 3:
            found[cells[0], cells[1]] = cells[2]
        elif line:
            raise UnreadableError(f"line {number} of the list is no look (got {quoted(line)})")
    for (path, what), answer in found.items():
        if what in ("stat", "lstat") and not answer.startswith("!") and _fields(answer) is None:
            raise UnreadableError(f"{path}: not what ls says (got {quoted(answer)})")
    return found


def _head(looks: Dict[Tuple[str, str], str]) -> _Head:
    kinds = [kind for kind in (Kind.LIVE, Kind.ROOT) if ("kind", kind.value) in looks]
    said = [looks.get(("uname", field), "") for field in "nrvm"]
    ids = [looks.get(("id", field), "") for field in "ug"]
    if len(kinds) != 1 or not all(said) or not all(re.match(r"[0-9]{1,10}\Z", number) for number in ids):
        raise UnreadableError("the list does not say what was captured")
    at = looks["kind", kinds[0].value]
    if not _TIME.match(at):
        raise UnreadableError(f"not a time (got {quoted(at)})")
    return _Head(kinds[0], at, looks.get(("id", "folder"), ""), Reader(Uname(*said), int(ids[0]), int(ids[1])))


def _fields(answer: str) -> Optional[List[str]]:
    """Inode, mode, owner, group and, of a device, its numbers; None where it is not that."""
    words = answer.split()
    if len(words) < 4 or not _MODE.match(words[1]):
        return None
    device = words[1][0] in "bc"
    numbers = [words[0], *words[2:4], *([words[4].rstrip(","), words[5]] if device and len(words) > 5 else [])]
    if not all(re.match(r"[0-9]{1,20}\Z", number) for number in numbers) or (device and len(numbers) < 5):
        return None
    return [words[1], *numbers]


def _node(answer: str) -> Node:
    fields = _fields(answer)
    assert fields is not None
    mode, inode, uid, gid = fields[0], *fields[1:4]
    major, minor = (int(fields[4]), int(fields[5])) if len(fields) > 5 else (0, 0)
    return Node(_TYPES[mode[0]], _bits(mode), int(uid), int(gid), major, minor, int(inode))


def _bits(text: str) -> int:
    """The permission bits of what ls prints: rwx for three, and s, t for the three above."""
    bits = 0
    for place, letter in enumerate(text[1:10]):
        if letter not in "-ST":
            bits |= 0o400 >> place
    special = ((3, "sS", stat.S_ISUID), (6, "sS", stat.S_ISGID), (9, "tT", stat.S_ISVTX))
    return bits | sum(bit for place, letters, bit in special if text[place] in letters)
