"""Writing one file beside others, on this machine or wherever Hadoop writes: whole, or as it was before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from passmuster.codec.files import written
from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHUNK = 1024 * 1024


def local(folder: str) -> Path | None:
    """The path that a folder's name or URL means on this machine; None where it is elsewhere."""
    parts = urlsplit(folder)
    if "://" not in folder:
        return Path(folder)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def write(session: Any, folder: str, name: str, pieces: Iterable[bytes]) -> None:
    """Write a file into a folder, which is made where it is missing; raises UsageError."""
    here = local(folder)
    if here is None:
        write_remote(session, f"{folder.rstrip('/')}/{name}", _chunks(pieces))
        return
    try:
        here.mkdir(parents=True, exist_ok=True)
        with written(here / name, buffering=_CHUNK) as file:
            file.writelines(pieces)
    except OSError as error:
        raise UsageError.at(str(here / name), f"cannot be written ({error.strerror})", code="file") from None


def write_remote(session: Any, url: str, chunks: Iterable[bytes]) -> None:
    """Write a file through Hadoop, under another name until it is whole; raises UsageError."""
    hadoop = session._jvm.org.apache.hadoop.fs  # noqa: SLF001 - the only way to Hadoop's file systems
    target, temporary = hadoop.Path(url), hadoop.Path(f"{url}.part")
    system = target.getFileSystem(session._jsc.hadoopConfiguration())  # noqa: SLF001
    out = system.create(temporary, True)  # noqa: FBT003 - Java: overwrite
    try:
        for chunk in chunks:
            out.write(bytearray(chunk))
    except BaseException:
        out.close()
        system.delete(temporary, False)  # noqa: FBT003 - Java: not recursive
        raise
    out.close()
    if system.exists(target):
        system.delete(target, False)  # noqa: FBT003
    if not system.rename(temporary, target):
        raise UsageError.at(url, "cannot be written (its temporary file could not be renamed)", code="file")


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= _CHUNK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
