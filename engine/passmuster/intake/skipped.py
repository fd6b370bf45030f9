"""What lay in the input and was not judged, for it is no snapshot: noted as it is met, and named in every report."""

from __future__ import annotations

import contextlib
import functools
import sys
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema
from passmuster.model.verdict import Skipped
from passmuster.report import harmless, leftout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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

_noted: set[Skipped] = set()


@contextlib.contextmanager
def noting() -> Iterator[None]:
    """Begin with nothing, for one command."""
    _noted.clear()
    yield


def note(path: str, why: str) -> None:
    """Note what is not judged; the path is text that can be written."""
    _noted.add(Skipped(path=path, why=why))


def take(others: Iterable[Skipped]) -> None:
    """Note what another process met."""
    _noted.update(others)


def hand_over() -> tuple[Skipped, ...]:
    """What this process met since it was last asked."""
    found = tuple(_noted)
    _noted.clear()
    return found


def taken() -> tuple[Skipped, ...]:
    """All that was noted, by path."""
    return tuple(sorted(_noted, key=lambda each: (each.path, each.why)))


def say() -> None:
    """Name it on standard error, for commands whose output has no place for it."""
    for line in leftout.headline(taken()):
        sys.stderr.write(f"note: {harmless.plain(line)}\n")


def ours(data: bytes) -> str | None:
    """What a document is that we wrote and that is no snapshot; None for all others."""
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
