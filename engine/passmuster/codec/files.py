"""Writing a file so that it is whole, or as it was before. Every output of every command is written here."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPORARY = ".passmuster-"
"""The beginning of the name of a file that is being written, and that takes the place of another when it is whole."""
PUBLIC, PRIVATE = 0o666, 0o600
"""Modes of new files, before the umask takes bits away."""
_LINKS = 40
"""Links that are followed one after the other, as in Linux."""


def followed(path: str | Path) -> Path:
    """The place that a path names, links in its last part followed; raises OSError.

    Another user's link is not followed: in a folder where everyone may write, it makes root write where that user
    likes. Links of root, and of this user, are.
    """
    place = Path(path)
    for _ in range(_LINKS):
        try:
            status = place.lstat()
        except FileNotFoundError:
            return place
        if not stat.S_ISLNK(status.st_mode) or _descriptor(place):
            return place
        if status.st_uid not in {0, os.geteuid()}:
            raise PermissionError(errno.EACCES, "a link of another user, which is not followed", str(path))
        place = place.parent / place.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _descriptor(place: Path) -> bool:
    """Whether it stands for an open file: what /dev/stdout leads to."""
    return place.is_relative_to("/proc")


def replaced(place: Path) -> bool:
    """Whether a new file takes the place; what is there and is no regular file (a terminal, a pipe) is written to."""
    try:
        return stat.S_ISREG(place.lstat().st_mode)
    except FileNotFoundError:
        return True


@contextlib.contextmanager
def written(path: str | Path, mode: int = PUBLIC, buffering: int = -1) -> Iterator[IO[bytes]]:
    """A file to write, with a name, that takes its place when all went well; raises OSError.

    The umask holds for a new file; one that is there keeps its mode, owner and group, unless it is to be private. What
    is no regular file is written to as it is.
    """
    place = followed(path)
    if not replaced(place):
        with place.open("wb", buffering=buffering) as file:
            yield file
        return
    temporary, descriptor = _temporary(place, mode)
    with open(temporary, "wb", buffering=buffering, opener=lambda *_: descriptor) as file:
        try:
            yield file
            file.flush()
            os.fsync(descriptor)
            temporary.replace(place)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def fresh(folder: Path, mode: int = PUBLIC) -> tuple[Path, int]:
    """A new empty file in a folder, under a name that nobody else has, and its descriptor; raises OSError."""
    place = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    return place, os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)


def _temporary(place: Path, mode: int) -> tuple[Path, int]:
    """The file that is to take a place; as long as it is being written, nobody may read it who could not before."""
    try:
        was = place.lstat()
    except FileNotFoundError:
        return fresh(place.parent, mode)
    above = place.parent.stat()
    if above.st_mode & stat.S_ISVTX and above.st_mode & stat.S_IWOTH and was.st_uid not in {os.geteuid(), above.st_uid}:
        raise PermissionError(errno.EACCES, "a file of another user in a folder where everyone may write", str(place))
    kept = stat.S_IMODE(was.st_mode) & 0o777 if mode == PUBLIC else mode
    temporary, descriptor = fresh(place.parent, PRIVATE)
    try:
        if not _owned_as(descriptor, was):
            # Another group would get what its group was allowed.
            kept = (kept & ~0o070) | ((kept & 0o007) << 3 & kept)
        os.fchmod(descriptor, kept)
    except BaseException:
        os.close(descriptor)
        temporary.unlink()
        raise
    return temporary, descriptor


def _owned_as(descriptor: int, was: os.stat_result) -> bool:
    """Give a file the owner and the group of another; whether it has that group now."""
    now = os.fstat(descriptor)
    for owner in (was.st_uid, -1):
        if (now.st_uid, now.st_gid) == (was.st_uid, was.st_gid):
            break
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, owner, was.st_gid)
            now = os.fstat(descriptor)
    return now.st_gid == was.st_gid
