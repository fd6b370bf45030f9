"""How a verdict says that its snapshots came, held against what was given now; what cannot be compared is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.attest import Kind
from passmuster.cli import relabel, sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.attest import Claim
    from passmuster.verdict import BundleHeader


def differences(claim: Claim) -> Iterator[str]:
    """What the verdict says of bundles, signatures and the roster of bundles that is not so."""
    here = {each.digest: each for each in sealed.taken()}
    for each in claim.origin.bundles:
        if each.digest in here:
            yield from _bundle(each, here[each.digest])
    yield from _signatures(claim)
    if claim.roster_source == "bundles" and _all_here(claim):
        listed = sealed.listed()
        if listed != claim.roster:
            missing = ", ".join(sorted((listed or frozenset()) ^ (claim.roster or frozenset())))
            yield f"roster: the report's is not that of its bundles (on one of them alone: {missing})"


def notes(claim: Claim, *, roster_given: bool) -> Iterator[str]:
    """What of that was not compared, and how it can be."""
    here = {each.digest: each for each in sealed.taken()}
    for each in claim.origin.bundles:
        if each.digest not in here:
            came = f"the bundle {each.digest} ({each.assurance})"
            yield f"note: bundles: its snapshots came in {came}, which was not looked at (give it with --snapshots)"
        elif each.assurance == "skipped" and here[each.digest].assurance == "verified":
            yield f"note: bundles: nobody had looked at the signatures of {each.digest}; here they hold"
    claimed = {each.digest for each in claim.origin.bundles}
    for digest in sorted(here.keys() - claimed):
        yield f"note: bundles: the report does not name {digest}, in which snapshots were given"
    found = claim.origin.signatures
    if found is not None and not _all_here(claim):
        yield "note: signatures: what covers its snapshots was not looked at again (give its bundles with --snapshots)"
    if found is not None and sealed.trusted() != found.trust:
        yield f"note: signatures: by the trust file {found.trust}, which was not given (give it with --trust)"
    if claim.roster is not None and not roster_given:
        if claim.roster_source == "bundles" and _all_here(claim):
            return
        whose = {"caller": "the caller", "bundles": "its bundles", "store": "the store"}[claim.roster_source]
        yield f"note: roster: that of {whose} was not looked at, and is taken from the report (give it with --roster)"


def _bundle(then: BundleHeader, now: BundleHeader) -> Iterator[str]:
    if then.site != now.site:
        yield f"bundles: {then.digest}: the report says site {then.site}, the bundle says {now.site}"
    if not set(then.snapshots) <= set(now.snapshots):
        yield f"bundles: {then.digest}: the report says that other snapshots are in it"
    if then.assurance != now.assurance and not (then.assurance == "skipped" and now.assurance == "verified"):
        yield f"bundles: {then.digest}: the report says {then.assurance}, here it is {now.assurance}"


def _signatures(claim: Claim) -> Iterator[str]:
    """Whether the counts fit the nodes; an attestation does not say enough of them."""
    found = claim.origin.signatures
    doubted = list(relabel.unsigned(claim))
    if found is None:
        if doubted:
            yield f"signatures: the report has no trust file, and {len(doubted)} of its nodes are unknown as unsigned"
        return
    if claim.kind is Kind.ATTESTATION:
        return
    signed = {digest for each in claim.origin.bundles for digest in each.snapshots}
    digests = [node["snapshot"]["digest"] for node in claim.document["nodes"] if node["snapshot"] is not None]
    loose = [digest for digest in digests if digest not in signed]
    if found.unsigned != len(doubted):
        yield f"signatures: the report says {found.unsigned} unsigned, and its nodes say {len(doubted)}"
    covered = found.unsigned + found.allowed + found.sealed
    if len(loose) > covered:
        yield f"signatures: {len(loose)} snapshots came in no bundle, and the report accounts for {covered} of them"


def _all_here(claim: Claim) -> bool:
    return {each.digest for each in claim.origin.bundles} <= {each.digest for each in sealed.taken()}
