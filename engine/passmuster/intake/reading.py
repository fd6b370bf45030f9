"""Opening files from outside: only regular files, up to a limit."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 16 * 1024 * 1024
"""Bytes of a document; snapshots, policies and all that stands beside them are much smaller."""
_HEAD = 4096
_HANDED = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""Descriptors that the shell handed over, as in `check <(ssh node collect)`: they may be pipes."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device file"),
    (stat.S_ISBLK, "a device file"),
)


def opened(path: str | os.PathLike[str], buffering: int = -1) -> BinaryIO:
    """A regular file, open for reading; raises OSError for anything else: a pipe might never end, nor begin.

    It is looked at before it is opened, for opening some devices does something, and once more afterwards.
    """
    handed = os.fspath(path).startswith(_HANDED)
    if not handed:
        _demand_regular(Path(path).stat(), path)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if handed else os.O_NONBLOCK))
    try:
        if not handed:
            _demand_regular(os.fstat(descriptor), path)
        return os.fdopen(descriptor, "rb", buffering=buffering)
    except BaseException:
        os.close(descriptor)
        raise


def kind(mode: int) -> str | None:
    """The kind of a file that is not regular, by its mode; None for a regular file."""
    return next((name for is_kind, name in _KINDS if is_kind(mode)), None)


def _demand_regular(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    name = kind(status.st_mode)
    if name is not None:
        raise OSError(errno.EINVAL, f"{name}, not a file", os.fspath(path))


def _bounded(file: BinaryIO, most: int) -> bytes:
    """All of a file, and a byte more than it may have; raises OSError for what begins as no text does."""
    beginning = file.read(min(_HEAD, most + 1))
    if beginning.startswith(b"\0"):
        raise OSError(errno.EINVAL, "binary data, not text")
    return beginning + file.read(most + 1 - len(beginning))


def whole(
    path: str | os.PathLike[str],
    most: int = MOST,
    code: str = "file",
    stdin: Callable[[], BinaryIO] | None = None,
) -> bytes:
    """The bytes of a file, or of `stdin` where `-` stands for that.

    Raises UsageError where it cannot be read or is too large.
    """
    name = os.fspath(path)
    try:
        if stdin is not None and name == "-":
            data = _bounded(stdin(), most)
        else:
            with opened(path) as file:
                data = _bounded(file, most)
    except OSError as error:
        raise UsageError.at(name, f"cannot be read ({error.strerror or error})", code=code) from None
    if len(data) > most:
        raise UsageError.at(name, f"too large (expected at most {most} bytes)", code=code)
    return data
