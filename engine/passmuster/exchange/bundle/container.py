"""The container: a ustar archive in canonical form: the same members always give the same bytes.

Regular files only, in ascending order of their paths, `manifest.json` first; mode 0644, no owner, no time; two blocks
of zeros end it, and nothing follows. Any tar reads it. Reading it here means: take the members out, write them again,
and compare, so that no byte of a header or of padding can differ. Nothing is ever extracted to a file system.
With one form for one content, the digest of the file names the content, and nothing can hide between the members. A
second way to write anything would break both. (POSIX pax(1), "ustar Interchange Format"; reproducible-builds.org.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from passmuster.errors import IntegrityError, PassmusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES = 1024 * 1024 * 1024
MAX_MEMBER = 16 * 1024 * 1024
MAX_MEMBERS = 100_000
FIRST = "manifest.json"
BLOCK = 512
_PATH_LENGTH = 100
_END = bytes(2 * BLOCK)
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
_TYPES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"5": "a folder",
    b"6": "a named pipe",
}
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


class NotABundleError(PassmusterError):
    """The bytes are no bundle; nothing of them was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the container."""

    path: str
    data: bytes


def build(members: Iterable[Member], file: str) -> bytes:
    """The container of these members, in whatever order they come; raises IntegrityError beyond the limits."""
    ordered = sorted(members, key=lambda member: member.path)
    _limits(ordered, file)
    return b"".join(_pieces(ordered))


def parse(data: bytes, file: str) -> tuple[Member, ...]:
    """The members of a container; raises NotABundleError or IntegrityError with the first thing that is wrong."""
    demand_beginning(data[:BLOCK], file)
    if len(data) > MAX_BYTES:
        raise _damaged(file, f"larger than a bundle may be (got {len(data)} bytes, expected at most {MAX_BYTES})")
    members: list[Member] = []
    at = 0
    while at < len(data) and data[at : at + BLOCK] != _END[:BLOCK]:
        member = _member(data, at, file)
        _follows(member, members, file)
        members.append(member)
        at += BLOCK + _padded(len(member.data))
    view, at = memoryview(data), 0
    for piece in _pieces(members):
        if view[at : at + len(piece)] != piece:
            raise _damaged(file, f"not in canonical form (at byte {at + _differs(view[at:], piece)})")
        at += len(piece)
    if at != len(data):
        raise _damaged(file, f"{len(data) - at} bytes follow its end")
    return tuple(members)


def first(handle: BinaryIO) -> bytes | None:
    """The first member's bytes, of a file that is open at its beginning; None where that is no bundle."""
    block = handle.read(BLOCK)
    try:
        demand_beginning(block, "")
    except NotABundleError:
        return None
    size = _octal(block[124:136])
    return None if size is None or size > MAX_MEMBER else handle.read(size)


def demand_beginning(block: bytes, file: str) -> None:
    """Raise NotABundleError unless a file that begins with these bytes (512, where it has as many) can be a bundle."""
    packed = next((name for magic, name in _PACKED.items() if block.startswith(magic)), None)
    if packed is not None:
        message = f"not a bundle: packed with {packed} (expected the bundle itself, unpacked)"
    elif len(block) < BLOCK or block[257:262] != b"ustar":
        message = "not a bundle (expected a file that `passmuster bundle create` wrote)"
    elif _text(block[:_PATH_LENGTH]) != FIRST:
        message = f"not a bundle: its first member is {_text(block[:_PATH_LENGTH])!r} (expected {FIRST!r})"
    else:
        return
    raise NotABundleError.at(file, message, code="bundle-none")


def _limits(members: list[Member], file: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise _damaged(file, f"too many members (got {len(members)}, expected at most {MAX_MEMBERS})")
    for before, member in zip([None, *members], members, strict=False):
        if len(member.data) > MAX_MEMBER:
            raise _too_large(member.path, len(member.data), file)
        if not _named(member.path):
            raise _damaged(file, f"a member has a name that a bundle cannot hold (got {member.path!r})")
        if before is not None and before.path == member.path:
            raise _damaged(file, f"{member.path} appears twice")
    total = sum(BLOCK + _padded(len(member.data)) for member in members) + len(_END)
    if total > MAX_BYTES:
        raise _damaged(file, f"larger than a bundle may be (got {total} bytes, expected at most {MAX_BYTES})")


def _named(path: str) -> bool:
    return len(path) <= _PATH_LENGTH and _SAFE.fullmatch(path) is not None


def _pieces(members: Iterable[Member]) -> Iterator[bytes]:
    for member in members:
        yield _header(member.path, len(member.data))
        yield member.data
        yield bytes(-len(member.data) % BLOCK)
    yield _END


def _header(path: str, size: int) -> bytes:
    """POSIX.1-2017, pax, "ustar Interchange Format": name, mode, owners, size, time, checksum, type, link, magic."""
    before = path.encode().ljust(_PATH_LENGTH, b"\0") + b"0000644\0" + b"0000000\0" * 2
    before += b"%011o\0" % size + b"00000000000\0"
    after = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
    checksum = sum(before) + 8 * ord(" ") + sum(after)
    return before + b"%06o\0 " % checksum + after


def _member(data: bytes, at: int, file: str) -> Member:
    header = data[at : at + BLOCK]
    if len(header) < BLOCK:
        raise _damaged(file, "truncated (it ends inside a header)")
    if header[257:262] != b"ustar":
        raise _damaged(
            file, f"no header of a member at byte {at}: something before it is longer or shorter than it was"
        )
    path, kind = _text(header[:_PATH_LENGTH]), header[156:157]
    if kind != b"0":
        raise _damaged(file, f"{path!r} is {_TYPES.get(kind, 'not a regular file')} (expected only regular files)")
    if not _named(path):
        why = "leads out of it" if path.startswith("/") or ".." in path.split("/") else "is not the name of a member"
        raise _damaged(file, f"{path!r} {why}")
    size = _octal(header[124:136])
    if size is None:
        raise _damaged(file, f"{path}: its size is not written as a bundle writes it")
    if size > MAX_MEMBER:
        raise _too_large(path, size, file)
    begin = at + BLOCK
    if begin + _padded(size) > len(data):
        raise _damaged(file, f"truncated (it ends inside {path})")
    return Member(path=path, data=data[begin : begin + size])


def _follows(member: Member, members: list[Member], file: str) -> None:
    if len(members) >= MAX_MEMBERS:
        raise _damaged(file, f"too many members (expected at most {MAX_MEMBERS})")
    if members and members[-1].path == member.path:
        raise _damaged(file, f"{member.path} appears twice")
    if members and members[-1].path > member.path:
        raise _damaged(file, f"{member.path} is not in its place (expected ascending paths)")


def _padded(size: int) -> int:
    return size + -size % BLOCK


def _octal(field: bytes) -> int | None:
    return int(field[:11], 8) if re.fullmatch(rb"[0-7]{11}\0", field) else None


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="backslashreplace")


def _differs(view: memoryview, piece: bytes) -> int:
    pairs = zip(view, piece, strict=False)
    return next((number for number, (got, wanted) in enumerate(pairs) if got != wanted), min(len(view), len(piece)))


def _too_large(path: str, size: int, file: str) -> PassmusterError:
    return _damaged(file, f"{path} is too large (got {size} bytes, expected at most {MAX_MEMBER})")


def _damaged(file: str, message: str) -> PassmusterError:
    return IntegrityError.at(file, message, code="bundle-container")
