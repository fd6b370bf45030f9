"""Whether a bundle may be believed: every signature, its key, its time, and what that key may speak for.

All must hold. Also a signature that would not be needed is refused where it does not hold or where `trust.yaml` does
not name its key: else bytes could change in a bundle that still passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from passmuster.errors import IntegrityError
from passmuster.exchange.bundle import dsse, ed25519, sshsig, statement
from passmuster.exchange.bundle.model import KeyKind
from passmuster.model.durations import format_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from passmuster.errors import PassmusterError
    from passmuster.exchange.bundle.model import Bundle, Carried, Signature
    from passmuster.exchange.bundle.trust import Key, Trust

SKEW = timedelta(minutes=5)
"""How far ahead the clock of the site may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Who vouches for a bundle."""

    signers: tuple[Key, ...]
    """By name."""
    seals: Mapping[str, Key]
    """Digest of a snapshot -> the key that sealed it."""


def verify(bundle: Bundle, trust: Trust, now: datetime) -> Verified:
    """Check a bundle as of a moment; raises IntegrityError with the first reason to refuse it.

    The caller must still ask whether a newer one was seen before: `replay.newer`.
    """
    # 1. Somebody signed it.
    if not bundle.signatures:
        raise _refused(bundle, "not signed", "a bundle without a signature is not accepted with a trust file")
    # 2. It is of this time: not from the future, not expired.
    timely(bundle, now)
    # 3. Every signature is by a key that is named, counts now and counted then, and holds.
    signers = tuple(
        sorted((_signer(bundle, signature, trust, now) for signature in bundle.signatures), key=lambda key: key.name)
    )
    # 4. Enough of these keys may sign for its site, speak for each node, and deliver each pack.
    site = bundle.header.site
    if site is not None:
        _enough(bundle, trust, signers, [key.name for key in signers if key.signs_for(site)], f"site {site!r}")
    for node in bundle.nodes:
        _enough(bundle, trust, signers, [key.name for key in signers if key.speaks_for(node)], f"node {node!r}")
    for pack in sorted({policy.pack for policy in bundle.policies}):
        _enough(bundle, trust, signers, [key.name for key in signers if key.delivers(pack)], f"pack {pack!r}")
    # 5. Every seal holds, and is by a key that may speak for that node.
    seals = {}
    for snapshot in bundle.snapshots:
        if snapshot.seal is not None:
            seals[snapshot.digest] = _sealer(bundle, snapshot, snapshot.seal, trust, now)
        elif trust.seals_required:
            raise _refused(
                bundle, f"{snapshot.path} (node {snapshot.node!r}) has no seal, and the trust file requires one"
            )
    return Verified(signers=signers, seals=seals)


def timely(bundle: Bundle, now: datetime) -> None:
    """Raise IntegrityError where a bundle is from the future, or has expired."""
    header = bundle.header
    if header.created > now + SKEW:
        when, moment = format_moment(header.created), format_moment(now)
        raise _refused(bundle, f"created in the future (got {when}, now is {moment})")
    if header.expires is not None and now > header.expires:
        raise _refused(bundle, f"expired at {format_moment(header.expires)} (now is {format_moment(now)})")


def _signer(bundle: Bundle, signature: Signature, trust: Trust, now: datetime) -> Key:
    key = _key(bundle, signature.path, signature.keyid, signature.kind, trust)
    _counts(bundle, key, now)
    match signature.kind:
        case KeyKind.ED25519:
            holds = _envelope_holds(bundle, signature, key)
        case KeyKind.SSH:
            holds = ssh_holds(signature.data, key.public, bundle.manifest, sshsig.MANIFEST)
        case _:
            assert_never(signature.kind)
    if not holds:
        raise _refused(
            bundle, f"{signature.path} does not hold: it is not a signature by {key.name!r} over this bundle"
        )
    return key


def _key(bundle: Bundle, path: str, keyid: str, kind: KeyKind, trust: Trust) -> Key:
    key = trust.keys.get(keyid)
    if key is None:
        raise _refused(bundle, f"{path} is by a key that the trust file does not name (got keyid {keyid})")
    if key.kind is not kind:
        message = f"{path} is a signature of another type than the trust file allows for {key.name!r}"
        raise _refused(bundle, f"{message} (got {kind.value}, expected {key.kind.value})")
    return key


def _counts(bundle: Bundle, key: Key, now: datetime) -> None:
    """A key must count now; that it counted when the bundle was made is the bundle's own word, and asked besides."""
    for moment in (now, bundle.header.created):
        why = key.outside(moment)
        if why is not None:
            raise _refused(bundle, f"the key {key.name!r} is {why}")


def _envelope_holds(bundle: Bundle, signature: Signature, key: Key) -> bool:
    envelope = dsse.parse(signature.data)
    expected = statement.write(bundle.manifest, bundle.header, tuple(snapshot.digest for snapshot in bundle.snapshots))
    return (
        envelope.payload_type == dsse.IN_TOTO and envelope.payload == expected and dsse.verifies(envelope, key.public)
    )


def ssh_holds(data: bytes, public: bytes, message: bytes, namespace: str) -> bool:
    """Whether an OpenSSH signature is by this key, for this purpose, over these bytes; raises ValueError."""
    signature = sshsig.parse(data)
    if signature.namespace != namespace or signature.public != public:
        return False
    return ed25519.verifies(public, signature.signature, sshsig.message(message, signature))


def _enough(bundle: Bundle, trust: Trust, signers: tuple[Key, ...], allowed: list[str], what: str) -> None:
    if len(allowed) < trust.threshold:
        by = ", ".join(repr(key.name) for key in signers)
        message = f"too few of its signers may sign for {what} (got {len(allowed)} of {by}, expected {trust.threshold})"
        raise _refused(bundle, message)


def _sealer(bundle: Bundle, snapshot: Carried, seal: bytes, trust: Trust, now: datetime) -> Key:
    path = snapshot.path + ".sig"
    try:
        keyid = ed25519.keyid(sshsig.parse(seal).public)
    except ValueError as error:
        raise _refused(bundle, f"{path}: {error}") from None
    key = _key(bundle, path, keyid, KeyKind.SSH, trust)
    _counts(bundle, key, now)
    if not key.speaks_for(snapshot.node):
        raise _refused(bundle, f"{path}: the key {key.name!r} may not sign for node {snapshot.node!r}")
    if not ssh_holds(seal, key.public, snapshot.data, sshsig.SNAPSHOT):
        raise _refused(bundle, f"{path} does not hold: it is not a seal by {key.name!r} over this snapshot")
    return key


def _refused(bundle: Bundle, message: str, hint: str | None = None) -> PassmusterError:
    return IntegrityError.at(bundle.file, message, code="bundle-refused", hint=hint)
