"""Signatures are checked as strictly as Wycheproof's vectors ask, and keys are read from one form."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import bundles
import pytest
from bundles import SITE
from hypothesis import given
from hypothesis import strategies as st

from passmuster.errors import PolicyError, UsageError
from passmuster.exchange.bundle import dsse, ed25519, sshsig
from passmuster.exchange.bundle.ed25519 import PrivateKey
from passmuster.exchange.bundle.trust import load as load_trust

# Project Wycheproof (C2SP/wycheproof), Apache-2.0; the file itself says which part of it was taken.
VECTORS = Path(__file__).parent.parent / "data" / "wycheproof-ed25519.json"
ORDER = 2**252 + 27742317777372353535851937790883648493


def _vectors() -> list[tuple[str, dict[str, Any]]]:
    groups = json.loads(VECTORS.read_text())["testGroups"]
    return [(group["pk"], test) for group in groups for test in group["tests"]]


def test_every_vector_of_wycheproof_comes_out_as_it_should() -> None:
    got = {
        test["tcId"]: ed25519.verifies(bytes.fromhex(pk), bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
        for pk, test in _vectors()
    }
    wanted = {test["tcId"]: test["result"] == "valid" for _, test in _vectors()}
    assert got == wanted
    assert (len(wanted), sum(wanted.values())) == (151, 88)


@given(st.binary(max_size=200), st.integers(0, 511))
def test_a_signature_has_no_twin(data: bytes, bit: int) -> None:
    signature = SITE.sign(data)
    assert ed25519.verifies(SITE.public, signature, data)
    assert SITE.sign(data) == signature
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not ed25519.verifies(SITE.public, bytes(flipped), data)
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not ed25519.verifies(SITE.public, signature[:32] + scalar.to_bytes(32, "little"), data)
    for other in (signature[:-1], signature + b"\0", b"", signature * 2):
        assert not ed25519.verifies(SITE.public, other, data)


def test_a_public_key_of_another_length_verifies_nothing() -> None:
    assert not ed25519.verifies(SITE.public[:-1], SITE.sign(b""), b"")
    assert not ed25519.verifies(SITE.public + b"\0", SITE.sign(b""), b"")


def test_public_keys_are_pem_as_openssl_reads_it() -> None:
    pem = ed25519.write_public(SITE.public)
    assert ed25519.parse_public(pem.decode()) == SITE.public
    if shutil.which("openssl") is not None:
        done = subprocess.run(
            ["openssl", "pkey", "-pubin", "-noout", "-text"], input=pem, capture_output=True, check=True
        )
        assert b"ED25519" in done.stdout


NO_KEYS = {
    "nothing": "",
    "a private key": SITE.pem(None).decode(),
    "no base64": "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
    "an X25519 key": "-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(bytes.fromhex("302a300506032b656e032100") + SITE.public).decode() + "\n-----END PUBLIC KEY-----",
    "a byte too many": "-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(bytes.fromhex("302a300506032b6570032100") + SITE.public + b"\0").decode() + "\n-----END PUBLIC KEY-----",
}  # fmt: skip


@pytest.mark.parametrize("pem", NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_ed25519_public_key_is_refused(pem: str) -> None:
    with pytest.raises(ValueError, match="key"):
        ed25519.parse_public(pem)


def test_a_private_key_opens_with_its_passphrase_alone() -> None:
    locked = SITE.pem(b"open")
    assert PrivateKey.load(locked, b"open").public == SITE.public
    assert PrivateKey.load(SITE.pem(None), b"of no use").public == SITE.public
    for wrong in (None, b"", b"Open"):
        with pytest.raises(ed25519.PassphraseError):
            PrivateKey.load(locked, wrong)
    with pytest.raises(ed25519.KeyFileError, match="not a private key"):
        PrivateKey.load(b"-----BEGIN PRIVATE KEY-----\n", None)


def test_without_the_library_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(UsageError, match=r"pip install 'passmuster\[sign\]'"):
        ed25519.verifies(SITE.public, bytes(64), b"")


def test_the_encoding_that_is_signed_is_that_of_the_specification() -> None:
    """The example of the DSSE protocol's text."""
    got = dsse.encoding("http://example.com/HelloWorld", b"hello world")
    assert got == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


ENVELOPE = dsse.sign("text/plain", b"hello", SITE)
NO_ENVELOPES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no signature": ENVELOPE.replace(b'"signatures":[{', b'"signatures":[],"x":[{'),
    "two signatures": ENVELOPE.replace(b"]}", b',{"keyid":"","sig":""}]}'),
    "a word more": ENVELOPE.replace(b"{", b'{"a":1,', 1),
    "blanks": ENVELOPE.replace(b":", b": "),
    "base64 with a twin": ENVELOPE.replace(b"aGVsbG8=", b"aGVsbG9="),
    "base64 with a blank": ENVELOPE.replace(b"aGVsbG8=", b"aGVs bG8="),
    "base64 for addresses": ENVELOPE.replace(b"aGVsbG8=", b"aGVs-G8="),
    "a payload that is a number": ENVELOPE.replace(b'"aGVsbG8="', b"7"),
    "no newline": ENVELOPE[:-1],
}


@pytest.mark.parametrize("data", NO_ENVELOPES.values(), ids=NO_ENVELOPES)
def test_an_envelope_has_one_form(data: bytes) -> None:
    assert data != ENVELOPE
    with pytest.raises(ValueError, match="not a DSSE envelope"):
        dsse.parse_exact(data)


