"""Which mutants of a policy no case notices.

A mutant is noticed where the outcome of a rule, or a message that a case names, is no longer what the
case expects. What is left has either no case, or the same meaning: then the suite lists it as
equivalent, with the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.authoring.testing import mutants
from passmuster.authoring.testing.policy_parts import Role, parts, with_constants, with_part
from passmuster.cel.run.attempt import unchecked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.authoring.testing.cases import Equivalent
    from passmuster.authoring.testing.policy_parts import Part
    from passmuster.authoring.testing.prepared_cases import FleetTrial, Trial
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A policy with one small mistake."""

    owner: str
    """The rule's id, `variables.NAME` or `constants.NAME`."""
    name: str
    """What it makes of what; unique for its owner, and the same for as long as the expression is."""
    line: int
    """Of the policy file."""
    column: int
    rules: frozenset[str]
    """Ids of the rules that could notice."""
    message: bool
    """Whether only a message can tell."""
    policy: CompiledPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """What became of all mutants."""

    total: int
    survivors: tuple[Mutant, ...]
    """Noticed by no case, and not listed as equivalent; in the order of the file."""
    equivalent: int
    """Noticed by no case, and listed."""
    stray: tuple[tuple[Equivalent, str], ...]
    """Entries that are wrong, and how: no such mutant, or a case notices it."""


def mutate(
    policy: CompiledPolicy, source: Policy, trials: Sequence[Trial | FleetTrial], equivalent: Sequence[Equivalent]
) -> Mutation:
    """Make every mutant and run the cases that could notice it; the cases must hold."""
    listed = {(entry.rule, entry.mutant): entry for entry in equivalent}
    stray = dict.fromkeys(listed, "there is no such mutant")
    survivors: list[Mutant] = []
    total = 0
    for mutant in every(policy, source):
        total += 1
        key = (mutant.owner, mutant.name)
        noticed = _noticed(mutant, trials)
        if key not in listed:
            survivors += [] if noticed else [mutant]
        elif noticed:
            stray[key] = "a case notices this mutant, so it is not equivalent"
        else:
            del stray[key]
    return Mutation(
        total=total,
        survivors=tuple(survivors),
        equivalent=len(listed) - len(stray),
        stray=tuple((listed[key], why) for key, why in stray.items()),
    )


def _noticed(mutant: Mutant, trials: Sequence[Trial | FleetTrial]) -> bool:
    return any(
        not trial.holds(mutant.policy, mutant.rules)
        for trial in trials
        if not mutant.rules.isdisjoint(trial.case.messages)
        or not (mutant.message or mutant.rules.isdisjoint(trial.case.expect))
    )


def every(policy: CompiledPolicy, source: Policy) -> Iterator[Mutant]:
    """Every mutant: of the constants first, then of the expressions, in the order of the file."""
    yield from _of_constants(policy, source)
    seen: Counter[tuple[str, str]] = Counter()
    for part in parts(policy):
        for edit in mutants.edits(part.program):
            program = unchecked(edit.text(part.program.text), part.program.environment)
            if program is None:
                continue
            text = edit.described(part.program.text)
            name = text if part.role in {Role.VARIABLE, Role.EXPRESSION} else f"{part.role.value}: {text}"
            seen[part.owner, name] += 1
            count = seen[part.owner, name]
            line, column = _place(part, edit.start)
            yield Mutant(
                owner=part.owner,
                name=name if count == 1 else f"{name} ({count})",
                line=line,
                column=column,
                rules=part.rules,
                message=part.role is Role.MESSAGE,
                policy=with_part(policy, part, program),
            )


def _place(part: Part, offset: int) -> tuple[int, int]:
    before = part.program.text[:offset]
    return part.expression.place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _of_constants(policy: CompiledPolicy, source: Policy) -> Iterator[Mutant]:
    every_part = parts(policy)
    for name, value in policy.constants.items():
        using = [part for part in every_part if name in part.program.constants]
        for change, changed in _changes(value):
            constants = {**policy.constants, name: changed}
            at = source.document.positions["constants", name, "value"]
            yield Mutant(
                owner=f"constants.{name}",
                name=change,
                line=at.line,
                column=at.column,
                rules=frozenset().union(*(part.rules for part in using)),
                message=False,
                policy=with_constants(policy, using, constants),
            )


def _changes(value: Any) -> Iterator[tuple[str, Any]]:
    """A constant with one small mistake, and what it is: numbers off by one, a word changed, an element left out."""
    if isinstance(value, bool):
        yield f"{_shown(value)} => {_shown(not value)}", not value
    elif isinstance(value, int):
        for other in (value - 1, value + 1):
            yield f"{value} => {other}", other
    elif isinstance(value, str):
        yield f"{value} => {value}~", f"{value}~"
    elif isinstance(value, list):
        for at, element in enumerate(value):
            yield f"without {_shown(element)}", [*value[:at], *value[at + 1 :]]
    elif isinstance(value, dict):
        for key, element in value.items():
            yield f"without {key}", {name: member for name, member in value.items() if name != key}
            for change, changed in _changes(element):
                yield f"{key}: {change}", {**value, key: changed}


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
