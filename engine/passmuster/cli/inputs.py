"""Reading snapshots from files, folders and standard input."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeAlias, TypeVar

from passmuster import _json, snapshot
from passmuster.cli import packed, sealed
from passmuster.errors import SnapshotError, UsageError
from passmuster.judge import Given
from passmuster.report import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

_ENDINGS = (".json", ".ndjson", ".json.gz", ".ndjson.gz", ".json.zst", ".ndjson.zst", sealed.ENDING)
_OURS = tuple(
    # One after the other: a text to begin with is found ten times faster than one of several.
    map(
        re.compile, (rb'"schema":"passmuster\.(?!snapshot/)', rb'"_type":"https://in-toto\.io/', rb'"payloadType":"app')
    )
)
"""What stands in files that we wrote, and that are no snapshots."""
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


Met: TypeAlias = "tuple[str, int, bytes | Given | T]"
"""What was met in the input: the path, the line (below 0 for a document that is alone in its file, 0 where there are no
lines), and a document's bytes, what cannot be read, or what was made of a line."""


def read(paths: Sequence[str]) -> list[Given]:
    """Every snapshot in files, folders and `-`; raises UsageError where there is none to read.

    What does not load is given with its problem: its node will be unknown, and named by its path.
    """
    return [load(found) if isinstance(found, Document) else found for found in each(paths, _nothing)]


def _nothing(_line: bytes) -> Given | None:
    return None


def load(document: Document) -> Given:
    """Read one snapshot, or say why it cannot be."""
    try:
        return Given(input=document.label, snapshot=snapshot.load(document.data, document.path, document.line))
    except SnapshotError as error:
        return Given(input=document.label, snapshot=None, problem=str(error.problems[0]))


def each(paths: Sequence[str], known: Callable[[bytes], T | None]) -> Iterator[Document | Given | T]:
    """The documents in files, folders and `-`, one after the other, and what cannot even be opened.

    Where `known` makes something of a line, that stands in its place.
    """
    for path, line, found in met(paths, known):
        yield document(path, line, found) if isinstance(found, bytes) else found


def document(path: str, line: int, data: bytes) -> Document:
    """A document that was met."""
    return Document(label=label(path, line), path=path, line=abs(line) or 1, data=data)


def readable(path: str) -> str:
    """A path as text that can be written: bytes that are no UTF-8 as escapes."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


def label(path: str, line: int) -> str:
    """What a document is called: by its path, and its line where the file holds several."""
    name = readable(path)
    return f"{name}:{line}" if line > 0 else name


def met(paths: Sequence[str], known: Callable[[bytes], T | None]) -> Iterator[Met[T]]:
    """The same as `each`, with where it was met."""
    for path in paths:
        if path != "-" and Path(path).is_dir():
            yield from _folder(path, known)
        else:
            yield from one_file(path, known)


def files(folder: str) -> list[str]:
    """The files of a folder that may hold snapshots, sorted; raises UsageError where there is none."""
    found = [str(Path(at, name)) for at, _, names in os.walk(folder) for name in names if name.endswith(_ENDINGS)]
    if not found:
        message = f"no snapshot in this folder (expected files that end with {', '.join(_ENDINGS)})"
        raise UsageError.at(folder, message, code="usage-input")
    return sorted(found)


def _folder(folder: str, known: Callable[[bytes], T | None]) -> Iterator[Met[T]]:
    for file in files(folder):
        yield from within(file, known)


def within(file: str, known: Callable[[bytes], T | None]) -> Iterator[Met[T]]:
    """What a file of a folder holds; one that cannot be opened is an unknown node."""
    try:
        yield from one_file(file, known)
    except UsageError as error:
        yield file, 0, Given(input=file, snapshot=None, problem=str(error.problems[0]))


def one_file(path: str, known: Callable[[bytes], T | None]) -> Iterator[Met[T]]:
    """What a file holds, `-` being standard input; raises UsageError where it cannot be opened.

    A bundle that does not hold raises IntegrityError, or NotABundleError: nothing else is judged then.
    """
    if path.endswith(sealed.ENDING):
        for name, data in sealed.snapshots(path):
            yield name, 0, known(data) or data
        return
    try:
        with opened(path) as handle:
            yield from documents(handle, "<stdin>" if path == "-" else path, known)
    except OSError as error:
        raise UsageError.at(path, f"cannot be read ({error.strerror or error})", code="usage-input") from None
    except packed.PackedError as error:
        yield path, 0, Given(input=path, snapshot=None, problem=f"{path}:1:1: {error}")


def opened(path: str) -> contextlib.AbstractContextManager[BinaryIO]:
    """A file, unpacked as it is read; `-` is standard input."""
    if path == "-":
        return contextlib.nullcontext(sys.stdin.buffer)
    if path.endswith((".gz", ".zst")):
        return packed.opened(path)
    return open(path, "rb", buffering=_BUFFER)  # noqa: PTH123 - a stream


def documents(handle: BinaryIO, path: str, known: Callable[[bytes], T | None]) -> Iterator[Met[T]]:
    """The documents of one open file; one that is alone in it is named by the path, others by path and line."""
    stream = _json.stream(handle, known)
    first = next(stream, None)
    if first is None:
        yield path, 0, Given(input=path, snapshot=None, problem=f"{path}:1:1: the file is empty (expected a snapshot)")
        return
    second = next(stream, None)
    if second is None:
        yield from lines(iter((first,)), path, alone=True)
    else:
        yield from lines(itertools.chain((first, second), stream), path)


def lines(found: Iterator[tuple[int, bytes | T]], path: str, *, alone: bool = False) -> Iterator[Met[T]]:
    """What was found in lines of a file; our own reports are told, and skipped."""
    for line, each_ in found:
        ours = _ours(each_) if isinstance(each_, bytes) else None
        if ours is not None:
            sys.stderr.write(harmless.plain(f"note: {path}: {ours} of ours is no snapshot; skipped") + "\n")
        else:
            yield path, -line if alone else line, each_


def _ours(data: bytes) -> str | None:
    """What a document is that we wrote and that is no snapshot; None for all others."""
    if not any(each.search(data) for each in _OURS):
        return None
    try:
        document = _json.loads(data)
    except _json.InvalidJSONError:
        return None
    if not isinstance(document, dict):
        return None
    schema = document.get("schema")
    if isinstance(schema, str) and schema.startswith("passmuster.") and not schema.startswith("passmuster.snapshot/"):
        return f"a {schema.removeprefix('passmuster.').partition('/')[0]}"
    if str(document.get("_type")).startswith("https://in-toto.io/"):
        return "an attestation"
    return "a signature" if "payloadType" in document and "signatures" in document else None
