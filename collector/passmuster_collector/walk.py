"""Walk a path below an open folder, so that nothing leads out of it.

Each name is looked up in the folder that is open at that moment. Symbolic links are read and followed here: absolute
ones start at the first folder again, ``..`` goes up to it at most.
"""

import contextlib
import errno
import os
import stat
from collections import deque
from typing import Deque, Iterator, List, NamedTuple

_LINKS = 40
_DEPTH = 100
# PyPy has no os.O_PATH; the number is the one of include/uapi/asm-generic/fcntl.h, which all our architectures share.
O_PATH = getattr(os, "O_PATH", 0o10000000)  # type: int
_FOLDER = O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Spot(NamedTuple):
    """The end of a walk: a name in an open folder, and what lstat(2) says of it."""

    folder: int
    name: bytes
    status: os.stat_result


@contextlib.contextmanager
def walked(top: int, path: bytes, *, follow: bool) -> Iterator[Spot]:
    """The end of a path below an open folder; a link at the end is followed or not. Raises OSError."""
    walk = _Walk(top)
    try:
        yield walk.to(path, follow=follow)
    finally:
        walk.close()


class _Walk:
    def __init__(self, top: int) -> None:
        self._folders = [os.dup(top)]
        self._pending: Deque[bytes] = deque()
        self._links = 0

    def to(self, path: bytes, *, follow: bool) -> Spot:
        self._pending.extend(_names(path))
        while self._pending:
            name = self._pending.popleft()
            if name in (b".", b".."):
                self._up(name)
                continue
            status = os.stat(name, dir_fd=self._folders[-1], follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode) and (self._pending or follow):
                self._redirect(os.readlink(name, dir_fd=self._folders[-1]))
            elif self._pending:
                self._down(name)
            else:
                return Spot(self._folders[-1], name, status)
        return Spot(self._folders[-1], b".", os.stat(b".", dir_fd=self._folders[-1]))

    def close(self) -> None:
        while self._folders:
            os.close(self._folders.pop())

    def _up(self, name: bytes) -> None:
        if name == b".." and len(self._folders) > 1:
            os.close(self._folders.pop())

    def _down(self, name: bytes) -> None:
        if len(self._folders) > _DEPTH:
            raise OSError(errno.ENAMETOOLONG, "too deep")
        self._folders.append(os.open(name, _FOLDER, dir_fd=self._folders[-1]))

    def _redirect(self, target: bytes) -> None:
        self._links += 1
        if self._links > _LINKS:
            raise OSError(errno.ELOOP, "too many links")
        if target.startswith(b"/"):
            while len(self._folders) > 1:
                os.close(self._folders.pop())
        self._pending.extendleft(reversed(_names(target)))


def _names(path: bytes) -> List[bytes]:
    if b"\0" in path:
        raise OSError(errno.ENOENT, "no such name")
    return [name for name in path.split(b"/") if name]
