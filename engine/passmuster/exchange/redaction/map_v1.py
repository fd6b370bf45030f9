"""The wire format `passmuster.redaction/1`: which pseudonym stands for what. It never leaves the site."""

from __future__ import annotations

from dataclasses import dataclass, field

from passmuster.codec import json, schema
from passmuster.exchange.redaction.header import Pseudonyms

SCHEMA = "passmuster.redaction/1"


class MapError(ValueError):
    """A file is no map, or one of another key; the text says what is wrong, and no name of a node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The pseudonyms that a key has given so far."""

    key: str
    """The key's id."""
    pseudonyms: Pseudonyms = field(repr=False)


def write_map(given: Map) -> bytes:
    """The map for people and programs: JSON, sorted, indented."""
    pseudonyms = given.pseudonyms
    return json.pretty(
        {
            "key": given.key,
            "label_keys": pseudonyms.label_keys,
            "label_values": pseudonyms.label_values,
            "machine_ids": pseudonyms.machine_ids,
            "names": pseudonyms.names,
            "schema": SCHEMA,
        }
    )


def read_map(data: bytes, key: str) -> Map:
    """Read a map of this key; raises MapError."""
    try:
        document = json.loads(data)
    except json.InvalidJSONError:
        raise MapError("is no map of pseudonyms (expected JSON)") from None
    if schema.faults("redaction", 1, document):
        raise MapError(f"is no map of pseudonyms (expected {SCHEMA})")
    if document["key"] != key:
        raise MapError(f"is the map of another key (got {document['key']}, expected {key})")
    return Map(
        key=key,
        pseudonyms=Pseudonyms(
            names=document["names"],
            machine_ids=document["machine_ids"],
            label_keys=document["label_keys"],
            label_values=document["label_values"],
        ),
    )
