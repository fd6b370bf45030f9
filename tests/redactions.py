"""Snapshots for the tests of redaction: with a canary wherever a text can stand, and with anything at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from shipped_packs import shipped
from snapshots import FACTS, document

from passmuster import snapshot
from passmuster.codec import json, schema
from passmuster.codec.schema.fieldtypes import FieldType, Kind, ListOf, MapOf, Object, Scalar
from passmuster.exchange.redaction import Asked, SiteKey
from passmuster.model.fieldpath import FieldPath

if TYPE_CHECKING:
    from passmuster.snapshot import Snapshot

PACKS = (("virtnest", "1.0.0"), ("virtnest", "1.1.0"), ("kubevirt", "1.0.0"), ("kubevirt", "1.1.0"))
KEY = SiteKey(bytes(range(32)))
OTHER_KEY = SiteKey(bytes(range(1, 33)))

_KEYS = {
    "boot.arguments": ("quiet",),
    "cgroup.v1": ("blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids"),
    "cgroup.misc_capacity": ("tdx",),
    "cpu.flags_partial": ("ssse3",),
    "kernel.misc_devices": ("kvm",),
    "kernel_config.options": ("CONFIG_KVM", "CONFIG_BUG"),
    "kernel_modules.available": ("kvm", "tun"),
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
    return snapshot.load(json.canonical(document), "given.json")


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
    made.document["sections"]["newer"] = {"facts": {made.text("newer (fact)"): made.text("newer (value)")}}
    made.document["sections"]["newer"]["sources"] = {made.text("newer (source)"): []}
    return made


def _section(made: Planted, name: str, kind: FieldType) -> dict[str, Any]:
    path = FieldPath((name,))
    facts = _value(made, kind, path)
    unknown = {}
    for each in ("name",) if name == "runtime" else ("version_id",) if name == "os" else ():
        made.canaries.pop(facts.pop(each), None)
        unknown[str(path.child(each))] = {"detail": made.text(f"{name}.{each} (detail)"), "reason": "denied"}
    unknown[str(path.child(made.text(f"{name} (unknown)")))] = {
        "detail": made.text(f"{name} (detail)"),
        "reason": "denied",
    }
    return {
        "facts": facts,
        "sources": {
            f"/proc/{made.text(f'{name} (source)')}/x": [*sorted(facts), made.text(f"{name} (name in source)")]
        },
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
_SOURCES = {"/proc/cpuinfo": ["flags"], "/proc/1/mounts": ["mode", "v1"], "/home/me/dump": ["name", "flags"]}


def _places(kind: FieldType, path: FieldPath) -> list[tuple[FieldPath, FieldType]]:
    """Every field below one, at every depth, with usual keys of maps and one that nobody heard of."""
    match kind:
        case Object():
            members = dict(kind.fields)
        case MapOf():
            members = dict.fromkeys((*(kind.keys or _KEYS[str(path)]), "another"), kind.value)
        case _:
            members = {}
    below = [(path.child(name), each) for name, each in members.items()]
    return below + [found for at, each in below for found in _places(each, at)]


_PLACES = [found for name, kind in schema.sections(1).items() for found in _places(kind, FieldPath((name,)))]
_EDITS = st.lists(
    st.tuples(st.sampled_from(_PLACES), st.sampled_from(["null", "unknown", "missing", "other"]), _REASONS), max_size=20
)
_SECTIONS = st.dictionaries(st.sampled_from(sorted(FACTS)), st.none() | _REASONS, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Valid snapshots in which anything may be null, another value, unknown for any reason, or never heard of."""
    made = document(draw(st.sampled_from(["node-1", "worker.example.org", "\u202e"])))
    made["node"]["labels"] = draw(st.dictionaries(st.sampled_from(["rack", "zone"]), st.sampled_from(["a", "b"])))
    made["node"]["machine_id"] = draw(st.sampled_from([None, "sha256:" + "1" * 64]))
    for (path, kind), how, reason in draw(_EDITS):
        _edit(made["sections"][path.parts[0]], path, kind, how, reason)
    for name, status in draw(_SECTIONS).items():
        if status is None:
            del made["sections"][name]
        else:
            made["sections"][name] = {"facts": {}, "sources": {}, "status": status, "unknown": {}}
    return made


def _edit(section: dict[str, Any], path: FieldPath, kind: FieldType, how: str, reason: str) -> None:
    """Change one field where what holds it is there."""
    holder: Any = section["facts"]
    for part in path.parts[1:-1]:
        holder = holder.get(part) if isinstance(holder, dict) else None
    if not isinstance(holder, dict):
        return
    holder.pop(path.parts[-1], None)
    if how == "null" and kind.nullable:
        holder[path.parts[-1]] = None
    elif how == "other":
        holder[path.parts[-1]] = _other(kind)
    section["unknown"] = {
        text: why for text, why in section["unknown"].items() if not path.covers(FieldPath.parse(text))
    }
    if how == "unknown":
        section["unknown"][str(path)] = {"detail": "why", "reason": reason}
    section["status"] = "partial" if section["unknown"] else "ok"
    section["sources"] = {source: [each for each in names if each] for source, names in _SOURCES.items()}


def _other(kind: FieldType) -> Any:
    """A small value of a type."""
    match kind:
        case Scalar(kind=Kind.STRING):
            return (kind.enum or ("0660",))[-1]
        case Scalar(kind=Kind.INT):
            return 2
        case Scalar():
            return False
        case ListOf():
            return []
        case MapOf() | Object():
            return {}
