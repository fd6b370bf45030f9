"""Judging a fleet of any size in one pass, for reports that need no verdict as a whole in memory."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from passmuster.cli import inputs, output, progress, sealed
from passmuster.cli.folder import readable
from passmuster.codec import json
from passmuster.fleet import Remembered, Spool
from passmuster.fleet.runner import OnePass
from passmuster.fleet.scratch import Scratch
from passmuster.intake import skipped
from passmuster.model.verdict import Origin
from passmuster.report import Evidence, Style, counting, origin
from passmuster.report.matrix import text as matrix
from passmuster.report.scope import headline
from passmuster.report.summary import text as summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from passmuster.cli.latest import Newest
    from passmuster.evaluation.criteria import Terms
    from passmuster.evaluation.node import Given
    from passmuster.fleet.conclusion import Conclusion
    from passmuster.fleet.runner import Passed
    from passmuster.model.verdict import Verdict

Found: TypeAlias = "inputs.Met[Remembered] | tuple[str, int, inputs.Sourced[Remembered]]"
"""What is judged: as it was met, or with what is known of where it came from."""
FORMATS = frozenset(("json", "matrix", "ndjson", "summary"))
_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of names that are kept in memory; more of them go to a temporary file."""
_ROLL = 4 * 1024 * 1024
"""The same of identities."""
_SOME = 256
"""Nodes between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be written."""

    streams: list[IO[bytes]]
    """Nodes go there as they come."""
    kept: Spool | None
    """All nodes, where a report that holds them is wanted."""

    def take(self, node: bytes) -> None:
        """Write or keep one node."""
        for each in self.streams:
            each.write(node + b"\n")
        if self.kept is not None:
            self.kept.add(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is judged: paths, or what was read of them before."""

    paths: Sequence[str] = ()
    given: Sequence[Given] = ()
    workers: int = 1
    kept: Callable[[Callable[[bytes], Remembered | None]], Iterator[Found]] | None = None
    """Gives what is judged from elsewhere than paths, a store: as `inputs.met` does."""
    origin: Callable[[], Origin] = sealed.origin
    """How the snapshots came, once all were read."""

    newest: Newest | None = None
    """Only the newest snapshot of each node is judged; None for all."""

    def met(self, known: Callable[[bytes], Remembered | None]) -> Iterator[Found]:
        """What is judged of it."""
        return placed(self.read(known)) if self.kept is None else self.kept(known)

    def read(self, known: Callable[[bytes], Remembered | None]) -> Iterator[inputs.Met[Remembered]]:
        """The same, as `inputs.met` gives it, where it does not come from elsewhere."""
        given = (("", 0, each) for each in self.given)
        return self.only(itertools.chain(given, inputs.met(self.paths, known)))

    def only(self, met: Iterable[inputs.Met[Remembered]]) -> Iterator[inputs.Met[Remembered]]:
        """What is judged of what was met."""
        return iter(met) if self.newest is None else self.newest.only(met)

    def superseded(self, terms: Terms) -> int | None:
        """How many snapshots were left out as older than the newest; None where nobody asked for that."""
        return self.newest.left if terms.latest and self.newest is not None else None


def placed(met: Iterable[inputs.Met[Remembered]]) -> Iterator[Found]:
    """What was met, with the site of the bundle that it came in."""
    for path, line, each in met:
        site = sealed.site(path)
        yield (path, line, each) if site is None else (path, line, inputs.Sourced(each, site, None))


@contextlib.contextmanager
def of_terms(source: Source, terms: Terms) -> Iterator[Source]:
    """The same source, with the newest snapshots chosen where the terms ask for these alone."""
    if not terms.latest:
        yield source
        return
    from passmuster.cli import latest  # noqa: PLC0415 - asked for now and then

    with latest.rereadable(source.paths) as again:
        onepass = OnePass(replace(terms, waivers=None), Style(), written=False, journal=None)
        found = latest.newest(source, onepass, terms)
        again()
        yield replace(source, newest=found)


def run(source: Source, terms: Terms, outputs: Sequence[output.Output], style: Style) -> Conclusion:
    """Judge the snapshots and write the reports; all of them are among FORMATS."""
    names = {each.reporter.name for each in outputs}
    written = bool(names & {"json", "ndjson"})
    needs = written or OnePass.needs_journal(terms)
    watched = progress.wanted(sys.stderr, os.environ)
    bar = progress.Progress(_size(source.paths), sys.stderr if watched else None)
    with contextlib.ExitStack() as stack:
        stack.enter_context(bar)
        source = stack.enter_context(of_terms(source, terms))
        spool = stack.enter_context(Scratch(_IN_MEMORY)) if "json" in names else None
        wanted = Wanted(
            streams=[stack.enter_context(output.growing(file)) for file in _streams(outputs)],
            kept=None if spool is None else Spool(spool),
        )
        journal = stack.enter_context(Scratch(_IN_MEMORY)) if needs else None
        roll = stack.enter_context(Scratch(_ROLL))
        onepass = OnePass(terms, style, written=written, journal=journal, roll=roll)  # type: ignore[arg-type]
        if source.workers > 1:
            for size, passed in _by_many(source, terms, style, written=written, journal=needs):
                onepass.take(passed)
                for node in passed.written:
                    wanted.take(node)
                bar.done(size, len(passed.portion.nodes))
        else:
            _by_one(source.met(onepass.known), onepass, wanted, bar)
        conclusion = onepass.conclude(source.origin())
        verdict = replace(
            conclusion.verdict,
            skipped=skipped.taken(),
            superseded=source.superseded(terms),
        )
        conclusion = replace(conclusion, verdict=verdict)
        for each in wanted.streams:
            for line in onepass.last(conclusion):
                each.write(line + b"\n")
        bar.clear()
        for one in output.files_first(outputs):
            if one.reporter.name == "json" and wanted.kept is not None:
                with output.growing(one.file) as file:
                    file.writelines(onepass.whole(conclusion, wanted.kept))
            else:
                _write(one, conclusion, terms, style)
    if not written:
        _note(conclusion)
    if watched and sum(conclusion.totals.nodes.values()) > 1:
        sys.stdout.flush()
        sys.stderr.write(progress.finished(conclusion.totals.nodes, bar.seconds) + "\n")
    return conclusion


def _note(conclusion: Conclusion) -> None:
    """Say on standard error what reports say that are not counts alone."""
    repeats, older = conclusion.totals.repeats, conclusion.verdict.superseded
    if repeats:
        sys.stderr.write(f"note: given more than once, byte for byte, and counted once: {repeats}\n")
    if older:
        sys.stderr.write(f"note: --latest: older than the newest of their nodes, and left out: {older}\n")


def whole(source: Source, terms: Terms) -> Verdict:
    """The verdict with every node in memory, for reports that look at all of them."""
    style = Style(evidence=Evidence.FULL)
    watched = progress.wanted(sys.stderr, os.environ)
    bar = progress.Progress(_size(source.paths), sys.stderr if watched else None)
    nodes = []
    with bar, Scratch(_IN_MEMORY) as journal, of_terms(source, terms) as chosen:
        onepass = OnePass(terms, style, written=True, journal=journal)  # type: ignore[arg-type]
        for path, line, each in chosen.met(onepass.known):
            found, site, doubt = _known(each, onepass)
            if isinstance(found, Remembered):
                nodes.append(onepass.remembered_verdict(found, inputs.label(path, line), site, doubt))
                bar.done(len(found.data), 1)
            else:
                nodes.append(onepass.plain_verdict(_given(path, line, found, site, doubt)))
                bar.done(len(found) if isinstance(found, bytes) else 0, 1)
        verdict = onepass.with_nodes(onepass.conclude(source.origin()), nodes)
        return replace(verdict, skipped=skipped.taken(), superseded=chosen.superseded(terms))


def _known(
    met: bytes | Given | Remembered | inputs.Sourced[Remembered], onepass: OnePass
) -> tuple[bytes | Given | Remembered, str | None, str | None]:
    """What was met, judged from memory where that is possible, with its site and doubt."""
    found, site, doubt = (met.found, met.site, met.doubt) if isinstance(met, inputs.Sourced) else (met, None, None)
    return (onepass.known_otherwise(found) or found) if isinstance(found, bytes) else found, site, doubt


def _given(path: str, line: int, found: bytes | Given, site: str | None, doubt: str | None) -> Given:
    read = inputs.load(inputs.document(path, line, found)) if isinstance(found, bytes) else found
    return read if site is doubt is None else replace(read, site=site, doubt=doubt or read.doubt)


def _by_one(met: Iterable[Found], onepass: OnePass, wanted: Wanted, bar: progress.Progress) -> None:
    size = nodes = 0
    for data, node in judged(met, onepass):
        if node:
            wanted.take(node)
        size += data
        nodes += 1
        if nodes == _SOME:
            bar.done(size, nodes)
            size = nodes = 0
    bar.done(size, nodes)


def judged(found: Iterable[Found], onepass: OnePass) -> Iterator[tuple[int, bytes]]:
    """Every node of the input: how long it was, and how a report has it."""
    labelled, last = b"", ""
    for path, line, met in found:
        each, site, doubt = _known(met, onepass)
        if isinstance(each, Remembered):
            if path is not last:
                labelled, last = json.canonical(readable(path))[:-2], path
            label = b'%s:%d"' % (labelled, line) if line > 0 else labelled + b'"'
            yield len(each.data), onepass.remembered(each, label, site, doubt)
        else:
            size = len(each) if isinstance(each, bytes) else 0
            yield size, onepass.plain(_given(path, line, each, site, doubt))


def _by_many(
    source: Source, terms: Terms, style: Style, *, written: bool, journal: bool
) -> Iterator[tuple[int, Passed]]:
    """What several processes make of the paths, a part at a time and in their order."""
    from passmuster.cli import jobs  # noqa: PLC0415 - one process needs nothing of it

    def make() -> OnePass:
        return OnePass(terms, style, written=written, journal=jobs.fresh() if journal else None)

    def judge(met: Iterable[inputs.Met[Remembered]], onepass: OnePass) -> Iterator[tuple[int, bytes]]:
        return judged(placed(source.only(met)), onepass)

    crew = jobs.Crew(workers=source.workers, make=make, judge=judge, numbered=journal)
    return jobs.passed(source.paths, crew)


def _streams(outputs: Sequence[output.Output]) -> list[str | None]:
    return [each.file for each in outputs if each.reporter.name == "ndjson"]


def _write(each: output.Output, conclusion: Conclusion, terms: Terms, style: Style) -> None:
    verdict = conclusion.verdict
    match each.reporter.name:
        case "summary":
            roster = None if terms.roster is None else terms.roster_source
            came = Origin(bundles=verdict.bundles, signatures=verdict.signatures, roster=roster)
            told = summary(verdict.outcome, conclusion.counts, verdict.scope, verdict.skipped, came)
            output.emit_bytes(told.encode(), each)
        case "matrix":
            pools = counting.by_fleet_rule(verdict)
            fitting = output.styled(style, each)
            head = [*headline(verdict.scope, verdict.levels, verdict.skipped), *origin.headline(verdict)]
            told = matrix(conclusion.totals.by_rule, conclusion.totals.nodes, fitting, head=head, pools=pools)
            output.emit_bytes(told.encode(), each)
        case _:
            pass  # a stream is written by now


def _size(paths: Sequence[str]) -> int | None:
    """Bytes of the input; None where nobody knows."""
    sizes = [Path(path).stat().st_size for path in paths if path != "-" and Path(path).is_file()]
    plain = not any(path.lower().endswith((".gz", ".xz", ".bz2", ".zst")) for path in paths)
    return sum(sizes) if len(sizes) == len(paths) and plain else None
