"""Reading parts of a snapshot strictly, each inside the smallest snapshot that it fits into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster import snapshot
from passmuster.codec import json
from passmuster.errors import SnapshotError

if TYPE_CHECKING:
    from passmuster.snapshot import Snapshot

DOCUMENT = (
    b'{"collection":{"collected_at":"2000-01-01T00:00:00Z","collector":"x","context":"host","kind":"live",'
    b'"recorded":[],"uid":0},"node":{"labels":%s,"machine_id":null,"name":"x"},"schema":"passmuster.snapshot/1",'
    b'"sections":{%s}}\n'
)
"""A snapshot with room for labels and for sections."""


def is_object(piece: bytes) -> bool:
    """Whether these bytes are one JSON object."""
    try:
        return isinstance(json.loads(piece), dict)
    except json.InvalidJSONError:
        return False


def loaded(document: bytes) -> Snapshot | None:
    """The snapshot; None where it is not valid."""
    try:
        return snapshot.load(document, "")
    except SnapshotError:
        return None
