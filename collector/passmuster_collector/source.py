"""What every view of a host offers: a mounted file system, an archive, a capture.

Each look comes to a value. "Not there" means what the kind of view allows it to mean: in a dump nothing is absent, and
below /proc, /sys and /dev nothing is where no file shows that they were mounted.
"""

import enum
from typing import Dict, NamedTuple, Optional, Sequence, TypeVar, Union

from passmuster_collector.budget import Budget
from passmuster_collector.reading import NOT_IN_DUMP, Absent, Data, Known, Names, Node, Reason, Text, Unknown

TEXT_LIMIT = 1 << 20
LONG_LIMIT = 8 << 20
TABLE_LIMIT = 16 << 20
"""Of a mount table: a node with thousands of containers has tens of thousands of mounts."""
NAMES_LIMIT = 1 << 16

_WITNESSES = {
    "/proc": ("/proc/version", "/proc/mounts"),
    "/sys": ("/sys/kernel",),
    "/dev": ("/dev/null",),
}
_NOT_RUNNING = Unknown(Reason.NOT_COLLECTED, "known only to the running host")
S = TypeVar("S", bound="Source")


class Kind(enum.Enum):
    """How a view came about; the values are the schema's words."""

    LIVE = "live"
    ROOT = "root"
    DUMP = "dump"


class Uname(NamedTuple):
    """What uname(2) says of the kernel."""

    node: str
    release: str
    version: str
    machine: str


class Reader(NamedTuple):
    """The process that looks, or looked."""

    uname: Optional[Uname]
    """Of the kernel it runs on; None where that is not the host's, or not known."""
    uid: Optional[int]
    gid: Optional[int]


class Source:
    """One host's files; paths are absolute within it, and text."""

    def __init__(self, kind: Kind, budget: Budget) -> None:
        self._kind = kind
        self._budget = budget
        self._mounted: Dict[str, bool] = {}

    @property
    def kind(self) -> Kind:
        """How the view came about."""
        return self._kind

    @property
    def budget(self) -> Budget:
        """How long looks may take."""
        return self._budget

    def within(self: S, budget: Budget) -> S:
        """The same view with another budget."""
        other = self.__class__.__new__(self.__class__)
        other.__dict__.update(self.__dict__)
        other._budget = budget  # noqa: SLF001 - a copy of its own
        return other

    def below(self, path: str) -> "Source":
        """The view from one of its folders; links stay below it."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what is open."""

    def reader(self) -> Reader:
        """The process that looks."""
        return Reader(None, None, None)

    def read(self, path: str, limit: int = TEXT_LIMIT) -> Union[Text, Absent, Unknown]:
        """A regular file's text."""
        data = self.read_data(path, limit)
        return Text(as_text(data.data)) if isinstance(data, Data) else data

    def read_data(self, path: str, limit: int = TEXT_LIMIT) -> Union[Data, Absent, Unknown]:
        """A regular file's bytes."""
        raise NotImplementedError

    def names(self, path: str, limit: int = NAMES_LIMIT) -> Union[Names, Absent, Unknown]:
        """The names in a folder."""
        raise NotImplementedError

    def node(self, path: str, *, follow: bool = True) -> Union[Node, Absent, Unknown]:
        """What stat(2) says of a path, or lstat(2) without `follow`."""
        raise NotImplementedError

    def link(self, path: str) -> Union[Text, Absent, Unknown]:
        """The text of a symbolic link."""
        raise NotImplementedError

    def try_device(self, path: str, major: int, minor: int) -> Union[Known, Absent, Unknown]:  # noqa: ARG002
        """Whether the character device of these numbers opens for reading and writing: true, false or unknown."""
        return _NOT_RUNNING

    def devices_bpf(self, point: str, machine: str) -> Union[Known, Absent, Unknown]:  # noqa: ARG002
        """Whether the kernel controls devices in the unified hierarchy that is mounted at a path."""
        return _NOT_RUNNING

    def run(self, argv: Sequence[str]) -> Union[Text, Unknown]:  # noqa: ARG002
        """What a program of the host prints; its path is absolute."""
        return _NOT_RUNNING

    def missing(self, path: str) -> Union[Absent, Unknown]:
        """What it means that a path is not there."""
        if self._kind is Kind.DUMP:
            return Unknown(Reason.NOT_COLLECTED, f"{path} {NOT_IN_DUMP}")
        top = "/" + path.split("/")[1]
        if top in _WITNESSES and not self.mounted(top):
            return Unknown(Reason.NOT_COLLECTED, f"nothing shows that {top} is mounted")
        return Absent(path)

    def mounted(self, top: str) -> bool:
        """Whether /proc, /sys or /dev proves to be there, by a file that each always has; dumps are not asked."""
        if top not in self._mounted:
            self._mounted[top] = any(self._exists(path) for path in _WITNESSES[top])
        return self._mounted[top]

    def _exists(self, path: str) -> bool:
        raise NotImplementedError


def as_text(name: bytes) -> str:
    """Bytes of the host as text that encodes to the same bytes again; `fields.plain` makes it fit for output."""
    return name.decode("utf-8", "surrogateescape")


def as_bytes(path: str) -> bytes:
    """The bytes of such a text."""
    return path.encode("utf-8", "surrogateescape")
