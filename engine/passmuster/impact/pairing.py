"""Putting two snapshots of a node together by (name, machine_id); what has no partner, or too many, is said."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from passmuster.impact.alike import Unchanged
from passmuster.impact.model import Doubled, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from passmuster.impact.model import When
    from passmuster.judge import Given
    from passmuster.snapshot import Snapshot

Identity: TypeAlias = tuple[str, str | None]
"""Name and machine id; None where that was not collected."""


class Roll:
    """What one side gave, noted while it passes by."""

    def __init__(self, when: When) -> None:
        self._when = when
        self._inputs: dict[Identity, list[str]] = defaultdict(list)
        self._unreadable: list[Unreadable] = []

    def first(self, given: Iterable[Given | Unchanged]) -> Iterator[tuple[Identity, Snapshot | None]]:
        """Each node where it is met first; no snapshot where it is known that nothing changes on it."""
        for each in given:
            if isinstance(each, Unchanged):
                self._inputs[each.name, each.machine_id].append(each.input)
                if len(self._inputs[each.name, each.machine_id]) == 1:
                    yield (each.name, each.machine_id), None
                continue
            name = each.input or "this node"
            if each.snapshot is None:
                self._unreadable.append(Unreadable(input=name, problem=each.problem or "no snapshot"))
                continue
            identity = each.snapshot.name, each.snapshot.machine_id
            self._inputs[identity].append(name)
            if len(self._inputs[identity]) == 1:
                yield identity, each.snapshot

    @property
    def doubled(self) -> dict[Identity, Doubled]:
        """Nodes that were given more than once."""
        return {
            (name, machine): Doubled(node=name, machine_id=machine, when=self._when, inputs=tuple(sorted(inputs)))
            for (name, machine), inputs in self._inputs.items()
            if len(inputs) > 1
        }

    @property
    def unreadable(self) -> list[Unreadable]:
        """What was given and is no snapshot."""
        return self._unreadable

    def __contains__(self, identity: Identity) -> bool:
        return identity in self._inputs
