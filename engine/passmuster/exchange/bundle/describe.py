"""A bundle in words: what is in it, what is missing, and who claims to have signed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.durations import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.exchange.bundle.model import Bundle
    from passmuster.exchange.bundle.read import Reading

_SHOWN = 8


def contents(bundle: Bundle) -> Iterator[str]:
    """What is in a bundle, a line each; it says nothing of whether that is to be believed."""
    header = bundle.header
    until = f", expires {format_moment(header.expires)}" if header.expires else ", never expires"
    yield f"site       {header.site or 'not named'}"
    yield f"sequence   {header.sequence}, created {format_moment(header.created)}{until}"
    yield f"nodes      {_nodes(bundle)}"
    sealed = sum(snapshot.seal is not None for snapshot in bundle.snapshots)
    if bundle.snapshots:
        times = sorted(snapshot.collected_at for snapshot in bundle.snapshots if snapshot.collected_at is not None)
        when = f"{times[0]} to {times[-1]}" if times else "at unknown times"
        by = ", ".join(header.collectors)
        count = f"{len(bundle.snapshots)}, {sealed} sealed"
        yield f"snapshots  {count}, collected {when} by collector {by}"
    for policy in bundle.policies:
        yield f"policy     {policy.pack}@{policy.version} sha256:{policy.digest}"


def _nodes(bundle: Bundle) -> str:
    roster, names = bundle.header.roster, bundle.nodes
    if roster is None:
        return f"{len(names)}; no roster, so missing nodes are unknown"
    there = len(roster.names) - len(bundle.missing)
    text = f"{there} of {len(roster.names)}"
    if bundle.missing:
        text += f", missing: {_some(bundle.missing)}"
    return text + (f"; not on the roster: {_some(bundle.unlisted)}" if bundle.unlisted else "")


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def claims(bundle: Bundle) -> Iterator[str]:
    """The signatures as they claim to be."""
    for signature in bundle.signatures:
        yield f"signature  {signature.kind.value}, claimed key {signature.keyid} (not verified)"
    if not bundle.signatures:
        yield "signature  none"


def assured(reading: Reading) -> Iterator[str]:
    """Who vouches for a bundle that was verified."""
    if reading.verified is not None:
        for key in reading.verified.signers:
            yield f"signed by  {key.name} ({key.kind.value}, {key.keyid})"
        for name in sorted({key.name for key in reading.verified.seals.values()}):
            count = sum(key.name == name for key in reading.verified.seals.values())
            yield f"sealed by  {name}: {count} of {len(reading.snapshots)} snapshots"
