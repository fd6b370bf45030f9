"""Taking in a bundle: the one way in for every command.

What came of the signatures is part of the answer (`Assurance`), so that a report can say on what it stands.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.errors import IntegrityError, PassmusterError
from passmuster.exchange.bundle.unpack import unpack
from passmuster.exchange.bundle.verify import Verified, timely, verify

if TYPE_CHECKING:
    from datetime import datetime

    from passmuster.exchange.bundle.model import Bundle, Carried
    from passmuster.exchange.bundle.trust import Trust


class Assurance(enum.Enum):
    """What is known of where a bundle comes from."""

    VERIFIED = "verified"
    """Every signature holds, under a trust file."""
    UNSIGNED = "unsigned"
    """Nobody signed it, and no trust was asked for: as good as loose files."""
    SKIPPED = "skipped"
    """Somebody signed it, and the caller asked not to look: `--insecure-skip-verify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what a caller takes bundles in."""

    trust: Trust | None
    now: datetime
    skip: bool = False
    """Whether signatures are not to be looked at; tell people loudly, and record `Reading.assurance`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A bundle that was taken in."""

    bundle: Bundle
    assurance: Assurance
    verified: Verified | None
    """Who vouches for it; None unless `assurance` is VERIFIED."""

    @property
    def snapshots(self) -> tuple[Carried, ...]:
        """The snapshots, by digest, each with its bytes as they were collected."""
        return self.bundle.snapshots


def read(data: bytes, file: str, terms: Terms) -> Reading:
    """Take in a bundle; raises NotABundleError or IntegrityError, and then nothing of it may be used."""
    bundle = unpack(data, file)
    if terms.skip:
        return Reading(
            bundle=bundle, assurance=Assurance.SKIPPED if bundle.signatures else Assurance.UNSIGNED, verified=None
        )
    if terms.trust is not None:
        return Reading(bundle=bundle, assurance=Assurance.VERIFIED, verified=verify(bundle, terms.trust, terms.now))
    if bundle.signatures or any(snapshot.seal for snapshot in bundle.snapshots):
        raise untrusted(file)
    timely(bundle, terms.now)
    return Reading(bundle=bundle, assurance=Assurance.UNSIGNED, verified=None)


def untrusted(file: str) -> PassmusterError:
    """The refusal of a signature that nothing says whom to believe about."""
    return IntegrityError.at(
        file,
        "signed, but there is no trust file",
        code="bundle-trust",
        hint="name the trusted keys with --trust FILE (docs/bundles.md)",
    )
