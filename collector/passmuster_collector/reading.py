"""What looking at the host came to: always a value, never an exception.

A look gives what was found, ``Absent`` (the host has none) or ``Unknown`` (it could not be looked at, and why).
"""

import enum
import re
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple, Union

from passmuster_collector.budget import ask

_QUOTED = 80
_LINE = 1 << 20
_BLOCK = 16 * 1024
"""Characters whose lines are parted at once; the time is asked for between two such blocks."""
NOT_IN_DUMP = "is not in the dump"
_NUMBER = re.compile(r"[0-9]{1,100}\Z")


class Reason(enum.Enum):
    """Why a fact is unknown; the values are the schema's words."""

    DENIED = "denied"
    FAILED = "failed"
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"
    NOT_COLLECTED = "not_collected"
    REDACTED = "redacted"


class Text(NamedTuple):
    """A file's text; a byte that is not UTF-8 is the lone surrogate that encodes to it again."""

    text: str


class Data(NamedTuple):
    """A file's bytes."""

    data: bytes


class Names(NamedTuple):
    """The names in a folder, sorted."""

    names: Tuple[str, ...]


class Node(NamedTuple):
    """What stat(2) says; the kind is a word of the schema (``character``, ``regular``...)."""

    kind: str
    mode: int
    uid: int
    gid: int
    major: int
    minor: int
    inode: int


class Absent(NamedTuple):
    """Looked, and it is not there."""

    path: str


class Unknown(NamedTuple):
    """Could not look, or what was found means nothing known."""

    reason: Reason
    detail: str


class Known(NamedTuple):
    """The value of a fact, or of a step towards one."""

    value: Any


Result = Union[Known, Unknown]


class Sourced(NamedTuple):
    """A result, and the paths or calls that it rests on."""

    result: Result
    sources: Tuple[str, ...]


class UnreadableError(ValueError):
    """Raised by parsers: the text means nothing known; the message says what was met."""


def interpret(
    look: Union[Text, Absent, Unknown], parser: Callable[[str], Any], absent: Optional[Result] = None
) -> Result:
    """Parse what was read; `absent` says what the absence of the file means (nothing known, by default)."""
    if isinstance(look, Unknown):
        return look
    if isinstance(look, Absent):
        return not_there(look.path) if absent is None else absent
    try:
        return Known(parser(look.text))
    except UnreadableError as error:
        return Unknown(Reason.UNREADABLE, str(error))


def graver(first: Optional[Unknown], second: Unknown) -> Unknown:
    """Which of two reasons to give: what was met says more than what was not there, and the first place more."""
    if first is None or (first.reason is Reason.NOT_COLLECTED and first.detail.endswith(NOT_IN_DUMP)):
        return second if first is None or not second.detail.endswith(NOT_IN_DUMP) else first
    return second if first.reason is Reason.NOT_COLLECTED and second.reason is not Reason.NOT_COLLECTED else first


def not_there(*paths: str) -> Unknown:
    """The fact has no other source than these, and none of them exists."""
    if len(paths) == 1:
        return Unknown(Reason.NOT_COLLECTED, f"{paths[0]} is not there")
    return Unknown(Reason.NOT_COLLECTED, "none of {} is there".format(", ".join(paths)))


def quoted(text: str) -> str:
    """Text of the host for a message: quoted, and shortened to what a person reads."""
    shown = repr(text if len(text) <= _QUOTED else text[:_QUOTED] + "...")
    return re.sub(r"\\udc([89a-f][0-9a-f])", r"\\x\1", shown)


def lines(text: str) -> List[str]:
    """Lines as the kernel ends them, by newlines alone: a mount point may hold any other character."""
    return list(each_line(text))


def each_line(text: str) -> Iterator[str]:
    """The same one by one, for files whose lines would fill the memory together; it ends with the time.

    Raises UnreadableError for a line that is longer than most files may be.
    """
    start, last = 0, len(text) - text.endswith("\n")
    while start < len(text):
        ask()
        # Some lines at once: half the time that looking for the end of each takes.
        end = text.find("\n", start + _BLOCK)
        end = last if end < 0 else end
        if end - start > _BLOCK + _LINE:  # the last is too long: it is not copied, and those before it come first
            before = text.rfind("\n", start, start + _BLOCK)
            end = end if before < 0 else before
        if end - start > _BLOCK + _LINE:
            raise UnreadableError(_too_long(end - start))
        for line in text[start:end].split("\n"):
            if len(line) > _LINE:
                raise UnreadableError(_too_long(len(line)))
            yield line
        start = end + 1


def _too_long(length: int) -> str:
    return f"a line of {length} characters (limit {_LINE})"


def whole_number(text: str) -> int:
    """A decimal number, blanks around it allowed; raises UnreadableError."""
    word = text.strip()
    if not _NUMBER.match(word):
        raise UnreadableError(f"not a number (got {quoted(word)})")
    return int(word)
