"""Redacting a snapshot: what the packs read stays, what a class names goes, and the rest is marked. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from passmuster import snapshot
from passmuster.codec import json
from passmuster.exchange.redaction import fields, header, prune
from passmuster.exchange.redaction.fields import FieldClass
from passmuster.exchange.redaction.header import Pseudonyms
from passmuster.exchange.redaction.reads import Reads, reads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passmuster.exchange.redaction.pseudonyms import SiteKey
    from passmuster.policy.compile import CompiledPolicy
    from passmuster.snapshot import Snapshot

REMOVABLE = tuple(field_class for field_class in FieldClass if field_class is not FieldClass.PUBLIC)
"""The classes that can be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is kept of every snapshot."""

    read: Reads
    removed: frozenset[FieldClass]
    """The classes that go even where they are read."""
    key: SiteKey | None
    """What pseudonyms are made with; there where host-identifying fields go."""

    def __post_init__(self) -> None:
        if (self.key is None) == (FieldClass.HOST_IDENTIFYING in self.removed):
            raise ValueError("a key goes with host-identifying fields, and only with them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A redacted snapshot."""

    data: bytes
    """In canonical form."""
    snapshot: Snapshot
    """The same, read."""
    pseudonyms: Pseudonyms = field(repr=False)
    """Which of them are new in it."""


def plan(policies: Iterable[CompiledPolicy], removed: Iterable[FieldClass] = (), key: SiteKey | None = None) -> Plan:
    """What is kept for these packs."""
    return Plan(read=reads(policies), removed=frozenset(removed), key=key)


def redact(given: Snapshot, plan_: Plan) -> Redacted:
    """Redact one snapshot."""
    pseudonyms = Pseudonyms()
    document = {
        "collection": header.collection(given.collection),
        "node": header.node(given.node, plan_.read.child("node"), plan_.key, pseudonyms),
        "schema": snapshot.SCHEMA,
        "sections": _sections(given, plan_),
    }
    data = json.canonical(document)
    return Redacted(data=data, snapshot=snapshot.load(data, "redacted"), pseudonyms=pseudonyms)


def _sections(given: Snapshot, plan_: Plan) -> dict[str, Any]:
    """The sections that this engine knows; what is in others cannot be judged to be harmless."""
    made = {
        name: prune.section(name, section, given.sections.get(name), plan_.read.child(name), plan_.removed)
        for name, section in fields.sections(1).items()
    }
    return {name: section for name, section in made.items() if section is not None}
