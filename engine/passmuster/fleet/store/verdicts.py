"""Stored verdicts: the results of policies for each distinct set of the facts that they read.

The key of a set of facts is the ids of the pieces that a policy reads, and the values of the holes that it reads. So
nodes with the same hardware and configuration are judged once, and a second check with the same criteria judges only
new data.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from passmuster import snapshot
from passmuster.codec import json
from passmuster.evaluation.criteria import asked
from passmuster.evaluation.node import Given, judge_one, settle
from passmuster.fleet import Memory
from passmuster.fleet.store.cut import as_section
from passmuster.fleet.store.database import transaction
from passmuster.fleet.store.evaluator import evaluator
from passmuster.fleet.store.holes import HOLES
from passmuster.fleet.store.packing import DamageError, checksum, fingerprint, unpack
from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome, UnansweredError
from passmuster.version import __version__

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet import Class
    from passmuster.fleet.store.cut import Own
    from passmuster.fleet.store.reading import Library
    from passmuster.model.fieldpath import FieldPath

_OF_A_VERDICT = ("language", "levels", "parameters", "policies", "rules")
"""What the outcome of one node's rules depends on; a roster and ages come later."""
_OUTCOMES = {each.value: each.value for each in RuleOutcome}
"""The words that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What policies say of one set of facts."""

    outcome: NodeOutcome
    whole: bool
    """Whether the node is unknown as a whole."""
    results: tuple[tuple[str, str], ...]
    """Each rule by its name, PACK/ID, and its outcome in the word that reports have for it, in the policies' order;
    empty where the node was not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What policies look at, in the words of a store."""

    sections: frozenset[str]
    total: bool
    name: bool
    """Whether they look at where a node's name stands among its facts."""

    @property
    def shared(self) -> bool:
        """Whether they read no value of single nodes."""
        return not (self.total or self.name)

    def facts(self, shared: bytes, own: Own | None) -> bytes:
        """The name of a set of facts: packed ids of the pieces that are read; `own` counts only where it is read."""
        if own is None or self.shared:
            return shared
        values = (
            repr(own.total) if self.total else "",
            own.name if self.name else "",
        )
        return shared + b"\0" + fingerprint(*(value.encode() for value in values))[:16]


def reads(terms: EvaluationCriteria) -> Reads:
    """The facts that the selected rules read."""
    paths = {
        path
        for policy in terms.policies
        for rule in policy.rules
        if terms.rules is None or rule.header.name in terms.rules
        for path in rule.reads
    }
    (total,) = (any(_meet(path, hole.path) for path in paths) for hole in HOLES)
    return Reads(
        sections=frozenset(path.parts[0] for path in paths),
        total=total,
        name=any(path.parts[0] == "kubernetes" and (path.parts[1:2] or ("node",)) == ("node",) for path in paths),
    )


def _meet(one: FieldPath, other: FieldPath) -> bool:
    return one.covers(other) or other.covers(one)


def serves(terms: EvaluationCriteria) -> bool:
    """Whether verdicts under these terms depend on each node's facts alone, so that they can be kept."""
    return Memory.serves_sections(terms) and not terms.fleet_rules


