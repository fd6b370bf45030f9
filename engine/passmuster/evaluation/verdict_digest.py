"""The digest of a verdict: over its inputs and the outcome of each rule, and nothing else.

Each node has a digest of its own, and the verdict's is over them sorted: so it can be made in one pass over a
fleet of any size, in any order, by any number of workers. Sorting makes it a digest of a multiset: nothing that
depends on the order of arrival may enter a node's digest, and two nodes with the same content count twice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from passmuster.codec import json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def node(name: str, snapshot: str | None, outcome: str, rules: Mapping[str, str]) -> bytes:
    """The digest of one node's verdict: 32 bytes over its name, its snapshot's digest and the outcomes."""
    return hashlib.sha256(json.canonical([name, snapshot, outcome, dict(rules)])).digest()


def fleet(rule: str, pool: str | None, outcome: str) -> bytes:
    """The digest of the result of a fleet rule for one pool: 32 bytes; it stands among those of the nodes."""
    return hashlib.sha256(json.canonical([rule, pool, outcome])).digest()


def verdict(terms: Mapping[str, Any], nodes: Iterable[bytes]) -> str:
    """The digest of a whole verdict: `sha256:` and hexadecimal digits, over the criteria and the nodes' digests."""
    hashed = hashlib.sha256(json.canonical(dict(terms)))
    for node_digest in sorted(nodes):
        hashed.update(node_digest)
    return "sha256:" + hashed.hexdigest()
