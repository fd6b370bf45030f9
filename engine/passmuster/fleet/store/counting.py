"""Counting the outcomes of a store's nodes by their shared facts, without reading each node."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from passmuster.codec import schema
from passmuster.evaluation.node import SKEW
from passmuster.fleet.store import reading
from passmuster.fleet.store.cut import Own
from passmuster.fleet.store.database import one_state
from passmuster.fleet.store.packing import DamageError, apart, checksum, pack
from passmuster.fleet.store.verdicts import Judge, Judged, Shelf, reads
from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome, fleet_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet.store.reading import Choice
    from passmuster.model.verdict import RuleHeader

_EVER = 2**62
_BATCH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The counts of a store's nodes, and the work that they took."""

    outcome: NodeOutcome
    nodes: Mapping[NodeOutcome, int]
    rules: Mapping[Level, Mapping[RuleOutcome, int]]
    by_rule: Mapping[RuleHeader, Mapping[RuleOutcome, int]]
    """The same of each rule, in the policies' order; outcomes that did not occur are left out."""
    whole: bool
    """Whether there is a node that is unknown as a whole, or no node at all."""
    facts: int
    """How many distinct sets of facts they have."""
    judged: int
    """How many sets of facts were judged now; the others were known."""
    bundled: Mapping[int, set[bytes]]
    """The digests of snapshots that came in bundles, by delivery."""
    kept: bool
    """Whether those are kept for the next time; not so where the store cannot be written to."""


def count(database: sqlite3.Connection, terms: EvaluationCriteria, choice: Choice) -> Counts:
    """Count the latest snapshots of a choice: the totals that judging each of them gives. Raises DamageError.

    The terms must be such that verdicts can be kept (`verdicts.serves`).
    """
    shelf = Shelf(database, terms)
    with one_state(database):
        if not choice.everything:
            reading.choose(database, choice)
        survey = Survey(database, terms, choice)
        known = shelf.known()
        new = survey.judged(facts for facts in survey.nodes if facts not in known)
        absent = set(terms.roster or ())
        for name, site in reading.nodes(database, choice) if absent else ():
            absent.difference_update(terms.listing(name, site))
        bundled = reading.bundled(database, choice)
    sums = _summed(terms, survey, {**known, **new}, survey.unknown + len(absent))
    return Counts(
        outcome=fleet_outcome(outcome for outcome, many in sums.nodes.items() if many),
        nodes=sums.nodes,
        rules=sums.rules,
        by_rule=sums.by_rule,
        whole=sums.whole,
        facts=len(survey.nodes),
        judged=len(new),
        bundled=bundled,
        # Where the engine failed there are no results: what is unknown for that is not kept.
        kept=_keep(shelf, {facts: each for facts, each in new.items() if each.results}),
    )


def _keep(shelf: Shelf, new: Mapping[bytes, Judged]) -> bool:
    try:
        items = list(new.items())
        for start in range(0, len(items), _BATCH):
            shelf.keep(dict(items[start : start + _BATCH]))
    except sqlite3.OperationalError:
        return False
    return True


