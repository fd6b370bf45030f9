"""The only way to the host's files.

Rules that hold for every look:
* a path is walked one name at a time from an open folder, and no symbolic link leaves the root (see walk.py);
* only regular files are opened for reading, without waiting, and only up to a limit: sizes that stat(2) reports are not
  believed (procfs says 0);
* every outcome is a value, and "not there" means what the kind of source allows it to mean.
"""

import errno
import os
import stat
import sys
from typing import Callable, Iterator, List, Sequence, Tuple, TypeVar, Union

from passmuster_collector import bpf
from passmuster_collector.budget import Budget
from passmuster_collector.reading import Absent, Data, Known, Names, Node, Reason, Text, Unknown
from passmuster_collector.source import (
    NAMES_LIMIT,
    TEXT_LIMIT,
    Kind,
    Reader,
    Source,
    Uname,
    as_bytes,
    as_text,
)
from passmuster_collector.walk import O_PATH, Spot, walked

_CHUNK = 1 << 16

_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
_DEVICE = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC

_KINDS = {
    stat.S_IFBLK: "block",
    stat.S_IFCHR: "character",
    stat.S_IFDIR: "directory",
    stat.S_IFIFO: "fifo",
    stat.S_IFREG: "regular",
    stat.S_IFSOCK: "socket",
    stat.S_IFLNK: "symlink",
}

T = TypeVar("T")


class Root(Source):
    """A host's file system under one folder; paths are absolute within it, and text."""

    def __init__(self, folder: int, kind: Kind, budget: Budget) -> None:
        super().__init__(kind, budget)
        self._folder = folder

    @classmethod
    def open(cls, path: str, kind: Kind, budget: Budget) -> "Root":
        """The root at a folder of the caller's; raises OSError where there is none."""
        return cls(os.open(path, O_PATH | os.O_DIRECTORY | os.O_CLOEXEC), kind, budget)

    def below(self, path: str) -> "Root":
        """The view from one of its folders; raises OSError."""
        with walked(self._folder, as_bytes(path), follow=True) as spot:
            folder = os.open(spot.name, O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=spot.folder)
        return Root(folder, self._kind, self._budget)

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._folder)

    def reader(self) -> Reader:
        """This process."""
        said = os.uname()
        return Reader(Uname(said.nodename, said.release, said.version, said.machine), os.geteuid(), os.getegid())

    def read_data(self, path: str, limit: int = TEXT_LIMIT) -> Union[Data, Absent, Unknown]:
        """A regular file's bytes."""
        return self._look(path, lambda spot: self._contents(spot, path, limit))

    def names(self, path: str, limit: int = NAMES_LIMIT) -> Union[Names, Absent, Unknown]:
        """The names in a folder."""
        return self.in_folder(path, lambda folder: _listed(folder, path, limit))

    def node(self, path: str, *, follow: bool = True) -> Union[Node, Absent, Unknown]:
        """What stat(2) says of a path, or lstat(2) without `follow`."""
        return self._look(path, lambda spot: _node(spot.status), follow=follow)

    def link(self, path: str) -> Union[Text, Absent, Unknown]:
        """The text of a symbolic link."""
        return self._look(path, lambda spot: Text(as_text(os.readlink(spot.name, dir_fd=spot.folder))), follow=False)

    def in_folder(self, path: str, work: Callable[[int], T]) -> Union[T, Absent, Unknown]:
        """What `work` makes of the open folder."""
        return self._look(path, lambda spot: self._opened(spot, work))

    def try_device(self, path: str, major: int, minor: int) -> Union[Known, Absent, Unknown]:
        """Whether the character device of these numbers opens for reading and writing: true, false or unknown."""
        return self._look(path, lambda spot: _tried(spot, (major, minor)))

    def devices_bpf(self, point: str, machine: str) -> Union[Known, Absent, Unknown]:
        """Asked of the running kernel."""
        return self.in_folder(point, lambda folder: bpf.query_devices(folder, machine))

    def run(self, argv: Sequence[str]) -> Union[Text, Unknown]:
        """Run on this host; only what its root is `/` for may do that."""
        from passmuster_collector import command  # noqa: PLC0415 - slow to load, and few hosts need it

        return command.run(argv, self._budget)

    def _exists(self, path: str) -> bool:
        try:
            with walked(self._folder, as_bytes(path), follow=True):
                return True
        except OSError:
            return False

    def _look(self, path: str, work: Callable[[Spot], T], *, follow: bool = True) -> Union[T, Absent, Unknown]:
        if self._budget.spent():
            return Unknown(Reason.TIMEOUT, f"no time was left for {path}")
        try:
            with walked(self._folder, as_bytes(path), follow=follow) as spot:
                return work(spot)
        except OSError as error:
            return self._trouble(path, error)

    def _trouble(self, path: str, error: OSError) -> Union[Absent, Unknown]:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESRCH):
            return self.missing(path)
        if error.errno in (errno.EACCES, errno.EPERM):
            return Unknown(Reason.DENIED, f"permission denied: {path}")
        return Unknown(Reason.FAILED, f"{path}: {os.strerror(error.errno or errno.EIO)}")

    def _contents(self, spot: Spot, path: str, limit: int) -> Union[Data, Unknown]:
        if not stat.S_ISREG(spot.status.st_mode):
            return Unknown(Reason.FAILED, f"{path} is no regular file")
        handle = os.open(spot.name, _FILE, dir_fd=spot.folder)
        try:
            if not os.path.samestat(os.fstat(handle), spot.status):
                return Unknown(Reason.FAILED, f"{path} changed while it was opened")
            return self._drained(handle, path, limit)
        finally:
            os.close(handle)

    def _drained(self, handle: int, path: str, limit: int) -> Union[Data, Unknown]:
        chunks: List[bytes] = []
        size = 0
        while True:
            chunk = os.read(handle, _CHUNK)
            if not chunk:
                return Data(b"".join(chunks))
            size += len(chunk)
            if size > limit:
                return Unknown(Reason.FAILED, f"too large: {path} (limit {limit} bytes)")
            if self._budget.spent():
                return Unknown(Reason.TIMEOUT, f"no time was left to read {path}")
            chunks.append(chunk)

    @staticmethod
    def _opened(spot: Spot, work: Callable[[int], T]) -> T:
        folder = os.open(spot.name, _FILE | os.O_DIRECTORY, dir_fd=spot.folder)
        try:
            return work(folder)
        finally:
            os.close(folder)


