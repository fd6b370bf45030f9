"""Pseudonyms: HMAC-SHA256 under a key of the site, so that a name has the same one everywhere and for ever.

A pseudonym ends with a check that only the key can make. So one that is met again is known for what it is and stays,
and to redact twice is to redact once. Which pseudonym stands for what is the file `passmuster.redaction/1`: it never
leaves the site.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from passmuster.codec import json, schema
from passmuster.exchange.redaction.header import Pseudonyms

KEY_BYTES = 32
"""What a key has at least."""
_SAID, _CHECKED = 20, 12
"""Hexadecimal digits of what stands for the value, and of the check."""
_MACHINE_SAID = 48
_PSEUDONYM = re.compile(r"(?P<kind>[a-z]+)-(?P<said>[0-9a-f]{20})(?P<check>[0-9a-f]{12})")
_MACHINE = re.compile(r"sha256:(?P<said>[0-9a-f]{48})(?P<check>[0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class SiteKey:
    """The secret of a site; whoever holds it can tell which node a pseudonym is, by trying names."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What tells keys apart, and tells nothing of them."""
        return "sha256:" + self._mac("key", "")

    def name(self, name: str) -> str:
        """The pseudonym of a node's name, itself a valid name."""
        return self._pseudonym("node", name)

    def label(self, key: str) -> str:
        """The pseudonym of a label's key."""
        return self._pseudonym("label", key)

    def label_value(self, key: str, value: str) -> str:
        """The pseudonym of a label's value; one text under two keys has two."""
        return self._pseudonym("value", value, within=f"{len(key)}:{key}")

    def machine_id(self, machine_id: str) -> str:
        """The pseudonym of the digest of a machine id, in the same form."""
        met = _MACHINE.fullmatch(machine_id)
        if met is not None and hmac.compare_digest(met["check"], self._check("machine", met["said"])[:16]):
            return machine_id
        said = self._mac("machine", machine_id)[:_MACHINE_SAID]
        return f"sha256:{said}{self._check('machine', said)[:16]}"

    def _pseudonym(self, kind: str, value: str, within: str = "") -> str:
        met = _PSEUDONYM.fullmatch(value)
        if met is not None and met["kind"] == kind:
            own = self._check(kind, met["said"])[:_CHECKED]
            if hmac.compare_digest(met["check"], own):
                return value
        said = self._mac(kind, within + value)[:_SAID]
        return f"{kind}-{said}{self._check(kind, said)[:_CHECKED]}"

    def _check(self, kind: str, said: str) -> str:
        return self._mac(f"check of {kind}", said)

    def _mac(self, use: str, text: str) -> str:
        said = f"passmuster.redaction/1\0{use}\0{text}".encode()
        return hmac.new(self.secret, said, hashlib.sha256).hexdigest()


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
        raise MapError("is not a map of pseudonyms (expected JSON)") from None
    if schema.faults("redaction", 1, document):
        raise MapError(f"is not a map of pseudonyms (expected {SCHEMA})")
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
