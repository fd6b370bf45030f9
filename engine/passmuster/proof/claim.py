"""The content of a report, a stream or an attestation: its verdict, and the inputs that it names."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema
from passmuster.errors import IntegrityError, UsageError
from passmuster.evaluation.criteria import CALLER
from passmuster.evaluation.roster import ABSENT
from passmuster.model.verdict import BundleHeader, Origin, SignatureFindings
from passmuster.report import attestation, harmless, json_v1, stream
from passmuster.snapshot.roster import Node, called, of_site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.errors import PassmusterError


class Kind(enum.Enum):
    """The forms of a verdict that can be verified."""

    REPORT = "report"
    """`check -o json`."""
    STREAM = "stream"
    """`check -o ndjson`."""
    ATTESTATION = "attestation"
    """`check -o attestation`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedPolicy:
    """A policy that a verdict names."""

    pack: str
    version: str
    digest: str
    released: bool
    lock: str | None

    @property
    def name(self) -> str:
        """PACK@VERSION."""
        return f"{self.pack}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A verdict as given; nothing of it is proven."""

    file: str
    kind: Kind
    data: bytes
    """Its bytes, without an envelope."""
    document: Mapping[str, Any]
    """The report, the statement, or a stream put together as a report is: the last line and `nodes`."""
    engine: str
    engine_digest: str | None
    """Only an attestation names it."""
    verdict_digest: str
    policies: tuple[ClaimedPolicy, ...]
    parameters: Mapping[str, Any]
    """By PACK.NAME."""
    rules: frozenset[str] | None
    levels: Mapping[str, str]
    assessment: str | None
    waivers: str | None
    """Digest of their file."""
    roster: frozenset[str] | None
    """The names on it: those that are missing, and those of the nodes that are not called unlisted."""
    listed: int
    """The number of names on its roster; 0 without a roster."""
    max_age: str | None
    now: str | None
    superseded: int | None
    """The number of older snapshots that were not judged, if only the newest of each node was."""
    evidence: str
    skipped: tuple[Mapping[str, str], ...]
    """The files that it lists as not judged."""
    roster_source: str
    """The source of the roster; `caller` without a roster."""
    origin: Origin
    """How its snapshots were delivered."""
    nodes: frozenset[str]
    """Names of the nodes in it."""


def read(data: bytes, file: str) -> Claim:
    """Read a verdict; raises UsageError if it is not one, IntegrityError if its bytes are not canonical."""
    kind, document = _parse(data, file)
    shaped = "attestation" if kind is Kind.ATTESTATION else "report"
    faults = schema.faults(shaped, 1, {**document, "schema": json_v1.SCHEMA} if kind is Kind.STREAM else document)
    if faults:
        at = ".".join(str(step) for step in faults[0].path)
        raise UsageError.at(file, f"does not match schemas/{shaped}/1.json: {at}: {faults[0].message}", code="report")
    if _written(kind, document) != data:
        message = (
            "not as `check` writes it: the values are those of a verdict, but not the bytes (expected canonical JSON)"
        )
        raise IntegrityError.at(file, message, code="report-bytes")
    return _attested(data, file, document) if kind is Kind.ATTESTATION else _reported(data, file, kind, document)


def _parse(data: bytes, file: str) -> tuple[Kind, Mapping[str, Any]]:
    try:
        lines = [json.trusted(line) for line in data.splitlines() if line]
    except ValueError:
        raise _none(file) from None
    if any(json.deeper_than(document, json.MAX_DEPTH) for document in lines):
        raise _none(file)
    last = lines[-1] if lines and isinstance(lines[-1], dict) else {}
    if last.get("schema") == stream.SCHEMA:
        return Kind.STREAM, {**last, "nodes": lines[:-1]}
    if len(lines) == 1 and last.get("schema") == json_v1.SCHEMA:
        return Kind.REPORT, last
    if len(lines) == 1 and last.get("predicateType") == attestation.PREDICATE:
        return Kind.ATTESTATION, last
    raise _none(file)


def _none(file: str) -> PassmusterError:
    message = "not a verdict (expected what `check -o json`, `-o ndjson` or `-o attestation` writes, signed or not)"
    return UsageError.at(file, message, code="report")


def _written(kind: Kind, document: Mapping[str, Any]) -> bytes:
    if kind is not Kind.STREAM:
        return line(document)
    head = {name: value for name, value in document.items() if name != "nodes"}
    return b"".join(line(node) for node in [*document["nodes"], head])


def line(value: Mapping[str, Any]) -> bytes:
    """A value as one line of a report."""
    return harmless.json(json.canonical(dict(value)).decode()).encode()


