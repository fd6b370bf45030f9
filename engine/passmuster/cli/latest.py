"""`--latest`: of the snapshots of each node only the newest; the input is read twice, first for names and moments."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import stat
import sys
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli import inputs
from passmuster.errors import UsageError
from passmuster.evaluation.node import Moments
from passmuster.fleet import Remembered
from passmuster.fleet.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from passmuster.cli import streamed
    from passmuster.evaluation.criteria import Terms
    from passmuster.fleet.runner import OnePass

_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of standard input that are kept in memory; more of them go to a temporary file."""


@dataclass(slots=True, kw_only=True)
class Newest:
    """The newest moment of each node.

    A snapshot without a moment, or from the future, is neither newest nor older than another: nobody knows. Nor is one
    without a machine id, for two of one name may be of two machines. So these are not left out.
    """

    last: str
    """The last moment that is not the future."""
    others: Callable[[bytes], Remembered | None]
    """Judges a document that is no canonical line from memory."""
    at: dict[bytes, str] = field(default_factory=dict)
    """By a digest of the node's identity."""
    ties: dict[bytes, int] = field(default_factory=dict)
    """How many more snapshots there are of that moment, where there are."""
    dated: int = 0

    @property
    def left(self) -> int:
        """How many snapshots are older than the newest of their nodes."""
        return self.dated - len(self.at) - sum(self.ties.values())

    def note(self, met: inputs.Met[Remembered]) -> None:
        """Look at a snapshot."""
        found = self._dated(met)
        if found is None:
            return
        who, moment = found
        self.dated += 1
        known = self.at.get(who, "")
        if known < moment:
            self.at[who] = moment
            self.ties.pop(who, None)
        elif known == moment:
            self.ties[who] = self.ties.get(who, 0) + 1

    def only(self, met: Iterable[inputs.Met[Remembered]]) -> Iterator[inputs.Met[Remembered]]:
        """What was met, without snapshots of which there is a newer one."""
        for each in met:
            found = self._dated(each)
            if found is None or found[1] >= self.at.get(found[0], ""):
                yield each

    def _dated(self, met: inputs.Met[Remembered]) -> tuple[bytes, str] | None:
        """A node, and the moment of its snapshot; None where it has none that counts."""
        each = met[2]
        if isinstance(each, bytes):
            each = self.others(each) or inputs.load(inputs.document(*met[:2], each))
        if isinstance(each, Remembered):
            name, at, machine = each.name, each.collected_at, each.machine_id
        elif each.snapshot is None or each.doubt is not None:
            return None
        else:
            name, at = each.snapshot.name.encode(), each.snapshot.collection["collected_at"]
            machine = each.snapshot.machine_id.encode() if each.snapshot.machine_id is not None else None
        if at is None or machine is None or at > self.last:
            return None
        return hashlib.blake2b(machine + name, digest_size=16).digest(), at


def newest(source: streamed.Source, onepass: OnePass, terms: Terms) -> Newest:
    """Read the input for the newest of each node; raises UsageError where it cannot be read again afterwards."""
    for path in source.paths:
        if path != "-" and not Path(path).is_dir() and _pipe(path):
            message = "can be read once, and --latest reads twice (expected a file, a folder or -)"
            raise UsageError.at(path, message, code="usage-input")
    found = Newest(last=Moments.of(terms).last, others=onepass.known_otherwise)
    for each in source.read(onepass.known):
        found.note(each)
    return found


@contextlib.contextmanager
def rereadable(paths: Sequence[str]) -> Iterator[Callable[[], object]]:
    """Keep standard input, where it is asked for, so that it can be read twice; gives what goes back to its start."""
    if "-" not in paths:
        yield lambda: None
        return
    before = sys.stdin
    with Scratch(_IN_MEMORY) as kept:
        shutil.copyfileobj(before.buffer, kept)
        kept.seek(0)
        sys.stdin = TextIOWrapper(kept)
        try:
            yield lambda: kept.seek(0)
        finally:
            sys.stdin.detach()
            sys.stdin = before


def _pipe(path: str) -> bool:
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False
