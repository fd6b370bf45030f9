"""An impact as text: for a terminal, grouped by what happens, and for programs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from passmuster import _json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from passmuster.impact.model import Impact, NodeChange, RuleChange
    from passmuster.outcome import Level, RuleOutcome
    from passmuster.verdict import PolicyHeader

SCHEMA = "passmuster.impact/1"


def _table(found: Impact, fold: Callable[[list[str]], list[str]]) -> str:
    return "\n".join(_lines(found, fold)) + "\n"


def _lines(found: Impact, fold: Callable[[list[str]], list[str]]) -> Iterator[str]:
    flips = [each for each in found.changes if each.flips]
    yield f"{_name(found.old)} -> {_name(found.new)}: {_count(found.nodes)}, {len(flips)} otherwise than before"
    by_flip: dict[tuple[str, str], list[NodeChange]] = defaultdict(list)
    for each in found.changes:
        by_flip[each.before.value, each.after.value].append(each)
    for (before, after), nodes in sorted(by_flip.items(), key=lambda each: _order(each[0])):
        yield ""
        told = f"{before} -> {after}" if before != after else f"{before} as before, but rules changed"
        yield f"{told}: {_count(len(nodes))}"
        yield from _rules(nodes, fold)
    if found.collect_again:
        yield ""
        yield f"collect again, for the new version reads more: {_count(len(found.collect_again))}"
        paths: dict[str, list[str]] = defaultdict(list)
        for unread in found.collect_again:
            for fact in unread.facts:
                paths[str(fact.path)].append(unread.node)
        for path, names in sorted(paths.items()):
            yield f"  {path}: {', '.join(fold(names))}"
    yield ""
    yield f"nodes that passed and would fail: {len(found.broken)}"


def _rules(nodes: list[NodeChange], fold: Callable[[list[str]], list[str]]) -> Iterator[str]:
    groups: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for node in nodes:
        for rule in node.rules:
            groups[rule.rule, _step(rule), rule.cause.value, rule.message or ""].append(node.node)
    for (name, step, cause, message), names in sorted(groups.items()):
        yield f"  {name}: {step}, {cause}"
        if message:
            yield f"    {message}"
        yield f"    on: {', '.join(fold(names))}"


def _step(rule: RuleChange) -> str:
    if rule.before is rule.after and rule.old_level and rule.new_level:
        return f"{rule.old_level.value} -> {rule.new_level.value}"
    return f"{_outcome(rule.before)} -> {_outcome(rule.after)}"


def _outcome(outcome: RuleOutcome | None) -> str:
    return "nothing" if outcome is None else outcome.value.replace("_", " ")


def _order(flip: tuple[str, str]) -> tuple[bool, str, str]:
    return flip[0] == flip[1], *flip


def _count(number: int) -> str:
    return f"{number} node{'' if number == 1 else 's'}"


def _name(header: PolicyHeader) -> str:
    return f"{header.pack}@{header.version}{'' if header.released else ' (draft)'}"


def _document(found: Impact, _fold: Callable[[list[str]], list[str]]) -> str:
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "old": _header(found.old),
        "new": _header(found.new),
        "nodes": found.nodes,
        "flips": sum(each.flips for each in found.changes),
        "broken": [each.node for each in found.broken],
        "changes": [
            {
                "node": each.node,
                "snapshot": each.digest,
                "before": each.before.value,
                "after": each.after.value,
                "rules": [_rule(rule) for rule in each.rules],
            }
            for each in found.changes
        ],
        "collect_again": [
            {
                "node": each.node,
                "facts": [
                    {"path": str(fact.path), "reason": fact.reason.value, "detail": fact.detail} for fact in each.facts
                ],
            }
            for each in found.collect_again
        ],
    }
    return _json.canonical(document).decode()


def _rule(rule: RuleChange) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "cause": rule.cause.name.lower(),
        "before": rule.before.value if rule.before else None,
        "after": rule.after.value if rule.after else None,
        "old_level": _level(rule.old_level),
        "new_level": _level(rule.new_level),
        "message": rule.message,
        "facts": [{"path": str(fact.path), "value": fact.value, "source": fact.source} for fact in rule.facts],
    }


def _level(level: Level | None) -> str | None:
    return level.value if level else None


def _header(header: PolicyHeader) -> dict[str, Any]:
    return {"pack": header.pack, "version": header.version, "digest": header.digest, "released": header.released}


FORMATS: Mapping[str, Callable[[Impact, Callable[[list[str]], list[str]]], str]] = {"table": _table, "json": _document}
"""By name; `fold` makes few words of many names."""
