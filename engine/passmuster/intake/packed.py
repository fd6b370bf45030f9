"""Reading packed files as streams, known by their first bytes: gzip, xz, bzip2, Zstandard; bombs are cut short."""

from __future__ import annotations

import bz2
import contextlib
import importlib
import io
import lzma
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import WriteableBuffer

T = TypeVar("T")

_RATIO = 200
"""The highest ratio of unpacked to packed bytes; similar snapshots of one fleet come near to it."""
_FREE = 256 * 1024 * 1024
"""Bytes that any file may unpack to; beyond them, the ratio is the limit."""
_LINES, _LINES_RATIO = 1024 * 1024, 16
"""Lines that any file may have, or for each of its bytes: a pretty-printed snapshot has a thousand."""
_DOCUMENTS, _BYTES = 10_000, 8
"""Documents that any file may have, or one for this many of its bytes: nodes differ at least by name."""
_MEMORY = 128 * 1024 * 1024
"""Memory limit for unpacking xz; its highest level needs half of it."""
_BUFFER = 256 * 1024
_CHUNK = 64 * 1024


class PackedError(Exception):
    """The file is incomplete, or holds too much."""


def unpacked(head: bytes, source: BinaryIO, name: str) -> BinaryIO | None:
    """A file as what it is when unpacked; None where its first bytes are of no packed file.

    The file stands at its beginning. Reading raises PackedError, OSError; a library that is missing is a UsageError.
    """
    for magic, kind, maker in _KINDS:
        if head.startswith(magic):
            return cast("BinaryIO", io.BufferedReader(_Unpacking(source, kind, maker(name)), _BUFFER))
    return None


def bounded(items: Iterator[T], file: BinaryIO) -> Iterator[T]:
    """The content of a file; raises PackedError if it is more than a packed file may hold."""
    raw = getattr(file, "raw", None)
    if not isinstance(raw, _Unpacking):
        return items
    return _counted(items, raw)


def _counted(items: Iterator[T], raw: _Unpacking) -> Iterator[T]:
    for number, item in enumerate(items, start=1):
        raw.demand(number)
        yield item


def is_packed(head: bytes) -> bool:
    """Whether a file that begins like this is packed."""
    return any(head.startswith(magic) for magic, _, _ in _KINDS)


def _zstd(name: str) -> Any:
    """The library for Zstandard: Python's own from 3.14 on, else the same for older ones."""
    for library in ("compression.zstd", "backports.zstd"):
        with contextlib.suppress(ImportError):
            return importlib.import_module(library)
    message = "reading .zst needs a library that is not installed (pip install 'passmuster[fleet]')"
    raise UsageError.at(name, message, code="usage-input")


class _Gzip:
    """zlib's decompressor with the methods of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, most)


class _Unpacking(io.RawIOBase):
    """Unpacks until the source ends, or too much has come of what was read of it."""

    def __init__(self, source: BinaryIO, kind: str, make: Callable[[], Any]) -> None:
        self._source, self._kind, self._make = source, kind, make
        self._inner = make()
        self._read = self._made = self._lines = 0
        self._rest = b""
        """What was read behind the end of a part: the next part begins there."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        most = memoryview(buffer).nbytes
        try:
            data = self._next(most)
        except PackedError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise PackedError(f"not a whole {self._kind} file ({error})") from None
        self._count(data)
        memoryview(buffer).cast("B")[: len(data)] = data
        return len(data)

    def _next(self, most: int) -> bytes:
        """Some bytes; empty only at the end."""
        while True:
            data = b""
            if self._inner.eof:
                self._rest = self._inner.unused_data or self._more()
                if not self._rest.strip(b"\0"):  # padding
                    return b""
                self._inner = self._make()
                data, self._rest = self._rest, b""
            elif self._inner.needs_input:
                data = self._more()
                if not data:
                    raise EOFError("it ends too early")
            made: bytes = self._inner.decompress(data, most)
            if made:
                return made

    def _more(self) -> bytes:
        data = self._source.read(_CHUNK)
        self._read += len(data)
        return data

    def _count(self, data: bytes) -> None:
        self._made += len(data)
        self._lines += data.count(b"\n")
        if self._made > max(_FREE, self._read * _RATIO):
            raise PackedError(f"too large unpacked (expected at most {_FREE >> 20} MiB, or {_RATIO} times its size)")
        if self._lines > max(_LINES, self._read * _LINES_RATIO):
            raise PackedError(f"too many lines (expected at most {_LINES}, or {_LINES_RATIO} for each of its bytes)")

    def demand(self, documents: int) -> None:
        """Raise PackedError where so many documents came of what was read."""
        if documents > max(_DOCUMENTS, self._read // _BYTES):
            raise PackedError(f"too many documents (expected at most {_DOCUMENTS}, or one of {_BYTES} of its bytes)")


_KINDS: tuple[tuple[bytes, str, Callable[[str], Callable[[], Any]]], ...] = (
    (b"\x1f\x8b", "gzip", lambda _name: _Gzip),
    (b"\xfd7zXZ\0", "xz", lambda _name: lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)),
    (b"BZh", "bzip2", lambda _name: bz2.BZ2Decompressor),
    (b"\x28\xb5\x2f\xfd", "Zstandard", lambda name: _zstd(name).ZstdDecompressor),
)
"""First bytes, what it is called, and what makes its decompressor for a file of a name."""
