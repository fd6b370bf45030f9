"""OpenSSH's keys and signatures as bytes: the line of a public key, and what `ssh-keygen -Y sign` writes.

OpenSSH's PROTOCOL.sshsig, version 1, Ed25519 keys only. A signature is taken only in the one form in which ssh-keygen
writes it. Nothing here verifies: `message` says which bytes the key has signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import textwrap
from dataclasses import dataclass

MANIFEST = "passmuster-bundle"
"""The namespace of signatures over a bundle's manifest."""
SNAPSHOT = "passmuster-snapshot"
"""The namespace of seals, over one snapshot."""
_ALGORITHM = b"ssh-ed25519"
_MAGIC = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_HASHES = (b"sha256", b"sha512")


@dataclass(frozen=True, slots=True, kw_only=True)
class SSHSignature:
    """The claims of a signature; nothing is proven before verification."""

    public: bytes
    """The public key, 32 bytes, in the signer's own word: it names a key of trust.yaml, and is never used itself."""
    namespace: str
    hash: str
    signature: bytes
    """64 bytes."""


def parse_public(line: str) -> bytes:
    """The 32 bytes of a public key from a line such as `ssh-ed25519 AAAA... comment`; raises ValueError."""
    words = line.split(None, 2)
    if len(words) < 2 or words[0] != _ALGORITHM.decode():
        raise ValueError(f"got {line[:40]!r}, expected a line that begins with ssh-ed25519")
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error:
        raise ValueError(f"the key is not base64 (got {words[1][:40]!r})") from None
    public = _public(blob)
    if base64.b64encode(blob).decode() != words[1]:
        raise ValueError(f"the key is not base64 as OpenSSH writes it (got {words[1][:40]!r})")
    return public


def parse(data: bytes) -> SSHSignature:
    """Read a signature; raises ValueError that says what is wrong."""
    try:
        lines = data.decode("ascii").split("\n")
        if len(lines) < 4 or lines[0] != _BEGIN or lines[-2:] != [_END, ""]:
            raise ValueError("not a signature as ssh-keygen writes it")
        blob = base64.b64decode("".join(lines[1:-2]), validate=True)
    except (UnicodeDecodeError, binascii.Error):
        raise ValueError("not a signature as ssh-keygen writes it") from None
    if armored(blob) != data:
        raise ValueError("not a signature as ssh-keygen writes it")
    return _parsed(blob)


def armored(blob: bytes) -> bytes:
    """The text form of a signature."""
    lines = textwrap.wrap(base64.b64encode(blob).decode(), 70)
    return "\n".join([_BEGIN, *lines, _END, ""]).encode()


def message(data: bytes, signature: SSHSignature) -> bytes:
    """The bytes that the key signs for `data`."""
    digest = hashlib.new(signature.hash, data).digest()
    fields = (signature.namespace.encode(), b"", signature.hash.encode(), digest)
    return _MAGIC + b"".join(map(_string, fields))


def _parsed(blob: bytes) -> SSHSignature:
    if blob[:10] != _MAGIC + b"\0\0\0\1":
        raise ValueError("not an SSH signature of version 1")
    public, namespace, reserved, algorithm, signature = _strings(blob[10:], 5)
    kind, raw = _strings(signature, 2)
    if kind != _ALGORITHM or len(raw) != 64:
        raise ValueError(f"not an Ed25519 signature (got {kind[:40].decode(errors='replace')!r} of {len(raw)} bytes)")
    if reserved or algorithm not in _HASHES:
        raise ValueError(f"unknown hash of an SSH signature (got {algorithm[:40].decode(errors='replace')!r})")
    return SSHSignature(
        public=_public(public), namespace=namespace.decode(errors="replace"), hash=algorithm.decode(), signature=raw
    )


def _public(blob: bytes) -> bytes:
    kind, raw = _strings(blob, 2)
    if kind != _ALGORITHM or len(raw) != 32:
        raise ValueError(f"not an Ed25519 key (got {kind[:40].decode(errors='replace')!r})")
    return raw


def _strings(blob: bytes, count: int) -> list[bytes]:
    """So many strings, each with its length before it, and nothing after them."""
    fields = []
    for _ in range(count):
        size = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + size or len(blob) < 4:
            raise ValueError("a truncated SSH key or signature")
        fields.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    if blob:
        raise ValueError("an SSH key or signature with something behind it")
    return fields


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
