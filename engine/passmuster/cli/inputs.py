"""Reading snapshots from files, folders and standard input."""

from __future__ import annotations

import gzip
import io
import itertools
import os
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from passmuster import _json, snapshot
from passmuster.errors import SnapshotError, UsageError
from passmuster.judge import Given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

_ENDINGS = (".json", ".ndjson", ".json.gz", ".ndjson.gz")
_REPORT = b'"schema":"passmuster.report/'
_UNPACKED_MAX = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One snapshot's bytes, not yet read."""

    label: str
    """The path as it was given, with `:LINE` where the file holds several."""
    path: str
    line: int
    data: bytes


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
    for path in paths:
        if path == "-":
            yield from _documents(sys.stdin.buffer, "<stdin>", known)
        elif Path(path).is_dir():
            yield from _folder(path, known)
        else:
            yield from _file(path, known)


def _folder(path: str, known: Callable[[bytes], T | None]) -> Iterator[Document | Given | T]:
    files = [str(Path(folder, name)) for folder, _, names in os.walk(path) for name in names if name.endswith(_ENDINGS)]
    some = False
    for file in sorted(files):
        try:
            for found in _file(file, known):
                some = True
                yield found
        except UsageError as error:
            some = True
            yield Given(input=file, snapshot=None, problem=str(error.problems[0]))
    if not some:
        raise UsageError.at(
            path, f"no snapshot in this folder (expected files that end with {', '.join(_ENDINGS)})", code="usage-input"
        )


def _file(path: str, known: Callable[[bytes], T | None]) -> Iterator[Document | Given | T]:
    try:
        if path.endswith(".gz"):
            yield from _documents(io.BytesIO(_unpacked(path)), path, known)
        else:
            with open(path, "rb") as handle:  # noqa: PTH123 - a stream
                yield from _documents(handle, path, known)
    except OSError as error:
        raise UsageError.at(path, f"cannot be read ({error.strerror or error})", code="usage-input") from None
    except _PackedError as error:
        yield Given(input=path, snapshot=None, problem=f"{path}:1:1: {error}")


class _PackedError(Exception):
    pass


def _unpacked(path: str) -> bytes:
    try:
        with gzip.open(path) as file:
            data = file.read(_UNPACKED_MAX + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _PackedError(f"not a whole gzip file ({error})") from None
    if len(data) > _UNPACKED_MAX:
        raise _PackedError(f"too large unpacked (expected at most {_UNPACKED_MAX} bytes)")
    return data


def _documents(handle: BinaryIO, path: str, known: Callable[[bytes], T | None]) -> Iterator[Document | Given | T]:
    """The documents of one file; one that is alone in it is named by the path, others by path and line."""
    documents = _json.stream(handle, known)
    first = next(documents, None)
    if first is None:
        yield Given(input=path, snapshot=None, problem=f"{path}:1:1: the file is empty (expected a snapshot)")
        return
    second = next(documents, None)
    alone = second is None
    for line, found in itertools.chain((first,), () if second is None else (second,), documents):
        if not isinstance(found, bytes):
            yield found
        elif found.startswith(b"{") and _REPORT in found:
            sys.stderr.write(f"note: {path}: a report of ours is no snapshot; skipped\n")
        else:
            yield Document(label=path if alone else f"{path}:{line}", path=path, line=line, data=found)