def _reported(data: bytes, file: str, kind: Kind, document: Mapping[str, Any]) -> Claim:
    roster = document["roster"]
    seen = {Node(node["node"], node["site"]) for node in document["nodes"] if node["snapshot"] is not None}
    absent = {Node(node["node"], node["site"]) for node in document["nodes"] if node["reason"] == ABSENT}
    return Claim(
        file=file,
        kind=kind,
        data=data,
        document=document,
        engine=document["engine"],
        engine_digest=None,
        verdict_digest=document["verdict_digest"],
        policies=tuple(ClaimedPolicy(**policy) for policy in document["policies"]),
        waivers=(document["waivers"] or {}).get("digest"),
        assessment=document["assessment"],
        evidence=document["evidence"],
        nodes=frozenset(node["node"] for node in document["nodes"]),
        **_terms(document, _listed(roster, seen, absent)),
    )


def _attested(data: bytes, file: str, document: Mapping[str, Any]) -> Claim:
    predicate = document["predicate"]
    verdict = predicate[attestation.VERDICT]
    entries: dict[str, list[Mapping[str, Any]]] = {"engine": [], "policy": [], "waivers": [], "assessment": []}
    for entry in predicate["configuration"]:
        entries[entry["annotations"]["kind"]].append(entry)
    seen = {subject_name(subject) for subject in document["subject"]}
    nodes = {Node(subject_name(subject), site) for subject in document["subject"] for site in _sites(verdict, subject)}
    absent = {Node(entry["node"], entry["site"]) for entry in verdict["unjudged"] if entry["reason"] == ABSENT}
    return Claim(
        file=file,
        kind=Kind.ATTESTATION,
        data=data,
        document=document,
        engine=verdict["engine"],
        engine_digest=_digest(entries["engine"]),
        verdict_digest=verdict["verdict_digest"],
        policies=tuple(_policy(policy) for policy in entries["policy"]),
        waivers=_digest(entries["waivers"]),
        assessment=_digest(entries["assessment"]),
        evidence="none",
        nodes=frozenset(seen | {entry["node"] for entry in verdict["unjudged"]}),
        **_terms(verdict, _listed(verdict["roster"], nodes, absent)),
    )


def _listed(roster: Mapping[str, Any] | None, seen: set[Node], absent: set[Node]) -> frozenset[str] | None:
    """The nodes on the roster, by its names: the missing ones, and those that it does not list as unlisted."""
    if roster is None:
        return None
    if roster["source"] == CALLER:
        return frozenset(roster["missing"]) | {node.name for node in seen} - set(roster["unlisted"])
    every = seen | absent
    names = called(every, every)
    there = {node for node in seen if names[node] not in roster["unlisted"]}
    missing = {node for node in absent if names[node] in roster["missing"]}
    other = set(roster["missing"]) - {names[node] for node in missing}
    return frozenset([*(of_site(node.site, node.name) for node in there | missing), *other])


def _terms(head: Mapping[str, Any], names: frozenset[str] | None) -> dict[str, Any]:
    roster = head["roster"]
    return {
        "parameters": head["parameters"],
        "rules": None if head["rules"] is None else frozenset(head["rules"]),
        "levels": head["levels"],
        "roster": names,
        "listed": 0 if roster is None else roster["listed"],
        "max_age": head["max_age"],
        "skipped": tuple(head["skipped"]),
        "roster_source": CALLER if roster is None else roster["source"],
        "origin": _origin(head),
        "now": head["now"],
        "superseded": head["superseded"],
    }


def _origin(head: Mapping[str, Any]) -> Origin:
    bundles = tuple(BundleHeader(**{**bundle, "snapshots": tuple(bundle["snapshots"])}) for bundle in head["bundles"])
    signatures = None if head["signatures"] is None else SignatureFindings(**head["signatures"])
    return Origin(bundles=bundles, signatures=signatures)


def _digest(entries: Sequence[Mapping[str, Any]]) -> str | None:
    return f"sha256:{entries[0]['digest']['sha256']}" if entries else None


def _policy(entry: Mapping[str, Any]) -> ClaimedPolicy:
    pack, _, version = entry["name"].partition("@")
    digest = f"sha256:{entry['digest']['sha256']}"
    annotations = entry["annotations"]
    return ClaimedPolicy(
        pack=pack,
        version=version,
        digest=digest,
        released=annotations.get("released", False),
        lock=annotations.get("lock"),
    )


def _sites(verdict: Mapping[str, Any], subject: Mapping[str, Any]) -> Sequence[str | None]:
    sites: Sequence[str | None] = verdict["sites"].get(f"sha256:{subject['digest']['sha256']}", (None,))
    return sites


def subject_name(subject: Mapping[str, Any]) -> str:
    """The node's name in a subject. If several nodes have that name, a part of the digest follows it."""
    name: str = subject["name"]
    return name.removesuffix(f"#{subject['digest']['sha256'][:12]}")
