"""What changed on a node from one snapshot to the next: in its facts, and in its verdicts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.model.fieldpath import FieldPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.model.verdict import NodeVerdict
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One fact in a snapshot."""

    value: Any = None
    unknown: str | None = None
    """Why it is unknown; None if it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A fact that is another than before."""

    path: FieldPath
    before: State | None
    """None where that snapshot does not mention it."""
    after: State | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A rule, or a node as a whole, that comes out otherwise than before."""

    rule: str | None
    """PACK/ID; None for the node."""
    before: str | None
    """None if the rule was not judged before: the node was unknown as a whole."""
    after: str | None


def changes(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """What differs, by path; the moment of collection does not count."""
    old, new = _states(before), _states(after)
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return tuple(Change(path=path, before=old.get(path), after=new.get(path)) for path in paths)


def turns(before: NodeVerdict, after: NodeVerdict) -> tuple[Turn, ...]:
    """What comes out otherwise: the node first, then its rules in the policies' order."""
    old = {result.rule.name: result.outcome.value for result in before.results}
    new = {result.rule.name: result.outcome.value for result in after.results}
    found = [
        Turn(rule=rule, before=old.get(rule), after=new.get(rule))
        for rule in {**old, **new}
        if old.get(rule) != new.get(rule)
    ]
    if before.outcome is not after.outcome:
        found.insert(0, Turn(rule=None, before=before.outcome.value, after=after.outcome.value))
    return tuple(found)


def _states(snapshot: Snapshot) -> dict[FieldPath, State]:
    found = dict(_flat(FieldPath(("node",)), {"labels": snapshot.node["labels"]}))
    collection = {key: value for key, value in snapshot.collection.items() if key != "collected_at"}
    found |= _flat(FieldPath(("collection",)), collection)
    for name, section in snapshot.sections.items():
        path = FieldPath((name,))
        if section.reason is not None:
            found[path] = State(unknown=section.reason.value)
        found |= _flat(path, section.facts)
        found |= {each.path: State(unknown=each.reason.value) for each in section.unknown.values()}
    return found


def _flat(path: FieldPath, value: Mapping[str, Any]) -> Iterator[tuple[FieldPath, State]]:
    """Every value that is no map, by its path; an empty map is a value."""
    for key, each in value.items():
        at = path.child(key)
        if isinstance(each, dict) and each:
            yield from _flat(at, each)
        else:
            yield at, State(value=each)
