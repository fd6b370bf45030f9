"""Signed verdicts: a DSSE envelope around the bytes of a report or an attestation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.codec import json
from passmuster.errors import IntegrityError, UsageError
from passmuster.exchange.bundle import dsse
from passmuster.exchange.bundle.model import KeyKind
from passmuster.proof.claim import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from passmuster.errors import PassmusterError
    from passmuster.exchange.bundle import Trust
    from passmuster.exchange.bundle.ed25519 import PrivateKey
    from passmuster.exchange.bundle.trust import Key
    from passmuster.proof.claim import Claim

TYPES = {
    Kind.REPORT: "application/vnd.passmuster.report+json",
    Kind.STREAM: "application/vnd.passmuster.stream+ndjson",
    Kind.ATTESTATION: dsse.IN_TOTO,
}
"""What is signed along with the bytes: how they are to be read."""


def sign(claim: Claim, key: PrivateKey) -> bytes:
    """The envelope; raises UsageError where it would be larger than one that is read."""
    made = dsse.sign(TYPES[claim.kind], claim.data, key)
    if len(made) > json.MAX_BYTES:
        message = f"too large to be signed (got {len(made)} bytes, expected at most {json.MAX_BYTES})"
        raise UsageError.at(claim.file, message, code="report-sign")
    return made


def opened(data: bytes, file: str) -> dsse.Envelope | None:
    """The envelope of a signed verdict; None where it is not signed. Raises IntegrityError."""
    if not dsse.found(data):
        return None
    try:
        return dsse.parse(data)
    except ValueError as error:
        raise IntegrityError.at(file, str(error), code="report-signature") from None


def demand(envelope: dsse.Envelope, claim: Claim, trust: Trust, now: datetime) -> Key:
    """Who signed a verdict; raises IntegrityError with the first reason not to believe it."""
    # 1. By a key that is named, of the kind that signs so.
    key = trust.keys.get(envelope.keyid)
    if key is None:
        raise _refused(claim, f"signed by a key that the trust file does not name (got keyid {envelope.keyid})")
    if key.kind is not KeyKind.ED25519:
        message = f"not signed as the trust file requires for {key.name!r} (got ed25519, expected {key.kind.value})"
        raise _refused(claim, message)
    # 2. One signature is enough.
    if trust.threshold > 1:
        raise _refused(claim, f"too few signatures (got 1, expected {trust.threshold})")
    # 3. The key counts at this moment.
    why = key.outside(now)
    if why is not None:
        raise _refused(claim, f"the key {key.name!r} is {why}")
    # 4. What was signed is of the type that it is read as, and the signature holds.
    if envelope.payload_type != TYPES[claim.kind] or not dsse.verifies(envelope, key.public):
        raise _refused(claim, f"the signature is not valid: not by {key.name!r} over this {claim.kind.value}")
    # 5. The key may speak for each node.
    for node in sorted(claim.nodes):
        if not key.speaks_for(node):
            raise _refused(claim, f"the key {key.name!r} may not sign for node {node!r}")
    return key


def _refused(claim: Claim, message: str) -> PassmusterError:
    return IntegrityError.at(claim.file, message, code="report-signature")
