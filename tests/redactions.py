"""Snapshots for the tests of redaction: with a canary wherever a text can stand, and with anything at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from shipped_packs import shipped
from snapshots import FACTS

from passmuster import _json, schema, snapshot
from passmuster.fieldpath import FieldPath
from passmuster.redact import Asked, SiteKey
from passmuster.schema.fieldtypes import FieldType, Kind, ListOf, MapOf, Object, Scalar
from passmuster.snapshot import Snapshot

PACKS = (("virtnest", "1.0.0"), ("virtnest", "1.1.0"), ("kubevirt", "1.0.0"), ("kubevirt", "1.1.0"))
KEY = SiteKey(bytes(range(32)))
OTHER_KEY = SiteKey(bytes(range(1, 33)))

_KEYS = {
    "cgroup.v1": ("blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids"),
    "cgroup.misc_capacity": ("tdx",),
    "kernel.misc_devices": ("kvm",),
    "kubernetes.labels": ("node-role.kubernetes.io/worker",),
    "memory.hugepages": ("2048",),
}
"""Keys of the maps of which the schema lists none."""


def asked(pack: str, version: str) -> Asked:
    """A shipped pack, with the default values of its parameters."""
    found = shipped(pack, version)
    return Asked(policy=found.policy, parameters=found.defaults)


def read(document: dict[str, Any]) -> Snapshot:
    """A document as the engine reads it."""
    return snapshot.load(_json.canonical(document), "given.json")


@dataclass(slots=True)
class Planted:
    """A snapshot full of canaries."""

    document: dict[str, Any] = field(default_factory=dict)
    canaries: dict[str, str] = field(default_factory=dict)
    """Each to the place where it was planted."""
    count: int = 100

    def text(self, where: str) -> str:
        """A canary of its own: by turns a name, an address, a hardware address, a serial number."""
        n = self.count = self.count + 1
        shapes = (f"zq{n}.example.org", f"10.99.3.{n}", f"02:99:00:00:0{n // 100}:{n % 100:02}", f"SN-99-00{n}")
        made = shapes[n % len(shapes)]
        self.canaries[made] = where
        return made

    def found(self, *texts: bytes | str) -> set[str]:
        """Where those were planted that are in any of the texts."""
        whole = "\n".join(each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in texts)
        return {where for canary, where in self.canaries.items() if canary in whole}


def planted() -> Planted:
    """A canary in every text, key, source and detail, and in what a newer collector may have added."""
    made = Planted()
    machine_id = "sha256:" + hashlib.sha256(b"a machine id").hexdigest()
    made.canaries[machine_id.removeprefix("sha256:")] = "node.machine_id"
    made.document = {
        "schema": "passmuster.snapshot/1",
        made.text("root (new field)"): made.text("root (new value)"),
        "collection": {
            "collected_at": "2026-11-22T10:11:12Z",
            "collector": made.text("collection.collector"),
            "context": "host",
            "kind": "live",
            "recorded": ["machine", made.text("collection.recorded")],
            "uid": 0,
            made.text("collection (new field)"): made.text("collection (new value)"),
        },
        "node": {
            "labels": {made.text("node.labels (key)"): made.text("node.labels"), "rack": made.text("node.labels.rack")},
            "machine_id": machine_id,
            "name": made.text("node.name"),
            made.text("node (new field)"): made.text("node (new value)"),
        },
        "sections": {name: _section(made, name, kind) for name, kind in schema.sections(1).items()},
    }
    new = made.document["sections"]["newer"] = {"facts": {made.text("newer (fact)"): made.text("newer (value)")}}
    new["sources"] = {made.text("newer (source)"): []}
    return made


def _section(made: Planted, name: str, kind: FieldType) -> dict[str, Any]:
    path = FieldPath((name,))
    facts = _value(made, kind, path)
    unknown = {}
    for each in ("name",) if name == "runtime" else ("version_id",) if name == "os" else ():
        made.canaries.pop(facts.pop(each), None)
        unknown[str(path.child(each))] = {"detail": made.text(f"{name}.{each} (detail)"), "reason": "denied"}
    unknown[str(path.child(made.text(f"{name} (unknown)")))] = {"detail": made.text(f"{name} (detail)"), "reason": "denied"}
    return {
        "facts": facts,
        "sources": {f"/proc/{made.text(f'{name} (source)')}/x": [*sorted(facts), made.text(f"{name} (name in source)")]},
        "status": "partial",
        "unknown": unknown,
    }


def _value(made: Planted, kind: FieldType, path: FieldPath) -> Any:
    match kind:
        case Scalar(kind=Kind.STRING, enum=None):
            return "0660" if kind.max_length == 4 else made.text(str(path))
        case Scalar(kind=Kind.STRING):
            return (kind.enum or ("",))[0]
        case Scalar(kind=Kind.INT):
            return 1
        case Scalar():
            return True
        case ListOf():
            return [_value(made, kind.element, path)]
        case MapOf():
            members = {key: _value(made, kind.value, path.child(key)) for key in kind.keys or _KEYS[str(path)]}
            return {**members, made.text(f"{path} (key)"): _value(made, kind.value, path.child("new"))}
        case Object():
            members = {name: _value(made, each, path.child(name)) for name, each in kind.fields.items()}
            return {**members, made.text(f"{path} (new field)"): made.text(f"{path} (new value)")}


_REASONS = st.sampled_from(["denied", "failed", "timeout", "unreadable", "unsupported", "not_collected", "redacted"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Valid snapshots in which anything may be there, null, unknown for any reason, or never heard of."""
    sections = {}
    for name, kind in schema.sections(1).items():
        how = draw(st.sampled_from(["looked", "looked", "looked", "looked", "reason", "missing"]))
        if how == "looked":
            sections[name] = _drawn_section(draw, name, kind)
        elif how == "reason":
            sections[name] = {"facts": {}, "sources": {}, "status": draw(_REASONS), "unknown": {}}
    return {
        "schema": "passmuster.snapshot/1",
        "collection": {
            "collected_at": "2026-11-22T10:11:12Z",
            "collector": "0.1.0",
            "context": draw(st.sampled_from(["host", "container"])),
            "kind": "live",
            "recorded": [],
            "uid": 0,
        },
        "node": {
            "labels": draw(st.dictionaries(st.sampled_from(["rack", "zone"]), st.sampled_from(["a", "b"]))),
            "machine_id": draw(st.sampled_from([None, "sha256:" + "1" * 64])),
            "name": draw(st.sampled_from(["node-1", "worker.example.org", "\u202e"])),
        },
        "sections": sections,
    }


