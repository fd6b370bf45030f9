"""Run a command, and write what it took: status, seconds of wall time and of processor time, KiB of memory at the peak.

A process of its own, and a small one: Linux counts the memory of whoever starts a command as that command's own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time


def main() -> None:
    """Run the command of the arguments, with our standard input."""
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    print(process.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss)


if __name__ == "__main__":
    main()
