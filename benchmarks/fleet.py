"""Judging fleets, beside what `orjson.loads` alone needs for the same bytes: every ratio is within one run.

Rows of one size are interleaved, so that a noisy minute hurts all of them. A goal that every run misses is told, and
ends with status 1. `--write` puts the table and the plot into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))
sys.path.append(str(CHECKOUT / "tests"))  # last: a folder there is called as one of the libraries

import data_here  # noqa: E402 - the tests' own
import orjson  # noqa: E402 - the measure

from benchmarks import fleets, others, page, timing  # noqa: E402
from benchmarks.timing import Series  # noqa: E402
from passmuster import policy  # noqa: E402
from passmuster.evaluation.criteria import EvaluationCriteria  # noqa: E402
from passmuster.fleet import Memory, Tally  # noqa: E402
from passmuster.policy.compile import compile_policy  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.timing import Taken

PACKS = ("virtnest@1.1.0", "kubevirt@1.0.0")
ASKED = [word for pack in PACKS for word in ("-p", pack)]
EARLIER = ["-p", "virtnest@1.0.0", "-p", "kubevirt@1.0.0"]
MEMORY = 250_000_000
FULL = 100_000
"""Nodes from which on the goals hold."""
BUFFER = 256 * 1024
"""Bytes that are read at a time, as `check` reads."""
_SAMPLE = 100
_SLOW = 20
_REPEATS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One measuring."""

    folder: Path
    runs: int
    terms: EvaluationCriteria
    rows: list[Series] = field(default_factory=list)

    def interleaved(self, pairs: Sequence[tuple[Series, Callable[[], Taken]]], runs: int = 0) -> None:
        """Make all runs of some rows, in turns."""
        for _ in range(runs or self.runs):
            for series, take in pairs:
                series.runs.append(take())
        self.rows.extend(series for series, _ in pairs)
        for series, _ in pairs:
            print(page.line(series), flush=True)


def terms() -> EvaluationCriteria:
    """What all fleets are judged by: the rules of both packs, with the default values of their parameters."""
    files = [CHECKOUT / "policies" / pack.replace("@", "/") / "policy.yaml" for pack in PACKS]
    loaded = [policy.load(file.read_bytes(), str(file), released=True) for file in files]
    parameters: dict[str, dict[str, Any]] = {}
    for each in loaded:
        parameters[each.pack] = {one.name: one.default for one in each.parameters}
    return EvaluationCriteria(policies=tuple(compile_policy(each) for each in loaded), parameters=parameters)


def parsed(file: Path) -> None:
    """What has to be beaten: every line through orjson, and nothing else."""
    with file.open("rb", buffering=BUFFER) as lines:
        for line in lines:
            orjson.loads(line)


def each(work: Callable[[bytes], object], lines: Sequence[bytes]) -> None:
    """Work on every line, and keep nothing of it."""
    for line in lines:
        work(line)


def judged(file: Path, memory: Memory, terms_: EvaluationCriteria) -> None:
    """Every line judged and counted."""
    tally = Tally(terms_)
    with file.open("rb", buffering=BUFFER) as lines:
        for line in lines:
            known = memory.judge(line)
            assert known is not None
            tally.remembered(known)
    tally.totals()


def written(file: Path, fleet: Iterable[bytes]) -> Path:
    """The file, with a fleet in it."""
    with file.open("wb") as out:
        out.writelines(fleet)
    return file


def of_size(bench: Bench, nodes: int) -> Series:
    """A realistic fleet of one size, in this process and by the command; returns what orjson took."""
    file = written(bench.folder / f"{nodes}.ndjson", fleets.realistic(nodes))
    full = nodes >= FULL
    warm = Memory(bench.terms)
    judged(file, warm, bench.terms)
    base = Series(title="`orjson.loads` alone", nodes=nodes)

    def row(title: str, goal: float | None, engine: str, peak_goal: int | None = None) -> Series:
        goal = goal if full else None
        return Series(title=title, nodes=nodes, base=base, goal=goal, engine=engine, peak_goal=peak_goal)

    def check(*more: str) -> Callable[[], Taken]:
        line = timing.passmuster("check", str(file), *ASKED, *more)
        return lambda: timing.command(line)

    rows = [
        (base, lambda: timing.here(lambda: parsed(file))),
        (row("judged, cold", 1.0, "cold"), lambda: timing.here(lambda: judged(file, Memory(bench.terms), bench.terms))),
        (row("judged, warm", 0.7, "warm"), lambda: timing.here(lambda: judged(file, warm, bench.terms))),
        (row("`check -o summary`", 1.3, "the command, from a file", MEMORY), check("-o", "summary")),
        (row("`check -o summary --jobs 2`", None, "the command, two processes"), check("-o", "summary", "--jobs", "2")),
        (row("`check -o ndjson`", None, "", MEMORY), check("-o", f"ndjson={os.devnull}")),
    ]
    bench.interleaved(rows)
    return base


def other_fleets(bench: Bench, nodes: int) -> None:
    """Fleets of other kinds: nothing repeats, or real machines."""
    made: dict[str, tuple[Iterable[bytes], float | None]] = {
        "every section unique": (fleets.every_section_unique(fleets.realistic(nodes)), 5.0)
    }
    data = data_here.find()
    if data is not None and (data / "machines.tar.gz").is_file():
        machines = fleets.collected(data / "machines.tar.gz")
        made[f"{len(machines)} real machines, over and over"] = (fleets.of_machines(machines, nodes), None)
    else:
        print("real machines: the data are not here (set PASSMUSTER_DATA to their folder)")
    for title, (fleet, goal) in made.items():
        file = written(bench.folder / "other.ndjson", fleet)
        base = Series(title=f"`orjson.loads` alone: {title}", nodes=nodes)
        row = Series(title=f"judged, cold: {title}", nodes=nodes, base=base, goal=goal, engine=title)
        bench.interleaved(
            [
                (base, lambda file=file: timing.here(lambda: parsed(file))),  # type: ignore[misc]
                (row, lambda file=file: timing.here(lambda: judged(file, Memory(bench.terms), bench.terms))),  # type: ignore[misc]
            ]
        )
        file.unlink()


