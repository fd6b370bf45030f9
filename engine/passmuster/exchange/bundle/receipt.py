"""The receipt: what arrived, and who vouched for it, as JSON that can be signed and sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.exchange.bundle import container, dsse, layout
from passmuster.exchange.bundle.manifest import sha256
from passmuster.exchange.bundle.statement import TYPE
from passmuster.model.durations import format_moment

if TYPE_CHECKING:
    from datetime import datetime

    from passmuster.exchange.bundle.ed25519 import PrivateKey
    from passmuster.exchange.bundle.model import Bundle
    from passmuster.exchange.bundle.read import Reading
    from passmuster.exchange.bundle.trust import Trust

SCHEMA = "passmuster.receipt/1"
PREDICATE = "urn:passmuster:predicate:receipt:1"


def write(reading: Reading, trust: Trust | None, now: datetime) -> bytes:
    """The receipt's bytes."""
    return json.canonical(_receipt(reading, trust, now))


def _receipt(reading: Reading, trust: Trust | None, now: datetime) -> dict[str, Any]:
    bundle, header, verified = reading.bundle, reading.bundle.header, reading.verified
    seals = verified.seals if verified else {}
    return {
        "schema": SCHEMA,
        "received": format_moment(now),
        "assurance": reading.assurance.value,
        "trust": trust.digest if trust else None,
        "bundle": {"sha256": bundle.digest, "size": bundle.size, "manifest": sha256(bundle.manifest)},
        "site": header.site,
        "sequence": header.sequence,
        "created": format_moment(header.created),
        "expires": format_moment(header.expires) if header.expires else None,
        "signers": [
            {"name": key.name, "keyid": key.keyid, "type": key.kind.value}
            for key in (verified.signers if verified else ())
        ],
        "snapshots": [
            {
                "node": snapshot.node,
                "sha256": snapshot.digest,
                "collected_at": snapshot.collected_at,
                "sealed_by": seals[snapshot.digest].name if snapshot.digest in seals else None,
            }
            for snapshot in bundle.snapshots
        ],
        "policies": [
            {"pack": policy.pack, "version": policy.version, "sha256": policy.digest} for policy in bundle.policies
        ],
        "roster": _roster(bundle),
    }


def _roster(bundle: Bundle) -> dict[str, Any] | None:
    roster = bundle.header.roster
    if roster is None:
        return None
    return {
        "digest": roster.digest,
        "listed": len(roster.names),
        "missing": bundle.missing,
        "unlisted": bundle.unlisted,
    }


def signed(receipt: bytes, bundle: Bundle, key: PrivateKey) -> bytes:
    """A DSSE envelope over an in-toto statement on the bundle, whose predicate is the receipt."""
    subjects = [(bundle.file.rpartition("/")[2], bundle.digest), (container.FIRST, sha256(bundle.manifest))]
    subjects += [(layout.snapshot(snapshot.digest), snapshot.digest) for snapshot in bundle.snapshots]
    stated = {
        "_type": TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects],
        "predicateType": PREDICATE,
        "predicate": json.loads(receipt),
    }
    return dsse.sign(dsse.IN_TOTO, json.canonical(stated), key)