class Judge:
    """Judges the facts of single nodes, whatever their roster and age; equal verdicts are one object."""

    def __init__(self, terms: EvaluationCriteria, library: Library) -> None:
        self._terms, self._library = replace(terms, roster=None, max_age=None), library
        self._memory = Memory(self._terms)
        self._by_class: dict[Class, Judged] = {}
        self._made: dict[Judged, Judged] = {}

    def judge(self, data: bytes, label: str) -> Judged:
        """What the policies say of a valid snapshot."""
        known = self._memory.judge(data)
        return self._plain(data, label) if known is None else self._of_class(known.judged)

    def judge_pieces(self, pieces: Iterable[bytes]) -> Judged | None:
        """What the policies say of a snapshot that has these pieces among others, each by its packed id.

        They must be all that the policies look at. None where the whole snapshot is needed; raises DamageError.
        """
        try:
            known = self._memory.judge_sections(pieces, self._section)
        except (DamageError, UnansweredError):
            raise
        except Exception:  # noqa: BLE001 - the plain way says of these facts, and of no others, what is wrong
            return None
        return None if known is None else self._of_class(known)

    def _section(self, packed: bytes) -> tuple[str, bytes]:
        section, piece = self._library.section(*unpack(packed))
        return section, as_section(section, piece)

    def _of_class(self, class_: Class) -> Judged:
        judged = self._by_class.get(class_)
        if judged is None:
            results = tuple((rule.name, each.value) for rule, each in class_.results)
            judged = self._one(Judged(outcome=class_.outcome, whole=class_.reason is not None, results=results))
            self._by_class[class_] = judged
        return judged

    def _plain(self, data: bytes, label: str) -> Judged:
        node = judge_one(Given(input=label, snapshot=snapshot.load(data, label)), self._terms)
        results = tuple((each.rule.name, each.outcome.value) for each in node.results)
        return self._one(Judged(outcome=node.outcome, whole=node.reason is not None, results=results))

    def _one(self, judged: Judged) -> Judged:
        return self._made.setdefault(judged, judged)


class Shelf:
    """The verdicts of one set of terms in a store."""

    def __init__(self, database: sqlite3.Connection, terms: EvaluationCriteria) -> None:
        self._database = database
        self._content = json.canonical({**_described(terms), "engine": __version__, "evaluator": evaluator()})
        self._digest = fingerprint(self._content)
        self._rules = tuple(rule.name for rule in terms.node_rules)
        self._levels = tuple(rule.level.value for rule in terms.node_rules)

    @property
    def digest(self) -> bytes:
        """What names the terms in a store."""
        return self._digest

    def known(self) -> dict[bytes, Judged]:
        """By the name of their facts; empty where these terms were never judged. Raises DamageError."""
        found = self._database.execute(
            "SELECT facts, class, checksum, c.digest FROM verdict v JOIN terms t ON t.id = v.terms"
            " JOIN class c ON c.id = v.class WHERE t.digest = ?",
            (self._digest,),
        )
        classes: dict[int, Judged] = {}
        known: dict[bytes, Judged] = {}
        for facts, class_, kept, digest in found:
            if kept != verdict_checksum(self._digest, facts, digest):
                raise DamageError("a verdict is not the one that was kept")
            if class_ not in classes:
                classes[class_] = self._class(class_)
            known[facts] = classes[class_]
        return known

    def _class(self, id_: int) -> Judged:
        content, digest = self._database.execute("SELECT content, digest FROM class WHERE id = ?", (id_,)).fetchone()
        judged = read_class(content, digest)
        if tuple([rule for rule, _ in judged.results]) != self._rules:
            raise DamageError("a verdict does not answer every rule")
        kinds = frozenset(zip(self._levels, [each for _, each in judged.results], strict=True))
        if (judged.outcome, judged.whole) != _settled(kinds):
            raise DamageError("a verdict is not what its rules come to")
        return judged

    def keep(self, judged: Mapping[bytes, Judged]) -> None:
        """Keep verdicts, all of them or none."""
        execute = self._database.execute
        with transaction(self._database):
            self._drop_others()
            execute("INSERT OR IGNORE INTO terms(digest, content) VALUES (?, ?)", (self._digest, self._content))
            terms = execute("SELECT id FROM terms WHERE digest = ?", (self._digest,)).fetchone()[0]
            classes: dict[int, tuple[int, bytes]] = {}
            for facts, each in judged.items():
                if id(each) not in classes:
                    classes[id(each)] = self._class_id(each)
                class_, digest = classes[id(each)]
                row = (terms, facts, class_, verdict_checksum(self._digest, facts, digest))
                execute("INSERT OR IGNORE INTO verdict VALUES (?, ?, ?, ?)", row)

    def _drop_others(self) -> None:
        """Delete the verdicts of another evaluator: they are not used again."""
        for id_, content in self._database.execute("SELECT id, content FROM terms").fetchall():
            if json.loads(content).get("evaluator") != evaluator():
                self._database.execute("DELETE FROM verdict WHERE terms = ?", (id_,))
                self._database.execute("DELETE FROM terms WHERE id = ?", (id_,))

    def _class_id(self, judged: Judged) -> tuple[int, bytes]:
        """The id and digest of what policies say, which is kept where it is not."""
        content = _written(judged)
        digest = fingerprint(content)
        self._database.execute("INSERT OR IGNORE INTO class(digest, content) VALUES (?, ?)", (digest, content))
        found = self._database.execute("SELECT id FROM class WHERE digest = ?", (digest,)).fetchone()
        return found[0], digest


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTerms:
    """EvaluationCriteria under which verdicts are kept."""

    id: int
    digest: bytes
    policies: tuple[str, ...]
    """PACK@VERSION."""
    digests: tuple[str, ...]
    """Those of the policies' files."""
    parameters: Mapping[str, Any]
    rules: tuple[str, ...] | None
    """The selected rules; None for all."""
    engine: str
    evaluator: str
    """The digest of the code that judged."""
    verdicts: int
    """How many sets of facts were judged."""


