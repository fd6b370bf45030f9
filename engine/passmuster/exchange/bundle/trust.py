"""Who is trusted with what: `trust.yaml`, read with every mistake at once.

There is no trust on first use: what this file does not name is not trusted. It fixes the kind of each key, so that no
signature chooses how it is checked.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.codec import schema, yaml
from passmuster.errors import PolicyError
from passmuster.exchange.bundle import ed25519, sshsig
from passmuster.exchange.bundle.manifest import sha256
from passmuster.exchange.bundle.model import KeyKind
from passmuster.model.durations import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from passmuster.errors import Problem

SCHEMA = "passmuster.trust/1"
_MOMENTS = ("not_before", "not_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """That a key is no longer to be believed."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key, and what it may say."""

    name: str
    kind: KeyKind
    public: bytes
    nodes: tuple[str, ...]
    """Globs over the names of nodes that it may speak for; case-sensitive."""
    packs: tuple[str, ...]
    """Globs over the names of packs that it may deliver."""
    sites: tuple[str, ...]
    """Globs over the names of sites whose bundles it may sign."""
    not_before: datetime | None
    not_after: datetime | None
    """The last moment at which it counts."""
    revoked: Revoked | None

    @property
    def keyid(self) -> str:
        """64 hexadecimal digits."""
        return ed25519.keyid(self.public)

    def speaks_for(self, node: str) -> bool:
        """Whether it may vouch for a node."""
        return any(fnmatch.fnmatchcase(node, glob) for glob in self.nodes)

    def delivers(self, pack: str) -> bool:
        """Whether it may vouch for a pack."""
        return any(fnmatch.fnmatchcase(pack, glob) for glob in self.packs)

    def signs_for(self, site: str) -> bool:
        """Whether it may sign bundles of a site."""
        return any(fnmatch.fnmatchcase(site, glob) for glob in self.sites)

    def outside(self, moment: datetime) -> str | None:
        """Why the key does not count at a moment; None where it does."""
        if self.revoked is not None and moment >= self.revoked.at:
            return f"revoked since {format_moment(self.revoked.at)}: {self.revoked.reason}"
        if self.not_before is not None and moment < self.not_before:
            return f"not valid before {format_moment(self.not_before)} (got {format_moment(moment)})"
        if self.not_after is not None and moment > self.not_after:
            return f"expired at {format_moment(self.not_after)} (got {format_moment(moment)})"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Every key that is trusted with something."""

    digest: str
    """`sha256:` and the digits, over the file's bytes."""
    threshold: int
    """How many different keys must vouch for each node and each pack."""
    seals_required: bool
    """Whether every snapshot must carry the seal of a key that may speak for its node."""
    unsigned: tuple[str, ...]
    """Globs over the names of nodes whose snapshots need no signature; case-sensitive."""
    keys: Mapping[str, Key]
    """By key id."""

    def may_be_unsigned(self, node: str) -> bool:
        """Whether a snapshot of this node counts though no signature covers it."""
        return any(fnmatch.fnmatchcase(node, glob) for glob in self.unsigned)


def load(data: bytes, file: str) -> Trust:
    """Read a trust file; raises PolicyError with every mistake found."""
    try:
        document = yaml.load(data, file)
    except yaml.YAMLProblems as error:
        raise PolicyError(error.problems) from None
    problems = _schema_problems(document)
    keys = [] if problems else [_key(document, name, problems) for name in document.value["keys"]]
    if not problems:
        problems = _meaning_problems(document, keys)
    if problems:
        raise PolicyError(problems)
    value = document.value
    return Trust(
        digest="sha256:" + sha256(data),
        threshold=value.get("threshold", 1),
        seals_required=value.get("seals", "optional") == "required",
        unsigned=tuple(value.get("unsigned", ())),
        keys={key.keyid: key for key in keys if key is not None},
    )


def _schema_problems(document: yaml.Document) -> list[Problem]:
    value = document.value
    declared = value.get("schema") if isinstance(value, dict) else None
    if declared != SCHEMA:
        message = f"no trust file of a known version (got schema {declared!r}, expected {SCHEMA!r})"
        return [document.problem(("schema",), message, code="trust-schema")]
    return [
        document.problem(fault.path, f"{_last(fault.path)}{fault.message}", code="trust-invalid", key=fault.at_key)
        for fault in schema.faults("trust", 1, value)
    ]


def _last(path: tuple[str | int, ...]) -> str:
    names = [str(step) for step in path if isinstance(step, str)]
    return f"{names[-1]}: " if names else ""


def _key(document: yaml.Document, name: str, problems: list[Problem]) -> Key | None:
    """One key; what the schema cannot say of it is added to the problems."""
    entry: dict[str, Any] = document.value["keys"][name]
    key_fields: dict[str, Any] = {}

    def note(path: tuple[str, ...], error: ValueError) -> None:
        at = ("keys", name, *path)
        problems.append(document.problem(at, f"{path[-1]}: {error}", code=f"trust-{path[-1].replace('_', '-')}"))

    kind = KeyKind(entry["type"])
    try:
        key_fields["public"] = (
            sshsig.parse_public(entry["public"].strip())
            if kind is KeyKind.SSH
            else ed25519.parse_public(entry["public"])
        )
        ed25519.demand_strong(key_fields["public"])
    except ValueError as error:
        note(("public",), error)
    for field in _MOMENTS:
        try:
            key_fields[field] = parse_moment(entry[field]) if field in entry else None
        except ValueError as error:
            note((field,), error)
    try:
        gone = entry.get("revoked")
        key_fields["revoked"] = (
            Revoked(at=parse_moment(gone["at"]), reason=" ".join(gone["reason"].split())) if gone else None
        )
    except ValueError as error:
        note(("revoked", "at"), error)
    if len(key_fields) < 4:
        return None
    nodes, packs, sites = (tuple(entry.get(field, ())) for field in ("nodes", "packs", "sites"))
    return Key(name=name, kind=kind, nodes=nodes, packs=packs, sites=sites, **key_fields)


def _meaning_problems(document: yaml.Document, keys: list[Key | None]) -> list[Problem]:
    """One key under two names would count twice; a threshold beyond the keys can never be met."""
    problems: list[Problem] = []
    seen: dict[bytes, str] = {}
    for key in keys:
        assert key is not None
        other = seen.setdefault(key.public, key.name)
        if other != key.name:
            message = f"public: the same key as {other!r} (expected each key once)"
            problems.append(document.problem(("keys", key.name, "public"), message, code="trust-twice"))
    threshold = document.value.get("threshold", 1)
    if threshold > len(keys):
        message = f"threshold: more than there are keys (got {threshold}, expected at most {len(keys)})"
        problems.append(document.problem(("threshold",), message, code="trust-threshold"))
    return problems
