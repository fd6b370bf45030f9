"""What may lie in a bundle, and where: every path has one kind, and a path without one has no place there."""

from __future__ import annotations

import enum
import re

from passmuster.exchange.bundle.container import FIRST


class Kind(enum.Enum):
    """The kind of a member; its value is the member's media type."""

    MANIFEST = "application/vnd.passmuster.exchange.bundle+json"
    SNAPSHOT = "application/vnd.passmuster.snapshot+json"
    SEAL = "application/vnd.openssh.signature"
    """An OpenSSH signature over one snapshot's bytes, made where it was collected."""
    POLICY = "application/vnd.passmuster.policy+yaml"
    ENVELOPE = "application/vnd.dsse.envelope.v1+json"
    """A DSSE envelope over the statement on the manifest."""
    SSH_SIGNATURE = "application/vnd.openssh.signature; over=manifest"
    """An OpenSSH signature over the manifest's bytes."""


_HEX = "[0-9a-f]{64}"
_PATHS = (
    (Kind.MANIFEST, re.compile(re.escape(FIRST))),
    (Kind.SNAPSHOT, re.compile(rf"snapshots/(?P<digest>{_HEX})\.json")),
    (Kind.SEAL, re.compile(rf"snapshots/(?P<digest>{_HEX})\.json\.sig")),
    (
        Kind.POLICY,
        re.compile(r"policies/(?P<pack>[a-z][a-z0-9-]{0,39})/(?P<version>[0-9][0-9A-Za-z.-]{0,31})/policy\.yaml"),
    ),
    (Kind.ENVELOPE, re.compile(rf"signatures/(?P<digest>{_HEX})\.dsse\.json")),
    (Kind.SSH_SIGNATURE, re.compile(rf"signatures/(?P<digest>{_HEX})\.sshsig")),
)
LISTED = (Kind.SNAPSHOT, Kind.SEAL, Kind.POLICY)
"""What the manifest lists: all but itself and what signs it."""


def kind(path: str) -> Kind | None:
    """The kind of the member at a path; None where a bundle has no such path."""
    return next((kind for kind, pattern in _PATHS if pattern.fullmatch(path)), None)


def parts(path: str) -> dict[str, str]:
    """The parts of a member's path: `digest`, or `pack` and `version`."""
    matches = (pattern.fullmatch(path) for _, pattern in _PATHS)
    return next((match.groupdict() for match in matches if match), {})


def snapshot(digest: str) -> str:
    """Where a snapshot of this digest (hexadecimal digits) lies."""
    return f"snapshots/{digest}.json"


def seal(digest: str) -> str:
    """Where the seal of a snapshot lies."""
    return snapshot(digest) + ".sig"


def policy(pack: str, version: str) -> str:
    """Where a version of a pack lies."""
    return f"policies/{pack}/{version}/policy.yaml"


def envelope(keyid: str) -> str:
    """Where the DSSE envelope by a key lies."""
    return f"signatures/{keyid}.dsse.json"


def ssh_signature(keyid: str) -> str:
    """Where the OpenSSH signature by a key lies."""
    return f"signatures/{keyid}.sshsig"