def test_an_envelope_binds_its_type() -> None:
    parsed = dsse.parse(ENVELOPE)
    assert dsse.verifies(parsed, SITE.public)
    assert not dsse.verifies(dsse.parse(ENVELOPE.replace(b"text/plain", b"text/other")), SITE.public)
    assert not dsse.verifies(parsed, bundles.OTHER.public)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _ssh(  # noqa: PLR0913 - one for each field of the format
    namespace: bytes = b"passmuster-bundle",
    *,
    magic: bytes = b"SSHSIG\0\0\0\1",
    kind: bytes = b"ssh-ed25519",
    reserved: bytes = b"",
    algorithm: bytes = b"sha512",
    signature: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    digest = hashlib.new("sha512", b"hello").digest()
    signed = b"SSHSIG" + b"".join(map(_string, (namespace, b"", b"sha512", digest)))
    raw = SITE.sign(signed) if signature is None else signature
    public = _string(kind) + _string(SITE.public)
    fields = (public, namespace, reserved, algorithm, _string(kind) + _string(raw))
    return sshsig.armored(magic + b"".join(map(_string, fields)) + tail)


NO_SSH = {
    "nothing": b"",
    "no text": b"\xff",
    "another version": _ssh(magic=b"SSHSIG\0\0\0\2"),
    "another magic": _ssh(magic=b"SSHSIX\0\0\0\1"),
    "another kind of key": _ssh(kind=b"ssh-rsa"),
    "something reserved": _ssh(reserved=b"x"),
    "a weak hash": _ssh(algorithm=b"sha1"),
    "a short signature": _ssh(signature=bytes(63)),
    "something behind it": _ssh(tail=b"\0"),
    "another width of lines": _ssh().replace(b"\n", b"", 2).replace(b"SIGNATURE-----", b"SIGNATURE-----\n", 1),
    "carriage returns": _ssh().replace(b"\n", b"\r\n"),
    "no last newline": _ssh()[:-1],
    "truncated": b"\n".join([*_ssh().split(b"\n")[:2], b"-----END SSH SIGNATURE-----", b""]),
}


@pytest.mark.parametrize("data", NO_SSH.values(), ids=NO_SSH)
def test_what_ssh_keygen_does_not_write_is_no_signature(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"[Ss]ignature"):
        sshsig.parse(data)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_ssh_keygen_and_we_agree(tmp_path: Path) -> None:
    """It verifies what is built here, and what it signs is verified here."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - only this test writes a key of OpenSSH
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = tmp_path / "key"
    key.write_bytes(SITE._key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    key.chmod(0o600)
    line = "ssh-ed25519 " + base64.b64encode(_string(b"ssh-ed25519") + _string(SITE.public)).decode() + " a comment"
    assert sshsig.parse_public(line) == SITE.public
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "passmuster-bundle"]
    made = subprocess.run(sign, input=b"hello", capture_output=True, check=True).stdout
    assert made == _ssh()
    parsed = sshsig.parse(made)
    assert parsed.public == SITE.public
    assert ed25519.verifies(SITE.public, parsed.signature, sshsig.message(b"hello", parsed))
    assert not ed25519.verifies(SITE.public, parsed.signature, sshsig.message(b"hallo", parsed))


NO_LINES = {
    "nothing": "",
    "another kind": "ssh-rsa AAAA",
    "no base64": "ssh-ed25519 !!!!",
    "another kind inside": "ssh-ed25519 " + base64.b64encode(_string(b"ssh-rsa") + _string(SITE.public)).decode(),
    "a key too short": "ssh-ed25519 " + base64.b64encode(_string(b"ssh-ed25519") + _string(bytes(31))).decode(),
    "truncated": "ssh-ed25519 AAAAC3NzaC1l",
}


@pytest.mark.parametrize("line", NO_LINES.values(), ids=NO_LINES)
def test_what_is_no_line_of_an_ed25519_key_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"key|ssh-ed25519"):
        sshsig.parse_public(line)


def _small_order() -> set[bytes]:
    """Every encoding of a point whose order divides 8, computed from the curve: y, and y + p where 255 bits hold it."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p
    # (0, 1), (0, -1), (+-sqrt(-1), 0), and the four halves of the last: y^2 = (sqrt(1 + d) - 1) / d.
    root = _root((1 + d) % p, p)
    assert root is not None
    halves = [_root((sign * root - 1) * pow(d, -1, p) % p, p) for sign in (1, -1)]
    ys = {0, 1, p - 1, *(each for y in halves if y is not None for each in (y, p - y))}
    return {
        (y + more | sign << 255).to_bytes(32, "little")
        for y in ys
        for more in (0, p)
        for sign in (0, 1)
        if y + more < 2**255
    }


def _root(a: int, p: int) -> int | None:
    root = pow(a, (p + 3) // 8, p)
    return next((each for each in (root, root * pow(2, (p - 1) // 4, p) % p) if each * each % p == a), None)


def test_keys_under_which_anybody_can_sign_are_refused() -> None:
    weak = _small_order()
    assert len(weak) == 14
    for public in weak:
        with pytest.raises(ValueError, match=r"small order|one form"):
            ed25519.demand_strong(public)
        # R = A = the point itself and S = 0: with S = 0 the equation R + kA = 0 holds for every eighth message.
        assert not any(ed25519.verifies(public, r + bytes(32), b"%d" % at) for at in range(8) for r in weak)
    ed25519.demand_strong(SITE.public)


def test_a_trust_file_that_names_such_a_key_is_refused() -> None:
    text = bundles.trust_text(("site", SITE, bundles.EVERY))
    good = ed25519.write_public(SITE.public).decode().splitlines()[1]
    for public in (bytes(32), (1).to_bytes(32, "little"), b"\xee" + b"\xff" * 30 + b"\x7f"):
        weak = ed25519.write_public(public).decode().splitlines()[1]
        with pytest.raises(PolicyError, match="public: not "):
            load_trust(text.replace(good, weak).encode(), "trust.yaml")
