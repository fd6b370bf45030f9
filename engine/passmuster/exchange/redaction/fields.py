"""The fields of a snapshot with their classes, as its schema states them.

A class holds for everything below the field that has it, until a field further down names its own; the keys of a map
have the class of the map unless the schema says otherwise. A field without any class is a mistake in the schema.
"""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from passmuster.cel import Globs
from passmuster.codec import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.exchange.redaction.reads import Reads


class FieldClass(enum.Enum):
    """What a value could betray."""

    PUBLIC = "public"
    """What any machine of that make, with that software, would say."""
    HOST_IDENTIFYING = "host-identifying"
    """Which node it is."""
    NETWORK = "network"
    """How the node is reached."""
    SERIAL = "serial"
    """Numbers that one piece of hardware alone has."""
    SENSITIVE = "sensitive"
    """How the node is defended or where it stands, and texts that may say anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A scalar, or a list, which is wholly known or wholly unknown."""

    of: FieldClass
    sources: tuple[str, ...] = ()
    """Where Linux keeps it, in the schema's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Fields that the schema names."""

    fields: Mapping[str, Field]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A map whose keys the host chose."""

    keys: FieldClass
    value: Field
    open: bool
    """Whether a missing key means that nobody asked."""
    sources: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    """Keys of a closed map, or globs of them, that are recorded whatever is withheld from it."""

    def names_go(self, read: Reads) -> bool:
        """Whether the names of keys that are not read can go: what is read is known to be there, or not, without."""
        return not self.open and not read.whole and all(key in Globs.of(self.listed) for key in read.below)


Field: TypeAlias = Leaf | Record | Keyed


@functools.cache
def sections(version: int) -> dict[str, Field]:
    """The facts of each section that the schema names."""
    named = schema.document("snapshot", version)["properties"]["sections"]["properties"]
    return {name: field(section["properties"]["facts"], None) for name, section in named.items()}


def field(node: Mapping[str, Any], inherited: FieldClass | None) -> Field:
    """Read a field from its schema; raises ValueError for one without a class."""
    own = FieldClass(node["x-class"]) if "x-class" in node else inherited
    sources = tuple(node.get("x-source", ()))
    if "properties" in node:
        return Record(fields={name: field(child, own) for name, child in node["properties"].items()}, sources=sources)
    if own is None:
        raise ValueError(f"a field without a class (got {sorted(node)}, expected x-class on it or above it)")
    if "x-map" in node:
        keys = FieldClass(node["propertyNames"].get("x-class", own.value))
        value = field(node["additionalProperties"], own)
        return Keyed(
            keys=keys,
            value=value,
            open=node["x-map"] == "open",
            sources=sources,
            listed=tuple(node.get("x-listed", ())),
        )
    return Leaf(of=own, sources=sources)


def origins(of: Field, read: Reads) -> frozenset[str]:
    """Everything that the schema names as the source of a field, or of what is read in it."""
    own = frozenset(of.sources)
    if not isinstance(of, Record):
        return own
    below = [(child, read.child(name)) for name, child in of.fields.items()]
    return own.union(*(origins(child, at) for child, at in below if at is not None))
