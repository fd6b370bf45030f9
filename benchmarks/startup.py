"""Start-up and single-node times: medians of whole processes, and ratios to a bare interpreter in the same run.

The bounds are those the project sets itself; a figure above its bound is marked, and ends with status 1.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def seconds(command: list[str]) -> float:
    """Wall time of one run; the status may be any that judging has."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main() -> int:
    """Print a table; returns 1 where a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        pyz, snapshot = str(Path(folder) / "collector.pyz"), str(Path(folder) / "node.json")
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "collector")}
        subprocess.run([sys.executable, "-m", "passmuster_collector.zipapp", pyz], check=True, env=environment)
        subprocess.run([sys.executable, "-I", "-S", pyz, "-o", snapshot], check=True)
        engine = [sys.executable, "-m", "passmuster"]
        commands: dict[str, tuple[list[str], float | None]] = {
            "a bare interpreter": ([sys.executable, "-c", "pass"], None),
            "passmuster --help": ([*engine, "--help"], 0.08),
            "passmuster check SNAPSHOT": ([*engine, "check", snapshot], 0.6),
            "the zipapp, live": ([sys.executable, "-I", "-S", pyz, "-o", os.devnull], 1.0),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):  # interleaved, so that a noisy minute hurts all of them
            for name, (command, _) in commands.items():
                times[name].append(seconds(command))
    return _table(times, {name: bound for name, (_, bound) in commands.items()})


def _table(times: dict[str, list[float]], bounds: dict[str, float | None]) -> int:
    bare = statistics.median(times["a bare interpreter"])
    broken = False
    print(f"{'command':<28} {'median ms':>9} {'min':>6} {'max':>6} {'x bare':>7} {'bound ms':>9}")
    for name, each in times.items():
        median, bound = statistics.median(each), bounds[name]
        over = bound is not None and median > bound
        broken = broken or over
        shown = f"{bound * 1000:.0f}{' OVER' if over else ''}" if bound is not None else "-"
        figures = [f"{value * 1000:.0f}" for value in (median, min(each), max(each))]
        print(f"{name:<28} {figures[0]:>9} {figures[1]:>6} {figures[2]:>6} {median / bare:>7.1f} {shown:>9}")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
