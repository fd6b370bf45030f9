"""The one door to YAML: a strict subset, read with the position of every key and value.

No anchors, aliases, merges, tags, duplicate keys or second documents; plain scalars mean what
JSON means by them (`true`, `false`, `null`, numbers), so `on`, `no`, `010` and dates are strings: the
JSON schema of YAML 1.2 (its chapter 10.2), with PyYAML's YAML 1.1 resolvers taken out.
What nobody sees, or what turns text round, is refused wherever it stands: a reader of the file must
see what the machine reads. Every mistake in a file is reported at once; only broken syntax ends the reading.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload

import yaml

from passmuster.errors import MAX_PROBLEMS, Location, Problem
from passmuster.model.text import INVISIBLE, NotTextError, decoded, escape

MAX_BYTES = 1024 * 1024
MAX_NODES = 10_000
MAX_DEPTH = 32
Path: TypeAlias = tuple[str | int, ...]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_PLAIN_BYTES = bytes((9, 10, 13, *range(0x20, 0x7F)))
_UNSEEN = re.compile(f"[{_CONTROL}{INVISIBLE}]")
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a value stands. For a block scalar, where its text stands: line and indent."""

    line: int
    column: int
    block: bool = False
    """Whether it is a literal block scalar: then every line of its text begins at `column`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says, and where it says it."""

    file: str
    value: Any
    positions: dict[Path, Position]
    keys: dict[Path, Position]
    lines: Sequence[str]

    def problem(self, path: Path, message: str, *, code: str, hint: str | None = None, key: bool = False) -> Problem:
        """Make a problem at a value (or at its key); at the nearest parent where the path is not in the file."""
        at = self._find(path, self.keys if key else self.positions)
        return self.problem_at(at.line, at.column, message, code=code, hint=hint)

    def problem_at(self, line: int, column: int, message: str, *, code: str, hint: str | None = None) -> Problem:
        """Make a problem at a line and column, with the author's line under it."""
        excerpt = self.lines[line - 1] if line <= len(self.lines) else None
        where = Location(file=self.file, line=line, column=column)
        return Problem(code=code, message=message, location=where, excerpt=excerpt, hint=hint)

    def _find(self, path: Path, table: dict[Path, Position]) -> Position:
        if path in table:
            return table[path]
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, Position(line=1, column=1))


class YAMLProblems(Exception):  # noqa: N818 - it carries problems
    """The file cannot be read; it carries every mistake found."""

    def __init__(self, problems: list[Problem], document: Document | None = None) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.document = document
        """What the file says all the same, so that more can be told of it; None where it cannot be read."""


def load(data: bytes, file: str) -> Document:
    """Read a document; raises YAMLProblems."""
    text = _decode(data, file)
    lines = _lines(text)
    reader = _Reader(Document(file=file, value=None, positions={}, keys={}, lines=lines))
    value = reader.read(text)
    read = reader.document
    document = Document(file=file, value=value, positions=read.positions, keys=read.keys, lines=lines)
    if reader.problems:
        raise YAMLProblems(reader.problems, document if reader.whole else None)
    return document


_MANY_LINES = 20_000
_CHUNK = 4096


def _lines(text: str) -> Sequence[str]:
    """The lines of a text, without their ends."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n") if text.count("\n") < _MANY_LINES else _ManyLines(text)


class _ManyLines(Sequence[str]):
    """The lines of a text that has so many that a string for each would be a burden: found when asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._count = text.count("\n") + 1

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            first, last, step = index.indices(self._count)
            if step != 1 or first >= last:
                return [self[at] for at in range(first, last, step)]
            start = self._start(first)
            return self._text[start : self._ends(start, last - first)].split("\n")
        if not 0 <= index < self._count:
            raise IndexError(index)
        start = self._start(index)
        end = self._text.find("\n", start)
        return self._text[start : None if end < 0 else end]

    def _ends(self, at: int, count: int) -> int | None:
        """Where so many lines from an offset on end, without the last end; None at the end of the text."""
        for _ in range(count):
            end = self._text.find("\n", at)
            if end < 0:
                return None
            at = end + 1
        return at - 1

    def _start(self, index: int) -> int:
        """The offset of a line: whole chunks are counted, and only the last is looked through."""
        at = 0
        while (within := self._text.count("\n", at, at + _CHUNK)) < index:
            index -= within
            at += _CHUNK
        for _ in range(index):
            at = self._text.find("\n", at) + 1
        return at


def _decode(data: bytes, file: str) -> str:
    def refuse(message: str, line: int, column: int) -> YAMLProblems:
        return YAMLProblems(
            [Problem(code="yaml-text", message=message, location=Location(file=file, line=line, column=column))]
        )

    if len(data) > MAX_BYTES:
        raise refuse(f"too large (got {len(data)} bytes, expected at most {MAX_BYTES})", 1, 1)
    try:
        text = decoded(data)
    except NotTextError as error:
        raise refuse(error.message, error.line, error.column) from None
    # Nearly all that is read is plain, which is seen in a fifth of the time.
    if (not data.isascii() or data.translate(None, _PLAIN_BYTES)) and _UNSEEN.search(text):
        document = Document(file=file, value=None, positions={}, keys={}, lines=_lines(text))
        raise YAMLProblems(_unseen(text.replace("\r\n", "\n").replace("\r", "\n"), document))
    return text


