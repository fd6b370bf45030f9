"""DSSE: an envelope of JSON around a payload and one Ed25519 signature over both its type and its bytes.

secure-systems-lab/dsse, protocol version 1. Of each envelope there is one form: canonical JSON, one signature; it is
written again and compared when it is read.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster import _json
from passmuster.bundle import ed25519

if TYPE_CHECKING:
    from passmuster.bundle.ed25519 import PrivateKey

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
    """Read an envelope; raises ValueError that says what is wrong."""
    try:
        value: dict[str, Any] = _json.loads(data)
        (signature,) = value["signatures"]
        envelope = Envelope(
            payload_type=str(value["payloadType"]),
            payload=base64.b64decode(value["payload"], validate=True),
            keyid=str(signature["keyid"]),
            signature=base64.b64decode(signature["sig"], validate=True),
        )
    except (_json.InvalidJSONError, KeyError, TypeError, ValueError, binascii.Error):
        raise ValueError("not a DSSE envelope with one signature") from None
    if _written(envelope) != data:
        raise ValueError("not a DSSE envelope in the form in which it is written here")
    return envelope


def verifies(envelope: Envelope, public: bytes) -> bool:
    """Whether this key signed the envelope's payload as of its type."""
    return ed25519.verifies(public, envelope.signature, encoding(envelope.payload_type, envelope.payload))


def _written(envelope: Envelope) -> bytes:
    return _json.canonical(
        {
            "payload": base64.b64encode(envelope.payload).decode(),
            "payloadType": envelope.payload_type,
            "signatures": [{"keyid": envelope.keyid, "sig": base64.b64encode(envelope.signature).decode()}],
        }
    )
