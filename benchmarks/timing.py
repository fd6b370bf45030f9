"""Taking time and memory: of work in this process, and of commands."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one run took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of processor time, of all processes that ended."""
    peak: int
    """Bytes of memory at most, of the largest process; 0 where it was not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """All runs of one row, in the order in which they were made."""

    title: str
    nodes: int
    base: Series | None = None
    """What it is compared with, run by run and node by node; None for that itself."""
    goal: float | None = None
    """At most so many times the base."""
    peak_goal: int | None = None
    """At most so many bytes of memory."""
    wall_goal: float | None = None
    """At most so many seconds."""
    engine: str = ""
    """The line of the plot that it belongs to; empty for none."""
    runs: list[Taken] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """The median, in seconds."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def peak(self) -> int:
        """Bytes of memory at most, over all runs; 0 where it was not looked at."""
        return max(run.peak for run in self.runs)

    def ratios(self) -> list[float]:
        """Time for a node, as a multiple of what the base took for one in the same run."""
        base = self.base or self
        return [ours.wall / self.nodes / (theirs.wall / base.nodes) for ours, theirs in self._pairs(base)]

    def work(self) -> float:
        """The same of processor time, which a busy machine changes less; the median."""
        base = self.base or self
        return statistics.median(
            ours.cpu / self.nodes / (theirs.cpu / base.nodes) for ours, theirs in self._pairs(base)
        )

    def _pairs(self, base: Series) -> list[tuple[Taken, Taken]]:
        if len(self.runs) == len(base.runs):
            return list(zip(self.runs, base.runs, strict=True))
        middle = sorted(base.runs, key=lambda run: run.wall)[len(base.runs) // 2]
        return [(run, middle) for run in self.runs]

    def broken(self) -> bool:
        """Whether a goal was missed in every run: noise misses it in some."""
        return (
            (self.goal is not None and min(self.ratios()) > self.goal)
            or (self.peak_goal is not None and min(run.peak for run in self.runs) > self.peak_goal)
            or (self.wall_goal is not None and min(run.wall for run in self.runs) > self.wall_goal)
        )

    def missed(self) -> bool:
        """Whether the figure that is shown misses a goal."""
        return (
            (self.goal is not None and statistics.median(self.ratios()) > self.goal)
            or (self.peak_goal is not None and self.peak > self.peak_goal)
            or (self.wall_goal is not None and self.wall > self.wall_goal)
        )


def here(work: Callable[[], object]) -> Taken:
    """Time of work in this process, with the collector of garbage at rest."""
    gc.collect()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    taken = Taken(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu, peak=0)
    gc.enable()
    return taken


def passmuster(*arguments: str) -> Sequence[str]:
    """The command line of the command, as this interpreter runs it."""
    return [sys.executable, "-m", "passmuster", *arguments]


def command(line: Sequence[str], *, statuses: Sequence[int] = (0, 1, 3), stdin: IO[bytes] | None = None) -> Taken:
    """Time of a command, start-up included, and its memory; raises where it ends with another status."""
    paths = os.pathsep.join(str(CHECKOUT / part) for part in ("engine", "collector"))
    launcher = [sys.executable, "-I", "-S", str(CHECKOUT / "benchmarks" / "launched.py"), *line]
    environment = {**os.environ, "PYTHONPATH": paths}
    told = subprocess.run(launcher, env=environment, stdin=stdin, stdout=subprocess.PIPE, check=True).stdout.split()
    if int(told[0]) not in statuses:
        raise SystemExit(f"{' '.join(line)}: status {int(told[0])}")
    return Taken(wall=float(told[1]), cpu=float(told[2]), peak=int(told[3]) * 1024)
