"""The one door to JSON: strict reading with limits and positions, and canonical writing.

Strict means RFC 8259 and no more: UTF-8, no NaN, no lone surrogates; and less: no duplicate
keys, integers within signed 64 bits, finite numbers, at most `MAX_DEPTH` levels. Canonical bytes have
sorted keys, no spaces and one line break at the end, in the spirit of RFC 8785: the same value has
the same bytes on every machine, and digests and signatures are over these bytes.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, TypeVar

import orjson

from passmuster.model.text import BOM

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence

T = TypeVar("T")
Path: TypeAlias = tuple[str | int, ...]

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
_LARGE = 1024 * 1024
_MOST_VALUES = 500_000
"""Values of a large document: each takes up to a hundred bytes of memory, and as little as two of text."""
_INT64 = range(-(2**63), 2**63)
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]++')
_LONG = b"0" * 19
"""Numbers that may not fit into 64 bits, and longer texts of digits, each digit as a nought (`_NOUGHTS`)."""
_NOUGHTS = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_CHUNK = 256 * 1024
_SNAPSHOT = b'{"collection":{'
_SAYS = re.compile(rb'"schema"\s*:\s*"passmuster\.snapshot/')
"""How a snapshot in canonical form begins."""
_OPENS = (b"{", b"[", BOM + b"{", BOM + b"[")
_JSON_LINE = re.compile(rb"\n\s*+(?:" + BOM + rb")?[{\[]")
_STRUCTURE = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"?|[{}\[\]]')


class InvalidJSONError(ValueError):
    """The text is not the JSON that is read here; line and column count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def loads(data: bytes, *, levels: int = MAX_DEPTH) -> Any:
    """Read one document strictly; raises InvalidJSONError with the place of the first mistake."""
    if len(data) > MAX_BYTES:
        raise InvalidJSONError(f"too large (expected at most {MAX_BYTES} bytes)", 1, 1)
    data = data.removeprefix(BOM)
    if len(data) > _LARGE and _too_many(data):
        raise InvalidJSONError(f"too large (expected at most {_MOST_VALUES} values)", 1, 1)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidJSONError(f"not JSON: {error.msg}", error.lineno, error.colno) from None
    if deeper_than(value, levels):
        raise InvalidJSONError(f"nested too deeply (expected at most {levels} levels)", 1, 1)
    if _LONG not in data.translate(_NOUGHTS) and orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == data.rstrip(b"\n"):
        # What is written again as it was read lost no key and no digit: much faster than looking at each of them.
        return value
    try:
        json.loads(data, object_pairs_hook=_unique, parse_int=_int64, parse_float=_finite)
    except _NotStrictError:
        raise _locate(data.decode()) from None
    return value


def _too_many(data: bytes) -> bool:
    return data.count(b",") + data.count(b"{") + data.count(b"[") > _MOST_VALUES


class _NotStrictError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _NotStrictError


def _int64(text: str) -> None:
    if len(text) > 20 or int(text) not in _INT64:
        raise _NotStrictError


def _finite(text: str) -> None:
    if not math.isfinite(float(text)):
        raise _NotStrictError


def deeper_than(value: Any, limit: int) -> bool:
    """Whether a value has more than so many levels of lists and objects."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        members = [container.values() if type(container) is dict else container for container in level]
        level = [child for member in members for child in member if type(child) is dict or type(child) is list]
    return bool(level)


def _locate(text: str) -> InvalidJSONError:
    """Find the first duplicate key or number out of range in text that is known to have one."""
    seen: list[set[str] | None] = []
    expect_key = False
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "{[":
            seen.append(set() if token == "{" else None)
            expect_key = token == "{"
        elif token in "}]":
            seen.pop()
            expect_key = False
        elif token == ",":
            expect_key = seen[-1] is not None
        elif token == ":":
            expect_key = False
        elif token.startswith('"'):
            keys = seen[-1] if seen and expect_key else None
            if keys is not None:
                key = json.loads(token)
                if key in keys:
                    return _at(text, match.start(), f"duplicate key {key!r} (expected each key once)")
                keys.add(key)
        elif _out_of_range(token):
            return _at(text, match.start(), f"number out of range (got {token[:40]}, expected a signed 64-bit integer)")
    raise AssertionError("unreachable: the strict reader found a mistake")


def _out_of_range(token: str) -> bool:
    try:
        json.loads(token, parse_int=_int64, parse_float=_finite)
    except _NotStrictError:
        return True
    return False


def _at(text: str, offset: int, message: str) -> InvalidJSONError:
    line_start = text.rfind("\n", 0, offset) + 1
    return InvalidJSONError(message, text.count("\n", 0, offset) + 1, offset - line_start + 1)


def trusted(data: bytes) -> Any:
    """Read what we wrote ourselves."""
    return orjson.loads(data)


def canonical(value: Any) -> bytes:
    """Write the one form of a value: sorted keys, no blanks, UTF-8, one line and a newline.

    The same bytes as ``json.dumps(sort_keys=True, ensure_ascii=False, separators=(",", ":"))``
    for what a snapshot or a report can hold (a test compares the two).
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def pretty(value: Any) -> bytes:
    """Write for people: sorted keys, two blanks of indent."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def documents(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Split a concatenation of documents into (line, bytes), each with the blanks that follow it.

    One document a line is the usual case; any other layout is followed by its brackets. What is no
    document (stray text) is given as it is, up to the end of its line, for the reader to refuse.
    """
    at, line = 0, 1
    while at < len(data):
        end = _document_end(data, at)
        chunk = data[at:end]
        if chunk.strip():
            lead = len(chunk) - len(chunk.lstrip())
            yield line + chunk.count(b"\n", 0, lead), chunk[lead:]
        line += chunk.count(b"\n")
        at = end