def other_engines(bench: Bench) -> None:
    """Other implementations of CEL, on a sample, for they are slow; raises SystemExit where verdicts differ."""
    sample = list(fleets.realistic(_SAMPLE))
    judges = others.judges()
    if told := others.disagreement(judges, sample[:_SLOW]):
        raise SystemExit(f"the engines do not agree: {told}")
    base = Series(title="`orjson.loads` alone: the sample", nodes=_SAMPLE * _REPEATS)
    rows: list[tuple[Series, Callable[[], Taken]]] = [
        (base, lambda: timing.here(lambda: each(orjson.loads, sample * _REPEATS)))
    ]
    for name, judge in judges.items():
        some = sample[:_SLOW] if name == "cel-python" else sample
        row = Series(title=f"24 rules: {name}", nodes=len(some), base=base, engine=name)
        rows.append((row, lambda judge=judge, some=some: timing.here(lambda: each(judge, some))))  # type: ignore[misc]
    bench.interleaved(rows)
    for name in others.absent():
        print(f"{name}: not installed")


def from_store(bench: Bench, base: Series, nodes: int, *, size_of_json: int) -> None:
    """A store of a fleet: filling it, judging by a policy that was never asked, and again."""
    file, store = bench.folder / f"{nodes}.ndjson", str(bench.folder / "fleet.db")
    add = Series(title="`fleet add`", nodes=nodes, base=base)
    filled = timing.passmuster("fleet", "add", store, str(file))
    take = (lambda: timing.command(filled, statuses=[0])) if file.exists() else (lambda: _piped(nodes, store))
    bench.interleaved([(add, take)], 1)
    size = Path(store).stat().st_size
    told = f"{size / nodes:.0f} bytes a node, {size / size_of_json:.1%} of the JSON"
    bench.rows[-1] = replace(add, title=f"`fleet add`: {told}")
    print(f"the store: {told}")
    goal = 0.15 if nodes > FULL else None
    title = "`fleet check`, a new policy version"
    first = Series(title=title, nodes=nodes, base=base, goal=goal, engine="the store, a new version")
    again = Series(title="`fleet check`, again", nodes=nodes, base=base, wall_goal=2.0, engine="the store, again")
    check = timing.passmuster("fleet", "check", store, *ASKED, "-o", "summary")
    earlier = timing.passmuster("fleet", "check", store, *EARLIER, "-o", "summary")
    drop = timing.passmuster("fleet", "verdicts", store, "--drop", "all")

    def anew() -> Taken:
        timing.command(drop)
        timing.command(earlier)
        return timing.command(check)

    bench.interleaved([(first, anew), (again, lambda: timing.command(check))])
    Path(store).unlink()


def _piped(nodes: int, store: str) -> Taken:
    """Fill a store with a fleet that is made as it is read; the processor time is that of the store alone."""
    generator = subprocess.Popen([sys.executable, fleets.__file__, str(nodes)], stdout=subprocess.PIPE)
    taken = timing.command(timing.passmuster("fleet", "add", store, "-"), statuses=[0], stdin=generator.stdout)
    generator.wait()
    return taken


def main() -> int:
    """Print rows as they are measured; returns 1 where a goal is missed in every run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1_000, 10_000, FULL], help="sizes of the fleet")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="a store of 1,000,000 nodes too: ten minutes more")
    parser.add_argument("--write", action="store_true", help="put the table and the plot into docs/benchmarks.md")
    parser.add_argument("--date", default="", help="the day that the page names; none if left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder=Path(folder), runs=options.runs, terms=terms())
        _measure(bench, sorted(options.nodes), million=options.million)
    broken = [series for series in bench.rows if series.broken()]
    for series in broken:
        print(f"OVER: {series.title}, {series.nodes} nodes")
    if options.write:
        page.write(CHECKOUT / "docs", bench.rows, date=options.date)
    return int(bool(broken))


def _measure(bench: Bench, sizes: Sequence[int], *, million: bool) -> None:
    rules = sum(len(each.rules) for each in bench.terms.policies)
    print(f"{rules} rules of {' and '.join(PACKS)}; load of the machine {os.getloadavg()[0]:.1f}")
    print(page.heading())
    bases = [of_size(bench, nodes) for nodes in sizes]
    largest = bench.folder / f"{sizes[-1]}.ndjson"
    size = largest.stat().st_size
    print(f"{size / sizes[-1]:.0f} bytes a node")
    from_store(bench, bases[-1], sizes[-1], size_of_json=size)
    other_fleets(bench, min(10_000, sizes[-1]))
    other_engines(bench)
    if million:
        from_store(bench, bases[-1], 1_000_000, size_of_json=size * 1_000_000 // sizes[-1])
    walls = statistics.median(run.wall / run.cpu for series in bases for run in series.runs)
    print(f"wall time was {walls:.2f} times processor time in this process: 1 is a machine that does nothing else")


if __name__ == "__main__":
    sys.exit(main())
