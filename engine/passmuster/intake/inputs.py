"""Reading snapshots from files, folders and standard input."""

from __future__ import annotations

import contextlib
import io
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeAlias, TypeVar

from passmuster import snapshot
from passmuster.codec import json
from passmuster.errors import IntegrityError, PassmusterError, SnapshotError, UsageError
from passmuster.evaluation.node import Given, defect
from passmuster.intake import packed, reading, recognize, skipped
from passmuster.intake.bundle_input import is_bundle
from passmuster.intake.folder import files, readable, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from passmuster.intake.bundle_input import InputRecord

T = TypeVar("T")

_BUFFER = 256 * 1024
"""Bytes that are read at a time: a fifth of the time that the default takes for lines of 8 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One snapshot's bytes, not yet read."""

    label: str
    """The path as it was given, with `:LINE` where the file holds several."""
    path: str
    line: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """What was met, with what is known of where it came from; see `judge.Given` for both."""

    found: bytes | Given | T
    site: str | None
    doubt: str | None


InputItem: TypeAlias = "tuple[str, int, bytes | Given | T]"
"""What was met in the input: the path, the line (below 0 for a document that is alone in its file, 0 where there are no
lines), and a document's bytes, what cannot be read, or what was made of a line."""


def read(record: InputRecord, paths: Sequence[str]) -> list[Given]:
    """Every snapshot in files, folders and `-`; raises UsageError where there is none to read.

    What does not load is given with its problem: its node will be unknown, and named by its path.
    """
    return [load(item) if isinstance(item, Document) else item for item in each(record, paths, nothing)]


def nothing(_line: bytes) -> None:
    """Cache nothing: every line stays its bytes."""


def load(document: Document) -> Given:
    """Read one snapshot, or give the reason why not."""
    try:
        return Given(
            input=document.label, snapshot=snapshot.load(document.data, readable(document.path), document.line)
        )
    except SnapshotError as error:
        return Given(input=document.label, snapshot=None, problem=str(error.problems[0]))
    except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing of the other nodes
        return Given(input=document.label, snapshot=None, problem=f"{document.label}: {defect(error)}")


def live(data: bytes) -> Given:
    """The snapshot of the node that this runs on."""
    try:
        return Given(input=None, snapshot=snapshot.load(data, "<this node>"))
    except SnapshotError as error:
        return Given(input="this node", snapshot=None, problem=str(error.problems[0]))


def each(
    record: InputRecord, paths: Sequence[str], known: Callable[[bytes], T | None]
) -> Iterator[Document | Given | T]:
    """The documents in files, folders and `-`, one after the other, and what cannot even be opened.

    Where `known` makes something of a line, that stands in its place.
    """
    for path, line, item in items(record, paths, known):
        yield document(path, line, item) if isinstance(item, bytes) else item


def document(path: str, line: int, data: bytes) -> Document:
    """A document in the input."""
    return Document(label=label(path, line), path=path, line=abs(line) or 1, data=data)


def label(path: str, line: int) -> str:
    """What a document is called: by its path, and its line where the file holds several."""
    name = readable(path)
    return f"{name}:{line}" if line > 0 else name


def items(record: InputRecord, paths: Sequence[str], known: Callable[[bytes], T | None]) -> Iterator[InputItem[T]]:
    """The same as `each`, with where it was met."""
    for path in paths:
        if path != "-" and Path(path).is_dir():
            yield from _folder(record, path, known)
        else:
            yield from one_file(record, path, known)


def rosters(record: InputRecord, paths: Sequence[str]) -> frozenset[str] | None:
    """The nodes on the rosters of all bundles among these, as `roster.of_site` has them; None where none has one."""
    every = [
        file for path in paths for file in (files(record, path) if path != "-" and Path(path).is_dir() else [path])
    ]
    known = [names for file in every if is_bundle(file) and (names := record.roster(file)) is not None]
    return frozenset(name for names in known for name in names) if known else None