class SpanningError(Exception):
    """A document goes over several lines, or a line is no document, and the caller asked for lines alone."""


def stream(
    handle: BinaryIO, known: Callable[[bytes], T | None] = lambda _line: None, *, lines: bool = False
) -> Iterator[tuple[int, bytes | T]]:
    """The same of an open file, a line at a time; no more than a document is in memory.

    A line that `known` makes something of is a document by itself, and that is given in its place. What is longer than
    a document may be is given up to there, for the reader to refuse, and the rest of it is passed over. Of lines on
    end that are no documents (`is_noise`) the first is given. `lines`: raise SpanningError rather than read on.
    """
    number = 0
    spanning = _Spanning()
    while line := handle.readline(MAX_BYTES + 1):
        number += 1
        if line == b"\n" and not spanning.inside:
            continue
        result = known(line) if not spanning.inside or line.startswith(_SNAPSHOT) else None
        if result is not None:
            yield from spanning.end()
            yield number, result
            continue
        if not spanning.inside:
            line = line.removeprefix(BOM)
            if _whole(line):
                yield number, line.lstrip()
                continue
            if not line or line.isspace():
                continue
        if _too_large(line):
            _pass_over(handle, line)
            yield from spanning.end()
            yield number, line
        elif lines:
            raise SpanningError
        elif line[:1] != b"{" and spanning.inside and not _is_snapshot(line):
            number = yield from spanning.take_blocks(number, _following(handle, line))
        else:
            yield from spanning.take(number, line)
    yield from spanning.end()


def _following(handle: BinaryIO, line: bytes) -> Iterator[list[bytes]]:
    """A line and some that follow it, up to one that may begin a document, or is a snapshot and stands by itself."""
    block, size = [line], 0
    while size < _CHUNK and (line := handle.readline(MAX_BYTES + 1)):
        if b"{" in line and _is_snapshot(line):
            yield block
            yield [line]
            return
        block.append(line)
        size += len(line)
        if line[:1] == b"{":
            break
    yield block


def is_noise(line: bytes) -> bool:
    """Whether a line begins no document, as what other programs say does not; blanks before it do not count."""
    return not (line.isspace() or line.lstrip().startswith(_OPENS) or _too_large(line))


def _too_large(line: bytes) -> bool:
    return len(line) > _LARGE and (len(line) > MAX_BYTES or _too_many(line))


def _whole(line: bytes) -> bool:
    """Whether a line is a document by itself, by its ends."""
    line = line.strip()
    return line.startswith(b"{") and line.endswith(b"}") and b"}{" not in line


def _is_snapshot(line: bytes) -> bool:
    """Whether a line by itself is a snapshot, by what it says: no document that was torn off before it holds it."""
    return _whole(line) and (line.startswith(_SNAPSHOT) or _SAYS.search(line) is not None)


def _pass_over(handle: BinaryIO, line: bytes) -> None:
    """Read up to the end of a line, and forget it."""
    while line and not line.endswith(b"\n"):
        line = handle.readline(_CHUNK)


