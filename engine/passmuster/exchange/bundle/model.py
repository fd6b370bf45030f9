"""A bundle that was read: whole and consistent, and not yet trusted."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passmuster.exchange.bundle.manifest import Header


class KeyKind(enum.Enum):
    """How a key signs; `trust.yaml` fixes it for each key, and no signature of another kind counts."""

    ED25519 = "ed25519"
    """DSSE envelopes, by this program."""
    SSH = "ssh"
    """Signatures by `ssh-keygen -Y sign`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One snapshot of a bundle."""

    path: str
    digest: str
    """64 hexadecimal digits, over the bytes."""
    data: bytes
    """As the collector wrote them."""
    node: str
    collected_at: str | None
    """As it says itself; None where it does not know."""
    collector: str
    seal: bytes | None
    """An OpenSSH signature over the bytes, where one came with the snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPolicy:
    """One version of a pack in a bundle."""

    path: str
    pack: str
    version: str
    digest: str
    """64 hexadecimal digits, over the bytes."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature over the whole bundle, not yet verified."""

    path: str
    kind: KeyKind
    keyid: str
    """The key that it claims: 64 hexadecimal digits."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The contents; every digest matches, but no signature was verified."""

    file: str
    size: int
    digest: str
    """64 hexadecimal digits, over the whole container."""
    header: Header
    manifest: bytes
    snapshots: tuple[Carried, ...]
    """By digest."""
    policies: tuple[CarriedPolicy, ...]
    signatures: tuple[Signature, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of the nodes, sorted, each once."""
        return tuple(sorted({snapshot.node for snapshot in self.snapshots}))

    @property
    def missing(self) -> tuple[str, ...]:
        """The nodes of the roster without a snapshot; empty without a roster, too."""
        roster = self.header.roster
        return tuple(sorted(set(roster.names) - set(self.nodes))) if roster else ()

    @property
    def unlisted(self) -> tuple[str, ...]:
        """The nodes that the roster does not name; empty without a roster, too."""
        roster = self.header.roster
        return tuple(sorted(set(self.nodes) - set(roster.names))) if roster else ()
