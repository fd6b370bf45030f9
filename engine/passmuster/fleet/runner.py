"""One pass over a fleet: each node is judged, counted and written as it comes; the conclusion follows at the end.

The verdict is the same as for judging all nodes at once. Several workers can each pass a part of a fleet; their
portions are joined in the order of the input.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from heapq import merge
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from passmuster.codec import json
from passmuster.evaluation.node import ONLY_FLEET, REPEATED, from_future, judge_one, labels
from passmuster.evaluation.pools import UNJUDGED, contribution
from passmuster.evaluation.roster import absentee
from passmuster.evaluation.rule import bound
from passmuster.fleet import Entry, Journal, Memory, Portion, Tally, Waiving, class_of
from passmuster.fleet.conclusion import Conclusion, Ended
from passmuster.model.outcome import NodeOutcome
from passmuster.model.verdict import NodeVerdict, Origin, SnapshotHeader, Verdict
from passmuster.report import stream
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.evaluation.node import Given
    from passmuster.evaluation.pools import Contribution
    from passmuster.fleet import Class, Remembered, Spool
    from passmuster.policy.waivers import Seen
    from passmuster.report.format import Style


_LOOSE = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The result of one worker for its part of a fleet."""

    portion: Portion
    journal: bytes
    noted: tuple[tuple[tuple[str, Seen], ...], int]
    """Digests and nodes on which waivers hold, and how many others there are; empty and 0 without waivers."""
    written: list[bytes]
    """Each node in the form of a report; empty if not requested."""


