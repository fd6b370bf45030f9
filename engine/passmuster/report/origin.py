"""How snapshots came, in words: which bundles, whose signatures, and how many nodes no signature covers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.model.verdict import BundleHeader, Origin, PolicyHeader, RosterFindings, SignatureFindings, Verdict

_NAMED = 3
"""Bundles that a headline names."""
_ROSTERS = {"caller": "roster", "bundles": "roster of the bundles", "store": "roster of the store"}
_ASSURANCES = {
    "verified": "verified",
    "unsigned": "NOT signed",
    "skipped": "signatures NOT verified",
}


def headline(verdict: Verdict | Origin) -> Iterator[str]:
    """A line for each bundle, and for snapshots that no signature covers; none for loose files without a trust file."""
    for bundle in verdict.bundles[:_NAMED]:
        how = _ASSURANCES.get(bundle.assurance, bundle.assurance)
        yield f"bundle of {_site(bundle)}: {how}, {_count(len(bundle.snapshots), 'snapshot')}"
    if len(verdict.bundles) > _NAMED:
        more = verdict.bundles[_NAMED:]
        doubtful = sum(bundle.assurance != "verified" for bundle in more)
        yield f"and {_count(len(more), 'more bundle')}, {doubtful or 'none'} of them not verified"
    if verdict.signatures is not None:
        yield from signatures(verdict.signatures)


def signatures(findings: SignatureFindings) -> Iterator[str]:
    """How much signatures cover."""
    yield f"not covered by a signature: {_count(findings.unsigned, 'snapshot')}" + (
        ", unknown" if findings.unsigned else ""
    )
    if findings.allowed:
        yield f"allowed without a signature by the trust file: {_count(findings.allowed, 'snapshot')}"


def roster(findings: RosterFindings) -> str:
    """What the roster is called: whose it is."""
    return _ROSTERS.get(findings.source, f"roster of {findings.source}")


def release(policy: PolicyHeader) -> str:
    """Whether a policy is released, and by whose lock where it is not the one that ships with the engine."""
    if not policy.released:
        return "draft"
    return "released" if policy.lock in {None, "passmuster"} else f"released by another lock, {policy.lock}"


def by_snapshot(verdict: Verdict) -> Mapping[str, BundleHeader]:
    """The bundle that each snapshot came in, by the snapshot's digest; those of loose files are left out."""
    return {digest: bundle for bundle in verdict.bundles for digest in bundle.snapshots}


def wire(findings: SignatureFindings | None) -> dict[str, Any] | None:
    """As `passmuster.report/1` has it."""
    return None if findings is None else asdict(findings)


def _site(bundle: BundleHeader) -> str:
    return "an unnamed site" if bundle.site is None else f"site {bundle.site}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
