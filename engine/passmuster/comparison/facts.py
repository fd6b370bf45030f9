"""Facts of two snapshots of a node, as the rules see them: which of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel import OpenMap, Unknown
from passmuster.comparison.model import FactChange, Seen
from passmuster.snapshot.activation import at, member

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.model.fieldpath import FieldPath


def changed(
    paths: Iterable[FieldPath], before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[FactChange, ...]:
    """What is not the same at or below the paths, each fact once, sorted; both sides as `binding.bind` gives them."""
    changes: dict[FieldPath, FactChange] = {}
    for path in paths:
        for change in _below(path, at(before, path), at(after, path)):
            changes.setdefault(change.path, change)
    return tuple(changes[path] for path in sorted(changes))


def _below(path: FieldPath, before: object, after: object) -> Iterator[FactChange]:
    keys = sorted(_keys(before) | _keys(after))
    if keys and not isinstance(before, Unknown) and not isinstance(after, Unknown):
        for key in keys:
            yield from _below(path.child(key), member(before, key), member(after, key))
        return
    was, now = _seen(before), _seen(after)
    if not _same(was, now):
        yield FactChange(path=path, before=was, after=now)


def _keys(value: object) -> set[str]:
    if isinstance(value, OpenMap):
        return {*value.values, *value.absent}
    return set(value) if isinstance(value, dict) else set()


def _seen(value: object) -> Seen:
    if isinstance(value, Unknown):
        return Seen(value=None, unknown=min(value.facts, key=lambda fact: fact.path))
    return Seen(value=_json_value(value))


def _json_value(value: object) -> object:
    """A fact as JSON; what could not be looked at inside it is left out."""
    if isinstance(value, OpenMap):
        value = {**dict.fromkeys(value.absent), **value.values}
    if isinstance(value, dict):
        return {key: _json_value(member) for key, member in value.items() if not isinstance(member, Unknown)}
    return value


def _same(was: Seen, now: Seen) -> bool:
    """Whether nothing changed; the details of why a fact is unknown may differ."""
    if was.unknown is None or now.unknown is None:
        return was == now
    return was.unknown.reason is now.unknown.reason