def kept_terms(database: sqlite3.Connection) -> Iterator[KeptTerms]:
    """All of them, in the order in which they came; raises DamageError."""
    counted = "SELECT id, digest, content, (SELECT count(*) FROM verdict WHERE terms = t.id) FROM terms t ORDER BY id"
    for id_, digest, content, many in database.execute(counted):
        if fingerprint(content) != digest:
            raise DamageError("terms of verdicts are not those that were kept")
        try:
            kept = _kept(id_, digest, json.loads(content), many)
        except (LookupError, TypeError, ValueError):
            raise DamageError("terms of verdicts are not of the form in which they are kept") from None
        yield kept


def _kept(id_: int, digest: bytes, told: Mapping[str, Any], many: int) -> KeptTerms:
    return KeptTerms(
        id=id_,
        digest=digest,
        policies=tuple(f"{pack}@{version}" for pack, version, _ in told["policies"]),
        digests=tuple(of_file for _, _, of_file in told["policies"]),
        parameters=told["parameters"],
        rules=None if told["rules"] is None else tuple(told["rules"]),
        engine=told["engine"],
        evaluator=told["evaluator"],
        verdicts=many,
    )


def drop_terms(database: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Forget the verdicts under these terms."""
    with transaction(database):
        for id_ in ids:
            database.execute("DELETE FROM verdict WHERE terms = ?", (id_,))
            database.execute("DELETE FROM terms WHERE id = ?", (id_,))
        database.execute("DELETE FROM class WHERE id NOT IN (SELECT class FROM verdict)")


def verdict_checksum(terms: bytes, facts: bytes, class_: bytes) -> int:
    """A checksum over the row of a verdict: it shows damage, not who wrote the row."""
    return checksum(terms + facts + class_)


def read_class(content: bytes, digest: bytes) -> Judged:
    """What policies say, as it is kept; raises DamageError."""
    if fingerprint(content) != digest:
        raise DamageError("the outcomes of a verdict are not those that were kept")
    try:
        outcome, whole, results = json.trusted(content)
        told = tuple([(str(rule), _OUTCOMES[each]) for rule, each in results])
        return Judged(outcome=NodeOutcome(outcome), whole=bool(whole), results=told)
    except (KeyError, TypeError, ValueError):
        raise DamageError("the outcomes of a verdict cannot be read") from None


@functools.lru_cache
def _settled(kinds: frozenset[tuple[str, str]]) -> tuple[NodeOutcome, bool]:
    """What levels and outcomes of rules come to, as words: of dozens of rules there are few kinds."""
    outcome, nothing = settle((Level(level), RuleOutcome(each)) for level, each in kinds)
    return outcome, nothing is not None


def _written(judged: Judged) -> bytes:
    return json.canonical([judged.outcome.value, judged.whole, judged.results])


def _described(terms: EvaluationCriteria) -> dict[str, Any]:
    told = asked(terms, None)
    return {name: told[name] for name in _OF_A_VERDICT}
