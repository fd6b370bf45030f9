"""The history of rules through the versions of a pack: when each was added, and what changed since."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from passmuster.authoring.docs.model import Change
from passmuster.codec import json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy, CompiledRule

_WORDS = {"applies_when": "when it applies", "message_expression": "its message", "references": "its references"}


def content(policy: Policy, compiled: CompiledPolicy, rule: CompiledRule | CompiledFleetRule) -> dict[str, Any]:
    """All that a rule says, and every term that it uses, by name, as the file has it."""
    document = policy.document.value
    (own,) = (entry for entry in document["rules"] if entry["id"] == rule.header.id)
    fields = {name: value for name, value in own.items() if name != "id"}
    for name in sorted(terms(compiled, rule)):
        group, _, member = name.partition(".")
        fields[name] = document[_GROUPS[group]][member]
    return fields


_GROUPS = {"variables": "variables", "constants": "constants", "params": "parameters"}


def terms(compiled: CompiledPolicy, rule: CompiledRule | CompiledFleetRule) -> set[str]:
    """The terms that a rule uses, directly or through variables: `variables.is_x86`."""
    waiting = list(rule.programs)
    names: set[str] = set()
    while waiting:
        program = waiting.pop()
        names |= {f"constants.{name}" for name in program.constants} | {f"params.{name}" for name in program.parameters}
        new = {name for name in program.variables if f"variables.{name}" not in names}
        names |= {f"variables.{name}" for name in new}
        waiting += [compiled.variables[name].program for name in new]
    return names


def digest(said: Mapping[str, Any]) -> str:
    """The digest of what a rule says."""
    return "sha256:" + hashlib.sha256(json.canonical(said)).hexdigest()


def history(rule: str, versions: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]]) -> tuple[Change, ...]:
    """What each version did to a rule; `versions` are version and rules by id, oldest first."""
    changes: list[Change] = []
    before: Mapping[str, Any] | None = None
    for version, rules in versions:
        said = rules.get(rule)
        if said is not None and before is None:
            changes.append(Change(version=version, what=()))
        elif said is not None and before is not None and said != before:
            changed = {name for name in {*said, *before} if said.get(name) != before.get(name)}
            changes.append(Change(version=version, what=tuple(sorted(_WORDS.get(name, name) for name in changed))))
        before = said
    return tuple(changes)
