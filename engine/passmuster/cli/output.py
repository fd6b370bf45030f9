"""Writing reports: -o FORMAT[=FILE], terminals, and files that are whole or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.errors import UsageError
from passmuster.report import REPORTERS, Evidence, Reporter, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One report to write; to standard output where `file` is None."""

    reporter: Reporter
    file: str | None


def parse(texts: Sequence[str]) -> tuple[Output, ...]:
    """Read -o options; raises UsageError. None means a table on standard output."""
    outputs = tuple(_parse(text) for text in texts or ["table"])
    if sum(output.file is None for output in outputs) > 1:
        raise UsageError.at(
            "-o", "two reports to standard output (expected one; write FORMAT=FILE for the others)", code="usage-output"
        )
    return outputs


def _parse(text: str) -> Output:
    name, equals, file = text.partition("=")
    for reporter in REPORTERS:
        if reporter.name == name and (file or not equals):
            return Output(reporter=reporter, file=None if file in {"", "-"} else file)
    known = ", ".join(reporter.name for reporter in REPORTERS)
    raise UsageError.at(f"-o {text}", f"no such format (got {name!r}, expected one of: {known})", code="usage-output")


def emit(verdict: Verdict, outputs: Sequence[Output], *, evidence: Evidence, verbose: bool) -> None:
    """Write every report; files first, so that a failed write is not lost behind a long table."""
    for output in sorted(outputs, key=lambda each: each.file is None):
        if output.file is not None:
            style = Style(evidence=evidence, verbose=verbose)
            write_file(output.file, output.reporter.render(verdict, style).encode())
        else:
            style = Style(width=width(), color=colored(), evidence=evidence, verbose=verbose)
            sys.stdout.write(output.reporter.render(verdict, style))


def counts_alone(outputs: Sequence[Output]) -> bool:
    """Whether nothing but counts is asked for: then no node's results need to be kept."""
    return all(output.reporter.name == "summary" for output in outputs)


def emit_text(text: str, outputs: Sequence[Output]) -> None:
    """Write one text to every output, files first."""
    for output in sorted(outputs, key=lambda each: each.file is None):
        if output.file is not None:
            write_file(output.file, text.encode())
        else:
            sys.stdout.write(text)


def width() -> int:
    """Columns to use: the terminal's, at most 100; 80 where there is none."""
    return min(shutil.get_terminal_size((80, 24)).columns, 100)


def fitted(text: str) -> str:
    """Text whose lines fit the terminal; what follows in a line stands a little deeper than its beginning."""
    lines = [line for each in text.splitlines() for line in _wrapped(each, width())]
    return "".join(f"{line}\n" for line in lines)


def _wrapped(line: str, columns: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line, columns, subsequent_indent=indent + "    ", break_on_hyphens=False) or [""]


def colored() -> bool:
    """Whether to colour: NO_COLOR forbids, FORCE_COLOR demands, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def write_file(path: str, data: bytes) -> None:
    """Write a file so that it is whole or as it was before; raises UsageError.

    A link is followed. What is no regular file (a terminal, /dev/null, a pipe) is written to, never replaced.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise UsageError.at(path, f"cannot be written ({error.strerror})", code="file") from None


def _replace(target: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
