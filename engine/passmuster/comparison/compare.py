"""Comparing what two sides say of a fleet: who is on which side, what changes, what it sums up to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.comparison.model import CrossTerms, Impact, OneSided, Term, When, breaks
from passmuster.comparison.node import Compared, Comparison
from passmuster.comparison.pairing import Identity, Roll

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from passmuster.comparison.model import Judged
    from passmuster.comparison.side import Side
    from passmuster.comparison.unchanged import Unchanged
    from passmuster.evaluation.node import Given
    from passmuster.model.outcome import NodeOutcome


def compare(old: Side, new: Side, later: Iterable[Given | Unchanged], earlier: Iterable[Given] | None = None) -> Impact:
    """Compare two sides over nodes; without `earlier`, each snapshot is both what was and what is.

    `later` is read once and not kept; the order of either changes nothing. Without `earlier` it may hold nodes of which
    the caller knows (`Alike`) that nothing changes.
    """
    comparison = Comparison(old, new)
    before = Roll(When.EARLIER)
    known = None if earlier is None else {who: one for who, one in before.first(earlier) if one is not None}
    after = Roll(When.LATER)
    compared: dict[Identity, Compared | None] = {}
    appeared: dict[Identity, OneSided] = {}
    for identity, snapshot in after.first(later):
        if snapshot is None:
            compared[identity] = None
        elif known is None:
            compared[identity] = comparison.one(snapshot)
        elif identity in known:
            compared[identity] = comparison.two(known[identity], snapshot)
        else:
            appeared[identity] = comparison.lone(new, snapshot)
    gone = {name: comparison.lone(old, one) for name, one in (known or {}).items() if name not in after}
    doubled = {When.EARLIER: before.doubled, When.LATER: after.doubled}
    dropped = {*before.doubled, *after.doubled}
    names = [name for name in sorted(compared, key=_order) if name not in dropped]
    kept = [node for node in map(compared.__getitem__, names) if node is not None]
    return Impact(
        old=old.header,
        new=new.header,
        nodes=len(names),
        changes=tuple(node.change for node in kept if node.change is not None),
        collect_again=tuple(node.unread for node in kept if node.unread is not None),
        terms=None if known is None else _terms(kept),
        appeared=tuple(appeared[name] for name in sorted(appeared, key=_order) if name not in dropped),
        gone=tuple(gone[name] for name in sorted(gone, key=_order) if name not in dropped),
        doubled=tuple(inputs[name] for inputs in doubled.values() for name in sorted(inputs, key=_order)),
        unreadable=tuple(
            sorted(
                (*before.unreadable, *after.unreadable), key=lambda unreadable: (unreadable.input, unreadable.problem)
            )
        ),
    )


def _order(identity: Identity) -> tuple[str, str, str]:
    return identity[0], identity[1] or "", identity[2] or ""


def _terms(compared: Iterable[Compared]) -> CrossTerms:
    nodes = list(compared)

    def term(end: Callable[[Judged], NodeOutcome]) -> Term:
        return Term(
            flips=sum(end(node.judged) is not node.judged.before for node in nodes),
            broken=tuple(node.name for node in nodes if breaks(node.judged.before, end(node.judged))),
        )

    return CrossTerms(
        policy_alone=term(lambda judged: judged.policy_alone),
        node_alone=term(lambda judged: judged.node_alone),
        together=term(lambda judged: judged.after),
    )
