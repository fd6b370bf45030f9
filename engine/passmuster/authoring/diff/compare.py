"""Comparing two compiled policies, rule by rule, by the meaning of their expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.diff import pools, rules
from passmuster.authoring.diff.cases import Cases
from passmuster.authoring.diff.model import Bump, Change, ChangeKind, PolicyDiff, Subject
from passmuster.authoring.diff.names import itself, names
from passmuster.authoring.diff.nodes import NodeClaim, something_counts
from passmuster.authoring.diff.rules import Compared
from passmuster.policy.compile import CompiledRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy

_ORDER = tuple(NodeClaim)
"""From the claim that says most to the one that says nothing."""


def compare(old: tuple[Policy, CompiledPolicy], new: tuple[Policy, CompiledPolicy]) -> PolicyDiff:
    """The differences between two policies, each with its compiled form; what is claimed is proven."""
    cases = Cases(old, new)
    subjects: list[Subject] = []
    effects: list[Compared] = []
    for rule, compared in _rules(cases, old[1], new[1]):
        effects.append(compared)
        if compared.changes:
            subjects.append(_subject(rule, compared.changes))
    nodes, given = _nodes(cases, old[1], new[1], effects)
    subjects += names(old[0], new[0], cases)
    about = (*itself(old[0], new[0]), *_left_alone(effects, nodes))
    if about:
        subjects.append(Subject(kind="policy", name=new[0].pack, title="", level=None, changes=about))
    touched = {subject.name for subject in subjects if subject.kind == "rule"}
    same = sum(rule.header.id not in touched for rule in new[1].every_rule)
    return PolicyDiff(
        old=old[1].header, new=new[1].header, subjects=tuple(subjects), same=same, nodes=nodes, given=tuple(given)
    )


def _rules(
    cases: Cases, old: CompiledPolicy, new: CompiledPolicy
) -> Iterator[tuple[CompiledRule | CompiledFleetRule, Compared]]:
    before = {rule.header.id: rule for rule in old.every_rule}
    for rule in new.every_rule:
        yield rule, _compared(cases, before.pop(rule.header.id, None), rule)
    yield from ((rule, rules.removed(rule)) for rule in before.values())


def _compared(
    cases: Cases, old: CompiledRule | CompiledFleetRule | None, new: CompiledRule | CompiledFleetRule
) -> Compared:
    if isinstance(new, CompiledRule):
        if isinstance(old, CompiledRule):
            return rules.changed(cases, old, new)
        alone = rules.added(cases, new)
        return alone if old is None else alone._replace(changes=(pools.rescoped(new.header.level, fleet=False),))
    if old is None:
        return Compared((pools.added(new),), NodeClaim.SAME, ())
    if isinstance(old, CompiledRule):
        return rules.removed(old)._replace(changes=(pools.rescoped(new.header.level, fleet=True),))
    return Compared(tuple(pools.changed(cases, old, new)), NodeClaim.SAME, ())


def _nodes(
    cases: Cases, old: CompiledPolicy, new: CompiledPolicy, effects: Iterable[Compared]
) -> tuple[NodeClaim, list[str]]:
    """What holds of every node, and under which values of parameters."""
    effects = list(effects)
    worst = _worst(effects)
    given = {fact for compared in effects for fact in compared.given}
    if worst in {NodeClaim.NO_WORSE, NodeClaim.KEPT}:
        before, after = ({rule.header.id: rule for rule in version.rules} for version in (old, new))
        counts = something_counts(cases, [(before.get(name), after.get(name)) for name in {**before, **after}])
        given |= set(counts.given)
        worst = worst if counts.claims else NodeClaim.NO_NEW_FAIL
    return worst, sorted(given) if worst is not NodeClaim.UNPROVEN else []


def _worst(effects: Iterable[Compared]) -> NodeClaim:
    return max((effect.nodes for effect in effects), key=_ORDER.index, default=NodeClaim.SAME)


def _left_alone(effects: list[Compared], nodes: NodeClaim) -> Iterator[Change]:
    """Where each rule keeps what its nodes had, and yet no rule may be left that counts for one."""
    if _worst(effects) in {NodeClaim.NO_WORSE, NodeClaim.KEPT} and nodes is NodeClaim.NO_NEW_FAIL:
        sentence = "unclear whether a rule still applies to each node that passed; one to which none applies is unknown"
        yield Change(kind=ChangeKind.UNCLEAR, sentence=sentence, bump=Bump.MAJOR)


def _subject(rule: CompiledRule | CompiledFleetRule, changes: tuple[Change, ...]) -> Subject:
    header = rule.header
    return Subject(kind="rule", name=header.id, title=header.title, level=header.level, changes=changes)
