"""Running the cases of a suite against a compiled policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.authoring.testing.cases import Case
from passmuster.authoring.testing.coverage import coverage
from passmuster.authoring.testing.killing_case import Search
from passmuster.authoring.testing.mutate import mutate
from passmuster.authoring.testing.possible_outcomes import outcomes
from passmuster.authoring.testing.prepared_cases import fleet_trials, trials
from passmuster.errors import Location, PolicyError, Problem
from passmuster.evaluation.rule import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from passmuster.authoring.testing.cases import FleetCase, Suite
    from passmuster.authoring.testing.coverage import Coverage
    from passmuster.authoring.testing.killing_case import Killer
    from passmuster.authoring.testing.mutate import Mutation
    from passmuster.authoring.testing.prepared_cases import FleetTrial
    from passmuster.model.fieldpath import FieldPath
    from passmuster.model.verdict import Result
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One expectation that does not hold."""

    case: Case | FleetCase
    rule: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a suite."""

    cases: int
    mismatches: tuple[Mismatch, ...]
    """Empty where every expectation holds."""
    untested: tuple[str, ...]
    """Outcomes that no case expects of a rule, as `RULE: OUTCOME`; empty where each has its case."""

    @property
    def good(self) -> bool:
        """Whether everything holds, and everything is tested."""
        return not self.mismatches and not self.untested


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A tested policy, with the results of all requested checks."""

    name: str
    """PACK@VERSION."""
    file: str
    """The policy's file."""
    suite: Suite
    outcome: Outcome
    coverage: Coverage | None
    """None where it was not asked for."""
    mutation: Mutation | None
    """None where it was not asked for, or expectations do not hold: then it would mean nothing."""
    killers: tuple[Killer | None, ...]
    """For each survivor, a case that would notice it; None where none was found."""

    @property
    def good(self) -> bool:
        """Whether all requested checks pass."""
        covered = self.coverage is None or not self.coverage.uncovered
        noticed = self.mutation is None or not (self.mutation.survivors or self.mutation.stray)
        return self.outcome.good and covered and noticed


def examine(  # noqa: PLR0913 - the questions, each with a name
    policy: CompiledPolicy,
    source: Policy,
    suite: Suite,
    defaults: Mapping[str, Any],
    *,
    branches: bool = False,
    mutants: bool = False,
) -> Tested:
    """Run a suite, and ask what its cases reach and notice; raises PolicyError where it cannot be run."""
    outcome = run(policy, suite, defaults)
    made = trials(suite, defaults) if branches or mutants else ()
    fleets = fleet_trials(suite, defaults) if branches or mutants else ()
    sound = mutants and not outcome.mismatches
    mutation = mutate(policy, source, (*made, *fleets), suite.equivalent) if sound else None
    search = Search(policy, suite, defaults, made) if mutation and mutation.survivors else None
    return Tested(
        name=f"{policy.header.pack}@{policy.header.version}",
        file=source.document.file,
        suite=suite,
        outcome=outcome,
        coverage=coverage(policy, made, fleets) if branches else None,
        mutation=mutation,
        killers=tuple(search.killer(survivor) for survivor in mutation.survivors) if search and mutation else (),
    )


def run(policy: CompiledPolicy, suite: Suite, defaults: Mapping[str, Any]) -> Outcome:
    """Judge every case; raises PolicyError where one cannot be judged at all."""
    known = {rule.header.id for rule in policy.rules}
    of_fleet = {rule.header.id for rule in policy.fleet_rules}
    problems = [stray for case in suite.cases for stray in _strays(case, known, of_fleet, defaults, suite.file)]
    problems += [stray for case in suite.fleet_cases for stray in _strays(case, of_fleet, known, defaults, suite.file)]
    if problems:
        raise PolicyError(problems)
    mismatches: list[Mismatch] = []
    for trial in trials(suite, defaults):
        results = evaluate(policy, trial.snapshot, trial.roots, trial.parameters)
        mismatches += _mismatches(trial.case, {result.rule.id: result for result in results})
    for fleet in fleet_trials(suite, defaults):
        mismatches += _fleet_mismatches(policy, fleet)
    cases = len(suite.cases) + len(suite.fleet_cases)
    return Outcome(cases=cases, mismatches=tuple(mismatches), untested=_untested(policy, suite))


