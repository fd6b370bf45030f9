"""DSSE: an envelope of JSON around a payload and one Ed25519 signature over both its type and its bytes.

secure-systems-lab/dsse, protocol version 1. The signature covers the payload and its type, so the layout of the JSON
around them does not matter: `parse` reads any. Inside a bundle there is one form of each envelope, so that a bundle has
one form as a whole: `parse_exact` writes the envelope again and compares.
"""

from __future__ import annotations

import base64
import binascii
import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.exchange.bundle import ed25519

if TYPE_CHECKING:
    from passmuster.exchange.bundle.ed25519 import PrivateKey

IN_TOTO = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an envelope holds; nothing of it is proven before it was verified."""

    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes


def encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, key: PrivateKey) -> bytes:
    """An envelope, as bytes."""
    return _written(
        Envelope(
            payload_type=payload_type,
            payload=payload,
            keyid=ed25519.keyid(key.public),
            signature=key.sign(encoding(payload_type, payload)),
        )
    )


def parse(data: bytes) -> Envelope:
    """Read an envelope in any layout; raises ValueError that says what is wrong."""
    try:
        return _read(json.loads(data.removeprefix(codecs.BOM_UTF8)))
    except json.InvalidJSONError:
        raise ValueError(_NONE) from None


def parse_exact(data: bytes) -> Envelope:
    """Read an envelope in the one form in which `sign` writes it; raises ValueError that says what is wrong."""
    envelope = parse(data)
    if _written(envelope) != data:
        raise ValueError("not a DSSE envelope in the form in which it is written here")
    return envelope


def found(data: bytes) -> bool:
    """Whether the bytes are one JSON object with the members of an envelope, whatever these hold."""
    if any(f'"{name}"'.encode() not in data for name in _MEMBERS):
        return False
    try:
        value = json.loads(data.removeprefix(codecs.BOM_UTF8))
    except json.InvalidJSONError:
        return False
    return isinstance(value, dict) and value.keys() >= _MEMBERS


_MEMBERS = frozenset(("payload", "payloadType", "signatures"))
_NONE = "not a DSSE envelope with one signature"


def _read(value: Any) -> Envelope:
    """Members that DSSE does not name are ignored, as it demands."""
    try:
        (signature,) = value["signatures"]
        texts = (value["payloadType"], value["payload"], signature["keyid"], signature["sig"])
    except (KeyError, TypeError, ValueError):
        raise ValueError(_NONE) from None
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(_NONE)
    payload_type, payload, keyid, sig = texts
    return Envelope(payload_type=payload_type, payload=_decoded(payload), keyid=keyid, signature=_decoded(sig))


def _decoded(text: str) -> bytes:
    """Base64 of either alphabet: DSSE allows both."""
    try:
        return base64.b64decode(text.translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(_NONE) from None


_STANDARD = str.maketrans("-_", "+/")


def verifies(envelope: Envelope, public: bytes) -> bool:
    """Whether this key signed the envelope's payload as of its type."""
    return ed25519.verifies(public, envelope.signature, encoding(envelope.payload_type, envelope.payload))


def _written(envelope: Envelope) -> bytes:
    return json.canonical(
        {
            "payload": base64.b64encode(envelope.payload).decode(),
            "payloadType": envelope.payload_type,
            "signatures": [{"keyid": envelope.keyid, "sig": base64.b64encode(envelope.signature).decode()}],
        }
    )
