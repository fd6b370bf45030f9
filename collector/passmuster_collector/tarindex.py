"""The members of a tar archive, by their headers: ustar, GNU's and pax's long names.

Nothing is trusted: every header's sum is checked, and an archive with a name that leads out of it is refused as a
whole. Formats: POSIX.1-1988 ustar, the headers `L` and `K` of GNU tar, and pax extended headers (path, linkpath, size).
"""

from typing import Dict, Iterator, NamedTuple, Tuple

from passmuster_collector.reading import quoted
from passmuster_collector.source import as_text
from passmuster_collector.unpacking import TOTAL, Stream
from passmuster_collector.usage import UsageError

MEMBERS = 100_000
_BLOCK = 512
_EXTENSION = 1 << 16
"""The most that a long name or a pax header may have, in bytes."""
_DEPTH = 100
_TYPES = {
    b"0": "regular",
    b"\0": "regular",
    b"7": "regular",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "character",
    b"4": "block",
    b"5": "directory",
    b"6": "fifo",
}
_EMPTY = (b"1", b"2", b"3", b"4", b"5", b"6")
_LONG = {b"L": "path", b"K": "linkpath"}


class Member(NamedTuple):
    """One member; its content begins at an offset of the unpacked archive."""

    name: str
    """Relative, without ``.`` and ``..``; empty for the top."""
    kind: str
    size: int
    offset: int
    target: str
    """What a link leads to."""
    mode: int
    uid: int
    gid: int
    major: int
    minor: int
    changed_at: int
    """Seconds since 1970."""


def members(stream: Stream) -> Iterator[Member]:
    """All members in order, with the stream at the content of each; raises UsageError with one line."""
    count, total = 0, 0
    extended: Dict[str, str] = {}
    while True:
        header = stream.read(_BLOCK)
        if len(header) < _BLOCK:
            raise UsageError("no tar archive, or one that is cut off")
        if not header.strip(b"\0"):
            return
        count += 1
        start = stream.position
        flag, size = _opened(header, start, extended)
        total += _padded(size)
        if count > MEMBERS:
            raise UsageError(f"the archive has too many members (limit {MEMBERS})")
        if total > TOTAL:
            raise UsageError(f"the archive is too large (limit {TOTAL} bytes unpacked)")
        if flag == b"x":
            extended.update(_pax(_extension(stream, size)))
        elif flag in _LONG:
            extended[_LONG[flag]] = as_text(_extension(stream, size).rstrip(b"\0"))
        elif flag != b"g":
            yield _member(header, flag, size, start, extended)
            extended = {}
        stream.skip(start + _padded(size) - stream.position)


def _opened(header: bytes, start: int, extended: Dict[str, str]) -> Tuple[bytes, int]:
    """The type of a member, and the size of its content; links and folders have none, whatever they say."""
    if not _sum_holds(header):
        raise UsageError(f"no tar archive, or a damaged one (at byte {start - _BLOCK})")
    flag = header[156:157]
    if flag in _EMPTY:
        return flag, 0
    return flag, _decimal(extended["size"]) if "size" in extended else _number(header[124:136])


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def checked(name: str) -> str:
    """A member's name as a path inside; raises UsageError where it leads out."""
    if name.startswith("/"):
        raise UsageError(
            f"a member is called {quoted(name)} (expected a name without / before it: tar -P writes such names; pack it"
            " again without -P, or unpack it into a folder)"
        )
    steps = [step for step in name.split("/") if step not in ("", ".")]
    if ".." in steps or "\0" in name or len(steps) > _DEPTH:
        raise UsageError(f"the archive is hostile: a member is called {quoted(name)}")
    return "/".join(steps)


def _member(header: bytes, flag: bytes, size: int, offset: int, extended: Dict[str, str]) -> Member:
    prefix = _field(header[345:500]) if header[257:263] == b"ustar\0" else ""
    name = "/".join(filter(None, (prefix, _field(header[:100]))))
    return Member(
        name=checked(extended.get("path", name)),
        kind=_TYPES.get(flag, "other"),
        size=size,
        offset=offset,
        target=extended.get("linkpath", _field(header[157:257])),
        mode=_number(header[100:108]) & 0o7777,
        uid=_number(header[108:116]),
        gid=_number(header[116:124]),
        major=_number(header[329:337]),
        minor=_number(header[337:345]),
        changed_at=_number(header[136:148]),
    )


def _field(data: bytes) -> str:
    return as_text(data.split(b"\0", 1)[0])


def _number(data: bytes) -> int:
    """Octal digits, or GNU's binary form."""
    if data[:1] == b"\x80":
        return int.from_bytes(data[1:], "big")
    text = data.strip(b" \0")
    if not all(0x30 <= digit <= 0x37 for digit in text):
        raise UsageError("the archive is damaged (a number in a header is none)")
    return int(text or b"0", 8)


def _decimal(text: str) -> int:
    if not (text.isdigit() and len(text) < 20):
        raise UsageError("the archive is damaged (a size is no number)")
    return int(text)


def _sum_holds(header: bytes) -> bool:
    told = header[148:156].strip(b" \0")
    total = sum(header[:148]) + 8 * 0x20 + sum(header[156:])
    return told.lstrip(b"0") == b"%o" % total


def _extension(stream: Stream, size: int) -> bytes:
    if size > _EXTENSION:
        raise UsageError(f"the archive is hostile: a name of {size} bytes (limit {_EXTENSION})")
    return stream.read(size)


def _pax(data: bytes) -> Dict[str, str]:
    """Records of a length, a blank, KEY=VALUE and a newline."""
    found: Dict[str, str] = {}
    while data:
        length, blank, _ = data.partition(b" ")
        if not (blank and length.isdigit() and len(length) < 8 and 0 < int(length) <= len(data)):
            raise UsageError("the archive is damaged (an extended header)")
        key, _, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        if key in (b"path", b"linkpath", b"size"):
            found[as_text(key)] = as_text(value)
        data = data[int(length) :]
    return found