def _drawn_section(draw: st.DrawFn, name: str, kind: FieldType) -> dict[str, Any]:
    unknown: dict[str, Any] = {}
    facts = _drawn(draw, kind, FieldPath((name,)), FACTS[name], unknown)
    names = sorted(facts)
    return {
        "facts": facts,
        "sources": {draw(st.sampled_from(["/proc/cpuinfo", "/proc/1/mounts", "/home/me/dump", "uname(2)"])): names},
        "status": "partial" if unknown else draw(st.sampled_from(["ok", "partial"])),
        "unknown": unknown,
    }


def _drawn(draw: st.DrawFn, kind: FieldType, path: FieldPath, usual: Any, unknown: dict[str, Any]) -> Any:
    match kind:
        case Scalar(kind=Kind.STRING, enum=None):
            return usual if isinstance(usual, str) else "Y"
        case Scalar(kind=Kind.STRING):
            return draw(st.sampled_from(kind.enum or ("",)))
        case Scalar(kind=Kind.INT):
            return draw(st.sampled_from([0, 1, 2]))
        case Scalar():
            return draw(st.booleans())
        case ListOf():
            return usual if isinstance(usual, list) and draw(st.booleans()) else []
        case MapOf():
            members = {key: kind.value for key in (*(kind.keys or _KEYS[str(path)]), "another")}
        case Object():
            members = dict(kind.fields)
    made = {}
    for name, each in members.items():
        at = path.child(name)
        how = draw(st.sampled_from(["there", "there", "there", "null", "unknown", "missing"]))
        if how == "unknown":
            unknown[str(at)] = {"detail": "why", "reason": draw(_REASONS)}
        elif how == "there" or (how == "null" and not each.nullable):
            below = usual.get(name) if isinstance(usual, dict) else None
            made[name] = _drawn(draw, each, at, below, unknown)
        elif how == "null":
            made[name] = None
    return made