def _unseen(text: str, document: Document) -> list[Problem]:
    """Each control and each invisible character, with its place."""
    entries = []
    line, counted = 1, 0
    for bad in itertools.islice(_UNSEEN.finditer(text), MAX_PROBLEMS + 1):
        line += text.count("\n", counted, counted := bad.start())
        column = bad.start() - text.rfind("\n", 0, bad.start())
        name = _NAMES.get(bad.group()) or unicodedata.name(bad.group(), "a control character").lower()
        message = f"U+{ord(bad.group()):04X} is not seen by who reads this (got {name}, expected visible text)"
        hint = f"take it out, or write {escape(bad.group())} where a quoted string means it"
        entries.append(document.problem_at(line, column, message, code="yaml-text", hint=hint))
    return entries


_NAMES = {"\ufeff": "a byte order mark"}


class _TooMuchError(Exception):
    pass


_ELSEWHERE = frozenset(("yaml-merge", "yaml-key", "yaml-number", "yaml-tag"))
"""Mistakes after which what the file says is something else than what it means."""


@dataclass(slots=True)
class _Reader:
    """Turns the parser's events into a value; the events are checked before anything is built."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    _events: list[Any] = field(default_factory=list)
    _at: int = 0
    whole: bool = False
    """Whether all of the file was read, and nothing in it stands for something else."""

    def read(self, text: str) -> Any:
        """The value; None where there are problems."""
        try:
            return self._read(text)
        except _TooMuchError:
            return None

    def _read(self, text: str) -> Any:
        try:
            self._check(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            if error.context == "while scanning a simple key" and error.context_mark:
                mark = error.context_mark  # the text that is no key; the search for its colon ended further on
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            cure = _cure(self.document.lines, line, error.problem or "")
            self._note(line, column, f"not YAML: {error.problem or error.context}", "yaml-syntax", cure)
            return None
        if not any(isinstance(event, yaml.DocumentStartEvent) for event in self._events):
            self._note(1, 1, "the file is empty (expected a mapping)", "yaml-syntax")
            return None
        if any(isinstance(event, yaml.AliasEvent) for event in self._events):
            return None
        self._at = next(i for i, event in enumerate(self._events) if isinstance(event, yaml.DocumentStartEvent)) + 1
        value = self._value(())
        self.whole = not any(problem.code in _ELSEWHERE for problem in self.problems)
        return value

    def _check(self, text: str) -> None:
        depth = nodes = documents = 0
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for event in yaml.parse(text, Loader=loader):
            line, column = _place(event)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._note(line, column, "a second document (expected one)", "yaml-document")
                    raise _TooMuchError
            if isinstance(event, yaml.NodeEvent):
                nodes += 1
                self._check_node(event, line, column)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH or nodes > MAX_NODES:
                what = f"nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"more than {MAX_NODES} nodes"
                self._note(line, column, f"too much: {what}", "yaml-limit")
                raise _TooMuchError
            self._events.append(event)

    def _check_node(self, event: Any, line: int, column: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._note(line, column, f"an alias is not allowed here (got *{event.anchor})", "yaml-alias", _BARE)
        elif event.anchor is not None:
            self._note(line, column, f"an anchor is not allowed here (got &{event.anchor})", "yaml-anchor")
        if getattr(event, "tag", None) is not None:
            self._note(line, column, f"a tag is not allowed here (got {event.tag})", "yaml-tag", _BARE)

    def _note(self, line: int, column: int, message: str, code: str, hint: str | None = None) -> None:
        self.problems.append(self.document.problem_at(line, column, message, code=code, hint=hint))
        if len(self.problems) > MAX_PROBLEMS:
            raise _TooMuchError

    def _value(self, path: Path) -> Any:
        event = self._events[self._at]
        self._at += 1
        line, column = _place(event)
        self.document.positions[path] = Position(line=line, column=column)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(self._events[self._at], yaml.SequenceEndEvent):
            items.append(self._value((*path, len(items))))
        self._at += 1
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(self._events[self._at], yaml.MappingEndEvent):
            event = self._events[self._at]
            line, column = _place(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._note(line, column, "a key is not a string (expected a string)", "yaml-key")
                self._value((*path, ""))
                self._value((*path, ""))
                continue
            self._at += 1
            key = event.value
            if key in members:
                self._note(line, column, f"duplicate key {key!r} (expected each key once)", "yaml-duplicate")
            elif key == "<<" and event.implicit[0]:
                self._note(line, column, "a merge key is not allowed here (got <<)", "yaml-merge")
            self.document.keys[(*path, key)] = Position(line=line, column=column)
            members[key] = self._value((*path, key))
        self._at += 1
        return members

    def _scalar(self, event: Any, path: Path) -> Any:
        if event.style == "|":
            self.document.positions[path] = self._block(event)
        if event.style or not event.implicit[0]:
            return event.value
        text = event.value
        if text in {"true", "false"}:
            return text == "true"
        if text in {"null", "~", ""}:
            return None
        if _INTEGER.fullmatch(text):
            if len(text) <= 20 and int(text) in _INT64:
                return int(text)
            at = self.document.positions[path]
            self._note(at.line, at.column, f"a number out of range (got {text[:24]}, expected 64 bits)", "yaml-number")
            return 0
        return float(text) if _FLOAT.fullmatch(text) and len(text) < 40 else text

    def _block(self, event: Any) -> Position:
        first = event.start_mark.line + 2
        for number in range(first, event.end_mark.line + 1):
            line = self.document.lines[number - 1] if number <= len(self.document.lines) else ""
            if line.strip():
                return Position(line=first, column=len(line) - len(line.lstrip(" ")) + 1, block=True)
        return Position(line=first, column=1, block=True)


def _place(event: yaml.Event) -> tuple[int, int]:
    mark: Any = event.start_mark  # never missing on events that the parser makes
    return mark.line + 1, mark.column + 1


_BARE = "an expression belongs into a literal block: write `key: |` and the text indented on the next line"


_KEY = re.compile(r"(?:- +)*(?:[\w.-]+|'[^']*'|\"[^\"]*\") *:(?: |$)|- ")
"""How a line begins that is a key or an item of a list."""
_HEADER = re.compile(r":\s*[|>][-+0-9]*\s*(?:#.*)?$")
"""How a line ends whose text is a block below it."""
_LOOKED_AT = 200
"""Lines above a mistake that are looked at."""


def _cure(lines: Sequence[str], line: int, problem: str) -> str | None:
    """Name the cure: of an indent that fits nothing, or of a text that YAML takes for something else."""
    text = lines[line - 1][:_CHUNK] if line <= len(lines) else ""
    if text.lstrip(" ").startswith("\t"):
        return "a tab indents this line: indent with spaces"
    above = [earlier[:_CHUNK] for earlier in lines[max(0, line - 1 - _LOOKED_AT) : line - 1]]
    indented = _indented(
        text, [earlier for earlier in above if earlier.strip() and not earlier.lstrip().startswith("#")]
    )
    if indented is not None:
        return indented
    if "',' or" in problem:
        return "close the bracket that is open above, or put the text into a block: write `key: |`"
    for candidate in (text, *above[-1:]):
        bare = _BARE_TEXT.search(candidate)
        if bare is not None:
            return _BARE if bare["key"] in _EXPRESSIONS else _QUOTE
    if "expected ':'" in problem and _PLAIN.match(text):
        return "a key and its value are written `key: value`"
    return None


_BARE_TEXT = re.compile(r"(?<![\w-])(?P<key>[\w-]{1,40})\s*:\s+(?:['\"!&*%@`]|[^|>\s\[{].*(?:: |:$| #))")
_PLAIN = re.compile(r" *(?:- +)*\w+ +[^:]+$")
_EXPRESSIONS = frozenset(("applies_when", "group_by", "value", "expression", "message_expression"))
_QUOTE = "put a text with a colon, a quote or ' #' in double quotes, or in a block: write `key: >-`"


def _indented(text: str, above: list[str]) -> str | None:
    """The cure of a line that begins in a column in which nothing above it begins that it could belong to."""
    indent, own = _indent(text), text.strip()
    if not above or not own:
        return None
    if not _KEY.match(own):
        block = next(
            (earlier for earlier in reversed(above) if _indent(earlier) < indent or _HEADER.search(earlier)), ""
        )
        if _indent(above[-1]) > indent and _HEADER.search(block):
            return f"the text of a block begins in column {_first(above, block)}: indent this line as far"
        return None
    dashes, keys, at = set[int](), set[int](), len(text)
    for earlier in reversed(above):
        if _indent(earlier) < at or (_indent(earlier) == at and earlier.strip().startswith("- ")):
            at = _indent(earlier)
            dash = re.match(r"(?:- +)*", earlier.strip())
            keys.add(at + (dash.end() if dash else 0))
            if earlier.strip().startswith("- "):
                dashes.add(at)
    fits = (dashes or keys) if own.startswith("- ") else keys
    if indent in fits:
        return None
    near = " or ".join(str(fit + 1) for fit in sorted(fits, key=lambda fit: (abs(fit - indent), fit))[:2])
    return f"this line begins in column {indent + 1}, and what it can belong to in column {near}: indent it alike"


def _first(above: list[str], header: str) -> int:
    """The column in which the text of a block begins; where it has none yet, two beyond its key."""
    at = len(above) - 1 - above[::-1].index(header)
    if at + 1 < len(above):
        return _indent(above[at + 1]) + 1
    dashes = re.match(r"(?: *- +)*", header)
    return max(dashes.end() if dashes else 0, _indent(header)) + 3


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
