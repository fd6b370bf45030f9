"""A command in a process of its own, with what it took: nothing that others wrote may take more than these."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass

MOST_SECONDS = 5.0
MOST_BYTES = 300 * 1024 * 1024
_PATIENCE = 120


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
        assert self.seconds < MOST_SECONDS, self.seconds
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
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["timeout", "-k", "1", str(_PATIENCE), sys.executable, "-m", "passmuster", *arguments]
    with tempfile.NamedTemporaryFile() as report:
        watch = [sys.executable, "-S", "-c", _WATCH, report.name, stdin, *command]
        done = subprocess.run(watch, capture_output=True, env=environment, check=True)
        status, seconds, size = report.read().split()
    return Took(int(status), done.stdout, done.stderr, float(seconds), int(size))