class OnePass:
    """A pass over one fleet, or a part of it.

    `journal` is an empty file for names, so that there can be a digest, duplicates, and fleet rules; None where counts
    are all that is wanted, and no fleet rule is asked. `roll` is another, for what of a large fleet does not stay in
    memory; None for a small part. `written`: whether nodes are wanted as a report has them.
    """

    def __init__(
        self,
        terms: EvaluationCriteria,
        style: Style,
        *,
        written: bool,
        journal: BinaryIO | None,
        roll: BinaryIO | None = None,
    ) -> None:
        self._terms, self._style, self._written = terms, style, written
        self._fleet_rules = terms.fleet_rules
        render = stream.result(style) if written else None
        unwaived = replace(terms, waivers=None)
        self._memory = Memory(unwaived, render=render) if Memory.serves(unwaived) else None
        self._waiving = None if terms.waivers is None else Waiving(terms.waivers, render)
        self._file = journal
        self._start(roll)

    @staticmethod
    def needs_journal(terms: EvaluationCriteria) -> bool:
        """Whether the criteria need the names of all nodes."""
        return bool(terms.fleet_rules) or terms.waivers is not None

    def _start(self, roll: BinaryIO | None = None) -> None:
        self._tally = Tally(self._terms, roll)
        self._journal = None if self._file is None else Journal(self._file)

    def known(self, line: bytes) -> Remembered | None:
        """The verdict of a line from the cache; None if it must be read in full."""
        return None if self._memory is None else self._memory.judge(line)

    def known_otherwise(self, data: bytes) -> Remembered | None:
        """The same of a document that is no such line."""
        return None if self._memory is None else self._memory.judge_other(data)

    def remembered(self, node: Remembered, label: bytes, site: str | None = None, doubt: str | None = None) -> bytes:
        """Take a node that was judged from memory, and return how a report has it; `label` is JSON.

        See `judge.Given` for `site` and `doubt`.
        """
        judged, sha256 = self._count(node, label, site, doubt)
        return stream.remembered(node, judged, sha256, site) if self._written else b""

    def remembered_verdict(
        self, node: Remembered, label: str, site: str | None = None, doubt: str | None = None
    ) -> NodeVerdict:
        """The same as a verdict; results are wanted as a report has them, with all evidence."""
        judged, sha256 = self._count(node, json.canonical(label)[:-1], site, doubt)
        head = node.head
        return NodeVerdict(
            node=head[6].decode(),
            machine_id=_text(node.machine_id),
            input=label,
            snapshot=SnapshotHeader(
                digest=sha256,
                schema="passmuster.snapshot/1",
                collected_at=node.collected_at,
                kind=head[3].decode(),
                context=head[2].decode(),
                uid=_uid(head),
            ),
            site=site,
            outcome=judged.outcome,
            reason=judged.reason,
            results=judged.full,
        )

    def _count(self, node: Remembered, label: bytes, site: str | None, doubt: str | None) -> tuple[Class, str]:
        if self._journal is None:
            return self._tally.remembered(node, site=site, doubt=doubt), ""
        hashed = hashlib.sha256(node.data)
        sha256 = "sha256:" + hashed.hexdigest()
        if self._waiving is None:
            judged = self._tally.remembered(node, hashed.digest(), site=site, doubt=doubt)
        else:
            waived, covering = self._waiving.remembered(node)
            judged = self._tally.remembered(waived, hashed.digest(), site=site, doubt=doubt)
            results = ((rule.name, outcome) for rule, outcome in judged.results)
            self._waiving.note(node.name.decode(), sha256, covering, results)
        self._journal.write_plain(node.head[6], node.head[5], sha256, label, site)
        return judged, sha256

    def plain(self, given: Given) -> bytes:
        """Add a node that was read in full, or could not be read."""
        node = self.plain_verdict(given)
        return stream.plain(node, self._style) if self._written else b""

    def plain_verdict(self, given: Given) -> NodeVerdict:
        """The same as a verdict."""
        node = judge_one(given, self._terms)
        results = [(result.rule, result.outcome) for result in node.results]
        apart = given.doubt is not None or (node.reason is not None and from_future(node.reason))
        contributions = self._contributions(given, node)
        judged = replace(class_of(results, reason=node.reason, contributions=contributions), apart=apart)
        label = given.input or "this node"
        if given.snapshot is None:
            self._tally.nameless(judged)
            entry = Entry(node.node, None, None, label)
        else:
            self._tally.plain(judged, given)
            entry = Entry(node.node, node.machine_id, given.snapshot.digest, label, given.site)
            if self._waiving is not None:
                covering = self._waiving.on(node.node, labels(given.snapshot))
                outcomes = ((rule.name, outcome) for rule, outcome in results)
                self._waiving.note(node.node, given.snapshot.digest, covering, outcomes)
        if self._journal is not None:
            self._journal.write(entry)
        return node

    def _contributions(self, given: Given, node: NodeVerdict) -> tuple[Contribution | None, ...]:
        if not self._fleet_rules:
            return ()
        if given.snapshot is None or not (node.results or node.reason == ONLY_FLEET):
            return (UNJUDGED,) * len(self._fleet_rules)
        roots = bind(given.snapshot)
        return tuple(
            contribution(rule, bound(policy, roots, self._terms.parameters[policy.header.pack]))
            for policy, rule in self._fleet_rules
        )

    def hand_over(self, written: list[bytes]) -> Passed:
        """The portion so far, to be joined with other parts; a new part begins."""
        assert isinstance(self._file, BytesIO | None)
        journal = b"" if self._file is None else self._file.getvalue()
        noted = ((), 0) if self._waiving is None else self._waiving.hand_over()
        passed = Passed(portion=self._tally.portion(), journal=journal, noted=noted, written=written)
        self._file = None if self._file is None else BytesIO()
        self._start()
        return passed

    def take(self, passed: Passed) -> None:
        """Add the portion of another worker."""
        self._tally.add(passed.portion)
        if self._waiving is not None:
            self._waiving.take(*passed.noted)
        if self._journal is not None:
            self._journal.append(passed.journal)

    def conclude(self, origin: Origin = _LOOSE) -> Conclusion:
        """What hangs on all nodes; `origin` says how they came."""
        ended = Ended(terms=self._terms, tally=self._tally, journal=self._journal, waiving=self._waiving)
        return ended.conclude(origin)

    def with_nodes(self, conclusion: Conclusion, nodes: list[NodeVerdict]) -> Verdict:
        """The verdict with every node, sorted; `nodes` are those that came, in their order."""
        beside = conclusion.beside
        settled = [
            replace(each, outcome=NodeOutcome.UNKNOWN, reason=REPEATED, results=()) if at in beside.doubled else each
            for at, each in enumerate(nodes)
            if at not in beside.repeats
        ]
        settled += map(absentee, self._terms.absent(self._tally.absent))
        settled.sort(key=lambda node: (node.node, node.snapshot.digest if node.snapshot else "", node.input or ""))
        return replace(conclusion.verdict, nodes=tuple(settled))

    def last(self, conclusion: Conclusion) -> Iterator[bytes]:
        """The end of a stream: nodes that only the roster names, and the last line."""
        for node in self._terms.absent(self._tally.absent):
            yield stream.absent(node, self._style)
        yield stream.last(conclusion.verdict, conclusion.counts, self._style)

    def whole(self, conclusion: Conclusion, written: Sequence[bytes] | Spool) -> Iterator[bytes]:
        """The report as one document, in pieces; `written` holds every node, in the order in which they came."""
        assert self._journal is not None
        beside = conclusion.beside
        places = sorted(
            (entry.name, entry.digest or "", entry.label, at)
            for at, entry in enumerate(self._journal)
            if at not in beside.repeats
        )
        absentees = self._terms.absent(self._tally.absent)
        absent = [(node.name, "", "", -len(absentees) + at) for at, node in enumerate(absentees)]
        head, tail = stream.frame(conclusion.verdict, conclusion.counts, self._style)
        yield head
        for number, (_, _, _, at) in enumerate(merge(places, absent)):
            yield b"," if number else b""
            if at < 0:
                yield stream.absent(absentees[at], self._style)
            else:
                yield stream.disqualified(written[at], REPEATED) if at in beside.doubled else written[at]
        yield tail


_UID = re.compile(rb'"uid":(null|[0-9]+)[}],"node":')


def _uid(head: re.Match[bytes]) -> int | None:
    """The collector's user, as the beginning of a canonical line has it."""
    found = _UID.search(head.string, 0, head.end())
    assert found is not None
    return None if found[1] == b"null" else int(found[1])


def _text(written: bytes | None) -> str | None:
    return None if written is None else written.decode()
