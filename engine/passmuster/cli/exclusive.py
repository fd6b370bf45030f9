"""Files that a command reads, changes and writes again: one command at a time, or an entry would be lost.

A lock file beside the file (`.NAME.lock`) is locked with flock, which the kernel releases however the command ends.
It is deleted while it is still locked, so nothing stays behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 60.0
_PAUSE = 0.02


@contextlib.contextmanager
def exclusive(path: str, seconds: float = _SECONDS) -> Iterator[None]:
    """Keep other commands from changing a file, which may not exist yet; raises UsageError after so many seconds."""
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{target.name}.lock")
    try:
        handle = _locked(lock, time.monotonic() + seconds)
    except OSError as error:
        raise UsageError.at(path, f"cannot be locked ({lock}: {error.strerror or error})", code="file") from None
    if handle is None:
        message = f"another command is still changing it (waited {seconds:g} seconds for {lock})"
        raise UsageError.at(path, message, code="file-busy")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(handle)


def _locked(lock: Path, end: float) -> int | None:
    """The open lock file, locked; None where its turn did not come in time."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            if _taken(handle) and _same(handle, lock):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() >= end:
            return None
        time.sleep(_PAUSE)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same(handle: int, lock: Path) -> bool:
    """Whether the file that is locked is still the one of that name: who had it before has deleted it."""
    try:
        return os.path.samestat(os.fstat(handle), lock.lstat())
    except FileNotFoundError:
        return False
