"""A line on the terminal while many snapshots are read: how far, how fast, how long still; and one when all is done.

It is drawn on standard error, where that is a terminal for a person, and is gone before anything else is written.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Self, TextIO

from passmuster.model.outcome import NodeOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

_PAUSE = 0.1
"""Seconds between two drawings."""
_PATIENCE = 0.5
"""Seconds of work before the first: what is done sooner needs no bar."""
_BAR = 20
_CLEAR = "\r\x1b[K"


def wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether someone watches: a terminal that can rewrite a line, and no CI."""
    return stream.isatty() and not environment.get("CI") and environment.get("TERM") not in {None, "", "dumb"}


class Progress:
    """How much of the input is done; a context manager, so that its line is gone however the work ends.

    `total` is in bytes, None where nobody knows (standard input); `stream` None draws nothing. Tell it of work done as
    seldom as once in a few hundred nodes: a call costs a look at the clock.
    """

    def __init__(
        self,
        total: int | None,
        stream: TextIO | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        columns: Callable[[TextIO], int] | None = None,
    ) -> None:
        self._total, self._stream, self._clock = total, stream, clock
        self._columns = columns or _columns
        self._start = clock()
        self._next = self._start + _PATIENCE
        self._drawn = False
        self._bytes = self._nodes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.clear()

    @property
    def watched(self) -> bool:
        """Whether there is somebody to draw it for."""
        return self._stream is not None

    @property
    def nodes(self) -> int:
        """Nodes done so far."""
        return self._nodes

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return self._clock() - self._start

    def done(self, size: int, nodes: int) -> None:
        """Add bytes and nodes that are done since the last call; draws at most ten times a second."""
        self._bytes += size
        self._nodes += nodes
        if self._stream is not None and self._clock() >= self._next:
            self._draw(self._stream)
            self._next = self._clock() + _PAUSE

    def clear(self) -> None:
        """Take the line away: before anything else is written to the terminal; the next drawing brings it back."""
        if self._drawn and self._stream is not None:
            self._write(self._stream, _CLEAR)
            self._drawn = False

    def _draw(self, stream: TextIO) -> None:
        seconds = max(self.seconds, 0.001)
        text = line(self._bytes, self._total, self._nodes, seconds, self._columns(stream) - 1)
        self._write(stream, _CLEAR + text)
        self._drawn = True

    def _write(self, stream: TextIO, text: str) -> None:
        with contextlib.suppress(OSError):  # a terminal that went away ends no work
            stream.write(text)
            stream.flush()


def line(size: int, total: int | None, nodes: int, seconds: float, columns: int) -> str:
    """How far, how many, how fast, how long still, in at most so many columns."""
    rate = f"{nodes:,} nodes, {nodes / seconds:,.0f} nodes/s"
    if not total:
        return f"{rate}, {size / 1e6:,.0f} MB read"[:columns]
    part = min(size / total, 1.0)
    left = f", {duration(seconds / part - seconds)} left" if part else ""
    text = f"{part:4.0%}  {rate}{left}"
    filled = int(part * _BAR)
    bar = f"[{'#' * filled}{'.' * (_BAR - filled)}] "
    return text[:columns] if len(bar + text) > columns else bar + text


def duration(seconds: float) -> str:
    """A span in a few characters: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


_ORDER = (NodeOutcome.PASS, NodeOutcome.WARN, NodeOutcome.FAIL, NodeOutcome.UNKNOWN)


def finished(nodes: Mapping[NodeOutcome, int], seconds: float) -> str:
    """The one line at the end: `10,000 nodes: 9,100 pass, 800 fail, 100 unknown (3.1 s, 3,226 nodes/s)`."""
    total = sum(nodes.values())
    text = ", ".join(f"{nodes[outcome]:,} {outcome.value}" for outcome in _ORDER if nodes.get(outcome))
    rate = f", {total / seconds:,.0f} nodes/s" if seconds > 0 and total else ""
    return f"{total:,} node{'' if total == 1 else 's'}: {text or 'none'} ({duration(seconds)}{rate})"


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
