"""From bytes to a bundle whose digests all hold. Nothing is trusted yet; `verify` does that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.errors import IntegrityError
from passmuster.exchange.bundle import container, dsse, layout, manifest, sshsig
from passmuster.exchange.bundle.ed25519 import keyid
from passmuster.exchange.bundle.layout import Kind
from passmuster.exchange.bundle.model import Bundle, Carried, CarriedPolicy, KeyKind, Signature
from passmuster.policy.version import Version

if TYPE_CHECKING:
    from passmuster.errors import PassmusterError
    from passmuster.exchange.bundle.container import Member


def unpack(data: bytes, file: str) -> Bundle:
    """Read a bundle; raises NotABundleError, or IntegrityError with the first thing that does not hold."""
    members = container.parse(data, file)
    _places(members, file)
    head = members[0].data
    header = manifest.read(head, members, file)
    seals = {member.path: member.data for member in _of(members, Kind.SEAL)}
    snapshots = tuple(
        _snapshot(member, seals.pop(member.path + ".sig", None), file) for member in _of(members, Kind.SNAPSHOT)
    )
    policies = tuple(_policy(member, file) for member in _of(members, Kind.POLICY))
    if seals:
        raise _error(file, f"{min(seals)} seals a snapshot that is not in the bundle")
    if not snapshots and not policies:
        raise _error(file, "neither a snapshot nor a policy is in the bundle")
    if tuple(sorted({snapshot.collector for snapshot in snapshots})) != header.collectors:
        raise _error(file, "the manifest names other collectors than the snapshots do")
    return Bundle(
        file=file,
        size=len(data),
        digest=manifest.sha256(data),
        header=header,
        manifest=head,
        snapshots=snapshots,
        policies=policies,
        signatures=tuple(_signature(member, file) for member in members if member.path.startswith("signatures/")),
    )


def _places(members: tuple[Member, ...], file: str) -> None:
    for member in members:
        if layout.kind(member.path) is None:
            raise _error(file, f"{member.path} has no place in a bundle")


def _of(members: tuple[Member, ...], kind: Kind) -> list[Member]:
    return [member for member in members if layout.kind(member.path) is kind]


def _snapshot(member: Member, seal: bytes | None, file: str) -> Carried:
    digest = manifest.sha256(member.data)
    if member.path != layout.snapshot(digest):
        raise _error(file, f"{member.path} is not named by its digest (got sha256:{digest})")
    try:
        node, collected_at, collector = about(member.data)
    except ValueError as error:
        raise _error(file, f"{member.path} is no snapshot: {error}") from None
    return Carried(
        path=member.path,
        digest=digest,
        data=member.data,
        node=node,
        collected_at=collected_at,
        collector=collector,
        seal=seal,
    )


def about(data: bytes) -> tuple[str, str | None, str]:
    """A snapshot's node, when it was collected, and the collector's version; raises ValueError.

    The moment is None where the snapshot does not know it. No more is read here: whether the snapshot can be
    judged is for whoever judges it to say.
    """
    try:
        document: Any = json.loads(data)
    except json.InvalidJSONError as error:
        raise ValueError(f"{error.message} (line {error.line}, column {error.column})") from None
    declared = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(declared, str) or not declared.startswith("passmuster.snapshot/"):
        raise ValueError('no schema of a snapshot (expected "schema":"passmuster.snapshot/1")')
    collection = document.get("collection")
    node, collection = document.get("node"), collection if isinstance(collection, dict) else {}
    name, collector = node.get("name") if isinstance(node, dict) else None, collection.get("collector")
    collected_at = collection.get("collected_at", "")
    if not all(isinstance(text, str) and text for text in (name, collector, collected_at or "null")):
        raise ValueError("it does not say of which node it is, when it was collected and by what")
    return str(name), collected_at, str(collector)


def _policy(member: Member, file: str) -> CarriedPolicy:
    said = layout.parts(member.path)
    try:
        Version.parse(said["version"])
    except ValueError as error:
        raise _error(file, f"{member.path}: {error}") from None
    return CarriedPolicy(
        path=member.path,
        pack=said["pack"],
        version=said["version"],
        digest=manifest.sha256(member.data),
        data=member.data,
    )


def _signature(member: Member, file: str) -> Signature:
    """What it claims must fit its path; whether it holds is not asked here."""
    kind = KeyKind.SSH if layout.kind(member.path) is Kind.SSH_SIGNATURE else KeyKind.ED25519
    try:
        claimed = (
            keyid(sshsig.parse(member.data).public) if kind is KeyKind.SSH else dsse.parse_exact(member.data).keyid
        )
    except ValueError as error:
        raise _error(file, f"{member.path}: {error}") from None
    if claimed != layout.parts(member.path)["digest"]:
        raise _error(file, f"{member.path} is not named by its key (got {claimed[:64]!r})")
    return Signature(path=member.path, kind=kind, keyid=claimed, data=member.data)


def _error(file: str, message: str) -> PassmusterError:
    return IntegrityError.at(file, message, code="bundle-contents")
