"""The order of the snapshots of one node: which is the newest, and whether this can be known. Pure.

The newest is the one with the newest collection time, unless a later delivery has an earlier collection time: then the
node's clock went back, or an old snapshot arrived late, and it is unknown which is true. A snapshot without a
collection time is older only than those that were collected after its receipt. A snapshot from the future is never the
newest. For bundles the sequence number decides which was delivered later, for everything else the order of receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.evaluation.node import future as from_future
from passmuster.fleet.store.cut import NO_MOMENT, moment_text
from passmuster.fleet.store.packing import DamageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DISMISSED, DISPUTED, OLDER, LATEST, TIED, BACK, FUTURE, NAMELESS = -2, -1, 0, 1, 2, 3, 4, 5
"""What a snapshot is, as the store has it. Above 0 it stands for its node in reports, above 1 the node is unknown.

DISMISSED: an operator accepted another in its place. DISPUTED: it is one of those of which nobody knows which is true;
`gc` keeps it. TIED: one of several of the newest moment. BACK: the newest, but a later delivery claims an earlier
moment, or one without a moment may be newer. FUTURE: it claims to be collected after it was received. NAMELESS: the
newest of several without a machine id.
"""
_STANDINGS: dict[object, str] = {
    LATEST: "latest",
    OLDER: "older",
    TIED: "one of several with the newest collection time",
    BACK: "newest, but a later delivery has an earlier collection time",
    DISPUTED: "contradicts another",
    FUTURE: "from the future",
    NAMELESS: "newest of several without a machine id",
    DISMISSED: "set aside",
}
"""What a snapshot is among those of its node."""
_CURE = "see `passmuster fleet accept`"
CLOCK = f"its clock went back: a later delivery has an earlier collection time, or none ({_CURE})"
SEVERAL = (
    f"several snapshots of this name have no machine id, so it is unknown whether they are of one machine ({_CURE})"
)
DOUBTS = frozenset((CLOCK, SEVERAL))


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot, as far as the order goes."""

    id: int
    at: int
    """The collection time, in seconds since 1970; NO_MOMENT if it is not known."""
    sequence: int | None
    """That of the bundle that it came in; None where it came in none."""
    delivery: int
    """Deliveries are numbered as they are received."""
    received: int
    """When that delivery was received, in seconds since 1970."""
    future: bool
    """Whether it claims to be collected after it was received."""

    def is_after(self, other: Held) -> bool:
        """Whether it was delivered after another."""
        if self.sequence is not None and other.sequence is not None:
            return self.sequence > other.sequence
        return self.delivery > other.delivery

    def contradicts(self, newest: Held) -> bool:
        """Whether it may be newer than the one with the newest moment."""
        undated = self.at == NO_MOMENT and self.received >= newest.at
        return self.at < newest.at and (undated or self.is_after(newest))


def worded(mark: object) -> str:
    """What a snapshot is among those of its node, in words; raises DamageError for a mark that no store has."""
    if mark not in _STANDINGS:
        raise DamageError(f"a snapshot has a mark that there is not (got {mark!r:.60})")
    return _STANDINGS[mark]


def standing(held: Sequence[Held], *, one: bool) -> dict[int, int]:
    """What each is, by id; those that were dismissed are left out. `one`: they are known to be of one machine."""
    present = [each for each in held if not each.future]
    found = {each.id: OLDER for each in held}
    if present and not one and len(present) > 1:
        found.update((each.id, DISPUTED) for each in present)
        found[max(present, key=lambda each: (each.at, each.delivery, each.id)).id] = NAMELESS
    elif present:
        found.update(_present(present))
    found.update(_future([each for each in held if each.future], present))
    return found


def _present(present: Sequence[Held]) -> Iterable[tuple[int, int]]:
    at = max(each.at for each in present)
    newest = [each for each in present if each.at == at]
    sequences = {each.sequence for each in newest}
    if len(newest) > 1 and len(sequences) == len(newest) and None not in sequences:
        newest = [max(newest, key=lambda each: each.sequence or 0)]
    disputed = [each for each in present if any(each.contradicts(one) for one in newest)]
    yield from ((each.id, DISPUTED) for each in disputed)
    if len(newest) > 1:
        yield from ((each.id, TIED) for each in newest)
    else:
        yield newest[0].id, BACK if disputed else LATEST


def _future(future: Sequence[Held], present: Sequence[Held]) -> Iterable[tuple[int, int]]:
    """Snapshots from the future count until another snapshot of the node is delivered; one of them is reported."""
    pending = [each for each in future if not any(one.is_after(each) for one in present)]
    yield from ((each.id, DISPUTED) for each in pending)
    if pending:
        yield max(pending, key=lambda each: (each.delivery, each.at, each.id)).id, FUTURE


def doubt(standing_: int, at: int) -> str | None:
    """Why it is unclear whether a snapshot shows its node as it is; None if the order gives no reason."""
    if standing_ == FUTURE:
        return from_future(moment_text(at))
    return {BACK: CLOCK, NAMELESS: SEVERAL}.get(standing_)


def dismissed(held: Sequence[Held], accepted: Held) -> list[int]:
    """What goes where an operator accepts one: all that contradicts it. Older ones that do not stay as its history."""
    return [
        each.id
        for each in held
        if each.id != accepted.id
        and (each.at >= accepted.at or each.is_after(accepted) or each.at == NO_MOMENT or each.future)
    ]
