"""Reading snapshots from files, folders and standard input."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster import _json, snapshot
from passmuster.errors import SnapshotError, UsageError
from passmuster.judge import Given

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ENDINGS = (".json", ".ndjson", ".json.gz", ".ndjson.gz")
_REPORT = b'"schema":"passmuster.report/'
_UNPACKED_MAX = 1024 * 1024 * 1024


def read(paths: Sequence[str]) -> list[Given]:
    """Every snapshot in files, folders and `-`; raises UsageError where there is none to read.

    What does not load is given with its problem: its node will be unknown, and named by its path.
    """
    given: list[Given] = []
    for path in paths:
        if path == "-":
            given += _split(sys.stdin.buffer.read(), "<stdin>")
        elif Path(path).is_dir():
            given += _folder(path)
        else:
            given += _file(path)
    return given


def _folder(path: str) -> list[Given]:
    files = [str(Path(folder, name)) for folder, _, names in os.walk(path) for name in names if name.endswith(_ENDINGS)]
    given: list[Given] = []
    for file in sorted(files):
        try:
            given += _file(file)
        except UsageError as error:
            given.append(Given(input=file, snapshot=None, problem=str(error.problems[0])))
    if not given:
        raise UsageError.at(
            path, f"no snapshot in this folder (expected files that end with {', '.join(_ENDINGS)})", code="usage-input"
        )
    return given


def _file(path: str) -> list[Given]:
    try:
        data = _unpacked(path) if path.endswith(".gz") else Path(path).read_bytes()
    except OSError as error:
        raise UsageError.at(path, f"cannot be read ({error.strerror or error})", code="usage-input") from None
    except _PackedError as error:
        return [Given(input=path, snapshot=None, problem=f"{path}:1:1: {error}")]
    return list(_split(data, path))


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


def _split(data: bytes, path: str) -> Iterator[Given]:
    documents = list(_json.documents(data))
    if not documents:
        yield Given(input=path, snapshot=None, problem=f"{path}:1:1: the file is empty (expected a snapshot)")
    for line, document in documents:
        if document[:4096].startswith(b"{") and _REPORT in document:
            sys.stderr.write(f"note: {path}: a report of ours is no snapshot; skipped\n")
            continue
        name = path if len(documents) == 1 else f"{path}:{line}"
        try:
            yield Given(input=name, snapshot=snapshot.load(document, path, line))
        except SnapshotError as error:
            yield Given(input=name, snapshot=None, problem=str(error.problems[0]))
