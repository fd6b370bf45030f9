"""The collector: time and peak memory of whole processes, live and over the largest dump, against the project's bounds.

Medians, and ratios to a bare interpreter in the same run; a figure above its bound is marked, and ends with status 1.
The largest dump is made here: 512 processors of x86 with 200 flags each, and a package list of 5,000.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PROCESSORS = 512
FLAGS = 200
PACKAGES = 5000
PYTHON = [sys.executable, "-I", "-S"]
PEAK = """import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    sys.stderr.write("\\n" + status["VmHWM"].split()[0])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What follows the interpreter, and what it may take: seconds and megabytes."""

    name: str
    words: list[str]
    seconds: float | None = None
    megabytes: int | None = None
    times: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)


def run(case: Case) -> None:
    """One process for its time, and one for its peak of memory, which it tells itself: wait4(2) would give ours."""
    start = time.perf_counter()
    subprocess.run([*PYTHON, *case.words], check=True, stdout=subprocess.DEVNULL)
    case.times.append(time.perf_counter() - start)
    done = subprocess.run([*PYTHON, "-c", PEAK, *case.words], check=True, capture_output=True, text=True)
    case.peaks.append(int(done.stderr.split()[-1]))


def largest(folder: Path) -> Path:
    """A dump of a large machine."""
    flags = " ".join(f"flag_{number}" for number in range(FLAGS))
    one = "processor\t: {}\nvendor_id\t: GenuineIntel\nmodel name\t: A processor\n" + "{}\t: 0\n" * 20
    names = [f"key{number}" for number in range(20)]
    cpuinfo = "".join(one.format(number, *names) + f"flags\t\t: {flags}\n\n" for number in range(PROCESSORS))
    package = "Package: package-{0}\nStatus: install ok installed\nVersion: 1.{0}\nDescription: a package\n\n"
    for path, text in {
        "proc/cpuinfo": cpuinfo,
        "proc/version": "Linux version 6.1.0-13-amd64 (a@b) (gcc) #1 SMP\n",
        "var/lib/dpkg/status": "".join(package.format(number) for number in range(PACKAGES)),
    }.items():
        place = folder / "host" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder / "host"


def archived(host: Path) -> Path:
    """The same, packed below one folder and beside 20,000 files that nobody asks for."""
    target = host.parent / "sosreport.tar.xz"
    with tarfile.open(target, "w:xz", preset=1) as archive:
        archive.add(host, "sosreport-host")
        for number in range(20_000):
            info = tarfile.TarInfo(f"sosreport-host/sys/devices/{number}")
            info.size = 64
            archive.addfile(info, io.BytesIO(os.urandom(32).hex().encode()))
    return target


def main() -> int:
    """Print a table; returns 1 where a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        pyz = str(Path(scratch) / "collector.pyz")
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "collector")}
        subprocess.run([sys.executable, "-m", "passmuster_collector.zipapp", pyz], check=True, env=environment)
        host = largest(Path(scratch))
        bare = Path(scratch) / "bare.py"
        bare.write_text("")
        cases = [
            Case(name="a bare interpreter", words=[str(bare)]),
            Case(name="live", words=[pyz], seconds=0.5, megabytes=40),
            Case(name="the largest dump", words=[pyz, "--from", str(host)], seconds=2),
            Case(name="the largest dump, packed", words=[pyz, "--from", str(archived(host))], seconds=4),
        ]
        for _ in range(runs):  # interleaved, so that a noisy minute hurts all of them
            for case in cases:
                run(case)
    return _table(cases)


def _table(cases: list[Case]) -> int:
    bare = statistics.median(cases[0].times)
    broken = False
    print(
        f"{'collecting':<26} {'median ms':>9} {'min':>6} {'max':>6} {'x bare':>7} {'bound ms':>9}"
        f" {'MB':>5} {'bound':>6}"
    )
    for case in cases:
        median, peak = statistics.median(case.times), statistics.median(case.peaks) / 1024
        slow = case.seconds is not None and median > case.seconds
        fat = case.megabytes is not None and peak > case.megabytes
        broken = broken or slow or fat
        bound = "-" if case.seconds is None else f"{case.seconds * 1000:.0f}{' OVER' if slow else ''}"
        room = "-" if case.megabytes is None else f"{case.megabytes}{' OVER' if fat else ''}"
        figures = [f"{value * 1000:.0f}" for value in (median, min(case.times), max(case.times))]
        print(
            f"{case.name:<26} {figures[0]:>9} {figures[1]:>6} {figures[2]:>6} {median / bare:>7.1f} {bound:>9}"
            f" {peak:>5.0f} {room:>6}"
        )
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