def _folder(record: InputRecord, folder: str, known: Callable[[bytes], T | None]) -> Iterator[InputItem[T]]:
    for file in files(record, folder):
        yield from within(record, file, known)


def within(record: InputRecord, file: str, known: Callable[[bytes], T | None]) -> Iterator[InputItem[T]]:
    """What a file of a folder holds; one that cannot be opened is an unknown node."""
    try:
        if Path(file).is_dir():
            yield _unknown(file, unread(file))
        else:
            yield from one_file(record, file, known)
    except IntegrityError:
        raise
    except PassmusterError as error:
        yield file, 0, Given(input=readable(file), snapshot=None, problem=str(error.problems[0]))


def one_file(record: InputRecord, path: str, known: Callable[[bytes], T | None]) -> Iterator[InputItem[T]]:
    """What a file holds, `-` being standard input; raises UsageError where it cannot be opened.

    A bundle that does not hold raises IntegrityError, or NotABundleError: nothing else is judged then.
    """
    if is_bundle(path):
        for member, data in record.snapshots(path):
            yield member, 0, known(data) or data
        return
    name = "<stdin>" if path == "-" else path
    try:
        with opened(path, record.stdin) as handle:
            head = begin(handle)
            foreign = recognize.foreign(head)
            if foreign is None:
                yield from packed.bounded(documents(record, handle, name, known), handle)
            else:
                yield _unknown(name, foreign.name, head)
    except OSError as error:
        message = f"cannot be read ({error.strerror or error})"
        raise UsageError.at(readable(path), message, code="usage-input") from None
    except packed.PackedError as error:
        yield _unknown(name, str(error))


def _unknown(path: str, why: str, head: bytes = b"") -> tuple[str, int, Given]:
    """A file that is one unknown node: what is wrong is at its first byte that is no blank."""
    line = 1 + head[: len(head) - len(head.lstrip())].count(b"\n")
    name = readable(path)
    return path, 0, Given(input=name, snapshot=None, problem=f"{name}:{line}:1: {why}")


@contextlib.contextmanager
def opened(path: str, stdin: Callable[[], BinaryIO]) -> Iterator[BinaryIO]:
    """A file, unpacked as it is read where it is packed; `-` is standard input."""
    if path == "-":
        yield _unpacked(stdin(), path)
    else:
        with reading.opened(path, _BUFFER) as file:
            yield _unpacked(file, path)


def _unpacked(file: BinaryIO, path: str) -> BinaryIO:
    return packed.unpacked(begin(file), file, readable(path)) or file


def begin(file: BinaryIO) -> bytes:
    """The first bytes of an open file, which stays at its beginning."""
    if isinstance(file, io.BufferedReader):
        return file.peek(recognize.HEAD)
    head = file.read(recognize.HEAD)
    file.seek(-len(head), io.SEEK_CUR)
    return head


def documents(
    record: InputRecord, handle: BinaryIO, path: str, known: Callable[[bytes], T | None]
) -> Iterator[InputItem[T]]:
    """The documents of one open file; one that is alone in it is named by the path, others by path and line."""
    stream = json.stream(handle, nothing if record.options.guard else known)
    # With a guard, nothing is made of a line before somebody asked what covers it.
    first = next(stream, None)
    if first is None:
        yield _unknown(path, "the file is empty (expected a snapshot)")
        return
    second = next(stream, None)
    if second is None:
        yield from lines(record, iter((first,)), path, alone=True)
    else:
        yield from lines(record, itertools.chain((first, second), stream), path)


def lines(
    record: InputRecord, numbered: Iterator[tuple[int, bytes | T]], path: str, *, alone: bool = False
) -> Iterator[InputItem[T]]:
    """What was found in lines of a file; what we wrote ourselves and is no snapshot is noted."""
    asks_for_seals = record.options.trust is not None
    for line, item in numbered:
        ours = skipped.ours(item) if isinstance(item, bytes) else None
        if ours is not None:
            record.skip(readable(path), ours)
        else:
            place = -line if alone else line
            yield path, place, record.guarded(path, place, item) if asks_for_seals else item
