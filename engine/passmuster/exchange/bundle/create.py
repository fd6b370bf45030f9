"""Making a bundle: the same contents give the same bytes on every machine at any time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.errors import UsageError
from passmuster.exchange.bundle import container, dsse, layout, manifest, sshsig, statement
from passmuster.exchange.bundle.container import Member
from passmuster.exchange.bundle.ed25519 import keyid
from passmuster.exchange.bundle.manifest import Header, Roster
from passmuster.exchange.bundle.unpack import about

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from passmuster.exchange.bundle.ed25519 import PrivateKey
    from passmuster.exchange.bundle.model import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """One snapshot that is to go into a bundle."""

    label: str
    """Where it came from, for messages."""
    data: bytes
    seal: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One version of a pack that is to go along."""

    pack: str
    version: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made."""

    snapshots: Sequence[Packed]
    packs: Sequence[Pack]
    site: str | None
    sequence: int
    created: datetime
    expires: datetime | None
    roster: Roster | None


def create(order: Order, file: str) -> bytes:
    """An unsigned bundle; raises UsageError for what cannot go into one, IntegrityError beyond its limits.

    The caller reads it again (`unpack`) before it leaves the site: what cannot be read must not.
    """
    if not order.snapshots and not order.packs:
        raise UsageError.at(
            file, "nothing to put into the bundle (expected a snapshot or a policy)", code="bundle-empty"
        )
    members, collectors = _snapshots(order.snapshots)
    for pack in order.packs:
        members.append(Member(path=layout.policy(pack.pack, pack.version), data=pack.data))
    header = Header(
        site=order.site,
        sequence=order.sequence,
        created=order.created,
        expires=order.expires,
        roster=order.roster,
        collectors=tuple(sorted(collectors)),
    )
    return container.build([Member(path=container.FIRST, data=manifest.write(header, members)), *members], file)


def _snapshots(packed: Sequence[Packed]) -> tuple[list[Member], set[str]]:
    members: list[Member] = []
    collectors: set[str] = set()
    seen: dict[str, str] = {}
    for entry in packed:
        digest = manifest.sha256(entry.data)
        if digest in seen:
            message = f"the same snapshot as {seen[digest]} (expected each once)"
            raise UsageError.at(entry.label, message, code="bundle-twice")
        seen[digest] = entry.label
        try:
            collectors.add(about(entry.data)[2])
            if entry.seal is not None:
                sshsig.parse(entry.seal)
        except ValueError as error:
            raise UsageError.at(entry.label, f"cannot go into a bundle: {error}", code="bundle-snapshot") from None
        members.append(Member(path=layout.snapshot(digest), data=entry.data))
        if entry.seal is not None:
            members.append(Member(path=layout.seal(digest), data=entry.seal))
    return members, collectors


def statement_of(bundle: Bundle) -> bytes:
    """What a signature by an Ed25519 key states of a bundle."""
    return statement.write(bundle.manifest, bundle.header, tuple(snapshot.digest for snapshot in bundle.snapshots))


def envelope(bundle: Bundle, key: PrivateKey) -> Member:
    """The signature of a bundle by an Ed25519 key."""
    return Member(path=layout.envelope(keyid(key.public)), data=dsse.sign(dsse.IN_TOTO, statement_of(bundle), key))


def ssh_signature(data: bytes) -> Member:
    """A signature that ssh-keygen made over a bundle's manifest; raises ValueError."""
    signature = sshsig.parse(data)
    if signature.namespace != sshsig.MANIFEST:
        raise ValueError(f"a signature for another purpose (got {signature.namespace!r}, expected {sshsig.MANIFEST!r})")
    return Member(path=layout.ssh_signature(keyid(signature.public)), data=data)


def signed(data: bytes, file: str, signatures: Sequence[Member], *, keep: bool) -> bytes:
    """The bundle with these signatures; those that it had are kept, or dropped."""
    members = {
        member.path: member
        for member in container.parse(data, file)
        if keep or not member.path.startswith("signatures/")
    }
    members.update({member.path: member for member in signatures})
    return container.build(members.values(), file)
