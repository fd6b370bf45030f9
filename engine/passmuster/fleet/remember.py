"""Remembering sections by their bytes, and what the policies said of each set of sections that they read.

A section is read strictly (JSON, schema, the snapshot's own laws) when its bytes are first seen; a verdict is made
the plain way when its set of sections is first seen. What is remembered is bounded: beyond the limit all is forgotten,
and learned again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from passmuster import _json, schema, snapshot
from passmuster.binding import bind
from passmuster.errors import SnapshotError
from passmuster.evaluate import bound, outcome
from passmuster.fleet.cut import Cutter, Head
from passmuster.judge import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.compile import CompiledPolicy, CompiledRule
    from passmuster.judge import Terms
    from passmuster.outcome import Level, NodeOutcome, RuleOutcome
    from passmuster.snapshot import Section, Snapshot
    from passmuster.verdict import RuleHeader

_VOLATILE = {"memory": re.compile(rb'"total_bytes":(0|[1-9][0-9]{0,17})(?=[,}])')}
"""Numbers that differ between like nodes. Any number of up to 18 digits fits wherever the schema has one there, so
the bytes round it are remembered, and the number itself counts only where a policy reads its section."""
Stem: TypeAlias = bytes | tuple[bytes, bytes]
_LIMIT = 64 * 1024 * 1024
_ENTRY = 300
"""Bytes that are reckoned for what was said of one set of sections."""
_DOCUMENT = (
    b'{"collection":{"collected_at":"2000-01-01T00:00:00Z","collector":"x","context":"host","kind":"live",'
    b'"recorded":[],"uid":0},"node":{"labels":%s,"machine_id":null,"name":"x"},"schema":"passmuster.snapshot/1",'
    b'"sections":{%s}}\n'
)


@dataclass(frozen=True, slots=True)
class Class:
    """What the policies say of every node that has one set of sections."""

    outcome: NodeOutcome
    counts: tuple[tuple[Level, RuleOutcome], ...]
    """Level and outcome of each rule."""
    whole: bool
    """Whether the node is unknown as a whole."""
    tail: bytes
    """The end of what a node's digest is made of: outcome and rules as canonical JSON."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """One node that was judged from memory."""

    head: Head
    digest: bytes
    """sha256 of the line."""
    judged: Class


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of one policy that read the same sections."""

    number: int
    sections: tuple[int, ...]
    """Places among the names of sections."""
    policy: CompiledPolicy
    """The policy with these rules alone."""

    @property
    def headers(self) -> tuple[RuleHeader, ...]:
        """The rules, as reports name them."""
        return tuple(rule.header for rule in self.policy.rules)


class Memory:
    """What was seen so far, under terms that stay the same."""

    def __init__(self, terms: Terms, *, limit: int = _LIMIT) -> None:
        self._parameters, self._limit, self._made = terms.parameters, limit, 0
        self._cutter = Cutter(tuple(sorted(schema.sections(1))))
        self._groups = _groups(terms, self._cutter.names)
        self._read = tuple(sorted({at for group in self._groups for at in group.sections}))
        self._patterns = tuple(_VOLATILE.get(name) for name in self._cutter.names)
        self._nobody = snapshot.load(_DOCUMENT % (b"{}", b""), "")
        self._forget()

    @staticmethod
    def serves(terms: Terms) -> bool:
        """Whether rules look at sections alone: then what was said of one node holds for the next of its kind."""
        read = {name for policy in terms.policies for rule in policy.rules for name in _sections(rule)}
        return terms.waivers is None and not read & {"node", "collection"}

    def judge(self, line: bytes) -> Remembered | None:
        """The verdict of a canonical line; None where it has to be read the plain way."""
        headed = self._cutter.head(line)
        if headed is None:
            return None
        head, start = headed
        pieces = self._cutter.pieces(line, start)
        if pieces is None or (head.labels not in self._labels and not self._learn_labels(head.labels)):
            return None
        numbers = self._numbers(pieces)
        if numbers is None:
            return None
        key = tuple([numbers[at] for at in self._read])
        known = self._classes.get(key)
        if known is None:
            known = self._class(numbers, pieces)
            self._hold(_ENTRY)
            self._classes[key] = known
        return Remembered(head, hashlib.sha256(line).digest(), known)

    def _numbers(self, pieces: list[bytes | None]) -> list[object] | None:
        """What verdicts hang on: a number for each section; None where a piece is no valid section."""
        numbers: list[object] = []
        known = self._known
        for at, piece in enumerate(pieces):
            if piece is None:
                numbers.append(None)
                continue
            pattern = self._patterns[at]
            match = pattern.search(piece) if pattern is not None else None
            # What has a number cut out is kept as the two sides of it: no piece of bytes can be mistaken for that.
            stem = piece if match is None else (piece[: match.start(1)], piece[match.end(1) :])
            number = known[at].get(stem)
            if number is None:
                number = self._learn(at, piece, stem)
                if number is None:
                    return None
            numbers.append(number if match is None else (number, match[1]))
        return numbers

    def _learn(self, at: int, piece: bytes, stem: Stem) -> int | None:
        """A number for a section that was not seen before; None where it is not valid."""
        name = self._cutter.names[at]
        # The piece has to be a whole object by itself; only then is it what stands between its neighbours.
        read = _loaded(_DOCUMENT % (b"{}", b'"%s":%s' % (name.encode(), piece))) if _whole(piece) else None
        if read is None:
            return None
        self._hold(len(piece))
        self._made += 1
        self._known[at][stem] = self._made
        if stem is piece:
            self._sections[self._made] = read.sections[name]
        return self._made

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > self._limit:
            self._forget()

    def _learn_labels(self, labels: bytes) -> bool:
        valid = _whole(labels) and _loaded(_DOCUMENT % (labels, b"")) is not None
        if valid:
            self._hold(len(labels))
            self._labels.add(labels)
        return valid

    def _class(self, numbers: list[object], pieces: list[bytes | None]) -> Class:
        """What all rules say; those that read the same sections are asked once for each set of these."""
        vectors: list[tuple[RuleOutcome, ...]] = []
        for group in self._groups:
            key = (group.number, *[numbers[at] for at in group.sections])
            known = self._outcomes.get(key)
            if known is None:
                known = self._judged(group, numbers, pieces)
                self._hold(_ENTRY)
                self._outcomes[key] = known
            vectors.append(known)
        combined = tuple(vectors)
        made = self._by_outcomes.get(combined)
        if made is None:
            pairs = [zip(group.headers, each, strict=True) for group, each in zip(self._groups, vectors, strict=True)]
            made = self._by_outcomes[combined] = class_of([pair for each in pairs for pair in each])
        return made

    def _judged(self, group: Group, numbers: list[object], pieces: list[bytes | None]) -> tuple[RuleOutcome, ...]:
        roots = bind(self._snapshot(group, numbers, pieces))
        values = bound(group.policy, roots, self._parameters[group.policy.header.pack])
        return tuple(outcome(rule, values) for rule in group.policy.rules)

    def _snapshot(self, group: Group, numbers: list[object], pieces: list[bytes | None]) -> Snapshot:
        """A snapshot of the sections that a group reads, of what was read before where that says all."""
        present = [at for at in group.sections if pieces[at] is not None]
        seen = {at: self._sections.get(number) for at in present if isinstance(number := numbers[at], int)}
        if len(seen) == len(present) and None not in seen.values():
            sections = {self._cutter.names[at]: section for at, section in seen.items() if section is not None}
            return replace(self._nobody, sections=sections)
        members = [b'"%s":%s' % (self._cutter.names[at].encode(), pieces[at]) for at in present]
        return snapshot.load(_DOCUMENT % (b"{}", b",".join(members)), "")

    def _forget(self) -> None:
        """Start anew; numbers are never used twice, so that what was found before means what it meant."""
        self._held = 0
        self._sections: dict[int, Section] = {}
        self._known: tuple[dict[Stem, int], ...] = tuple({} for _ in self._cutter.names)
        self._labels: set[bytes] = set()
        self._classes: dict[tuple[object, ...], Class] = {}
        self._outcomes: dict[tuple[object, ...], tuple[RuleOutcome, ...]] = {}
        self._by_outcomes: dict[tuple[tuple[RuleOutcome, ...], ...], Class] = {}


def class_of(results: Sequence[tuple[RuleHeader, RuleOutcome]], *, unknown: bool = False) -> Class:
    """What a tally needs of a node's results; `unknown` for one that is, as a whole, before any rule was asked."""
    counts = tuple((rule.level, each) for rule, each in results)
    told, nothing = settle(counts)
    rules = {rule.name: each.value for rule, each in results}
    tail = _json.canonical([told.value, rules])[1:]
    return Class(outcome=told, counts=counts, whole=unknown or nothing is not None, tail=tail)


def _whole(piece: bytes) -> bool:
    try:
        return isinstance(_json.loads(piece), dict)
    except _json.InvalidJSONError:
        return False


def _loaded(document: bytes) -> Snapshot | None:
    try:
        return snapshot.load(document, "")
    except SnapshotError:
        return None


def _groups(terms: Terms, names: tuple[str, ...]) -> tuple[Group, ...]:
    """The rules that are asked, by policy and by the sections that they read; each rule once."""
    found: dict[tuple[int, tuple[int, ...]], list[CompiledRule]] = {}
    for at, policy in enumerate(terms.policies):
        for rule in policy.rules:
            if terms.rules is None or rule.header.name in terms.rules:
                read = tuple(place for place, name in enumerate(names) if name in _sections(rule))
                found.setdefault((at, read), []).append(rule)
    return tuple(
        Group(number, sections, replace(terms.policies[at], rules=tuple(rules)))
        for number, ((at, sections), rules) in enumerate(found.items())
    )


def _sections(rule: CompiledRule) -> set[str]:
    """The sections that anything of a rule reads, its message too."""
    return {path.parts[0] for path in rule.touches}
