"""Making bundles for tests: keys that are always the same, trust files, and containers that no honest tool writes."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from snapshots import data

from passmuster.exchange import bundle
from passmuster.exchange.bundle import container, create, ed25519
from passmuster.exchange.bundle.ed25519 import PrivateKey
from passmuster.exchange.bundle.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passmuster.exchange.bundle import Reading
    from passmuster.exchange.bundle.manifest import Roster

CREATED = datetime(2026, 11, 22, 10, 11, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
FILE = "site.pmb"


def key(number: int) -> PrivateKey:
    """The key of a number; the same every time, so that bundles are."""
    return PrivateKey(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


SITE, OTHER = key(1), key(2)


def order(*nodes: str, **changes: Any) -> create.Order:
    """What is to be made: one snapshot a node."""
    fields: dict[str, Any] = {
        "snapshots": [create.Packed(label=f"{node}.json", data=data(node)) for node in nodes or ("node-1",)],
        "packs": [],
        "site": "dc-1",
        "sequence": 7,
        "created": CREATED,
        "expires": None,
        "roster": None,
    }
    return create.Order(**{**fields, **changes})


def made(*nodes: str, keys: Iterable[PrivateKey] = (SITE,), **changes: Any) -> bytes:
    """A bundle, signed by these keys."""
    plain = create.create(order(*nodes, **changes), FILE)
    found = unpack(plain, FILE)
    signatures = [create.envelope(found, each) for each in keys]
    return create.signed(plain, FILE, signatures, keep=True) if signatures else plain


def trust_text(*entries: tuple[str, PrivateKey, str], head: str = "") -> str:
    """A trust file: of each key its name, itself, and more lines of YAML."""
    lines = ["schema: passmuster.trust/1", *head.splitlines(), "keys:"]
    for name, each, more in entries:
        pem = ed25519.write_public(each.public).decode().splitlines()
        lines += [f"  {name}:", "    type: ed25519", "    public: |", *(f"      {line}" for line in pem)]
        lines += [f"    {line}" for line in more.splitlines()]
    return "\n".join(lines) + "\n"


EVERY = 'nodes: ["*"]\npacks: ["*"]\nsites: ["*"]'


def trust(*entries: tuple[str, PrivateKey, str], head: str = "") -> bundle.Trust:
    """Trust as a value; without entries: the site's key, in everything."""
    text = trust_text(*(entries or (("site", SITE, EVERY),)), head=head)
    return bundle.load_trust(text.encode(), "trust.yaml")


def read(data_: bytes, trust_: bundle.Trust | None = None, now: datetime = NOW) -> Reading:
    """Take a bundle in, under the site's key."""
    return bundle.read(data_, FILE, bundle.Terms(trust=trust_ or trust(), now=now))


def members(data_: bytes) -> dict[str, bytes]:
    """The members of a bundle, by path."""
    return {member.path: member.data for member in container.parse(data_, FILE)}


def packed(contents: dict[str, bytes]) -> bytes:
    """A container of whatever members, with no manifest made for them."""
    return b"".join(container._pieces(container.Member(path=path, data=each) for path, each in contents.items()))


def tar(infos: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar as the standard library writes it, unlike a bundle's container."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for info, each in infos:
            archive.addfile(info, io.BytesIO(each))
    return buffer.getvalue()


def roster(*names: str) -> Roster:
    """A roster of these names."""
    from passmuster.exchange.bundle.manifest import Roster as Made  # noqa: PLC0415 - the name is a type above

    return Made(digest="sha256:" + "0" * 64, names=tuple(sorted(names)))
