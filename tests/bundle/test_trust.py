"""Whom a bundle is believed, and about what: each reason to refuse one is a line, with status 4."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import bundles
import pytest
from bundles import EVERY, NOW, OTHER, SITE
from snapshots import data as snapshot_data

from passmuster.errors import IntegrityError, PolicyError
from passmuster.exchange import bundle
from passmuster.exchange.bundle import Assurance, container, create, dsse, ed25519, layout, statement
from passmuster.exchange.bundle.unpack import unpack

PACK = create.Pack(pack="demo", version="1.0.0", data=b"pack: demo\n")
REFUSED = {
    "unsigned": (bundles.made(keys=()), bundles.trust(), "not signed"),
    "a key that nobody named": (bundles.made(keys=[OTHER]), bundles.trust(), "by a key that the trust file does not name"),
    "one good signature and one by a stranger": (bundles.made(keys=[SITE, OTHER]), bundles.trust(), "by a key that the trust file does not name"),
    "a key that expired": (bundles.made(), bundles.trust(("site", SITE, EVERY + "\nnot_after: 2026-11-22T23:59:59Z")), "the key 'site' is expired at 2026-11-22T23:59:59Z"),
    "a key that is not valid yet": (bundles.made(), bundles.trust(("site", SITE, EVERY + "\nnot_before: 2027-01-01T00:00:00Z")), "the key 'site' is not valid before 2027-01-01T00:00:00Z"),
    "a key that was not valid when the bundle was made": (bundles.made(), bundles.trust(("site", SITE, EVERY + "\nnot_before: 2026-11-22T23:00:00Z")), "is not valid before 2026-11-22T23:00:00Z (got 2026-11-22T10:11:12Z)"),
    "a key that is revoked": (bundles.made(), bundles.trust(("site", SITE, EVERY + "\nrevoked: {at: 2026-11-22T12:00:00Z, reason: the laptop was stolen}")), "the key 'site' is revoked since 2026-11-22T12:00:00Z: the laptop was stolen"),
    "a key for other nodes": (bundles.made("node-1"), bundles.trust(("site", SITE, "nodes: [node-2, Node-1, node]\nsites: [dc-1]")), "too few of its signers may sign for node 'node-1' (got 0 of 'site', expected 1)"),
    "a key for some of the nodes": (bundles.made("a-1", "b-1"), bundles.trust(("site", SITE, "nodes: [a-*]\nsites: [dc-1]")), "may sign for node 'b-1'"),
    "a key for no packs": (bundles.made(packs=[PACK]), bundles.trust(("site", SITE, 'nodes: ["*"]\nsites: ["*"]')), "may sign for pack 'demo'"),
    "a key for no sites": (bundles.made(), bundles.trust(("site", SITE, 'nodes: ["*"]')), "too few of its signers may sign for site 'dc-1' (got 0 of 'site', expected 1)"),
    "a key for another site": (bundles.made(site="tokyo"), bundles.trust(("site", SITE, 'nodes: ["*"]\nsites: ["dc-*", Tokyo]')), "too few of its signers may sign for site 'tokyo'"),
    "one key where two are needed": (bundles.made(), bundles.trust(("site", SITE, EVERY), ("other", OTHER, EVERY), head="threshold: 2"), "(got 1 of 'site', expected 2)"),
    "two keys of which one may not speak": (bundles.made(keys=[SITE, OTHER]), bundles.trust(("site", SITE, EVERY), ("other", OTHER, "nodes: [x]\nsites: [dc-1]"), head="threshold: 2"), "(got 1 of 'other', 'site', expected 2)"),
    "no seal where seals are demanded": (bundles.made(), bundles.trust(head="seals: required"), "has no seal"),
    "a bundle that expired": (bundles.made(expires=NOW - timedelta(seconds=1)), bundles.trust(), "expired at 2026-11-22T23:59:59Z (now is 2026-11-23T00:00:00Z)"),
    "a bundle of the future": (bundles.made(created=NOW + timedelta(minutes=6)), bundles.trust(), "created in the future"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "trust", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bundle_is_refused_for_one_reason(data: bytes, trust: bundle.Trust, message: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        bundles.read(data, trust)
    assert caught.value.status == 4
    (problem,) = caught.value.problems
    assert message in problem.message
    assert "\n" not in problem.message


TAKEN = {
    "one key": (bundles.made(), bundles.trust()),
    "two keys where two are needed": (bundles.made(keys=[SITE, OTHER]), bundles.trust(("site", SITE, EVERY), ("other", OTHER, EVERY), head="threshold: 2")),
    "two keys, each for its nodes": (bundles.made("a-1", "b-1", keys=[SITE, OTHER]), bundles.trust(("site", SITE, "nodes: [a-?]\nsites: [dc-1]"), ("other", OTHER, "nodes: [b-*]\nsites: [dc-?]"))),
    "policies alone": (bundles.made(snapshots=[], packs=[PACK]), bundles.trust(("site", SITE, "packs: [demo]\nsites: [dc-1]"))),
    "a bundle that names no site": (bundles.made(site=None), bundles.trust(("site", SITE, 'nodes: ["*"]'))),
    "the last moment of a key": (bundles.made(), bundles.trust(("site", SITE, EVERY + "\nnot_after: 2026-11-23T00:00:00Z"))),
    "a key that will be revoked": (bundles.made(), bundles.trust(("site", SITE, EVERY + "\nrevoked: {at: 2026-11-23T00:00:01Z, reason: x}"))),
    "the last moment of a bundle": (bundles.made(expires=NOW), bundles.trust()),
    "a clock that is a little ahead": (bundles.made(created=NOW + timedelta(minutes=5)), bundles.trust()),
}  # fmt: skip


@pytest.mark.parametrize(("data", "trust"), TAKEN.values(), ids=TAKEN)
def test_a_bundle_is_taken(data: bytes, trust: bundle.Trust) -> None:
    assert bundles.read(data, trust).assurance is Assurance.VERIFIED


def _terms(now: datetime = NOW, *, skip: bool = False) -> bundle.Terms:
    return bundle.Terms(trust=None, now=now, skip=skip)


def test_a_signature_without_trust_is_an_error_and_nothing_is_learnt_from_it() -> None:
    with pytest.raises(IntegrityError, match="signed, but there is no trust file"):
        bundle.read(bundles.made(), "site.pmb", _terms())


def test_the_caller_is_told_what_a_bundle_stands_on() -> None:
    signed, plain = bundles.made(), bundles.made(keys=())
    assert bundle.read(plain, "site.pmb", _terms()).assurance is Assurance.UNSIGNED
    assert bundle.read(signed, "site.pmb", _terms(skip=True)).assurance is Assurance.SKIPPED
    assert bundle.read(plain, "site.pmb", _terms(skip=True)).assurance is Assurance.UNSIGNED


def test_an_expiry_holds_without_signatures_too() -> None:
    data = bundles.made(keys=(), expires=NOW)
    with pytest.raises(IntegrityError, match="expired"):
        bundle.read(data, "site.pmb", _terms(NOW + timedelta(seconds=1)))


def _with(data: bytes, path: str, member: bytes) -> bytes:
    kept = {each: value for each, value in bundles.members(data).items() if not each.startswith("signatures/")}
    return container.build(
        [container.Member(path=each, data=value) for each, value in {**kept, path: member}.items()], "site.pmb"
    )


def test_no_signature_chooses_how_it_is_checked() -> None:
    """A key of trust that signs envelopes does not count for a signature of OpenSSH, even a good one."""
    text = bundles.trust_text(("site", SITE, EVERY))
    data = bundles.made(keys=())
    good = _ssh_over(unpack(data, "site.pmb").manifest)
    signed = _with(data, layout.ssh_signature(ed25519.keyid(SITE.public)), good)
    with pytest.raises(
        IntegrityError, match=r"another type than the trust file allows for 'site' \(got ssh, expected ed25519\)"
    ):
        bundles.read(signed, bundle.load_trust(text.encode(), "trust.yaml"))


def _ssh_over(message: bytes, namespace: str = "passmuster-bundle") -> bytes:
    import hashlib  # noqa: PLC0415 - beside its only use

    from passmuster.exchange.bundle import sshsig  # noqa: PLC0415 - beside its only use

    def string(each: bytes) -> bytes:
        return len(each).to_bytes(4, "big") + each

    head = (namespace.encode(), b"", b"sha512", hashlib.sha512(message).digest())
    raw = SITE.sign(b"SSHSIG" + b"".join(map(string, head)))
    public = string(b"ssh-ed25519") + string(SITE.public)
    blob = b"SSHSIG\0\0\0\1" + b"".join(map(string, (public, *head[:3], string(b"ssh-ed25519") + string(raw))))
    return sshsig.armored(blob)


def _ssh_trust(more: str = EVERY) -> bundle.Trust:
    import base64  # noqa: PLC0415 - beside its only use

    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + SITE.public
    lines = [f"    {line}" for line in more.splitlines()]
    head = ["schema: passmuster.trust/1", "keys:", "  site:", "    type: ssh"]
    public = f"    public: ssh-ed25519 {base64.b64encode(blob).decode()} someone@host"
    return bundle.load_trust("\n".join([*head, public, *lines, ""]).encode(), "trust.yaml")


def test_a_signature_of_openssh_counts_where_trust_says_so_and_for_its_purpose_alone() -> None:
    data = bundles.made(keys=())
    head = unpack(data, "site.pmb").manifest
    path = layout.ssh_signature(ed25519.keyid(SITE.public))
    assert bundles.read(_with(data, path, _ssh_over(head)), _ssh_trust()).assurance is Assurance.VERIFIED
    for wrong in (_ssh_over(head, "passmuster-snapshot"), _ssh_over(head, "file"), _ssh_over(head + b" ")):
        with pytest.raises(IntegrityError, match="does not hold"):
            bundles.read(_with(data, path, wrong), _ssh_trust())


def test_an_envelope_of_another_type_or_statement_does_not_count() -> None:
    data = bundles.made(keys=())
    found = unpack(data, "site.pmb")
    path = layout.envelope(ed25519.keyid(SITE.public))
    stated = create.statement_of(found)
    other = statement.write(found.manifest, replace(found.header, sequence=8), ())
    assert bundles.read(_with(data, path, dsse.sign(dsse.IN_TOTO, stated, SITE))).assurance is Assurance.VERIFIED
    for wrong in (dsse.sign("text/plain", stated, SITE), dsse.sign(dsse.IN_TOTO, other, SITE)):
        with pytest.raises(IntegrityError, match="does not hold"):
            bundles.read(_with(data, path, wrong))
    with pytest.raises(IntegrityError, match="is not named by its key"):
        bundles.read(_with(data, path, dsse.sign(dsse.IN_TOTO, stated, OTHER)))


def _sealed(seal: bytes, node: str = "node-1") -> bytes:
    snapshot = create.Packed(label="a.json", data=snapshot_data(node), seal=seal)
    plain = create.create(bundles.order(snapshots=[snapshot]), "site.pmb")
    found = unpack(plain, "site.pmb")
    signature = create.ssh_signature(_ssh_over(found.manifest))
    return create.signed(plain, "site.pmb", [signature], keep=True)


def test_a_seal_holds_for_its_snapshot_and_its_node() -> None:
    seal = _ssh_over(snapshot_data("node-1"), "passmuster-snapshot")
    reading = bundles.read(_sealed(seal), _ssh_trust())
    assert reading.verified is not None
    assert [key.name for key in reading.verified.seals.values()] == ["site"]
    for wrong in (_ssh_over(snapshot_data("node-2"), "passmuster-snapshot"), _ssh_over(snapshot_data("node-1"))):
        with pytest.raises(IntegrityError, match="not a seal by 'site' over this snapshot"):
            bundles.read(_sealed(wrong), _ssh_trust())


def test_a_seal_is_nothing_without_trust() -> None:
    seal = _ssh_over(snapshot_data("node-1"), "passmuster-snapshot")
    snapshot = create.Packed(label="a.json", data=snapshot_data("node-1"), seal=seal)
    plain = create.create(bundles.order(snapshots=[snapshot]), "site.pmb")
    with pytest.raises(IntegrityError, match="there is no trust file"):
        bundle.read(plain, "site.pmb", _terms())


BROKEN = {
    "no schema": ("keys: {}\n", "no trust file of a known version"),
    "no keys": ("schema: passmuster.trust/1\nkeys: {}\n", "keys"),
    "a kind that is none": (bundles.trust_text(("a", SITE, "")).replace("type: ed25519", "type: rsa"), "type"),
    "a PEM where a line is meant": (bundles.trust_text(("a", SITE, "")).replace("type: ed25519", "type: ssh"), "public: got '-----BEGIN PUBLIC KEY-----"),
    "a moment that is none": (bundles.trust_text(("a", SITE, "not_after: 2027-02-30T00:00:00Z")), "not_after: got '2027-02-30T00:00:00Z'"),
    "a revocation without a reason": (bundles.trust_text(("a", SITE, "revoked: {at: 2027-01-01T00:00:00Z}")), "missing"),
    "one key under two names": (bundles.trust_text(("a", SITE, ""), ("b", SITE, "")), "the same key as 'a'"),
    "a threshold that can never be met": (bundles.trust_text(("a", SITE, ""), head="threshold: 2"), "more than there are keys"),
    "a threshold of nobody": (bundles.trust_text(("a", SITE, ""), head="threshold: 0"), "threshold"),
    "a word that is unknown": (bundles.trust_text(("a", SITE, "node: [x]")), "unknown 'node'"),
    "an anchor": ("schema: &a passmuster.trust/1\n", "an anchor is not allowed"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_trust_file_that_cannot_be_used_trusts_nobody(text: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        bundle.load_trust(text.encode(), "trust.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("trust.yaml:")
