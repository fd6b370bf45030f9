"""Mutated inputs of every kind through the commands. By hand: make fuzz-inputs, or.

python tests/fuzz/fuzz_run.py --cases 20000 --seed 1
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    for folder in (HERE, HERE.parent, HERE.parents[1] / "engine", HERE.parents[1] / "collector"):
        sys.path.insert(0, str(folder))

from fuzz_mutate import mutated  # noqa: E402 - found by the path above
from fuzz_seeds import DUMP, TESTS, kinds  # noqa: E402 - as above
from limits import MOST_BYTES, MOST_SECONDS, took  # noqa: E402 - as above
from snapshots import data  # noqa: E402 - as above

from passmuster.cli import main  # noqa: E402 - as above

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fuzz_kind import Kind

_HANGS = 60
_OFTEN = {"snapshot": 12, "roomy snapshot": 3, "fleet": 4, "policy": 10, "shipped policy": 3, "store": 5, "bundle": 4}
"""How often a kind is tried, where that is more than once in as many as there are kinds."""
_MAY_FAIL = ("policy test", "policy lint", "impact", "snapshot redact")
"""Commands beside `check` whose status 1 is a finding of theirs: failing tests, nodes that flip."""


class Case(NamedTuple):
    """One mutated input, and a command that reads it."""

    number: int
    kind: Kind
    content: bytes
    words: tuple[str, ...]


def cases(found: tuple[Kind, ...], seed: int, first: int, many: int) -> Iterator[Case]:
    """The cases of a seed: the same ones every time."""
    for number in range(first, first + many):
        chance = random.Random(f"{seed}/{number}")
        (kind,) = chance.choices(found, [_OFTEN.get(each.name, 1) for each in found])
        other = chance.choice(found)
        yield Case(number, kind, mutated(kind.content, other.content, chance), chance.choice(kind.commands))


def prepare() -> tuple[Kind, ...]:
    """Everything that commands read, in the current folder; gives the kinds of input."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = kinds()
    _around()
    return found


def _around() -> None:
    """What lies around a mutated file."""
    for path, content in DUMP.items():
        place = Path("dump", path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    Path("copies").mkdir(exist_ok=True)
    Path("copies/n1.json").write_bytes(data("n1", machine_id=None))
    for name in ("pack/1.0.0", "packs/demo/1.0.0"):
        Path(name).mkdir(parents=True, exist_ok=True)
        Path(name, "policy.yaml").write_bytes(Path("policy.yaml").read_bytes())
        Path(name, "tests.yaml").write_text(TESTS)


def status_of(case: Case) -> int:
    """Run a case in this process, in a place as it was before."""
    for name in ("new.db", "out", "x.db-wal", "x.db-shm"):
        with contextlib.suppress(OSError):
            Path(name).unlink()
    _around()
    file = Path(case.kind.file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(case.kind.written(case.content))
    if case.kind.name == "key":
        file.chmod(0o600)
    try:
        return main(case.kind.words(case.words, case.content))
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    finally:
        file.unlink(missing_ok=True)


def complaint(case: Case) -> str | None:
    """Run a case in this process; what is wrong with how it went, or None."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    before, begun = _memory(), time.process_time()
    signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(_HANGS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = status_of(case)
            out.flush()
    except BaseException as error:  # noqa: BLE001 - nothing may leave a command
        return f"an exception left it: {error!r}"
    finally:
        signal.alarm(0)
    seconds, size = time.process_time() - begun, _memory() - before
    said = err.getvalue() + out.buffer.getvalue().decode()
    return _wrong(case, status, said) or _too_much(seconds, size)


def _hangs(*_: object) -> None:
    raise TimeoutError(f"no end after {_HANGS} seconds")


def _memory() -> int:
    """The most memory that this process had since the last look, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return int(found[1]) * 1024 if found else 0


def _wrong(case: Case, status: int, said: str) -> str | None:
    if "Traceback" in said:
        return f"a traceback: {said}"
    if status not in {0, 1, 2, 3, 4}:
        return f"status {status}: {said}"
    if status in {2, 4} and not said.strip():
        return f"status {status} without a word"
    command = " ".join(case.words[:2])
    if status != 1 or command.startswith(_MAY_FAIL):
        return None
    judged = case.words[0] == "check" or command == "fleet check"
    if judged and "json=out" in case.words and _fails():
        return None
    if judged and "json=out" not in case.words:
        return None  # another report, and the json of the same kind of input is looked at
    return f"status 1, and no rule fails: {said}"


def _fails() -> bool:
    """Whether the report that was written has a required rule that fails."""
    try:
        document = json.loads(Path("out").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document["summary"]["rules"]["required"]["fail"] > 0


def _too_much(seconds: float, size: int) -> str | None:
    if seconds > MOST_SECONDS:
        return f"{seconds:.1f} seconds of the processor"
    return f"{size >> 20} MiB of memory" if size > MOST_BYTES else None


def separately(case: Case) -> str | None:
    """The same in a process of its own."""
    Path(case.kind.file).write_bytes(case.kind.written(case.content))
    found = took(*case.kind.words(case.words, case.content))
    return _wrong(case, found.status, (found.err + found.out).decode()) or _too_much(found.seconds, found.size)


def _by_hand() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--keep", metavar="DIR", help="keep the inputs of findings there")
    options = parser.parse_args()
    keep = None if options.keep is None else Path(options.keep).resolve()
    findings = 0
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        found = prepare()
        for case in cases(found, options.seed, options.first, options.cases):
            told = complaint(case)
            if told is not None:
                findings += 1
                sys.stdout.write(f"{case.number} ({case.kind.name}): {' '.join(case.words)}: {told}\n")
                sys.stdout.flush()
                if keep is not None:
                    keep.mkdir(exist_ok=True)
                    (keep / f"{options.seed}-{case.number}-{Path(case.kind.file).name}").write_bytes(
                        case.kind.written(case.content)
                    )
        os.chdir("/")
    sys.stdout.write(f"{options.cases} inputs of seed {options.seed}: {findings} findings\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(_by_hand())
