"""Read what gzip, bzip2 or xz packed as one stream, within limits: what is unpacked is never held whole.

A small file that unpacks to a huge one is refused before it does: by the bytes that came out, and by how many came out
of one byte that went in. However slowly it unpacks, the time is asked for with each piece.
"""

import zlib
from typing import Any, BinaryIO, Callable, Dict, Tuple

from passmuster_collector.budget import Budget, OutOfTimeError
from passmuster_collector.usage import UsageError

TOTAL = 1 << 30
RATIO = 200
_SLACK = 1 << 20
"""What may come out before the ratio counts: the first block of zeros of an honest archive unpacks well."""
_CHUNK = 1 << 16
_DICTIONARY = 128 << 20
"""The most that xz may use for itself, in bytes."""


class Stream:
    """Bytes from a file to its end, unpacked where they are packed; raises UsageError with one line.

    Raises OutOfTimeError where the budget is spent before what is asked for was read.
    """

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        start = file.read(6)
        file.seek(0)
        self._make = _unpacker(start)
        self._engine: Any = self._make() if self._make is not None else None
        self._ready, self._at = b"", 0
        self._input = b""
        self._taken = 0
        self._made = 0
        self._read = 0

    @property
    def position(self) -> int:
        """How many bytes were read and passed over."""
        return self._read

    @property
    def packed(self) -> bool:
        """Whether going back means to start again."""
        return self._make is not None

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        data = self._file.read(size) if self._make is None else self._unpacked(size)
        self._read += len(data)
        return data

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        if self._make is None:
            self._file.seek(size, 1)
            self._read += size
            return
        while size > 0:
            passed = len(self.read(min(size, _CHUNK)))
            if not passed:
                raise UsageError("the archive is cut off")
            size -= passed

    def _unpacked(self, size: int) -> bytes:
        parts = []
        while size > 0 and (self._at < len(self._ready) or self._more()):
            part = self._ready[self._at : self._at + size]
            self._at += len(part)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _more(self) -> bool:
        """Unpack the next piece; false at the end."""
        assert self._make is not None
        self._ready, self._at = b"", 0
        while not self._ready:
            if self._budget.spent():
                raise OutOfTimeError
            if self._engine.eof:
                self._input = self._engine.unused_data or self._file_chunk()
                if not self._input.strip(b"\0"):
                    return False
                self._engine = self._make()
            try:
                self._ready = self._step()
            except UsageError:
                raise
            except (zlib.error, OSError, EOFError, ValueError, _xz_error()) as error:
                raise UsageError(f"the archive is damaged ({error})") from None
            self._counted()
        return True

    def _step(self) -> bytes:
        """One call of the engine; what it has not taken stays in the input."""
        if not self._input and getattr(self._engine, "needs_input", True):
            self._input = self._file_chunk()
            if not self._input:
                raise UsageError("the archive is cut off")
        given, self._input = self._input, b""
        made = self._engine.decompress(given, _CHUNK)
        self._input = getattr(self._engine, "unconsumed_tail", b"")
        return bytes(made)

    def _file_chunk(self) -> bytes:
        chunk = self._file.read(_CHUNK)
        self._taken += len(chunk)
        return chunk

    def _counted(self) -> None:
        self._made += len(self._ready)
        if self._made > TOTAL:
            raise UsageError(f"the archive is too large (limit {TOTAL} bytes unpacked)")
        if self._made > _SLACK + RATIO * self._taken:
            raise UsageError(f"the archive unpacks to more than {RATIO} times its size")


def _unpacker(start: bytes) -> Any:
    makers: Dict[bytes, Tuple[str, Callable[[], Any]]] = {
        b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16)),
        b"BZh": ("bz2", _bzip2),
        b"\xfd7zXZ\0": ("lzma", _xz),
    }
    for magic, (name, make) in makers.items():
        if start.startswith(magic):
            try:
                make()
            except ImportError:
                raise UsageError(f"this Python cannot unpack it (it has no module {name})") from None
            return make
    return None


def _bzip2() -> Any:
    import bz2  # noqa: PLC0415 - left out of some small Pythons

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma  # noqa: PLC0415 - left out of some small Pythons

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DICTIONARY)


def _xz_error() -> Any:
    try:
        import lzma  # noqa: PLC0415 - left out of some small Pythons
    except ImportError:
        return OSError
    return lzma.LZMAError
