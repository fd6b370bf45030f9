"""What was seen before, so that nothing older comes in again: per site a sequence, per pack a version.

A pure fold: a state and a bundle give a new state, or a reason to refuse the bundle. Where the state is kept is for
the caller to say (`bundle verify --state FILE`, a store).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema
from passmuster.errors import IntegrityError, UsageError
from passmuster.exchange.bundle.manifest import sha256
from passmuster.exchange.bundle.verify import SKEW
from passmuster.policy.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from passmuster.errors import PassmusterError
    from passmuster.exchange.bundle.model import Bundle, CarriedPolicy

SCHEMA = "passmuster.bundlestate/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newest that was seen of something."""

    mark: str
    """A sequence in decimal digits, or a version."""
    digest: str
    """64 hexadecimal digits: of the manifest, or of the policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The newest bundle of each site, and the highest version of each pack."""

    sites: Mapping[str, Seen] = field(default_factory=dict)
    packs: Mapping[str, Seen] = field(default_factory=dict)


def newer(state: State, bundle: Bundle, now: datetime) -> State:
    """The state after this bundle; raises IntegrityError where it is older than what was seen.

    A sequence that no clock and no counter has reached at `now` is refused too: it would lock the site out for ever.

    The very same bundle may come again: that changes nothing. Ask only after `verify`: who may not sign may not move
    the state either.
    """
    site, header = bundle.header.site, bundle.header
    if site is None:
        raise _refused(
            bundle, "it names no site, so rollback protection is not possible (expected a bundle with --site)"
        )
    seen, digest = state.sites.get(site), sha256(bundle.manifest)
    if seen is not None and header.sequence < int(seen.mark):
        raise _refused(
            bundle, f"older than the last bundle of {site!r} (got sequence {header.sequence}, last {seen.mark})"
        )
    if seen is not None and header.sequence == int(seen.mark) and digest != seen.digest:
        raise _refused(bundle, f"another bundle of {site!r} had the same sequence (got {header.sequence} twice)")
    highest = _highest(None if seen is None else int(seen.mark), now)
    if header.sequence > highest:
        message = (
            f"the sequence number is too high for {site!r} (got {header.sequence}, expected at most {highest}; "
            f"last {'none' if seen is None else seen.mark})"
        )
        raise _refused(bundle, message, "after a mistake: `passmuster bundle state reset FILE --site NAME`")
    packs = dict(state.packs)
    for policy in {policy.pack: policy for policy in sorted(bundle.policies, key=_version)}.values():
        packs[policy.pack] = _pack(bundle, policy, state.packs.get(policy.pack))
    sites = {**state.sites, site: Seen(mark=str(header.sequence), digest=digest)}
    return replace(state, sites=sites, packs=packs)


_UNITS = (1, 10**3, 10**6, 10**9)
"""Of a second: sites count bundles, seconds since 1970 (the default), or finer units of a clock."""


def _highest(seen: int | None, now: datetime) -> int:
    """The highest plausible sequence: the time now, in the coarsest unit that is not below the site's last sequence.

    A counter of bundles stays below the seconds since 1970. So once a site has sent a bundle with the default sequence,
    nobody can lock it out for longer than the clocks may differ: its limit is the clock itself, and no step beyond it.
    """
    seconds = int((now + SKEW).timestamp())
    return next(
        (seconds * unit for unit in _UNITS if seen is not None and seen <= seconds * unit), seconds * _UNITS[-1]
    )


def _version(policy: CarriedPolicy) -> Version:
    return Version.parse(policy.version)


def _pack(bundle: Bundle, policy: CarriedPolicy, seen: Seen | None) -> Seen:
    """What is to be remembered of a pack, of which this is the highest version in the bundle."""
    name = f"{policy.pack} {policy.version}"
    if seen is not None and _version(policy) < Version.parse(seen.mark):
        raise _refused(bundle, f"{name} is older than the last version of this pack (last {seen.mark})")
    if seen is not None and policy.version == seen.mark and policy.digest != seen.digest:
        raise _refused(bundle, f"{name} differs from the same version seen before (seen sha256:{seen.digest})")
    return Seen(mark=policy.version, digest=policy.digest)


def write(state: State) -> bytes:
    """A state as its file holds it."""
    return json.canonical(
        {
            "schema": SCHEMA,
            "sites": {
                name: {"sequence": int(seen.mark), "manifest": seen.digest} for name, seen in state.sites.items()
            },
            "packs": {name: {"version": seen.mark, "policy": seen.digest} for name, seen in state.packs.items()},
        }
    )


def read(data: bytes, file: str) -> State:
    """Read a state; raises UsageError: a state that cannot be read must not pass for an empty one."""
    try:
        value: dict[str, Any] = json.loads(data)
    except json.InvalidJSONError as error:
        raise UsageError.at(f"{file}:{error.line}:{error.column}", error.message, code="state") from None
    for fault in schema.faults("bundlestate", 1, value):
        where = ".".join(str(step) for step in fault.path) or "the document"
        raise UsageError.at(file, f"no state of bundles: {where}: {fault.message}", code="state")
    return State(
        sites={
            name: Seen(mark=str(seen["sequence"]), digest=seen["manifest"]) for name, seen in value["sites"].items()
        },
        packs={name: Seen(mark=seen["version"], digest=seen["policy"]) for name, seen in value["packs"].items()},
    )


def _refused(bundle: Bundle, message: str, hint: str | None = None) -> PassmusterError:
    return IntegrityError.at(bundle.file, message, code="bundle-replay", hint=hint)
