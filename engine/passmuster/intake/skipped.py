"""Documents of passmuster that are not snapshots: they are not judged, and every report lists them."""

from __future__ import annotations

import functools
from typing import Any

from passmuster.codec import json, schema

_NAMES = {
    "assessment": "an assessment",
    "bundle": "the manifest of a bundle",
    "bundlestate": "the state of bundles",
    "fleet": "what a fleet command printed",
    "impact": "an impact report",
    "lint": "what policy lint found",
    "policy": "a policy",
    "policydiff": "what policy diff found",
    "policytest": "what policy test found",
    "receipt": "a receipt",
    "redaction": "a map of pseudonyms",
    "report": "a report",
    "stream": "a stream of results",
    "summary": "a summary",
    "tests": "tests of a policy",
    "trust": "a trust file",
    "waivers": "waivers",
}
_OURS = {f"passmuster.{kind}/1": f"{name}, not a snapshot" for kind, name in _NAMES.items()}
"""By the whole value of `schema`: what is only nearly one of these may be a snapshot."""
_KEYS = {
    frozenset(("_type", "predicate", "predicateType", "subject")): "an attestation, not a snapshot",
    frozenset(("payload", "payloadType", "signatures")): "a signed envelope, not a snapshot",
}
"""What we write that names no schema, by all of its keys."""
_NAMED, _SNAPSHOT = b'"passmuster.', b'"passmuster.snapshot/'
_HINTS = (b'"predicateType"', b'"payloadType"', b'"results"')
"""One of them stands in every document that is ours and names no schema."""
_OPENS = b'{"collection":'
"""How a canonical snapshot begins, and no document of ours that names no schema."""


def ours(data: bytes) -> str | None:
    """The kind of a document of passmuster that is not a snapshot; None for all others."""
    first = data.find(_NAMED)
    if data.startswith(_OPENS) and data.startswith(_SNAPSHOT, first) and data.rfind(_NAMED) == first:
        return None  # most are such: a fifth of the time that the look below takes
    if data.count(_NAMED) == data.count(_SNAPSHOT) and not any(hint in data for hint in _HINTS):
        return None
    try:
        document: Any = json.loads(data)
    except json.InvalidJSONError:
        return None
    if not isinstance(document, dict):
        return None
    if "schema" in document:
        named = document["schema"]
        return _OURS.get(named) if isinstance(named, str) else None
    keys = frozenset(document)
    return "a result, not a snapshot" if keys == _of_result() else _KEYS.get(keys)


@functools.cache
def _of_result() -> frozenset[str]:
    """The keys of a line of a stream."""
    return frozenset(schema.document("report", 1)["$defs"]["node"]["required"])
