"""Looking for a case that would notice a mutant: one fact of a known node changed, so that the two differ.

The nodes are the suite's bases and cases; the values to try come from the expressions themselves. The
facts are changed where they are bound, which is quick; what is found is then built as a case would be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from passmuster.authoring.testing.cases import Case
from passmuster.authoring.testing.prepared_cases import Trial, trial
from passmuster.authoring.testing.values import candidates, words
from passmuster.cel import OpenMap, Unknown
from passmuster.errors import SnapshotError
from passmuster.evaluation.rule import bound, outcome
from passmuster.model.outcome import RuleOutcome
from passmuster.model.unknown import Reason, UnknownFact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from passmuster.authoring.testing.cases import Suite
    from passmuster.authoring.testing.mutate import Mutant
    from passmuster.model.fieldpath import FieldPath
    from passmuster.policy.compile import CompiledPolicy, CompiledRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Killer:
    """A case that would notice a mutant."""

    base: str
    like: str | None
    """The case whose changes it starts from; None: the base as it is."""
    path: FieldPath | None
    """The fact to change; None: none needs to be."""
    value: object
    """A Reason where the fact is to be unknown."""
    rule: str
    expect: str
    """The outcome that is right, or the message."""
    got: str
    """What the mutant gives."""


class Search:
    """Looks for killers, from nodes that are built once."""

    def __init__(
        self, policy: CompiledPolicy, suite: Suite, defaults: Mapping[str, Any], known: Sequence[Trial]
    ) -> None:
        self._policy, self._suite, self._defaults = policy, suite, defaults
        self._words = words(policy)
        self._starts = [*(self._base(name) for name in suite.bases), *known]

    def _base(self, name: str) -> Trial:
        nothing: dict[Any, Any] = {}
        case = Case(
            name="",
            base=name,
            set=nothing,
            delete=(),
            unknown=nothing,
            parameters=nothing,
            expect=nothing,
            messages=nothing,
            facts=nothing,
            missing=nothing,
            line=0,
        )
        return trial(self._suite, case, self._defaults)

    def killer(self, mutant: Mutant) -> Killer | None:
        """The first case found, bases before cases, no change before one; None where none is found."""
        rules = [rule for rule in self._policy.rules if rule.header.id in mutant.rules]
        pairs = [(rule, changed) for rule in rules for changed in mutant.policy.rules if changed.header == rule.header]
        paths = sorted({path for rule, _ in pairs for path in (*rule.reads, *_said(rule))})
        for start in self._starts:
            for path, value, roots in self._nodes(start, paths):
                for rule, changed in pairs:
                    killing = self._differ(start, roots, mutant, rule, changed)
                    if killing is not None and self._possible(start, path, value):
                        case = start.case
                        return Killer(
                            base=case.base,
                            like=case.name or None,
                            path=path,
                            value=value,
                            rule=rule.header.id,
                            expect=killing[0],
                            got=killing[1],
                        )
        return None

    def _nodes(
        self, start: Trial, paths: Sequence[FieldPath]
    ) -> Iterator[tuple[FieldPath | None, object, Mapping[str, object]]]:
        yield None, None, start.roots
        for path in paths:
            for value in candidates(path, start.snapshot.value(path), self._words):
                roots = _changed(start.roots, path.parts, path, value)
                if isinstance(roots, dict):
                    yield path, value, roots

    def _differ(
        self, start: Trial, roots: Mapping[str, object], mutant: Mutant, rule: CompiledRule, changed: CompiledRule
    ) -> tuple[str, str] | None:
        """What the original and the mutant say, where they differ."""
        values = bound(self._policy, roots, start.parameters)
        others = bound(mutant.policy, roots, start.parameters)
        right, wrong = outcome(rule, values), outcome(changed, others)
        if right is not wrong:
            return right.value, wrong.value
        if right is not RuleOutcome.FAIL or rule.message is None or changed.message is None:
            return None
        said, other = rule.message.run(values).value, changed.message.run(others).value
        return (f"the message {said!r}", repr(other)) if isinstance(said, str) and said != other else None

    def _possible(self, start: Trial, path: FieldPath | None, value: object) -> bool:
        """Whether a node can be like this."""
        if path is None:
            return True
        case = start.case
        if isinstance(value, Reason):
            changed = replace(case, unknown={**case.unknown, path: value})
        else:
            changed = replace(case, set={**case.set, path: value})
        try:
            trial(self._suite, changed, self._defaults)
        except SnapshotError:
            return False
        return True


def _changed(holder: object, parts: tuple[str, ...], path: FieldPath, value: object) -> object:
    """The bound facts with another value at a path; None where there is no such place."""
    if isinstance(holder, OpenMap):
        values = _changed(holder.values, parts, path, value)
        absent = holder.absent | {parts[0]} if value is None and len(parts) == 1 else holder.absent - {parts[0]}
        return replace(holder, values=values, absent=absent) if isinstance(values, dict) else None
    if not isinstance(holder, dict):
        return None
    if len(parts) > 1:
        below = _changed(holder.get(parts[0]), parts[1:], path, value)
        return None if below is None else {**holder, parts[0]: below}
    others = {key: member for key, member in holder.items() if key != parts[0]}
    if value is None:
        return others
    made = Unknown(frozenset((UnknownFact(path=path, reason=value),))) if isinstance(value, Reason) else value
    return {**others, parts[0]: made}


def _said(rule: CompiledRule) -> list[FieldPath]:
    """The facts that a rule's message reads."""
    return [read.path for read in rule.message.reads] if rule.message is not None else []
