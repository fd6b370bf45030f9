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


def took(*arguments: str, stdin: str = os.devnull) -> Took:
    """Run a command of passmuster to its end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(stdin, "rb") as given:  # noqa: PTH123
        command = [sys.executable, "-m", "passmuster", *arguments]
        process = subprocess.Popen(
            ["timeout", "-k", "1", str(_PATIENCE), *command], stdin=given, stdout=out, stderr=err, env=environment
        )
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
        out.seek(0)
        err.seek(0)
        return Took(process.returncode, out.read(), err.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
