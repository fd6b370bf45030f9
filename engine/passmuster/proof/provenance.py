"""The delivery of the snapshots, in the verdict and in the given input; notes name what was not compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.intake.bundle_input import UNSIGNED
from passmuster.proof import Kind, restore_paths
from passmuster.snapshot.roster import of_site, parted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.intake.bundle_input import InputRecord
    from passmuster.model.verdict import BundleHeader
    from passmuster.proof import Claim


def differences(claim: Claim, record: InputRecord) -> Iterator[str]:
    """Differences in bundles, signatures and the roster of the bundles."""
    here = {bundle.digest: bundle for bundle in record.bundles}
    for bundle in claim.origin.bundles:
        if bundle.digest in here:
            yield from _bundle(bundle, here[bundle.digest])
    yield from _signatures(claim, record)
    yield from _sites(claim, record)
    if claim.roster_source == "bundles" and _all_here(claim, record):
        apart = sorted(_apart(record.listed or frozenset(), claim.roster or frozenset()))
        if apart:
            yield f"roster: the report and its bundles differ (only on one of them: {', '.join(apart)})"


def _apart(listed: frozenset[str], claimed: frozenset[str]) -> Iterator[str]:
    """Entries of only one of two rosters; a name without a site matches a name of any site."""
    names = {parted(label).name for label in claimed}
    yield from (label for label in claimed if listed.isdisjoint((label, of_site(None, parted(label).name))))
    yield from (
        label for label in listed - claimed if parted(label).site is not None or parted(label).name not in names
    )


def notes(claim: Claim, record: InputRecord, *, roster_given: bool, unsigned: bool) -> Iterator[str]:
    """What was not compared, and the option for it; `unsigned`: the trust file applies only to the snapshots."""
    yield from _bundle_notes(claim, record)
    yield from _signature_notes(claim, record, unsigned=unsigned)
    told = sum(site is not None and digest not in _signed_for(record) for digest, site in _of_nodes(claim))
    if told:
        yield f"note: sites: the sites of {told} nodes are taken from the report (no given bundle confirms them)"
    if claim.roster is not None and not roster_given:
        if claim.roster_source == "bundles" and _all_here(claim, record):
            return
        whose = {"caller": "the caller", "bundles": "its bundles", "store": "the store"}[claim.roster_source]
        yield f"note: roster: that of {whose} was not given, and is taken from the report (use --roster)"


def _bundle_notes(claim: Claim, record: InputRecord) -> Iterator[str]:
    here = {each.digest: each for each in record.bundles}
    for each in claim.origin.bundles:
        if each.digest not in here:
            came = f"the bundle {each.digest} ({each.assurance})"
            yield f"note: bundles: its snapshots came in {came}, which was not given (use --snapshots)"
        elif each.assurance == "skipped" and here[each.digest].assurance == "verified":
            yield f"note: bundles: the signatures of {each.digest} had not been checked; they are valid"
    claimed = {each.digest for each in claim.origin.bundles}
    for digest in sorted(here.keys() - claimed):
        yield f"note: bundles: the report does not name the given bundle {digest}"


def _signature_notes(claim: Claim, record: InputRecord, *, unsigned: bool) -> Iterator[str]:
    signatures, loose = claim.origin.signatures, len(_loose(claim))
    if signatures is None:
        if unsigned and loose:
            yield f"note: signatures: the report has no trust file, so it does not show what signs {loose} snapshots"
        return
    if not _all_here(claim, record):
        yield "note: signatures: the signatures of its bundles were not checked again (give them with --snapshots)"
    if record.trusted != signatures.trust:
        yield f"note: signatures: judged with the trust file {signatures.trust}, which was not given (use --trust)"
        return
    lacking, here = _without_a_seal(claim, record), record.covered
    if lacking:
        yield f"note: signatures: {lacking} seals were not checked (put FILE.sig beside each snapshot)"
    other = sum(digest in here and here[digest][1] != reason for digest, reason in restore_paths.unsigned(claim))
    if other:
        yield f"note: signatures: why {other} seals are not valid was not checked (put FILE.sig beside each snapshot)"


def _bundle(then: BundleHeader, now: BundleHeader) -> Iterator[str]:
    if then.site != now.site:
        yield f"bundles: {then.digest}: the report has site {then.site}, the bundle has {now.site}"
    if not set(then.snapshots) <= set(now.snapshots):
        yield f"bundles: {then.digest}: the report lists snapshots that are not in it"
    if then.assurance != now.assurance and not (then.assurance == "skipped" and now.assurance == "verified"):
        yield f"bundles: {then.digest}: the report has {then.assurance}, here it is {now.assurance}"


def _signatures(claim: Claim, record: InputRecord) -> Iterator[str]:
    """Whether the counts match the nodes; an attestation does not have enough data for this."""
    signatures = claim.origin.signatures
    doubted = list(restore_paths.unsigned(claim))
    if signatures is None:
        if doubted:
            yield f"signatures: the report has no trust file, and {len(doubted)} of its nodes are unknown as unsigned"
        return
    if claim.kind is Kind.ATTESTATION:
        return
    loose = _loose(claim)
    if signatures.unsigned != len(doubted):
        yield f"signatures: the report counts {signatures.unsigned} unsigned snapshots, its nodes show {len(doubted)}"
    covered = signatures.unsigned + signatures.allowed + signatures.sealed
    if len(loose) > covered:
        yield f"signatures: {len(loose)} snapshots came in no bundle, and the report accounts for {covered} of them"
    if record.trusted == signatures.trust:
        lacking = _without_a_seal(claim, record)
        if lacking > signatures.sealed:
            yield (
                f"signatures: no signature covers {lacking} snapshots that counted, and the trust file does not permit "
                f"that (the report counts {signatures.sealed} sealed)"
            )
        here = record.covered
        for digest, reason in doubted:
            if reason == UNSIGNED and here.get(digest, ("", ""))[0] == "allowed":
                yield f"signatures: {digest} is unsigned in the report, but the trust file permits its node to be"


def _without_a_seal(claim: Claim, record: InputRecord) -> int:
    """Snapshots in no bundle that counted, though neither a seal here nor the trust file says that they may."""
    doubted, here = dict(restore_paths.unsigned(claim)), record.covered
    return sum(digest not in doubted and here.get(digest, ("", ""))[0] == "unsigned" for digest in _loose(claim))


def _loose(claim: Claim) -> list[str]:
    """Digests of the snapshots that came in no bundle; an attestation does not list them."""
    signed = {digest for bundle in claim.origin.bundles for digest in bundle.snapshots}
    return [digest for digest, _ in _of_nodes(claim) if digest not in signed]


def _of_nodes(claim: Claim) -> list[tuple[str, str | None]]:
    """The digest of each node's snapshot, and its site in the report."""
    nodes = () if claim.kind is Kind.ATTESTATION else claim.document["nodes"]
    return [(node["snapshot"]["digest"], node["site"]) for node in nodes if node["snapshot"] is not None]


def _signed_for(record: InputRecord) -> dict[str, set[str | None]]:
    """The sites of the given bundles, by the digests of their snapshots."""
    sites: dict[str, set[str | None]] = {}
    for bundle in record.bundles:
        for digest in bundle.snapshots:
            sites.setdefault(digest, set()).add(bundle.site)
    return sites


def _sites(claim: Claim, record: InputRecord) -> Iterator[str]:
    """Nodes whose site in the report is not the site of their bundle."""
    signed = _signed_for(record)
    here = {digest for bundle in claim.origin.bundles for digest in bundle.snapshots}
    for digest, site in _of_nodes(claim):
        if digest in signed and digest in here and site not in signed[digest]:
            told = ", ".join(sorted(map(str, signed[digest])))
            yield f"sites: {digest}: the report has {site}, the bundle has {told}"


def _all_here(claim: Claim, record: InputRecord) -> bool:
    return {bundle.digest for bundle in claim.origin.bundles} <= {bundle.digest for bundle in record.bundles}
