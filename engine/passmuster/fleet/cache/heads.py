"""What rules see of the head of a line: the collection, without its time, and the node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.codec import json
from passmuster.fleet.cache.facts import VOLATILE
from passmuster.fleet.cache.part import Part
from passmuster.snapshot.activation import bind_header

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from passmuster.fleet.cache.groups import Reads

NAMES = ("collection", "node")
"""In the order of their parts."""
_OWN = ("machine_id", "name")
"""What each node has for itself."""


class Heads:
    """Reads heads, and remembers what rules cannot tell apart."""

    def __init__(self, reads: Reads, hold: Callable[[int], None]) -> None:
        """Rules read these fields of each; `hold` is told how many bytes are kept."""
        self._hold = hold
        self.read = tuple(name for name in NAMES if name in reads)
        """Those of the two that rules look at."""
        node = reads.get("node", {})
        self.orders: tuple[dict[str, int], ...] = ({}, {each: 0 for each in _OWN if node is None or each in node})
        """What rules look at that is not remembered, and where its number stands; all else is told by the frame."""
        self._parts: dict[tuple[str, bytes], Part] = {}

    def parts(self, head: re.Match[bytes]) -> tuple[Part, Part]:
        """What the two are; the head is valid, labels included."""
        # Behind the moment, up to the labels, stands all else that is said of the collection.
        collection = self._part("collection", head.string[head.end(1) : head.start(4)], head)
        node = self._part("node", head[4], head)
        if self.orders[1]:
            node = Part(name="node", frame=node.frame, facts=node.facts, like=node, lasting=False)
            node.bind(_bound("node", head))
        return collection, node

    def _part(self, name: str, key: bytes, head: re.Match[bytes]) -> Part:
        part = self._parts.get((name, key))
        if part is None:
            facts = (VOLATILE,) if self.orders[NAMES.index(name)] else ()
            part = self._parts[name, key] = Part(name=name, frame=len(self._parts) + 1, facts=facts)
            part.bind(_bound(name, head))
            self._hold(len(key) + 500)
        return part


def _bound(name: str, head: re.Match[bytes]) -> object:
    document = json.trusted(head.string[: head.end()] + b"}}")
    return bind_header(name, document[name])
