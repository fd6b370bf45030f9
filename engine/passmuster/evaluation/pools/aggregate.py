"""What many nodes come to: gathered node by node or merged from parts, in any order, in bounded memory.

Of what there can be many of (pools, distinct values, reasons, names) the smallest are kept: an order that does not
depend on who came first. Counts are of all nodes.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, assert_never

from passmuster.evaluation.pools.contributions import Unplaced, Unvalued, Valued
from passmuster.policy.environments import MAX_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from passmuster.evaluation.pools.contributions import Contribution, Value, Why

MAX_NAMES = 1000
"""Names of nodes that are kept for each value, and for each reason."""
MAX_POOLS = 256
MAX_REASONS = 64


class _Mergeable(Protocol):
    def merge(self, other: Self, /) -> None: ...


T = TypeVar("T", bound=_Mergeable)


@dataclass(slots=True)
class Names:
    """How many nodes, and the names of the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)
    """Sorted, at most MAX_NAMES; a name stands there as often as it came."""

    def add(self, name: str) -> None:
        """Count one node."""
        self.count += 1
        if len(self.first) < MAX_NAMES or name < self.first[-1]:
            insort(self.first, name)
            del self.first[MAX_NAMES:]

    def merge(self, other: Names) -> None:
        """Add what was counted elsewhere."""
        self.count += other.count
        self.first = sorted(self.first + other.first)[:MAX_NAMES]


@dataclass(slots=True)
class Shelf(Generic[T]):
    """Parts by key: those of the smallest keys, and whether there were more."""

    make: Callable[[], T]
    limit: int
    parts: dict[Any, T] = field(default_factory=dict)
    more: bool = False
    """Whether something was left out."""
    _last: Any = None
    """The largest key, where the shelf is full."""

    def part(self, key: Any) -> T | None:
        """The part of a key, made where there is none; None where there is no room for it."""
        part = self.parts.get(key)
        if part is not None:
            return part
        if len(self.parts) == self.limit:
            self.more = True
            if not key < self._last:
                return None
            del self.parts[self._last]
        part = self.parts[key] = self.make()
        if len(self.parts) == self.limit:
            self._last = max(self.parts)
        return part

    def merge(self, other: Shelf[T]) -> None:
        """Add what stands elsewhere."""
        for key in sorted(other.parts):
            part = self.part(key)
            if part is not None:
                part.merge(other.parts[key])
        self.more = self.more or other.more


@dataclass(slots=True)
class Pool:
    """The members of one pool."""

    size: int = 0
    undecided: int = 0
    """Members whose value is not known."""
    values: Shelf[Names] = field(default_factory=lambda: Shelf(Names, MAX_VALUES))
    """By value."""
    reasons: Shelf[Names] = field(default_factory=lambda: Shelf(Names, MAX_REASONS))
    """Members whose value is not known, by why."""
    fault: bool = False
    """Whether the policy is at fault for one of them."""
    missing: bool = False
    """Whether something that could not be looked at is."""

    def value(self, value: Value, name: str) -> None:
        """Count a member whose value is known."""
        self.size += 1
        names = self.values.part(value)
        if names is not None:
            names.add(name)

    def unvalued(self, why: Why, name: str) -> None:
        """Count a member whose value is not known."""
        self.size += 1
        self.unknown(why, name)

    def unknown(self, why: Why, name: str) -> None:
        """Count a node that may be a member."""
        self.undecided += 1
        self.fault = self.fault or why.fault
        self.missing = self.missing or not why.fault
        names = self.reasons.part(why)
        if names is not None:
            names.add(name)

    def merge(self, other: Pool) -> None:
        """Add the members that were counted elsewhere."""
        self.size += other.size
        self.undecided += other.undecided
        self.values.merge(other.values)
        self.reasons.merge(other.reasons)
        self.fault = self.fault or other.fault
        self.missing = self.missing or other.missing


@dataclass(slots=True)
class Aggregate:
    """What all nodes contribute to one rule."""

    pools: Shelf[Pool] = field(default_factory=lambda: Shelf(Pool, MAX_POOLS))
    """By name of the pool."""
    unplaced: Pool = field(default_factory=Pool)
    """Nodes that may be members of any pool, or of none; none of them counts in its size."""

    def add(self, contribution: Contribution | None, name: str) -> None:
        """Count one node; None is a node that is no member."""
        match contribution:
            case None:
                return
            case Unplaced(why):
                self.unplaced.unknown(why, name)
            case Valued(at, value):
                pool = self.pools.part(at)
                if pool is not None:
                    pool.value(value, name)
            case Unvalued(at, why):
                pool = self.pools.part(at)
                if pool is not None:
                    pool.unvalued(why, name)
            case _:
                assert_never(contribution)

    def merge(self, other: Aggregate) -> None:
        """Add what was gathered elsewhere; in any order, the result is the same."""
        self.pools.merge(other.pools)
        self.unplaced.merge(other.unplaced)
