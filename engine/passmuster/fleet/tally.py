"""Counting a fleet in one pass: each node once, and nothing of its facts."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

from passmuster.evaluation.node import ONLY_FLEET, REPEATED, Moments, demand_answers, from_future
from passmuster.evaluation.roster import ABSENT
from passmuster.fleet.classes import Class, unjudged
from passmuster.fleet.roll import NOBODY, WHAT, WHO, Roll
from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.evaluation.node import Given
    from passmuster.fleet.cache.remember import Remembered
    from passmuster.model.verdict import RuleHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The counts of a fleet."""

    outcomes: frozenset[NodeOutcome]
    """Those of nodes that have a part in the outcome of the fleet; empty where there are none."""
    nodes: Mapping[NodeOutcome, int]
    rules: Mapping[Level, Mapping[RuleOutcome, int]]
    by_rule: Mapping[RuleHeader, Mapping[RuleOutcome, int]]
    """The same of each rule, in the policies' order; outcomes that did not occur are left out."""
    whole: bool
    """Whether there is a node that is unknown as a whole, or no node at all."""
    future: bool
    """Whether there is one that is so because its snapshot is from the future."""
    repeats: int
    """How many snapshots were given once more, byte for byte: they are no nodes of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """The counts of a part of a fleet, in a form that can be sent between processes."""

    members: tuple[Class, ...]
    nodes: array[int]
    """For each node its class, as a place among the members."""
    identities: bytes
    absent: frozenset[str]
    """Nodes of the roster that did not come, as it calls them."""


class Tally:
    """Counts nodes as they come; the totals are the same as for judging all at once."""

    def __init__(self, terms: EvaluationCriteria, file: BinaryIO | None = None) -> None:
        """The file is empty, and takes what of a large fleet does not stay in memory; None for what is never large."""
        self._moments, self._fleet_rules = Moments.of(terms), len(terms.fleet_rules)
        # As a snapshot has them, with quotation marks: null is behind all of them.
        self._first, self._last = (
            b'"%s"' % (each or "").encode() for each in (self._moments.first, self._moments.last)
        )
        self._terms = terms
        self._members: list[Class] = []
        self._alike: dict[tuple[object, ...], int] = {}
        self._roll = Roll(BytesIO() if file is None else file)
        self.absent = set(terms.roster or ())
        """Nodes of the roster that did not come so far, as it calls them."""
        self.repeated = unjudged(REPEATED, self._fleet_rules)
        """The class of nodes that came more than once."""
        self._missing = unjudged(ABSENT, self._fleet_rules)

    def remembered(
        self, node: Remembered, what: bytes | None = None, *, site: str | None = None, doubt: str | None = None
    ) -> Class:
        """Count a node that was judged from memory; returns its class, which its moment or a doubt may have decided.

        `what` begins the digest of its snapshot, where that is known; see `judge.Given` for `site` and `doubt`.
        """
        head, judged, data = node
        misfit = doubt
        if misfit is None and not self._first <= head[1] <= self._last:
            misfit = self._moments.misfit(node.collected_at)
        if misfit is not None:
            apart = doubt is not None or from_future(misfit)
            judged = unjudged(misfit, self._fleet_rules, apart=apart)
        # A hash that nobody can foretell is enough to tell two snapshots of one node apart, in a third of the time.
        what = hash(data).to_bytes(WHAT, signed=True) if what is None else what[:WHAT]
        who = _identity(head[6], head[5], site, what if judged.apart else None)
        self._roll.add(who, what, self._number(judged))
        if self.absent:
            self.absent.difference_update(self._terms.listing(head[6].decode(), site))
        return judged

    def plain(self, judged: Class, given: Given) -> None:
        """Count a node that was judged in full."""
        assert given.snapshot is not None
        self.row(judged, (given.snapshot.name, given.snapshot.machine_id, given.site), given.snapshot.digest)

    def row(self, judged: Class, who: tuple[str, str | None, str | None], digest: str) -> None:
        """The same of name, machine id and site, and the digest of the snapshot."""
        name, machine_id, site = who
        what = bytes.fromhex(digest.removeprefix("sha256:"))[:WHAT]
        machine = machine_id.encode() if machine_id is not None else None
        self._roll.add(
            _identity(name.encode(), machine, site, what if judged.apart else None), what, self._number(judged)
        )
        self.absent.difference_update(self._terms.listing(name, site))

    def nameless(self, judged: Class) -> None:
        """Count an unreadable input: its node is not known."""
        self._roll.add(NOBODY, bytes(WHAT), self._number(judged))

    def portion(self) -> Portion:
        """The counts so far."""
        return Portion(
            members=tuple(self._members),
            nodes=array("I", self._roll.numbers()),
            identities=self._roll.whos(),
            absent=frozenset(self.absent),
        )

    def add(self, portion: Portion) -> None:
        """Take over what was counted elsewhere, behind what was counted here."""
        numbers = [self._number(each) for each in portion.members]
        self._roll.take(portion.identities, (numbers[each] for each in portion.nodes))
        self.absent &= portion.absent

    def classes(self) -> Iterator[Class]:
        """The class of each node, in the order in which they came."""
        return (self._members[each] for each in self._roll.numbers())

    def _number(self, judged: Class) -> int:
        number = self._alike.get(judged.alike)
        if number is None:
            # Every node passes here, whatever judged it: memory, the plain way, another process, a cluster.
            demand_answers([rule for rule, _ in judged.results], judged.reason, self._terms)
            number = self._alike[judged.alike] = len(self._members)
            # Results are long, and others keep them for as long as they are needed.
            self._members.append(replace(judged, wire=b"", full=()))
        return number

    def totals(self) -> Totals:
        """What all nodes came to; nodes that only the roster names are unknown, and so are those that came twice."""
        counts, repeats, doubled = self._roll.counts(), 0, 0
        for some in self._roll.repeated():
            distinct = dict(some)
            repeats += len(some) - len(distinct)
            counts.subtract(number for _, number in some)
            if len(distinct) == 1:
                counts.update(distinct.values())
            else:
                doubled += len(distinct)
        found = {self._members[number]: many for number, many in counts.items() if many}
        found |= {each: many for each, many in ((self.repeated, doubled), (self._missing, len(self.absent))) if many}
        nodes = dict.fromkeys(NodeOutcome, 0)
        rules = {level: dict.fromkeys(RuleOutcome, 0) for level in Level}
        by_rule: dict[RuleHeader, Counter[RuleOutcome]] = {}
        for judged, many in found.items():
            nodes[judged.outcome] += many
        answered = [(judged.results, many) for judged, many in found.items() if judged.results]
        # Whoever has an outcome has one for each rule that is asked, in the same order (`demand_answers`).
        for told in zip(*[results for results, _ in answered], strict=True):
            of_rule = by_rule.setdefault(told[0][0], Counter())
            for (_, outcome), (_, many) in zip(told, answered, strict=True):
                of_rule[outcome] += many
        for rule, of_rule in by_rule.items():
            for outcome, many in of_rule.items():
                rules[rule.level][outcome] += many
        weighed = [each for each in found if each.reason != ONLY_FLEET]
        return Totals(
            outcomes=frozenset(each.outcome for each in weighed),
            nodes=nodes,
            rules=rules,
            by_rule=by_rule,
            whole=not found or any(each.reason is not None for each in weighed),
            future=any(each.reason is not None and from_future(each.reason) for each in found),
            repeats=repeats,
        )


def _identity(name: bytes, machine_id: bytes | None, site: str | None, what: bytes | None) -> bytes:
    """`what` makes a snapshot a node of its own."""
    who = b"%s\n%s" % (machine_id or b"", name)
    if site is not None or what is not None:
        who += b"\0%s\0%s" % ((site or "").encode(), what or b"")
    return hashlib.blake2b(who, digest_size=WHO).digest()
