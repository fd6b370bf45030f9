"""Knowing from its bytes that nothing changes on a node, as nothing did on one of which both sides say the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster import snapshot
from passmuster.comparison.node import Comparison
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.fleet import Class, Memory

if TYPE_CHECKING:
    from passmuster.comparison.side import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A node on which nothing changes."""

    name: str
    machine_id: str | None
    digest: str
    """Of its snapshot: `sha256:` and hexadecimal digits."""
    input: str
    site: str | None = None


class Alike:
    """Two sides over one snapshot a node.

    What both say of a node is remembered by its facts. The first node of each kind is compared the long way; where that
    finds no change, there is none on the others.
    """

    def __init__(self, old: Side, new: Side) -> None:
        self._comparison = Comparison(old, new)
        self._old, self._new = Memory(_terms(old)), Memory(_terms(new))
        self._changes: dict[tuple[Class, Class], bool] = {}

    @staticmethod
    def serves(old: Side, new: Side) -> bool:
        """Whether what is said of one node holds for the next of its kind."""
        return all(side.waivers is None and Memory.serves_sections(_terms(side)) for side in (old, new))

    def known(self, line: bytes) -> tuple[str, str | None, str] | None:
        """Name, machine id and digest of a node on which nothing changes; None where something does, or may."""
        before, after = self._old.judge(line), self._new.judge(line)
        if before is None or after is None:
            return None
        kind = before.judged, after.judged
        changes = self._changes.get(kind)
        if changes is None:
            compared = self._comparison.one(snapshot.load(line, ""))
            changes = self._changes[kind] = compared is not None and (compared.change or compared.unread) is not None
        if changes:
            return None
        machine = after.machine_id
        digest = "sha256:" + hashlib.sha256(line).hexdigest()
        return after.name.decode(), None if machine is None else machine.decode(), digest


def _terms(side: Side) -> EvaluationCriteria:
    return EvaluationCriteria(policies=(side.policy,), parameters={side.policy.header.pack: side.parameters})