def _strays(
    case: Case | FleetCase, known: set[str], other: set[str], defaults: Mapping[str, Any], file: str
) -> list[Problem]:
    """Names in a case that are none; `other` are the rules that this kind of case is not about."""
    where = Location(file=file, line=case.line, column=1)
    named = {**case.expect, **case.messages}
    if isinstance(case, Case):
        named |= {**case.facts, **case.missing}
    place = "cases" if isinstance(case, Case) else "fleet_cases"
    stray = [("rule", name) for name in named if name not in known and name not in other]
    stray += [("parameter", name) for name in case.parameters if name not in defaults]
    there = {"rule": known, "parameter": set(defaults)}
    messages = [
        f"no such {what} (got {name!r}, expected one of: {', '.join(sorted(there[what])) or 'none'})"
        for what, name in stray
    ]
    messages += [f"a rule of another scope in {place} (got {name!r})" for name in named if name in other]
    return [Problem(code="tests-name", message=message, location=where) for message in messages]


def _mismatches(case: Case, results: Mapping[str, Result]) -> list[Mismatch]:
    mismatches = []
    for rule, expected in case.expect.items():
        got = results[rule]
        if got.outcome is not expected:
            told = f"{got.outcome.value}{f' ({got.message})' if got.message else ''}"
            mismatches.append(Mismatch(case=case, rule=rule, expected=expected.value, got=told))
    for rule, text in case.messages.items():
        if results[rule].message != text:
            mismatches.append(
                Mismatch(case=case, rule=rule, expected=f"message {text!r}", got=_quoted(results[rule].message))
            )
    shown = {rule: frozenset(fact.path for fact in result.facts) for rule, result in results.items()}
    missing = {rule: frozenset(fact.path for fact in result.unknown) for rule, result in results.items()}
    for what, expected_paths, got_paths in (("facts", case.facts, shown), ("missing", case.missing, missing)):
        for rule, paths in expected_paths.items():
            if got_paths[rule] != paths:
                told, wanted = _listed(got_paths[rule]), f"{what} {_listed(paths)}"
                mismatches.append(Mismatch(case=case, rule=rule, expected=wanted, got=told))
    return mismatches


def _fleet_mismatches(policy: CompiledPolicy, trial: FleetTrial) -> list[Mismatch]:
    mismatches = []
    case = trial.case
    for rule in policy.fleet_rules:
        name = rule.header.id
        if name not in case.expect and name not in case.messages:
            continue
        got = trial.result(policy, rule)
        if got.outcome is not case.expect.get(name, got.outcome):
            text = f"{got.outcome.value}{f' ({got.message})' if got.message else ''}"
            mismatches.append(Mismatch(case=case, rule=name, expected=case.expect[name].value, got=text))
        if got.message != case.messages.get(name, got.message):
            wanted = f"message {case.messages[name]!r}"
            mismatches.append(Mismatch(case=case, rule=name, expected=wanted, got=_quoted(got.message)))
    return mismatches


def _quoted(message: str | None) -> str:
    return "no message" if message is None else repr(message)


def _listed(paths: frozenset[FieldPath]) -> str:
    return ", ".join(str(path) for path in sorted(paths)) or "none"


def _untested(policy: CompiledPolicy, suite: Suite) -> tuple[str, ...]:
    tested = {(rule, outcome) for case in suite.every_case for rule, outcome in case.expect.items()}
    missing = []
    for rule in policy.every_rule:
        wanted = outcomes(policy, rule)
        missing += [
            f"{rule.header.id}: {outcome.value}" for outcome in wanted if (rule.header.id, outcome) not in tested
        ]
    return tuple(missing)