class Survey:
    """How many nodes have each set of facts that the terms read."""

    def __init__(self, database: sqlite3.Connection, terms: EvaluationCriteria, choice: Choice) -> None:
        self._database, self._terms, self._choice, self._reads = database, terms, choice, reads(terms)
        self._table = "main.snapshot" if choice.everything else "temp.chosen"
        self._between = _between(terms)
        sections = dict(database.execute("SELECT id, section FROM piece"))
        library, known = reading.Library(database), {"", *schema.sections(1)}
        for id_, section in sections.items():
            if section not in known:
                # A newer engine cut it, and no rule can read it; but a name that is damaged must not hide a section.
                library.section(id_)
        packed = ((pack([id_]), section) for id_, section in sections.items())
        self._name = {id_: id_ if section in self._reads.sections else b"" for id_, section in packed}
        """What each piece gives to the name of a set of facts."""
        self.nodes: Counter[bytes] = Counter()
        """By the name of their facts."""
        self._samples: dict[bytes, tuple[int, int | None]] = {}
        """A shape that has them, and a snapshot where the shape does not say all."""
        shapes = dict(self._ask("SELECT shape, count(*) FROM {} WHERE {} GROUP BY shape"))
        self._whole(shapes.pop(0, 0))
        if self._reads.shared:
            self._shared(shapes)
        else:
            self._single()
        self.unknown = self._tied() + self._misdated()
        """Snapshots that are too old or too new, and those that may not be true (`order`)."""

    def judged(self, missing: Iterable[bytes]) -> dict[bytes, Judged]:
        """What the policies say of facts that were not judged before."""
        library = reading.Library(self._database)
        judge = Judge(self._terms, library)
        found: dict[bytes, Judged] = {}
        for facts in missing:
            shape, snapshot = self._samples[facts]
            judged = judge.judge_pieces(apart(facts)) if snapshot is None else None
            found[facts] = judged or self._sampled(judge, library, shape, snapshot)
        return found

    def _sampled(self, judge: Judge, library: reading.Library, shape: int, snapshot: int | None) -> Judged:
        """What the policies say of a snapshot of a shape."""
        if snapshot is None:
            snapshot = next(self._ask("SELECT id FROM {} WHERE shape = ? AND {} LIMIT 1", shape))[0]
        kept = reading.one(self._database, snapshot)
        return judge.judge(library.data(kept), kept.label)

    def _tied(self) -> int:
        tied = self._database.execute(f"SELECT count(*) FROM {self._table} WHERE latest > 1")  # noqa: S608
        return int(tied.fetchone()[0])

    def _misdated(self) -> int:
        return int(next(self._ask("SELECT count(*) FROM {} WHERE NOT ({}) AND latest = 1"))[0])

    def _ask(self, text: str, *more: object) -> sqlite3.Cursor:
        return self._database.execute(
            text.format(self._table, "latest = 1 AND at BETWEEN ? AND ?"), (*more, *self._between)
        )

    def _whole(self, many: int) -> None:
        """Snapshots that are kept whole are sets of facts of their own, named by their digest."""
        if many:
            for (id_,) in self._ask("SELECT id FROM {} WHERE shape = 0 AND {}").fetchall():
                digest = self._database.execute("SELECT digest FROM main.snapshot WHERE id = ?", (id_,)).fetchone()[0]
                self.nodes[b"\0" + digest[:16]] = 1
                self._samples[b"\0" + digest[:16]] = (0, id_)

    def _shared(self, shapes: Mapping[int, int]) -> None:
        """If no rule reads a value of single nodes, the shape decides."""
        left, nodes, samples = dict(shapes), self.nodes, self._samples
        for shape, packed in self._packed():
            if shape in left:
                facts = self._facts(packed)
                nodes[facts] = nodes.get(facts, 0) + left.pop(shape)
                samples[facts] = (shape, None)
        if left:
            raise DamageError(f"shape {min(left)} is missing")

    def _single(self) -> None:
        """If a rule reads a value of single nodes, every node is read."""
        pieces = dict(self._packed())
        joined = (
            "SELECT s.id, s.shape, s.total, n.name FROM"
            " (SELECT id FROM {} WHERE shape > 0 AND {}) c JOIN main.snapshot s ON s.id = c.id"
            " JOIN node n ON n.id = s.node"
        )
        for id_, shape, total, name in self._ask(joined):
            if shape not in pieces:
                raise DamageError(f"shape {shape} is missing")
            own = Own(0, None, name, total)
            facts = self._reads.facts(self._facts(pieces[shape]), own)
            self.nodes[facts] += 1
            self._samples[facts] = (shape, id_)

    def _packed(self) -> Iterator[tuple[int, bytes]]:
        """Every shape, and its pieces."""
        for shape, packed, kept in self._database.execute("SELECT id, pieces, checksum FROM shape"):
            if type(packed) is not bytes or checksum(packed) != kept:
                raise DamageError(f"shape {shape} has other pieces")
            yield shape, packed

    def _facts(self, packed: bytes) -> bytes:
        try:
            return b"".join(map(self._name.__getitem__, apart(packed)))
        except KeyError:
            raise DamageError("a piece is missing") from None


def _between(terms: EvaluationCriteria) -> tuple[int, int]:
    """The first and the last moment of collection with which a node is judged."""
    age, received = terms.max_age, terms.received or (terms.max_age.now if terms.max_age else None)
    return (
        int(age.now.timestamp()) - int(age.span.total_seconds()) if age else -_EVER,
        int(received.timestamp()) + int(SKEW.total_seconds()) if received else _EVER,
    )


class _Sums(NamedTuple):
    nodes: dict[NodeOutcome, int]
    rules: dict[Level, dict[RuleOutcome, int]]
    by_rule: dict[RuleHeader, Counter[RuleOutcome]]
    whole: bool


def _summed(terms: EvaluationCriteria, survey: Survey, known: Mapping[bytes, Judged], unknown: int) -> _Sums:
    """`unknown` nodes are so as a whole, beside those of the survey."""
    classes = {id(each): each for each in known.values()}
    many: Counter[int] = Counter()
    for facts, each in survey.nodes.items():
        many[id(known[facts])] += each
    headers = {rule.header.name: rule.header for policy in terms.policies for rule in policy.rules}
    nodes = dict.fromkeys(NodeOutcome, 0)
    nodes[NodeOutcome.UNKNOWN] = unknown
    found: Counter[tuple[str, str]] = Counter()
    for class_, each in many.items():
        nodes[classes[class_].outcome] += each
        for pair in classes[class_].results:
            found[pair] += each
    by_rule: dict[RuleHeader, Counter[RuleOutcome]] = {}
    rules = {level: dict.fromkeys(RuleOutcome, 0) for level in Level}
    for (name, outcome), each in found.items():
        rules[headers[name].level][RuleOutcome(outcome)] += each
        by_rule.setdefault(headers[name], Counter())[RuleOutcome(outcome)] += each
    whole = unknown > 0 or not many or any(classes[class_].whole for class_ in many)
    return _Sums(nodes, rules, by_rule, whole)
