"""What packs read of a snapshot: every fact that an outcome, a message or a contribution can depend on.

A tree of names: a path that is read is kept with everything below it, one of which only the presence is asked is kept
as a shell, and whoever stands above it stays known to be there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from passmuster.cel import Program
    from passmuster.model.fieldpath import FieldPath
    from passmuster.policy.compile import CompiledPolicy


@dataclass(slots=True)
class Reads:
    """What is read of one place."""

    whole: bool = False
    """Whether everything below is."""
    below: dict[str, Reads] = field(default_factory=dict)

    def child(self, name: str) -> Reads | None:
        """What is read of a member; None where nothing is."""
        return self if self.whole else self.below.get(name)

    def add(self, path: FieldPath, *, presence_only: bool) -> None:
        """Note that a path below this place is read."""
        at = self
        for part in path.parts:
            at = at.below.setdefault(part, Reads())
        at.whole = at.whole or not presence_only

    def leaves(self, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """The paths at which it ends, sorted."""
        if self.whole or not self.below:
            yield above
            return
        for name in sorted(self.below):
            yield from self.below[name].leaves((*above, name))


def reads(policies: Iterable[CompiledPolicy]) -> Reads:
    """What any rule of these packs reads, about single nodes or about the fleet, variables resolved."""
    reads = Reads()
    for policy in policies:
        for program in _programs(policy):
            for read in program.reads:
                reads.add(read.path, presence_only=read.presence_only)
    return reads


def _programs(policy: CompiledPolicy) -> Iterator[Program]:
    """The programs over a node's facts; those over a pool see only what the nodes contribute."""
    waiting: list[Program] = [program for rule in policy.rules for program in rule.programs]
    for fleet_rule in policy.fleet_rules:
        waiting += [
            program
            for program in (fleet_rule.applies_when, fleet_rule.group_by, fleet_rule.value)
            if program is not None
        ]
    seen: set[str] = set()
    while waiting:
        program = waiting.pop()
        yield program
        for name in set(program.variables) - seen:
            seen.add(name)
            waiting.append(policy.variables[name].program)
