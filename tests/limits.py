"""A command in a process of its own, with what it took: nothing that others wrote may take more than these.

Seconds of the processor do not depend on how busy the machine is; where an end in time is promised, the clock on the
wall counts, and a busy machine is given as much more as it is slower now.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SECONDS = 5.0
MOST_BYTES = 300 * 1024 * 1024
_PATIENCE = 120
_USUAL = 0.1
"""Seconds in which a processor that others leave alone adds three million numbers."""


@dataclass(frozen=True, slots=True)
class Took:
    """How a command ended, and what it took."""

    status: int
    out: bytes
    err: bytes
    seconds: float
    """Of a processor: how busy the machine is does not count."""
    size: int
    """The most memory that it had, in bytes."""

    def demand(self) -> Took:
        """Fail the test where it took too much, or ended as nothing may end."""
        assert b"Traceback" not in self.err, self.err
        assert self.status in {0, 1, 2, 3, 4}, (self.status, self.err)
        assert self.seconds < MOST_SECONDS * allowance(), self.seconds
        assert self.size < MOST_BYTES, self.size
        return self


_WATCH = """
import os, subprocess, sys
report, stdin = sys.argv[1:3]
with open(stdin, "rb") as given:
    process = subprocess.Popen(sys.argv[3:], stdin=given)
    _, code, usage = os.wait4(process.pid, 0)
with open(report, "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(code)} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss * 1024}")
"""
"""A small process between the tests and the command: a child begins with the memory of its parent."""


def took(*arguments: str, stdin: str = os.devnull) -> Took:
    """Run a command of passmuster to its end."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # nobody measures it
    environment = {**given, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["timeout", "-k", "1", str(_PATIENCE), sys.executable, "-m", "passmuster", *arguments]
    with tempfile.NamedTemporaryFile() as report:
        watch = [sys.executable, "-S", "-c", _WATCH, report.name, stdin, *command]
        done = subprocess.run(watch, capture_output=True, env=environment, check=True)
        status, seconds, size = report.read().split()
    return Took(int(status), done.stdout, done.stderr, float(seconds), int(size))


def allowance() -> float:
    """How many times as many seconds of a processor work may take: its speed falls with what others do on it.

    Where lines are counted in this process (coverage), its own work takes several times as long.
    """
    began = time.process_time()
    sum(range(3_000_000))
    return max(1.0, (time.process_time() - began) / _USUAL) * (4 if sys.gettrace() is not None else 1)


def slowness() -> float:
    """How many times as long as alone a process takes now: what it waits for a processor and what it is given."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, "-I", "-S", "-c", "sum(range(3_000_000))"], check=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return max(1.0, wall / max(worked, 0.001))


def ends_within(seconds: float, work: Callable[[], object], *, waits: float = 0) -> bool:
    """Whether work ends in so many seconds by the clock, of which it `waits` for the clock itself.

    Asked again where it does not: a busy machine may let any process wait. Work that never ends is the caller's.
    """
    for _ in range(4):
        slow, began = slowness(), time.monotonic()
        work()
        taken = time.monotonic() - began
        if taken < waits + (seconds - waits) * max(slow, slowness()):
            return True
    return False
