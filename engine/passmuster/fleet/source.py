"""The input of a check: documents from paths, an embedder or a store; all of them, or the newest of each node.

For the newest the input is read twice, first for names and collection times.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import shutil
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from passmuster.errors import UsageError
from passmuster.evaluation.node import Moments
from passmuster.fleet import Remembered
from passmuster.fleet.runner import OnePass
from passmuster.fleet.scratch import Scratch
from passmuster.intake import inputs
from passmuster.intake.bundle_input import InputRecord
from passmuster.report import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.evaluation.node import Given
    from passmuster.model.verdict import Origin

Found: TypeAlias = "inputs.InputItem[Remembered] | tuple[str, int, inputs.Sourced[Remembered]]"
"""A document to judge, with its origin if that is known."""
_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of standard input that are kept in memory; more of them go to a temporary file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The input: paths, or snapshots from elsewhere. The record lists what was found."""

    record: InputRecord = field(default_factory=InputRecord)
    paths: Sequence[str] = ()
    given: Sequence[Given] = ()
    workers: int = 1
    kept: Callable[[Callable[[bytes], Remembered | None]], Iterator[Found]] | None = None
    """Gives what is judged from elsewhere than paths, as `inputs.items` does: from a store, or from an embedder."""
    came: Callable[[], Origin] | None = None
    """How the snapshots came, once all were read; None where the record says it."""
    newest: Newest | None = None
    """Only the newest snapshot of each node is judged; None for all."""

    @property
    def origin(self) -> Origin:
        """How the snapshots came that were read so far."""
        return self.record.origin if self.came is None else self.came()

    def items(self, known: Callable[[bytes], Remembered | None]) -> Iterator[Found]:
        """What is judged of it."""
        return self.placed(self.read(known)) if self.kept is None else self.kept(known)

    def read(self, known: Callable[[bytes], Remembered | None]) -> Iterator[inputs.InputItem[Remembered]]:
        """The same, as `inputs.items` gives it, where it does not come from elsewhere."""
        given = (("", 0, each) for each in self.given)
        return self.only(itertools.chain(given, inputs.items(self.record, self.paths, known)))

    def only(self, items: Iterable[inputs.InputItem[Remembered]]) -> Iterator[inputs.InputItem[Remembered]]:
        """What is judged of what was met."""
        return iter(items) if self.newest is None else self.newest.only(items)

    def placed(self, items: Iterable[inputs.InputItem[Remembered]]) -> Iterator[Found]:
        """What was met, with the site of the bundle that it came in."""
        for path, line, found in items:
            site = self.record.site(path)
            yield (path, line, found) if site is None else (path, line, inputs.Sourced(found, site, None))

    def superseded(self, terms: EvaluationCriteria) -> int | None:
        """How many snapshots were left out as older than the newest; None where nobody asked for that."""
        return self.newest.left if terms.latest and self.newest is not None else None


@contextlib.contextmanager
def of_terms(source: Source, terms: EvaluationCriteria) -> Iterator[Source]:
    """The same source, with the newest snapshots chosen where the terms ask for these alone."""
    if not terms.latest:
        yield source
        return
    with _rereadable(source) as (again, rewind):
        onepass = OnePass(replace(terms, waivers=None), Style(), written=False, journal=None)
        found = _newest(again, onepass, terms)
        rewind()
        yield replace(again, newest=found)


@dataclass(slots=True, kw_only=True)
class Newest:
    """The newest moment of each node.

    A snapshot without a moment, or from the future, is neither newest nor older than another: nobody knows. Nor is one
    without a machine id, for two of one name may be of two machines. So these are not left out.
    """

    last: str
    """The latest time that does not count as the future."""
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

    def note(self, item: inputs.InputItem[Remembered]) -> None:
        """Consider a snapshot."""
        found = self._dated(item)
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

    def only(self, items: Iterable[inputs.InputItem[Remembered]]) -> Iterator[inputs.InputItem[Remembered]]:
        """What was met, without snapshots of which there is a newer one."""
        for each in items:
            found = self._dated(each)
            if found is None or found[1] >= self.at.get(found[0], ""):
                yield each

    def _dated(self, item: inputs.InputItem[Remembered]) -> tuple[bytes, str] | None:
        """A node, and the moment of its snapshot; None where it has none that counts."""
        each = item[2]
        if isinstance(each, bytes):
            each = self.others(each) or inputs.load(inputs.document(*item[:2], each))
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


def _newest(source: Source, onepass: OnePass, terms: EvaluationCriteria) -> Newest:
    """Read the input for the newest of each node; raises UsageError where it cannot be read again afterwards."""
    for path in source.paths:
        if path != "-" and not Path(path).is_dir() and _pipe(path):
            message = "can be read once, and --latest reads twice (expected a file, a folder or -)"
            raise UsageError.at(path, message, code="usage-input")
    found = Newest(last=Moments.of(terms).last, others=onepass.known_otherwise)
    for item in source.read(onepass.known):
        found.note(item)
    return found


@contextlib.contextmanager
def _rereadable(source: Source) -> Iterator[tuple[Source, Callable[[], object]]]:
    """The same source, with standard input kept where it is asked for; and what goes back to its start."""
    if "-" not in source.paths:
        yield source, lambda: None
        return
    with Scratch(_IN_MEMORY) as kept:
        shutil.copyfileobj(source.record.stdin(), kept)
        kept.seek(0)
        record = replace(source.record, stdin=lambda: cast("BinaryIO", kept))
        yield replace(source, record=record), lambda: kept.seek(0)


def _pipe(path: str) -> bool:
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False
