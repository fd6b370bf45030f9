"""Seals of snapshots outside of bundles: the signature that the collector writes beside a snapshot's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.exchange.bundle import ed25519, sshsig
from passmuster.exchange.bundle.model import KeyKind
from passmuster.exchange.bundle.verify import ssh_holds

if TYPE_CHECKING:
    from datetime import datetime

    from passmuster.exchange.bundle.trust import Trust


def demand_covered(seal: bytes, data: bytes, node: str, trust: Trust, now: datetime) -> None:
    """Raise ValueError with the first reason why a seal does not cover a snapshot of a node under a trust file."""
    public = sshsig.parse(seal).public
    key = trust.keys.get(ed25519.keyid(public))
    if key is None or key.kind is not KeyKind.SSH:
        raise ValueError(f"its seal is by a key that the trust file does not name (got keyid {ed25519.keyid(public)})")
    why = key.outside(now)
    if why is not None:
        raise ValueError(f"its seal is by the key {key.name!r}, which is {why}")
    if not key.speaks_for(node):
        raise ValueError(f"its seal is by the key {key.name!r}, which may not sign for node {node!r}")
    if not ssh_holds(seal, key.public, data, sshsig.SNAPSHOT):
        raise ValueError(f"its seal does not hold: it is not one by {key.name!r} over this snapshot")
    if trust.threshold > 1:
        raise ValueError(f"its seal is one signature, and the trust file requires {trust.threshold}")
