"""Reading packed files as streams: gzip, and Zstandard where its library is there; bombs are cut short."""

from __future__ import annotations

import contextlib
import gzip
import importlib
import io
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

_RATIO = 200
"""So many bytes may come of one; snapshots of one fleet, which are alike, come near to it."""
_FREE = 1024 * 1024 * 1024
"""So many bytes may come of any file."""
_BUFFER = 256 * 1024


class PackedError(Exception):
    """The file is not what its name says, or holds too much."""


@contextlib.contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """A file that ends with .gz or .zst, unpacked as it is read; raises PackedError, OSError, UsageError."""
    wrong: tuple[type[Exception], ...] = (gzip.BadGzipFile, EOFError, zlib.error)
    name = "gzip"
    with open(path, "rb") as file:  # noqa: PTH123 - a stream
        if path.endswith(".zst"):
            zstd = _zstd(path)
            wrong, name = (zstd.ZstdError, EOFError), "Zstandard"
            unpacked: Any = zstd.ZstdFile(file)
        else:
            unpacked = gzip.GzipFile(fileobj=file)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        counted = _Counted(unpacked, max(_FREE, size * _RATIO))
        try:
            yield cast("BinaryIO", io.BufferedReader(counted, _BUFFER))
        except wrong as error:
            raise PackedError(f"not a whole {name} file ({error})") from None


def _zstd(path: str) -> Any:
    """The library for Zstandard: Python's own from 3.14 on, else the same for older ones."""
    for name in ("compression.zstd", "backports.zstd"):
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
    message = "reading .zst needs a library that is not installed (pip install 'passmuster[fleet]')"
    raise UsageError.at(path, message, code="usage-input")


class _Counted(io.RawIOBase):
    """Reads on until too much has come."""

    def __init__(self, source: Any, most: int) -> None:
        self._source, self._left = source, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        read: int = self._source.readinto(buffer)
        self._left -= read
        if self._left < 0:
            raise PackedError("too large unpacked (expected at most 1 GiB, or 200 times its size)")
        return read