class _Spanning:
    """Documents that are not laid out in lines, put together as their lines come.

    A string of JSON goes over no end of a line, so that lines can be looked through one after the other.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = self._depth = self._number = 0
        self._noise = False

    @property
    def inside(self) -> bool:
        """Whether a document has begun and not ended."""
        return bool(self._held)

    def end(self) -> Iterator[tuple[int, bytes]]:
        """What is held, whether it is whole or not."""
        if self._held:
            yield self._number, b"".join(self._held)
        self._held, self._size, self._depth, self._noise = [], 0, 0, False

    def take(self, number: int, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Go on with lines, the first of them of that number."""
        if self._held and self._begins_anew(text):
            yield from self.end()
        at = 0
        while at < len(text):
            if not self._held:
                at = len(text) - len(text[at:].lstrip())
                if at == len(text):
                    return
                self._number = number + text.count(b"\n", 0, at)
                self._noise = not text.startswith(_OPENS, at)
                if self._noise:
                    self._hold(text[at:].partition(b"\n")[0] + b"\n")
            end = self._noise_end(text, at) if self._noise else self._end(text, at)
            if not self._noise:
                self._hold(text[at:end])
            if end is None:
                return
            yield from self.end()
            at = end

    def take_blocks(self, number: int, blocks: Iterable[Sequence[bytes]]) -> Generator[tuple[int, bytes], None, int]:
        """Go on with some lines at a time, the first of them of that number; returns the number of the last."""
        for block in blocks:
            yield from self.take(number, b"".join(block))
            number += len(block)
        return number - 1

    def _begins_anew(self, text: bytes) -> bool:
        """Whether what is held cannot go on with these lines: they begin a snapshot, or JSON where noise was."""
        return text.lstrip().startswith(_OPENS) if self._noise else _is_snapshot(text)

    def _noise_end(self, text: bytes, start: int) -> int | None:
        """Where noise ends: at a line that begins JSON."""
        match = _JSON_LINE.search(text, start)
        return None if match is None else match.start() + 1

    def _end(self, text: bytes, start: int) -> int | None:
        """Where the document ends, its newline included; None where it goes on."""
        for match in _STRUCTURE.finditer(text, start):
            token = match.group()
            if token in b"{[":
                self._depth += 1
            elif token in b"}]":
                self._depth -= 1
                if self._depth <= 0:
                    end = match.end()
                    return end + 1 if text[end : end + 1] == b"\n" else end
        return None

    def _hold(self, part: bytes) -> None:
        """Keep a part; beyond the size of a document, only so much that the reader sees that it is too large."""
        part = part[: max(0, MAX_BYTES + 1 - self._size)]
        self._size += len(part)
        if part or not self._held:
            self._held.append(part)


def _document_end(data: bytes, start: int) -> int:
    newline = data.find(b"\n", start)
    line_end = len(data) if newline < 0 else newline + 1
    line = data[start:line_end].strip()
    if not line or (line.startswith(b"{") and line.endswith(b"}") and b"}{" not in line):
        return line_end
    if not line.startswith((b"{", b"[")):
        return line_end
    depth = 0
    for match in _STRUCTURE.finditer(data, start):
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(match.group(), 0)
        if depth == 0 and match.group() in b"}]":
            end = match.end()
            return end + 1 if data[end : end + 1] == b"\n" else end
    return len(data)


def positions(data: bytes, paths: Collection[Path]) -> list[tuple[int, int]]:
    """Line and column of the value at each path, or of the nearest parent that is there; both count from 1.

    One pass over the document, however many paths there are.
    """
    text = data.decode()
    wanted = _Wanted()
    for path in paths:
        wanted.add(path)
    _find(text, wanted)
    offsets = [wanted.nearest(path) for path in paths]
    places: dict[int, tuple[int, int]] = {}
    line, start, last = 1, 0, 0
    for offset in sorted(set(offsets)):
        line += text.count("\n", last, offset)
        start = max(start, text.rfind("\n", last, offset) + 1)
        places[offset], last = (line, offset - start + 1), offset
    return [places[offset] for offset in offsets]


class _Wanted:
    """Paths whose places are wanted, as a tree: one node a step."""

    __slots__ = ("below", "offset")

    def __init__(self) -> None:
        self.below: dict[str | int, _Wanted] = {}
        self.offset: int | None = None

    def add(self, path: Path) -> None:
        node = self
        for step in path:
            node = node.below.setdefault(step, _Wanted())

    def nearest(self, path: Path) -> int:
        """The offset of the value at a path, or of its nearest parent that was found."""
        node, offset = self, self.offset or 0
        for step in path:
            node = node.below[step]
            if node.offset is None:
                break
            offset = node.offset
        return offset


def _find(text: str, root: _Wanted) -> None:
    """Note the offset of each value that is wanted."""
    steps: list[str | int | None] = []
    above: list[_Wanted | None] = []
    awaiting_key = False
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "}]":
            steps.pop()
            above.pop()
            awaiting_key = False
        elif token == ",":
            at = steps[-1]
            awaiting_key = not isinstance(at, int)
            steps[-1] = at + 1 if isinstance(at, int) else None
        elif awaiting_key:
            steps[-1] = json.loads(token) if above[-1] is not None else ""
            awaiting_key = False
        elif token != ":":
            holder = above[-1] if above else None
            step = steps[-1] if steps else None
            node = root if not above else holder.below.get(step) if holder is not None and step is not None else None
            if node is not None:
                node.offset = match.start()
            if token in "{[":
                steps.append(None if token == "{" else 0)
                above.append(node)
                awaiting_key = token == "{"
