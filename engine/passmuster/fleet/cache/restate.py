"""Snapshots that are laid out in another way, or hold what this engine does not know, as canonical lines."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema

if TYPE_CHECKING:
    from collections.abc import Callable


def restated(data: bytes, *, recorded: bool = False) -> bytes | None:
    """The canonical line of a snapshot that says the same to rules about its sections; None where it is none.

    What the schema does not name is left out: it is kept in a snapshot, and ignored. So is what was recorded of the
    collection, once it is seen to be valid, where `recorded` does not say that rules look at it.
    """
    try:
        document = json.loads(data)
    except json.InvalidJSONError:
        return None
    if not isinstance(document, dict) or not all(_holds(part)(document.get(part)) for part in ("collection", "node")):
        return None
    sections = document.get("sections")
    if not isinstance(sections, dict):
        return None
    known = schema.sections(1)
    if not all(name in known or isinstance(section, dict) for name, section in sections.items()):
        return None
    return json.canonical(
        {
            "collection": {**_named("collection", document["collection"]), **({} if recorded else {"recorded": []})},
            "node": _named("node", document["node"]),
            "schema": document.get("schema"),
            "sections": {name: section for name, section in sections.items() if name in known},
        }
    )


@functools.cache
def _part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema.document("snapshot", 1)["properties"][name]
    return found


@functools.cache
def _holds(name: str) -> Callable[[Any], bool]:
    return schema.keeps(1, _part(name))


def _named(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """What the schema names of a part."""
    return {key: value[key] for key in _part(name)["properties"] if key in value}
