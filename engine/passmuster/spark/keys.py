"""The facts that rules read, by one name: what is said of one node holds for every node with the same name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from passmuster import _json
from passmuster.fleet import Class, Memory
from passmuster.fleet.groups import reads
from passmuster.outcome import NodeOutcome

if TYPE_CHECKING:
    from passmuster.fleet.shelf import Part
    from passmuster.judge import Terms
    from passmuster.snapshot import Section


class Keys(Memory):
    """A memory that names the facts of a line, and asks no rule about them: `judged.tail` is the name."""

    def __init__(self, terms: Terms) -> None:
        super().__init__(terms)
        self._wanted = reads(terms)

    def _class(self, parts: list[Part]) -> Class:
        told = [_told(part.section, self._wanted[part.name]) for part in parts if part.name in self._wanted]
        key = hashlib.sha256(_json.canonical(told)).digest()
        return Class(outcome=NodeOutcome.UNKNOWN, results=(), reason=None, tail=key)


def _told(section: Section | None, wanted: frozenset[str] | None) -> Any:
    """What rules can see of a section: facts, why some are unknown, and where they come from."""
    if section is None:
        return None
    unknown = [
        [str(path), each.reason.value, each.detail]
        for path, each in section.unknown.items()
        if wanted is None or path.parts[1] in wanted
    ]
    sources = {
        source: kept
        for source, names in section.sources.items()
        if (kept := [name for name in names if wanted is None or name in wanted])
    }
    return [
        {name: value for name, value in section.facts.items() if wanted is None or name in wanted},
        sorted(unknown),
        sources,
        None if section.reason is None else section.reason.value,
    ]
