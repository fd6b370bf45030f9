"""The statement that is signed: in-toto Statement v1, made only from the manifest.

Its subjects are the manifest and every snapshot, so that a verdict elsewhere can be tied to the same digests. Since
it follows from the manifest, a reader makes it anew and compares: a signed statement can say nothing else.
"""

from __future__ import annotations

from passmuster.codec import json
from passmuster.exchange.bundle import container, layout
from passmuster.exchange.bundle.manifest import Header, sha256
from passmuster.model.durations import format_moment

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:passmuster:predicate:bundle:1"


def write(manifest: bytes, header: Header, snapshots: tuple[str, ...]) -> bytes:
    """The statement's bytes, over the manifest's bytes and the digests (hexadecimal digits) of the snapshots."""
    named = [(container.FIRST, sha256(manifest)), *((layout.snapshot(digest), digest) for digest in sorted(snapshots))]
    return json.canonical(
        {
            "_type": TYPE,
            "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in named],
            "predicateType": PREDICATE,
            "predicate": {
                "manifest": {"sha256": sha256(manifest)},
                "site": header.site,
                "sequence": header.sequence,
                "created": format_moment(header.created),
                "expires": format_moment(header.expires) if header.expires else None,
            },
        }
    )
