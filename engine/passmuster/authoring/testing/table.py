"""Results of tests for a person at a terminal: the problems, then one line for each requested check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.testing import wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.authoring.testing.coverage import Coverage
    from passmuster.authoring.testing.mutate import Mutation
    from passmuster.authoring.testing.run import Tested


def render(tested: Sequence[Tested]) -> str:
    """Lines of text, each with its place as `file:line:col`."""
    return "".join(f"{line}\n" for policy in tested for line in _lines(policy))


def _lines(tested: Tested) -> Iterator[str]:
    for mismatch in tested.outcome.mismatches:
        yield f"{tested.suite.file}:{mismatch.case.line}: {mismatch.case.name}: {wording.mismatch(mismatch)}"
    for untested in tested.outcome.untested:
        yield f"{tested.suite.file}:1: no case expects {untested}"
    failed = len({mismatch.case.name for mismatch in tested.outcome.mismatches})
    yield f"{tested.name}: {tested.outcome.cases - failed} passed, {failed} failed"
    if tested.coverage is not None:
        yield from _coverage(tested, tested.coverage)
    if tested.mutation is not None:
        yield from _mutation(tested, tested.mutation)


def _coverage(tested: Tested, coverage: Coverage) -> Iterator[str]:
    for rule in coverage.rules:
        yield f"  {rule.percent:>3} %  {rule.rule} ({rule.taken} of {rule.total} branches)"
    for branch in coverage.uncovered:
        yield f"{tested.file}:{branch.line}:{branch.column}: {branch.owner}: {wording.uncovered(branch)}"
    whole = sum(rule.taken == rule.total for rule in coverage.rules)
    yield f"{tested.name}: {whole} of {len(coverage.rules)} rules with every branch taken"


def _mutation(tested: Tested, mutation: Mutation) -> Iterator[str]:
    for mutant, killer in zip(mutation.survivors, tested.killers, strict=True):
        yield f"{tested.file}:{mutant.line}:{mutant.column}: {mutant.owner}: {mutant.name}"
        yield f"    {wording.killer(killer)}"
    for entry, why in mutation.stray:
        yield f"{tested.suite.file}:{entry.line}: equivalent: {why} (got {entry.rule}: {entry.mutant})"
    survived = len(mutation.survivors)
    noticed = mutation.total - survived - mutation.equivalent
    text = f"{noticed} noticed, {mutation.equivalent} equivalent, {survived} not noticed"
    yield f"{tested.name}: {mutation.total} mutants: {text}"
