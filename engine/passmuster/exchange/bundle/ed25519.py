"""The one door to `cryptography`: Ed25519 keys and signatures (RFC 8032).

The library is the extra `[sign]` and is imported when a key is used. Public keys are their 32 bytes, signatures their
64; a key's id is sha256 of those 32 bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import importlib.util
from typing import TYPE_CHECKING

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order of the group, L in RFC 8032; S of a signature is below it, or the signature has a twin."""
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""DER of a SubjectPublicKeyInfo of Ed25519, up to the key (RFC 8410)."""


_PRIME = 2**255 - 19
_SMALL_ORDER = frozenset(
    (
        0,
        1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
        _PRIME - 1,
    )
)
"""The y coordinates of the points whose order divides 8: anybody can make signatures that hold under these keys."""


class KeyFileError(ValueError):
    """A private key cannot be read."""


class PassphraseError(KeyFileError):
    """A private key is encrypted and the passphrase is missing or wrong."""


def keyid(public: bytes) -> str:
    """The id of a public key: 64 hexadecimal digits."""
    return hashlib.sha256(public).hexdigest()


def parse_public(pem: str) -> bytes:
    """The 32 bytes of a PEM public key; raises ValueError."""
    lines = pem.strip().splitlines()
    try:
        if lines[:1] + lines[-1:] != ["-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"]:
            raise ValueError("expected a PEM public key, -----BEGIN PUBLIC KEY-----")
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
    except binascii.Error:
        raise ValueError("the key is not base64") from None
    if len(der) != len(_SPKI) + 32 or not der.startswith(_SPKI):
        raise ValueError("not an Ed25519 public key")
    return der[len(_SPKI) :]


def write_public(public: bytes) -> bytes:
    """A public key as PEM."""
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(_SPKI + public) + b"\n-----END PUBLIC KEY-----\n"


def demand_strong(public: bytes) -> None:
    """Raise ValueError for 32 bytes that no honest key has: a point of small order, or one in another form."""
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _PRIME:
        raise ValueError("not an Ed25519 public key in its one form (RFC 8032: y is below 2^255 - 19)")
    if y in _SMALL_ORDER:
        raise ValueError("not a usable Ed25519 public key: a point of small order, whose signatures anybody can make")


def strong(public: bytes) -> bool:
    """Whether `demand_strong` takes the key."""
    try:
        demand_strong(public)
    except ValueError:
        return False
    return True


def available() -> bool:
    """Whether signatures can be verified here."""
    return importlib.util.find_spec("cryptography") is not None


def verifies(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether this is the key's signature over the data; strictly, so that no second signature passes for it."""
    _demand()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - the extra
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - the extra

    if (
        len(public) != 32
        or not strong(public)
        or len(signature) != 64
        or int.from_bytes(signature[32:], "little") >= _ORDER
    ):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


class PrivateKey:
    """A private key in memory."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key, from the system's randomness."""
        _demand()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - the extra

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, pem: bytes, passphrase: bytes | None) -> PrivateKey:
        """Read PKCS#8 PEM; raises PassphraseError, or KeyFileError for what else is wrong."""
        _demand()
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - the extra
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - the extra
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - the extra

        encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem
        if encrypted and not passphrase:
            raise PassphraseError("the key is encrypted and no passphrase was given")
        try:
            key = load_pem_private_key(pem, passphrase if encrypted else None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            if encrypted:
                raise PassphraseError("the passphrase does not open the key") from None
            raise KeyFileError("not a private key in PEM (expected one that `bundle keygen` wrote)") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError("not an Ed25519 key")
        return cls(key)

    def pem(self, passphrase: bytes | None) -> bytes:
        """PKCS#8 PEM, encrypted where there is a passphrase."""
        from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - the extra

        locked = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
        return self._key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, locked)

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """The signature over the data, 64 bytes; the same every time."""
        return self._key.sign(data)


def _demand() -> None:
    if not available():
        raise UsageError.at(
            "signatures",
            "Ed25519 needs the library cryptography, which is not installed",
            code="extra-sign",
            hint="install the extra: pip install 'passmuster[sign]'",
        )
