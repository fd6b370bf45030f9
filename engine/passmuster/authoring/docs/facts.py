"""Facts in the words of the snapshot's schema: what they are, their unit, and where Linux keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.authoring.docs.model import Fact
from passmuster.codec import schema

if TYPE_CHECKING:
    from passmuster.model.fieldpath import FieldPath

_KINDS = {"boolean": "true or false", "integer": "whole number", "string": "text", "object": "group of facts"}


def described(path: FieldPath) -> Fact:
    """One fact; a key of a map is described by what the map says of its values, and by the map."""
    trail = _trail(path)
    leaf = trail[-1]
    descriptions = [schema["description"] for schema in trail[-2:] if "x-map" in schema] + [leaf.get("description", "")]
    sources: list[str] = next((schema["x-source"] for schema in reversed(trail) if "x-source" in schema), [])
    return Fact(
        path=str(path),
        kind=_kind(leaf),
        description=" ".join(dict.fromkeys(text for text in descriptions if text)),
        unit=leaf.get("x-unit"),
        sources=tuple(sources),
    )


def _trail(path: FieldPath) -> list[dict[str, Any]]:
    """The schemas along a path, the section's first; what the schema does not name is described by its parent."""
    document = schema.document("snapshot", 1)["properties"]
    first = path.parts[0]
    if first in {"node", "collection"}:
        trail = [document[first]]
    else:
        trail = [document["sections"]["properties"][first]["properties"]["facts"]]
    for part in path.parts[1:]:
        below = trail[-1].get("properties", {}).get(part) or trail[-1].get("additionalProperties")
        if not isinstance(below, dict):
            break
        trail.append(below)
    return trail


def _kind(leaf: dict[str, Any]) -> str:
    declared = leaf["type"]
    kinds = [declared] if isinstance(declared, str) else list(declared)
    nullable = ", or none" if "null" in kinds else ""
    (kind,) = (kind_name for kind_name in kinds if kind_name != "null")
    if "enum" in leaf:
        return "one of " + ", ".join(str(value) for value in leaf["enum"] if value is not None) + nullable
    if kind == "array":
        return f"list of {_kind(leaf['items'])}{nullable}"
    if "x-map" in leaf:
        return f"names, each with {_kind(leaf['additionalProperties'])}{nullable}"
    return _KINDS[kind] + nullable
