"""Judging a fleet for its counts, beside what `orjson.loads` alone needs for the same bytes: ratios within one run.

The fleet is made, and the same for one seed: some forty hardware profiles (Zipf-distributed), kernels, runtimes and
sysctl profiles, with unique names, machine ids, moments and amounts of memory.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHECKOUT / "tests")]

import orjson  # noqa: E402 - the measure
from packs import no_parameters, virtnest  # noqa: E402 - the tests' own
from snapshots import document  # noqa: E402

from passmuster import _json  # noqa: E402
from passmuster.fleet import Memory, Tally  # noqa: E402
from passmuster.judge import Terms  # noqa: E402

_WORDS = [f"word{number:03d}" for number in range(200)]
_GOALS = {"cold": 1.0, "warm": 0.7, "from a file, start-up included": 1.3}


def profiles(random_: random.Random) -> list[dict[str, Any]]:
    """Hardware that nodes share: CPU, devices and firmware."""
    made = []
    for number in range(40):
        sections = document()["sections"]
        words = sorted(
            {*random_.sample(_WORDS, 110), "cx16", "lahf_lm", "lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3", "vmx"}
        )
        sections["cpu"]["facts"] |= {"flags": words, "flags_any": words, "model_name": f"Processor {number}"}
        sections["iommu"]["facts"]["groups"] = random_.randrange(1, 90)
        sections["kernel"]["facts"]["modules"] = sorted(random_.sample(_WORDS, 90))
        made.append(sections)
    return made


def write(file: Path, nodes: int) -> None:
    """Write a fleet of canonical snapshots."""
    random_ = random.Random(7)
    shared = profiles(random_)
    weights = [1 / (rank + 1) ** 1.1 for rank in range(len(shared))]
    with file.open("wb") as out:
        for number in range(nodes):
            node = document(f"worker-{number:07d}", machine_id="sha256:" + hashlib.sha256(b"%d" % number).hexdigest())
            sections = dict(random_.choices(shared, weights)[0])
            kernel = {**sections["kernel"]["facts"], "release": f"5.{random_.randrange(4, 14)}.0-generic"}
            sections["kernel"] = {**sections["kernel"], "facts": kernel}
            memory = {**sections["memory"]["facts"], "total_bytes": random_.randrange(10**10, 10**12)}
            sections["memory"] = {**sections["memory"], "facts": memory}
            sysctl = {"net.ipv4.ip_forward": str(random_.randrange(2)), "vm.max_map_count": str(random_.randrange(3))}
            sections["kernel"]["facts"] = {**kernel, "sysctl": sysctl}
            runtime = {**sections["runtime"]["facts"], "containerd": {"version": f"1.7.{random_.randrange(8)}"}}
            sections["runtime"] = {**sections["runtime"], "facts": runtime}
            node["sections"] = sections
            node["collection"]["collected_at"] = (
                f"2026-11-22T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"
            )
            out.write(_json.canonical(node))


def seconds(work: Callable[[], object]) -> float:
    """Wall time, with the collector of garbage at rest."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    work()
    taken = time.perf_counter() - start
    gc.enable()
    return taken


def parsed(file: Path) -> None:
    """What has to be beaten: every line through orjson, and nothing else."""
    with file.open("rb") as lines:
        for line in lines:
            orjson.loads(line)


def judged(file: Path, memory: Memory, terms: Terms) -> None:
    """Every line judged and counted."""
    tally = Tally(terms)
    with file.open("rb") as lines:
        for line in lines:
            known = memory.judge(line)
            assert known is not None
            tally.remembered(known)
    tally.totals()


def command(file: Path) -> None:
    """The command as a user runs it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(
        [sys.executable, "-m", "passmuster", "check", str(file), "-p", "virtnest@1.0.0", "-o", "summary"],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )


def main() -> int:
    """Print a table of medians and ratios, beside what the project aims at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    terms = Terms(policies=(virtnest(),), parameters=no_parameters(virtnest()))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.ndjson"
        write(file, options.nodes)
        size = file.stat().st_size / options.nodes
        warm = Memory(terms)
        judged(file, warm, terms)
        times: dict[str, list[float]] = {"orjson.loads alone": [], **{name: [] for name in _GOALS}}
        for _ in range(options.runs):
            times["orjson.loads alone"].append(seconds(lambda: parsed(file)))
            times["cold"].append(seconds(lambda: judged(file, Memory(terms), terms)))
            times["warm"].append(seconds(lambda: judged(file, warm, terms)))
            times["from a file, start-up included"].append(seconds(lambda: command(file)))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rules = len(virtnest().rules)
    print(f"{options.nodes} nodes of {size:.0f} bytes, {rules} rules; peak memory of the command {peak:.0f} MB")
    _table(times, options.nodes)
    return 0


def _table(times: dict[str, list[float]], nodes: int) -> None:
    base = statistics.median(times["orjson.loads alone"])
    print(f"{'':<32} {'us a node':>10} {'x orjson':>9} {'goal':>6}")
    for name, each in times.items():
        median = statistics.median(each)
        print(f"{name:<32} {median / nodes * 1e6:>10.1f} {median / base:>9.2f} {_GOALS.get(name, '-'):>6}")


if __name__ == "__main__":
    sys.exit(main())
