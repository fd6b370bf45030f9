"""Kills `fleet add` and `fleet check` at random moments, and says whether anything that was acknowledged is lost.

Run by hand for many kills: ``python tests/store/kill.py --kills 200``; the suite runs a few.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from snapshots import data  # noqa: E402 - the tests' own
from stores import contents, machine  # noqa: E402 - the tests' own

from passmuster.cli import main as passmuster  # noqa: E402
from passmuster.fleet.store import reading  # noqa: E402
from passmuster.fleet.store import run as intake  # noqa: E402
from passmuster.fleet.store.database import opened  # noqa: E402
from passmuster.fleet.store.rejudging import Plan  # noqa: E402
from passmuster.fleet.store.verifying import verify  # noqa: E402

_POLICY = ("-p", "virtnest@1.0.0", "-o", "summary")


@dataclass(slots=True)
class Toll:
    """What became of the kills."""

    adds: int = 0
    """Kills of `fleet add` that came in time."""
    checks: int = 0
    acknowledged: int = 0
    """Snapshots that a killed run had acknowledged."""
    lost: list[str] = field(default_factory=list)


def fleet(nodes: int) -> list[bytes]:
    """Lines of a small fleet; every third node is kept whole, every fifth has facts of its own."""
    made = []
    for number in range(nodes):
        line = data(f"n{number}", machine_id=machine(number), set_={"kernel.release": f"6.{number // 5}.0"})
        made.append(line if number % 3 else json.dumps(json.loads(line)).encode() + b"\n")
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A command of ours in a process of its own, which needs no time to begin."""

    pid: int
    out: IO[bytes]

    @classmethod
    def start(cls, *arguments: str) -> Child:
        """Fork; batches are small, so that kills fall among many of them."""
        out = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        pid = os.fork()
        if not pid:
            os.dup2(out.fileno(), 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb"))
            intake.BATCH = 20
            status = 70
            try:
                status = passmuster(list(arguments))
                sys.stdout.flush()
            finally:
                os._exit(status)
        return cls(pid=pid, out=out)

    def end(self) -> tuple[bytes, bool]:
        """What it said, and whether it was killed."""
        _, status = os.waitpid(self.pid, 0)
        self.out.seek(0)
        with self.out:
            return self.out.read(), os.WIFSIGNALED(status)

    def killed(self, after: float) -> tuple[bytes, bool]:
        """The same, of one that is killed so many seconds from now."""
        time.sleep(after)
        os.kill(self.pid, signal.SIGKILL)
        return self.end()


def run(home: Path, kills: int, seed: int) -> Toll:
    """Kill so often; each kill goes on with what the one before left, until a run is through."""
    random_, toll = random.Random(seed), Toll()
    lines = fleet(600)
    (home / "fleet.ndjson").write_bytes(b"".join(lines))
    (home / "one.json").write_bytes(lines[0])
    for warm in (["add", str(home / "warm.db"), str(home / "one.json")], ["check", str(home / "warm.db"), *_POLICY]):
        passmuster(["fleet", *warm])  # imports everything before the first fork
    whole = _timed("fleet", "add", str(home / "whole.db"), str(home / "fleet.ndjson"))
    judging = _timed("fleet", "check", str(home / "whole.db"), *_POLICY)
    wanted = _summary(home / "whole.db")
    store, round_ = home / "0.db", 0
    while toll.adds + toll.checks < kills:
        child = Child.start("fleet", "add", str(store), str(home / "fleet.ndjson"), "-o", "ndjson")
        out, in_time = child.killed(random_.uniform(0, whole))
        toll.adds += in_time
        _account(store, out, lines, toll)
        if not in_time or random_.random() < 1 / 4:
            if store.exists():
                _, in_time = Child.start("fleet", "check", str(store), *_POLICY).killed(random_.uniform(0, judging))
                toll.checks += in_time
            _finish(store, home / "fleet.ndjson", lines, wanted, toll)
            round_ += 1
            store = home / f"{round_}.db"
    _finish(store, home / "fleet.ndjson", lines, wanted, toll)
    return toll


def _timed(*arguments: str) -> float:
    begin = time.perf_counter()
    Child.start(*arguments).end()
    return time.perf_counter() - begin


def _summary(store: Path) -> bytes:
    return Child.start("fleet", "check", str(store), *_POLICY).end()[0]


def _account(store: Path, out: bytes, lines: list[bytes], toll: Toll) -> None:
    """Everything up to the last batch that was told is there."""
    told = [json.loads(line) for line in out.split(b"\n")[:-1]]
    if not told:
        return
    upto = int(told[-1]["last"].rpartition(":")[2])
    toll.acknowledged += upto
    with opened(str(store), write=False) as database:
        kept = {each.digest for each in reading.unordered(database)}
    missing = [line for line in lines[:upto] if hashlib.sha256(line).digest() not in kept]
    if missing:
        toll.lost.append(f"{store.name}: {len(missing)} of {upto} acknowledged snapshots are lost")


def _finish(store: Path, fleet_: Path, lines: list[bytes], wanted: bytes, toll: Toll) -> None:
    """A run that is left alone ends as if nothing had been killed."""
    Child.start("fleet", "add", str(store), str(fleet_)).end()
    if sorted(contents(store)) != sorted(lines):
        toll.lost.append(f"{store.name}: other snapshots than were given")
    if _summary(store) != wanted:
        toll.lost.append(f"{store.name}: other verdicts")
    with opened(str(store), write=False) as database:
        toll.lost += [
            f"{store.name}: {each}"
            for each in verify(database, Plan(terms=lambda _: "not asked", every=False, seed=0)).broken
        ]


def main() -> int:
    """Kill, and say what it did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        toll = run(Path(folder), options.kills, options.seed)
    told = f"{toll.adds} kills of add, {toll.checks} of check, {toll.acknowledged} snapshots were acknowledged"
    sys.stdout.write("\n".join([f"{told}; {len(toll.lost)} losses", *toll.lost, ""]))
    return 1 if toll.lost else 0


if __name__ == "__main__":
    sys.exit(main())