def _listed(folder: int, path: str, limit: int) -> Union[Names, Unknown]:
    names: List[str] = []
    for name in _entries(folder):
        names.append(as_text(os.fsencode(name)))
        if len(names) > limit:
            return Unknown(Reason.FAILED, f"too large: {path} (limit {limit} names)")
    return Names(tuple(sorted(names)))


def _entries(folder: int) -> Iterator[str]:
    if sys.version_info < (3, 7):  # scandir takes no descriptor there
        yield from os.listdir(folder)
    else:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name


def _node(status: os.stat_result) -> Node:
    return Node(
        kind=_KINDS.get(stat.S_IFMT(status.st_mode), "other"),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        major=os.major(status.st_rdev),
        minor=os.minor(status.st_rdev),
        inode=status.st_ino,
    )


def _tried(spot: Spot, numbers: Tuple[int, int]) -> Union[Known, Unknown]:
    if not _is_device(spot.status, numbers):
        return Known(value=False)
    try:
        handle = os.open(spot.name, _DEVICE, dir_fd=spot.folder)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENODEV):
            return Known(value=False)
        raise
    try:
        return Known(_is_device(os.fstat(handle), numbers))
    finally:
        os.close(handle)


def _is_device(status: os.stat_result, numbers: Tuple[int, int]) -> bool:
    return stat.S_ISCHR(status.st_mode) and (os.major(status.st_rdev), os.minor(status.st_rdev)) == numbers
