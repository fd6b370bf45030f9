"""Judging a fleet of any size, from its source to a report: with all nodes in memory, or as a stream."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from passmuster.codec import json
from passmuster.fleet import Remembered, Spool
from passmuster.fleet.runner import OnePass
from passmuster.fleet.scratch import Scratch
from passmuster.fleet.source import of_terms
from passmuster.intake import inputs
from passmuster.intake.folder import readable
from passmuster.report import Evidence, Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.evaluation.node import Given
    from passmuster.fleet.conclusion import Conclusion
    from passmuster.fleet.runner import Passed
    from passmuster.fleet.source import Found, Source
    from passmuster.model.verdict import Verdict

_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of names that are kept in memory; more of them go to a temporary file."""
_ROLL = 4 * 1024 * 1024
"""The same of identities."""
_SOME = 256
"""Nodes between two reports of progress."""


def _untold(_size: int, _nodes: int) -> None:
    """The default of `done`: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sinks:
    """The outputs of a fleet while it is judged."""

    lines: Sequence[IO[bytes]] = ()
    """Each takes every node as a line of ndjson, and a last line at the end."""
    report: bool = False
    """Whether the JSON report is wanted, too."""
    done: Callable[[int, int], None] = _untold
    """Called with the bytes and nodes that were judged since the last call."""

    @property
    def written(self) -> bool:
        """Whether any output needs the nodes in the form of a report."""
        return self.report or bool(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """The result for a fleet; its nodes went to the outputs."""

    conclusion: Conclusion
    _onepass: OnePass
    _kept: Spool | None

    def report(self) -> Iterator[bytes]:
        """The JSON report, in pieces; only where it was asked for, and until the pass is left."""
        assert self._kept is not None
        return self._onepass.whole(self.conclusion, self._kept)


@contextlib.contextmanager
def streamed(source: Source, terms: EvaluationCriteria, style: Style, sinks: Sinks) -> Iterator[Streamed]:
    """Judge each node as it comes; memory does not grow with the nodes that are alike.

    Raises UsageError where there is nothing to read, IntegrityError for a bundle that does not hold.
    """
    lines, written = sinks.lines, sinks.written
    needs = written or OnePass.needs_journal(terms)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(of_terms(source, terms))
        kept = Spool(stack.enter_context(Scratch(_IN_MEMORY))) if sinks.report else None
        journal = stack.enter_context(Scratch(_IN_MEMORY)) if needs else None
        roll = stack.enter_context(Scratch(_ROLL))
        onepass = OnePass(terms, style, written=written, journal=journal, roll=roll)  # type: ignore[arg-type]

        def take(node: bytes) -> None:
            for file in lines:
                file.write(node + b"\n")
            if kept is not None:
                kept.add(node)

        if source.workers > 1:
            for size, passed in _by_many(source, terms, style, written=written, journal=needs):
                onepass.take(passed)
                for node in passed.written:
                    take(node)
                sinks.done(size, len(passed.portion.nodes))
        else:
            _by_one(source.items(onepass.known), onepass, take, sinks.done)
        conclusion = onepass.conclude(source.origin)
        verdict = replace(conclusion.verdict, skipped=source.record.every_skipped, superseded=source.superseded(terms))
        conclusion = replace(conclusion, verdict=verdict)
        if lines:
            for line in onepass.last(conclusion):
                for file in lines:
                    file.write(line + b"\n")
        yield Streamed(conclusion=conclusion, _onepass=onepass, _kept=kept)


def _by_one(
    found: Iterable[Found], onepass: OnePass, take: Callable[[bytes], None], done: Callable[[int, int], None]
) -> None:
    size = nodes = 0
    for data, node in judged(found, onepass):
        if node:
            take(node)
        size += data
        nodes += 1
        if nodes == _SOME:
            done(size, nodes)
            size = nodes = 0
    done(size, nodes)


def _by_many(
    source: Source, terms: EvaluationCriteria, style: Style, *, written: bool, journal: bool
) -> Iterator[tuple[int, Passed]]:
    """The results of several processes for the paths, part by part, in input order."""
    from passmuster.fleet import parallel  # noqa: PLC0415 - one process needs nothing of it

    def make() -> OnePass:
        return OnePass(terms, style, written=written, journal=parallel.fresh() if journal else None)

    return parallel.passed(source, parallel.Crew(make=make, judge=judged, numbered=journal))


def whole(source: Source, terms: EvaluationCriteria, done: Callable[[int, int], None] = _untold) -> Verdict:
    """The verdict with every node in memory, for reports that look at all of them; raises as `streamed` does."""
    nodes = []
    with Scratch(_IN_MEMORY) as journal, of_terms(source, terms) as chosen:
        onepass = OnePass(terms, Style(evidence=Evidence.FULL), written=True, journal=journal)  # type: ignore[arg-type]
        for path, line, each in chosen.items(onepass.known):
            found, site, doubt = _known(each, onepass)
            if isinstance(found, Remembered):
                nodes.append(onepass.remembered_verdict(found, inputs.label(path, line), site, doubt))
                done(len(found.data), 1)
            else:
                nodes.append(onepass.plain_verdict(_given(path, line, found, site, doubt)))
                done(len(found) if isinstance(found, bytes) else 0, 1)
        verdict = onepass.with_nodes(onepass.conclude(source.origin), nodes)
        return replace(verdict, skipped=source.record.every_skipped, superseded=chosen.superseded(terms))


def judged(found: Iterable[Found], onepass: OnePass) -> Iterator[tuple[int, bytes]]:
    """Every node of the input: how long it was, and how a report has it."""
    labelled, last = b"", None
    for path, line, item in found:
        each, site, doubt = _known(item, onepass)
        if isinstance(each, Remembered):
            if path is not last:
                labelled, last = json.canonical(readable(path))[:-2], path
            label = b'%s:%d"' % (labelled, line) if line > 0 else labelled + b'"'
            yield len(each.data), onepass.remembered(each, label, site, doubt)
        else:
            size = len(each) if isinstance(each, bytes) else 0
            yield size, onepass.plain(_given(path, line, each, site, doubt))


def _known(
    item: bytes | Given | Remembered | inputs.Sourced[Remembered], onepass: OnePass
) -> tuple[bytes | Given | Remembered, str | None, str | None]:
    """What was met, judged from memory where that is possible, with its site and doubt."""
    found, site, doubt = (item.found, item.site, item.doubt) if isinstance(item, inputs.Sourced) else (item, None, None)
    return (onepass.known_otherwise(found) or found) if isinstance(found, bytes) else found, site, doubt


def _given(path: str, line: int, found: bytes | Given, site: str | None, doubt: str | None) -> Given:
    read = inputs.load(inputs.document(path, line, found)) if isinstance(found, bytes) else found
    return read if site is doubt is None else replace(read, site=site, doubt=doubt or read.doubt)
