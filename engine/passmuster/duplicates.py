"""Nodes of which more than one snapshot was given, and identities that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from passmuster.verdict import Duplicate

if TYPE_CHECKING:
    from collections.abc import Iterable


def conflicts(claims: Iterable[tuple[str, str | None, str]]) -> tuple[Duplicate, ...]:
    """Identities that come more than once, or contradict each other, among (name, machine id, where it came from)."""
    by_name: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    by_machine: dict[str, list[tuple[str, str]]] = defaultdict(list)
    by_node: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for name, machine, path in claims:
        by_name[name].append((machine, path))
        by_node[name, machine].append(path)
        if machine is not None:
            by_machine[machine].append((name, path))
    found = [
        Duplicate(kind="same_node", name=name, machine_id=machine, inputs=tuple(sorted(paths)))
        for (name, machine), paths in by_node.items()
        if len(paths) > 1
    ]
    for name, holders in by_name.items():
        if len({machine for machine, _ in holders}) > 1:
            paths = tuple(sorted(path for _, path in holders))
            found.append(Duplicate(kind="same_name", name=name, machine_id=None, inputs=paths))
    for machine, names in by_machine.items():
        if len({name for name, _ in names}) > 1:
            paths = tuple(sorted(path for _, path in names))
            found.append(Duplicate(kind="same_machine_id", name=None, machine_id=machine, inputs=paths))
    return tuple(sorted(found, key=lambda each: (each.kind, each.name or "", each.machine_id or "")))
