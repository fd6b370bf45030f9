"""The expected nodes against those that came: which are missing, which are not on the roster. Pure.

A node that only the roster names is in the verdict as unknown: nothing is known of it, and silence would hide it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, starmap
from typing import TYPE_CHECKING

from passmuster.model.outcome import NodeOutcome
from passmuster.model.verdict import NodeVerdict, RosterFindings
from passmuster.snapshot.roster import called, order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.snapshot.roster import Node

ABSENT = "listed in the roster, but no snapshot was given"


def absentee(node: Node) -> NodeVerdict:
    """A node that only the roster names."""
    return NodeVerdict(
        node=node.name,
        machine_id=None,
        input=None,
        site=node.site,
        snapshot=None,
        outcome=NodeOutcome.UNKNOWN,
        reason=ABSENT,
        results=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What there is of a roster."""

    absent: Sequence[Node]
    """In the order of reports."""
    settled: EvaluationCriteria
    """The terms, with the roster as it came out."""
    findings: RosterFindings


def listed(
    terms: EvaluationCriteria, seen: Callable[[], Iterable[tuple[str, str | None]]], absent: Iterable[str]
) -> Listed | None:
    """What there is of a roster: `seen` gives name and site of each node with a snapshot, `absent` did not come."""
    if terms.roster is None:
        return None
    gone = frozenset(absent)
    there = {listing for listing in starmap(terms.listing, seen()) if not terms.roster.isdisjoint(listing)}
    unlisted = {terms.listed(listing[0]) for listing in starmap(terms.listing, seen()) if listing not in there}
    nodes = terms.absent(gone)
    names = called(
        [*nodes, *unlisted], chain(nodes, (terms.listed(listing[0]) for listing in starmap(terms.listing, seen())))
    )
    return Listed(
        absent=nodes,
        settled=terms.settled((listing[0] for listing in there), gone),
        findings=RosterFindings(
            source=terms.roster_source,
            listed=len(there) + len(gone),
            missing=tuple(names[node] for node in nodes),
            unlisted=tuple(names[node] for node in sorted(unlisted, key=order)),
        ),
    )


def of_verdicts(nodes: Sequence[NodeVerdict], terms: EvaluationCriteria) -> Listed | None:
    """The same over nodes that were judged; those without a snapshot do not count as seen."""
    seen = [(node.node, node.site) for node in nodes if node.snapshot is not None]
    there = frozenset(chain.from_iterable(starmap(terms.listing, seen)))
    return listed(terms, lambda: seen, (terms.roster or frozenset()) - there)
