"""What every snapshot must hold to, beyond its schema: totality, the canonical form, status."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "snapshot" / "1.json"
_MISSING = object()


@functools.cache
def schema() -> dict[str, Any]:
    """The snapshot's schema."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def sections() -> dict[str, dict[str, Any]]:
    """Names of sections to the schemas of their facts."""
    described = schema()["properties"]["sections"]["properties"]
    return {name: one["properties"]["facts"] for name, one in described.items()}


@functools.cache
def _validator() -> Any:
    return jsonschema.Draft202012Validator(schema())


def problems(data: bytes) -> list[str]:
    """All that is wrong with a snapshot's bytes."""
    snapshot = json.loads(data)
    found = [f"{error.json_path}: {error.message[:200]}" for error in _validator().iter_errors(snapshot)]
    if canonical(snapshot) != data:
        found.append("not in canonical form")
    for name, facts in sections().items():
        section = snapshot["sections"].get(name)
        if section is None:
            found.append(f"{name}: no such section")
            continue
        found.extend(_incomplete(facts, section["facts"], (name,), section["unknown"]))
        found.extend(_contradictions(name, section))
    return found


def canonical(snapshot: dict[str, Any]) -> bytes:
    """The canonical form: one line."""
    return json.dumps(snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def spelled(path: tuple[str, ...]) -> str:
    """A path as a CEL selector."""
    steps = [f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"['{key}']" for key in path[1:]]
    return path[0] + "".join(steps)


def _incomplete(field: dict[str, Any], value: Any, path: tuple[str, ...], unknown: dict[str, Any]) -> Iterator[str]:
    """Fields that are in neither of facts and unknown, or in both."""
    if spelled(path) in unknown:
        if value is not _MISSING:
            yield f"{spelled(path)}: both known and unknown"
        return
    if value is None:
        return
    members = dict(field.get("properties", {}))
    if field.get("x-map") == "open":
        members = dict.fromkeys(field["x-keys"], field["additionalProperties"])
    if not members and value is _MISSING:
        yield f"{spelled(path)}: neither known nor unknown"
    for name, member in members.items():
        below = value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
        yield from _incomplete(member, below, (*path, name), unknown)


def _contradictions(name: str, section: dict[str, Any]) -> Iterator[str]:
    known, unknown, status = bool(section["facts"]), section["unknown"], section["status"]
    expected = {"ok"} if not unknown else {"partial"} if known else {entry["reason"] for entry in unknown.values()}
    if status not in expected:
        yield f"{name}: status {status} (expected {' or '.join(sorted(expected))})"
    for path in unknown:
        if not path.startswith(name):
            yield f"{name}: foreign path {path}"
    for source, names in section["sources"].items():
        for fact in names:
            if fact not in section["facts"]:
                yield f"{name}: {source} is the source of {fact}, which is not known"
