"""Making the snapshot of a case: its base, changed; what is not said is unknown, `not_collected`.

The node is called as its base is, and comes from a dump, unless the case sets `node.*` or `collection.*`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from passmuster.codec import json, schema
from passmuster.codec.schema.fieldtypes import FieldType, MapOf, Object
from passmuster.model.fieldpath import FieldPath
from passmuster.snapshot import SCHEMA, Snapshot, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.authoring.testing.cases import Case, Member, Suite

_MOMENT = "2000-01-01T00:00:00Z"


def build(suite: Suite, case: Case | Member, called: str, labels: Mapping[str, str] | None = None) -> Snapshot:
    """The snapshot of a case, or of a node of one; raises SnapshotError if its facts cannot be those of a node.

    `told` says which it is, in errors.
    """
    facts: dict[str, dict[str, Any]] = copy.deepcopy(
        {name: dict(section) for name, section in suite.bases[case.base].items()}
    )
    above: dict[str, dict[str, Any]] = {
        "collection": {
            "collected_at": _MOMENT,
            "collector": "tests",
            "context": "elsewhere",
            "kind": "dump",
            "recorded": [],
            "uid": None,
        },
        "node": {"name": case.base, "machine_id": None, "labels": dict(labels or {})},
    }
    for path, value in case.set.items():
        _holder(above if path.parts[0] in above else facts, path)[path.parts[-1]] = value
    for path in (*case.delete, *case.unknown):
        if len(path.parts) == 1:
            facts.pop(path.parts[0], None)
        else:
            _holder(facts, path).pop(path.parts[-1], None)
    sections = {name: _section(name, kind, facts, case) for name, kind in schema.sections(1).items()}
    document = {"schema": SCHEMA, **above, "sections": sections}
    return load(json.canonical(document), called)


def _holder(facts: dict[str, Any], path: FieldPath) -> dict[str, Any]:
    holder = facts
    for part in path.parts[:-1]:
        below = holder.get(part)
        if not isinstance(below, dict):
            below = holder[part] = {}
        holder = below
    return holder


def _section(name: str, kind: FieldType, facts: Mapping[str, Any], case: Case | Member) -> dict[str, Any]:
    whole = next((reason for path, reason in case.unknown.items() if path.parts == (name,)), None)
    if whole is not None or name not in facts:
        return {"status": whole.value if whole else "not_collected", "facts": {}, "unknown": {}, "sources": {}}
    unknown = {str(path): reason.value for path, reason in case.unknown.items() if path.parts[0] == name}
    given = set(case.unknown)
    for path in _unsaid(kind, facts[name], FieldPath((name,))):
        if not any(mark.covers(path) for mark in given):
            unknown.setdefault(str(path), "not_collected")
    return {
        "status": "partial" if unknown else "ok",
        "facts": facts[name],
        "unknown": {path: {"reason": reason, "detail": ""} for path, reason in unknown.items()},
        "sources": {},
    }


def _unsaid(kind: FieldType, value: Any, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(kind, Object) and isinstance(value, dict):
        for name, member in kind.fields.items():
            if name in value:
                yield from _unsaid(member, value[name], path.child(name))
            else:
                yield path.child(name)
    elif isinstance(kind, MapOf) and isinstance(value, dict):
        for key, member in value.items():
            yield from _unsaid(kind.value, member, path.child(key))
