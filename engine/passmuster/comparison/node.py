"""Comparing what two sides say of one node, and telling what caused each difference. Pure.

A node is judged in up to four ways: by OLD and NEW, each on its earlier and its later snapshot. OLD on the earlier is
how it was, NEW on the later how it is; the other two say what each change alone would have done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.comparison import causes, facts
from passmuster.comparison.model import Cause, Judged, NodeChange, OneSided, Origin, RuleChange, Unread
from passmuster.comparison.prefilter import Quick
from passmuster.comparison.side import outcome_of
from passmuster.model.fieldpath import FieldPath
from passmuster.model.outcome import RuleOutcome
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.comparison.model import FactChange
    from passmuster.comparison.side import Side
    from passmuster.model.unknown import UnknownFact
    from passmuster.model.verdict import Result
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What became of one node."""

    name: str
    judged: Judged
    change: NodeChange | None = None
    unread: Unread | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Four:
    """A node's results in the four ways to judge it, by rule."""

    before: Mapping[str, Result]
    policy: Mapping[str, Result]
    node: Mapping[str, Result]
    after: Mapping[str, Result]

    @property
    def ids(self) -> list[str]:
        return list(dict.fromkeys((*self.after, *self.before)))

    @property
    def judged(self) -> Judged:
        return Judged(
            before=outcome_of(self.before),
            policy_alone=outcome_of(self.policy),
            node_alone=outcome_of(self.node),
            after=outcome_of(self.after),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Two snapshots of a node as rules see them; the same one twice where there is one."""

    earlier: Snapshot
    later: Snapshot
    was: Mapping[str, object]
    now: Mapping[str, object]


class Comparison:
    """Two sides, and what each of their rules reads."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self._rules = {**old.rules, **new.rules}
        self._reads = (
            {name: rule.reads for name, rule in old.rules.items()},
            {name: rule.reads for name, rule in new.rules.items()},
        )
        self._quick = Quick(old, new)

    def one(self, snapshot: Snapshot) -> Compared | None:
        """A node with one snapshot; None if nothing changes on it."""
        roots = bind(snapshot)
        if self._quick.same(roots):
            return None
        before, after = self._old.results(snapshot, roots), self._new.results(snapshot, roots)
        pair = _Pair(earlier=snapshot, later=snapshot, was=roots, now=roots)
        return self._compared(pair, _Four(before=before, policy=after, node=before, after=after), None)

    def two(self, earlier: Snapshot, later: Snapshot) -> Compared:
        """A node with two snapshots."""
        was, now = bind(earlier), bind(later)
        same = self._quick.judged(was, now)
        if same is not None:
            return Compared(name=later.name, judged=same)
        four = _Four(
            before=self._old.results(earlier, was),
            policy=self._new.results(earlier, was),
            node=self._old.results(later, now),
            after=self._new.results(later, now),
        )
        return self._compared(_Pair(earlier=earlier, later=later, was=was, now=now), four, earlier.digest)

    @staticmethod
    def lone(side: Side, snapshot: Snapshot) -> OneSided:
        """A node that only one side has."""
        outcome = outcome_of(side.results(snapshot, bind(snapshot)))
        return OneSided(node=snapshot.name, machine_id=snapshot.machine_id, outcome=outcome)

    def _compared(self, pair: _Pair, four: _Four, digest_before: str | None) -> Compared:
        rules = [self._rule(name, pair, four) for name in four.ids if _differs(name, four)]
        judged = four.judged
        if not rules:
            return Compared(name=pair.later.name, judged=judged)
        change = NodeChange(
            node=pair.later.name,
            machine_id=pair.later.machine_id,
            digest=pair.later.digest,
            digest_before=digest_before,
            judged=judged,
            rules=tuple(rules),
        )
        return Compared(name=pair.later.name, judged=judged, change=change, unread=self._unread(pair, four))

    def _rule(self, name: str, pair: _Pair, four: _Four) -> RuleChange:
        before, policy, node, after = (side.get(name) for side in (four.before, four.policy, four.node, four.after))
        origin = _origin(before, policy, node, after)
        ask = self._ask(name, pair, four)
        cause = self._cause(origin, ask, level=_outcome(before) is _outcome(after))
        side_result = after if after is not None and after.message else before
        shown = after if after is not None else before
        rule = self._rules[name]
        return RuleChange(
            rule=name,
            title=rule.header.title,
            cause=cause,
            origin=origin,
            before=_outcome(before),
            after=_outcome(after),
            policy_alone=_outcome(policy),
            node_alone=_outcome(node),
            old_level=before.rule.level if before else None,
            new_level=after.rule.level if after else None,
            message=side_result.message if side_result else None,
            facts=shown.facts if shown else (),
            changed=() if origin is Origin.POLICY else self._changed(name, pair, four),
            parameters=causes.parameters(self._old, self._new, name) if cause is Cause.PARAMETER else (),
            waiver=causes.waiver(self._old, self._new, ask) if cause is Cause.WAIVER else None,
        )

    def _cause(self, origin: Origin, ask: causes.Ask, *, level: bool) -> Cause:
        if level:
            return Cause.LEVEL
        return Cause.NODE if origin is Origin.NODE else causes.cause(self._old, self._new, ask)

    @staticmethod
    def _ask(name: str, pair: _Pair, four: _Four) -> causes.Ask:
        """Where the policy's part in a difference shows: on the later snapshot, else on the earlier."""
        later = _outcome(four.node.get(name)) is not _outcome(four.after.get(name)) or pair.earlier is pair.later
        return causes.Ask(
            rule=name,
            snapshot=pair.later if later else pair.earlier,
            roots=pair.now if later else pair.was,
            before=(four.node if later else four.before).get(name),
            after=(four.after if later else four.policy).get(name),
        )

    def _changed(self, name: str, pair: _Pair, four: _Four) -> tuple[FactChange, ...]:
        """Facts that changed among those that the rule reads, or that a waiver of it may hang on."""
        paths = {path for reads in self._reads for path in reads.get(name, ())}
        if any(_outcome(results.get(name)) is RuleOutcome.WAIVED for results in (four.before, four.after)):
            paths.add(FieldPath(("node", "labels")))
        return facts.changed(sorted(paths), pair.was, pair.now)

    def _unread(self, pair: _Pair, four: _Four) -> Unread | None:
        """What to collect, where rules become unknown: what is newly read, and what the earlier snapshot had."""
        missing: dict[FieldPath, UnknownFact] = {}
        for name, result in four.after.items():
            if result.outcome is RuleOutcome.UNKNOWN and _outcome(four.before.get(name)) is not RuleOutcome.UNKNOWN:
                known = self._reads[0].get(name, ())
                new = set(causes.newly_read(known, result))
                lost = [unknown for unknown in result.unknown if facts.changed([unknown.path], pair.was, pair.now)]
                missing |= {unknown.path: unknown for unknown in result.unknown if unknown in new or unknown in lost}
        ordered = tuple(missing[path] for path in sorted(missing))
        return Unread(node=pair.later.name, facts=ordered) if ordered else None


def _outcome(result: Result | None) -> RuleOutcome | None:
    return result.outcome if result is not None else None


def _differs(name: str, four: _Four) -> bool:
    before, after = four.before.get(name), four.after.get(name)
    if before is None or after is None:
        return True
    return before.outcome is not after.outcome or before.rule.level is not after.rule.level


def _origin(before: Result | None, policy: Result | None, node: Result | None, after: Result | None) -> Origin:
    """Who alone takes the rule to where it ends; only the policy can change its level."""
    end = _outcome(after)
    if _outcome(before) is end:
        return Origin.POLICY
    by_policy, by_node = _outcome(policy) is end, _outcome(node) is end
    if by_policy and by_node:
        return Origin.EITHER
    if by_policy:
        return Origin.POLICY
    return Origin.NODE if by_node else Origin.BOTH
