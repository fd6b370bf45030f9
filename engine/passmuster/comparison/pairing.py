"""Putting two snapshots of a node together by (name, machine_id, site); what has no partner, or too many, is said."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from passmuster.comparison.model import Doubled, Unreadable
from passmuster.comparison.unchanged import Unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from passmuster.comparison.model import When
    from passmuster.evaluation.node import Given
    from passmuster.snapshot import Snapshot

Identity: TypeAlias = tuple[str, str | None, str | None]
"""Name, machine id (None where that was not collected), and site (None where nobody named one)."""


class Roll:
    """What one side gave, noted while it passes by."""

    def __init__(self, when: When) -> None:
        self._when = when
        self._inputs: dict[Identity, list[tuple[str, str]]] = defaultdict(list)
        """Digest and path of each; the same bytes again are the same snapshot, and left out."""
        self._unreadable: list[Unreadable] = []

    def first(self, given: Iterable[Given | Unchanged]) -> Iterator[tuple[Identity, Snapshot | None]]:
        """Each node where it is met first; no snapshot where it is known that nothing changes on it."""
        for item in given:
            if isinstance(item, Unchanged):
                if self._is_first((item.name, item.machine_id, item.site), item.digest, item.input):
                    yield (item.name, item.machine_id, item.site), None
                continue
            name = item.input or "this node"
            if item.snapshot is None or item.doubt is not None:
                self._unreadable.append(Unreadable(input=name, problem=item.problem or "no snapshot"))
                continue
            identity = item.snapshot.name, item.snapshot.machine_id, item.site
            if self._is_first(identity, item.snapshot.digest, name):
                yield identity, item.snapshot

    def _is_first(self, identity: Identity, digest: str, path: str) -> bool:
        """Note a snapshot; whether it is the first of its node."""
        noted = self._inputs[identity]
        if all(digest != other for other, _ in noted):
            noted.append((digest, path))
            return len(noted) == 1
        return False

    @property
    def doubled(self) -> dict[Identity, Doubled]:
        """Nodes that were given more than once."""
        return {
            who: Doubled(
                node=who[0], machine_id=who[1], when=self._when, inputs=tuple(sorted(path for _, path in noted))
            )
            for who, noted in self._inputs.items()
            if len(noted) > 1
        }

    @property
    def unreadable(self) -> list[Unreadable]:
        """Input that is not a snapshot."""
        return self._unreadable

    def __contains__(self, identity: Identity) -> bool:
        return identity in self._inputs
