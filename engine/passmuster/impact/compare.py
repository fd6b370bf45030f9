"""Judging every node by both versions, and telling what caused each difference. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.binding import bind
from passmuster.evaluate import evaluate
from passmuster.impact.model import Cause, Impact, NodeChange, RuleChange, Unread
from passmuster.outcome import RuleOutcome, node_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from passmuster.compile import CompiledPolicy
    from passmuster.fieldpath import FieldPath
    from passmuster.snapshot import Snapshot
    from passmuster.unknown import UnknownFact
    from passmuster.verdict import Result


def impact(
    old: tuple[CompiledPolicy, Mapping[str, Any]],
    new: tuple[CompiledPolicy, Mapping[str, Any]],
    snapshots: Iterable[Snapshot],
) -> Impact:
    """Compare two versions, each with its parameters, over snapshots; their order changes nothing."""
    comparison = _Comparison(old, new)
    nodes = sorted(snapshots, key=lambda each: (each.name, each.digest))
    found = [comparison.node(node) for node in nodes]
    return Impact(
        old=old[0].header,
        new=new[0].header,
        nodes=len(nodes),
        changes=tuple(change for change, _ in found if change is not None),
        collect_again=tuple(unread for _, unread in found if unread is not None),
    )


class _Comparison:
    """Two versions of a policy, and what each of their rules reads."""

    def __init__(
        self, old: tuple[CompiledPolicy, Mapping[str, Any]], new: tuple[CompiledPolicy, Mapping[str, Any]]
    ) -> None:
        self._sides = (old, new)
        self._reads = {rule.header.id: rule.reads for rule in old[0].rules}
        self._same_text = {
            rule.header.id
            for rule in new[0].rules
            if rule.header.id in self._reads and _texts(old[0], rule.header.id) == _texts(new[0], rule.header.id)
        }

    def node(self, snapshot: Snapshot) -> tuple[NodeChange | None, Unread | None]:
        """What changes on one node, and what to collect there again; None where there is nothing."""
        roots = bind(snapshot)
        before, after = (
            {each.rule.id: each for each in evaluate(policy, snapshot, roots, parameters)}
            for policy, parameters in self._sides
        )
        ids = list(dict.fromkeys((*after, *before)))
        compared = [self._rule(each, before.get(each), after.get(each)) for each in ids]
        rules = [each for each in compared if each is not None]
        if not rules:
            return None, None
        change = NodeChange(
            node=snapshot.name,
            digest=snapshot.digest,
            before=node_outcome((each.rule.level, each.outcome) for each in before.values()),
            after=node_outcome((each.rule.level, each.outcome) for each in after.values()),
            rules=tuple(rules),
        )
        return change, self._unread(snapshot, before, after)

    def _unread(self, snapshot: Snapshot, before: Mapping[str, Result], after: Mapping[str, Result]) -> Unread | None:
        """What the new version reads, the old one did not, and the snapshot lacks, where that makes a rule unknown."""
        facts: dict[FieldPath, UnknownFact] = {}
        for name, result in after.items():
            was = before.get(name)
            if result.outcome is RuleOutcome.UNKNOWN and (was is None or was.outcome is not RuleOutcome.UNKNOWN):
                facts |= {fact.path: fact for fact in self._newly_read(name, result)}
        return Unread(node=snapshot.name, facts=tuple(facts[path] for path in sorted(facts))) if facts else None

    def _rule(self, name: str, before: Result | None, after: Result | None) -> RuleChange | None:
        if before is not None and after is not None:
            same = before.outcome is after.outcome
            if same and before.rule.level is after.rule.level:
                return None
        told = after if after is not None and after.message else before
        shown = after or before
        return RuleChange(
            rule=name,
            cause=self._cause(name, before, after),
            before=before.outcome if before else None,
            after=after.outcome if after else None,
            old_level=before.rule.level if before else None,
            new_level=after.rule.level if after else None,
            message=told.message if told else None,
            facts=shown.facts if shown else (),
        )

    def _cause(self, name: str, before: Result | None, after: Result | None) -> Cause:
        if before is None:
            return Cause.ADDED
        if after is None:
            return Cause.REMOVED
        if before.outcome is after.outcome:
            return Cause.LEVEL
        if after.outcome is RuleOutcome.UNKNOWN and self._newly_read(name, after):
            return Cause.UNREAD
        return Cause.PARAMETER if name in self._same_text else Cause.EXPRESSION

    def _newly_read(self, name: str, after: Result) -> list[UnknownFact]:
        known = self._reads.get(name, ())
        return [
            fact
            for fact in after.unknown
            if not any(path.covers(fact.path) or fact.path.covers(path) for path in known)
        ]


def _texts(policy: CompiledPolicy, name: str) -> tuple[object, ...]:
    """Everything of a policy that a rule's outcome hangs on but the parameters: expressions, variables, constants."""
    rule = next(each for each in policy.rules if each.header.id == name)
    applies = rule.source.applies_when.text if rule.source.applies_when else None
    variables = {each: variable.expression.text for each, variable in policy.variables.items()}
    return applies, rule.source.expression.text, variables, dict(policy.constants)
