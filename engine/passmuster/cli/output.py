"""Writing reports: -o FORMAT[=FILE], terminals, and files that are whole or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import textwrap
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from passmuster.codec import resources
from passmuster.codec.files import PUBLIC, written
from passmuster.errors import UsageError
from passmuster.report import REPORTERS, Reporter, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.model.verdict import Verdict


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


def emit(verdict: Verdict, outputs: Sequence[Output], style: Style) -> None:
    """Write every report; files first, so that a failed write is not lost behind a long table."""
    if any(output.reporter.name == "attestation" for output in outputs):
        style = replace(style, engine=resources.engine_digest())
        if all(node.snapshot is None for node in verdict.nodes):
            raise UsageError.at(
                "-o attestation", "no snapshot could be read, so there is nothing to attest", code="usage-output"
            )
    for output in files_first(outputs):
        emit_bytes(output.reporter.render(verdict, styled(style, output)).encode(), output)


def files_first(outputs: Sequence[Output]) -> list[Output]:
    """The outputs in the order in which they are written."""
    return sorted(outputs, key=lambda output: output.file is None)


def styled(style: Style, output: Output) -> Style:
    """How a report is to look where it goes to: a terminal has a width, and perhaps colours."""
    return style if output.file is not None else replace(style, width=width(), color=colored())


def emit_bytes(data: bytes, output: Output) -> None:
    """Write one report that is made."""
    if output.file is not None:
        write_file(output.file, data)
    else:
        sys.stdout.write(data.decode())


def width() -> int:
    """Columns to use: the terminal's, at most 100; 80 where there is none."""
    return min(shutil.get_terminal_size((80, 24)).columns, 100)


def fitted(text: str) -> str:
    """Text whose lines fit the terminal; what follows in a line stands a little deeper than its beginning."""
    lines = [line for paragraph in text.splitlines() for line in _wrapped(paragraph, width())]
    return "".join(f"{line}\n" for line in lines)


def hanging(head: str, text: str) -> str:
    """Lines that fit the terminal: what follows the first stands under the text."""
    return (
        textwrap.fill(
            text,
            max(width(), len(head) + 24),
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_on_hyphens=False,
            break_long_words=False,
        )
        + "\n"
    )


def _wrapped(line: str, columns: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line, columns, subsequent_indent=indent + "    ", break_on_hyphens=False, break_long_words=False
    ) or [""]


def colored() -> bool:
    """Whether to colour: NO_COLOR forbids, FORCE_COLOR demands, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def write_file(path: str, data: bytes, mode: int = PUBLIC) -> None:
    """Write a file so that it is whole or as it was before; raises UsageError."""
    with growing(path, mode) as file:
        file.write(data)


@contextlib.contextmanager
def growing(path: str | None, mode: int = PUBLIC) -> Iterator[IO[bytes]]:
    """A file to write piece by piece, whole at the end or as it was before; standard output where there is no path.

    Raises UsageError where it cannot be written.
    """
    if path is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with written(path, mode) as file:
            yield file
    except OSError as error:
        raise UsageError.at(path, f"cannot be written ({error.strerror or error})", code="file") from None
