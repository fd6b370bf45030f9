"""Duplicate snapshots, nodes with several snapshots, and contradicting identities. Pure.

The same bytes twice are one snapshot. Several snapshots of one node leave it unknown, for nobody knows which is true;
one that is unknown by itself (it is from the future) is not a second one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from passmuster.model.verdict import Duplicate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Identity: TypeAlias = "tuple[str | None, str, str | None]"
"""A node's site (None: none was named), name and machine id."""


class Claim(NamedTuple):
    """A snapshot that was given and can be read."""

    place: int
    """Where it stands in the input; any numbers that differ."""
    name: str
    machine_id: str | None
    site: str | None
    digest: str
    label: str
    """Where it came from."""
    apart: bool = False
    """Whether it is unknown by itself, whatever else was given: it is from the future, or a store doubts it."""

    @property
    def identity(self) -> Identity:
        """Which node it is of."""
        return self.site, self.name, self.machine_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What snapshots are beside each other."""

    duplicates: tuple[Duplicate, ...] = ()
    repeats: frozenset[int] = frozenset()
    """Places of snapshots of which the same bytes stand elsewhere too: they are no nodes of their own."""
    doubled: frozenset[int] = frozenset()
    """Places of snapshots of nodes that have several; those of repeats are left out."""


def standing(claims: Iterable[Claim]) -> Standing:
    """Compare everything that was given; the order changes nothing but which of the same bytes is a repeat."""
    by_bytes: dict[tuple[Identity, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        by_bytes[claim.identity, claim.digest].append(claim)
    kept: list[Claim] = []
    duplicates: list[Duplicate] = []
    repeats: set[int] = set()
    for same in by_bytes.values():
        same.sort(key=lambda claim: (claim.label, claim.place))
        kept.append(same[0])
        repeats.update(claim.place for claim in same[1:])
        if len(same) > 1:
            duplicates.append(_duplicate("same_snapshot", same[0].identity, same))
    by_node: dict[Identity, list[Claim]] = defaultdict(list)
    for claim in kept:
        if not claim.apart:
            by_node[claim.identity].append(claim)
    several = {identity: some for identity, some in by_node.items() if len(some) > 1}
    duplicates += [_duplicate("same_node", identity, some) for identity, some in several.items()]
    duplicates += _contradictions(kept)
    return Standing(
        duplicates=tuple(sorted(duplicates, key=_order)),
        repeats=frozenset(repeats),
        doubled=frozenset(claim.place for some in several.values() for claim in some),
    )


def _contradictions(kept: Sequence[Claim]) -> Iterable[Duplicate]:
    """One name with several machine ids at one site, and one machine id with several names anywhere."""
    by_name: dict[tuple[str | None, str], list[Claim]] = defaultdict(list)
    by_machine: dict[str, list[Claim]] = defaultdict(list)
    for claim in kept:
        by_name[claim.site, claim.name].append(claim)
        if claim.machine_id is not None:
            by_machine[claim.machine_id].append(claim)
    for (site, name), some in by_name.items():
        if len({claim.machine_id for claim in some}) > 1:
            yield _duplicate("same_name", (site, name, None), some)
    for machine, some in by_machine.items():
        if len({claim.name for claim in some}) > 1:
            yield _duplicate("same_machine_id", (None, None, machine), some)


def _duplicate(kind: str, who: tuple[str | None, str | None, str | None], some: Iterable[Claim]) -> Duplicate:
    site, name, machine_id = who
    inputs = tuple(sorted(claim.label for claim in some))
    return Duplicate(kind=kind, site=site, name=name, machine_id=machine_id, inputs=inputs)


def _order(duplicate: Duplicate) -> tuple[str, str, str, str, tuple[str, ...]]:
    return duplicate.kind, duplicate.site or "", duplicate.name or "", duplicate.machine_id or "", duplicate.inputs
