"""A node that is given first and last among many: every format calls both unknown, and counts all the others.

python tests/many_nodes.py [--nodes 200000] [--formats json,html,...]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import read_back
from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAME, _ID = b"a-name", b"5a" * 32
KINDS = tuple(
    data(_NAME.decode(), machine_id=f"sha256:{_ID.decode()}", set_=change)
    for change in ({}, {"memory.total_bytes": 2**34}, {"os.id": "rocky"})
)


def write(file: Path, nodes: int, *, alike: bool) -> None:
    """So many lines; the last is of the first's node: the same bytes (`alike`), or others."""
    with file.open("wb") as out:
        for at in range(nodes):
            number = at % (nodes - 1)
            kind = KINDS[number % 3 if at < nodes - 1 or alike else 1]
            out.write(kind.replace(_NAME, b"n%d" % number).replace(_ID, b"%064x" % number))


def faults(nodes: int, formats: Iterable[str], *, more: tuple[str, ...] = ()) -> Iterator[str]:
    """Where a format says something else."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for alike in (True, False):
            write(Path("fleet.ndjson"), nodes, alike=alike)
            wanted = {"pass": nodes - 1} if alike else {"pass": nodes - 2, "unknown": 2}
            for name in formats:
                start = time.monotonic()
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    status = main(
                        [
                            "check",
                            "fleet.ndjson",
                            "-p",
                            "virtnest@1.0.0",
                            "-o",
                            f"{name}=out",
                            "--now",
                            "2026-11-23T00:00:00Z",
                            *more,
                        ]
                    )
                said = read_back.FORMATS[name](Path("out").read_bytes().decode())["nodes"]
                if (status, said) != (0 if alike else 3, wanted):
                    yield f"{name} of {nodes} nodes, {alike=}: status {status}, {said}"
                print(f"{name}: {time.monotonic() - start:.1f} s", file=sys.stderr)  # noqa: T201


def cli() -> None:
    """Print the faults; the status says whether there was one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=200_000)
    parser.add_argument("--formats", default=",".join(read_back.FORMATS))
    options = parser.parse_args()
    found = list(faults(options.nodes, options.formats.split(",")))
    sys.stdout.write("".join(f"{fault}\n" for fault in found) + f"{options.nodes} nodes, {len(found)} faults\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    cli()
