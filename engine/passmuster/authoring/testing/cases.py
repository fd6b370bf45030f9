"""Reading `tests.yaml`: bases, cases that change a few of their facts, and fleet cases of several such nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from passmuster.authoring.testing import paths
from passmuster.codec import schema, yaml
from passmuster.errors import PolicyError, Problem
from passmuster.model.fieldpath import FieldPath
from passmuster.model.outcome import RuleOutcome
from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SCHEMA = "passmuster.tests/1"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One example: a node, and what the policy must say of it."""

    name: str
    base: str
    set: Mapping[FieldPath, Any]
    delete: tuple[FieldPath, ...]
    unknown: Mapping[FieldPath, Reason]
    parameters: Mapping[str, Any]
    """Empty: the defaults."""
    expect: Mapping[str, RuleOutcome]
    messages: Mapping[str, str]
    """Empty: any message will do."""
    facts: Mapping[str, frozenset[FieldPath]]
    """What results show, by rule; empty: anything will do."""
    missing: Mapping[str, frozenset[FieldPath]]
    """What stands in the way, by rule; empty: anything will do."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of the nodes of a fleet case."""

    base: str
    set: Mapping[FieldPath, Any]
    delete: tuple[FieldPath, ...]
    unknown: Mapping[FieldPath, Reason]
    labels: Mapping[str, str]
    """Given by the caller, as with `collect --label`; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetCase:
    """One example of several nodes, and what the rules about the fleet must say of them."""

    name: str
    nodes: tuple[Member, ...]
    """They are named node-1, node-2 and so on."""
    parameters: Mapping[str, Any]
    """Empty: the defaults."""
    expect: Mapping[str, RuleOutcome]
    """Of several pools, the worst outcome counts."""
    messages: Mapping[str, str]
    """Of the first pool with that outcome; empty: any message will do."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """A mutant that means the same as what it was made of, so that no case can notice it."""

    rule: str
    """The rule's id, `variables.NAME` or `constants.NAME`."""
    mutant: str
    """Its name, as `policy test --mutate` prints it."""
    reason: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All examples of one policy."""

    file: str
    bases: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """Name -> section -> field -> value, with what they extend worked in."""
    descriptions: Mapping[str, str]
    """What each base is."""
    cases: tuple[Case, ...]
    fleet_cases: tuple[FleetCase, ...]
    equivalent: tuple[Equivalent, ...]
    """Mutants that nothing can tell from their original; empty where none is listed."""

    @property
    def every_case(self) -> tuple[Case | FleetCase, ...]:
        """The cases of single nodes, then those of fleets."""
        return (*self.cases, *self.fleet_cases)


def load(data: bytes, file: str) -> Suite:
    """Read a suite; raises PolicyError with every mistake found."""
    try:
        document = yaml.load(data, file)
    except yaml.YAMLProblems as error:
        raise PolicyError(error.problems) from None
    problems = [
        document.problem(fault.path, fault.message, code="tests-invalid", key=fault.at_key)
        for fault in schema.faults("tests", 1, document.value)
    ]
    problems = problems or _stray_names(document)
    told = {problem.location for problem in problems}
    problems += [problem for problem in paths.problems(document) if problem.location not in told]
    if problems:
        raise PolicyError(problems)
    value = document.value
    bases = {name: _base(name, value["bases"]) for name in value["bases"]}
    cases = _read(document, "cases", _case)
    fleet_cases = _read(document, "fleet_cases", _fleet_case)
    equivalent = tuple(
        Equivalent(**entry, line=document.positions["equivalent", number].line)
        for number, entry in enumerate(value.get("equivalent", []))
    )
    descriptions = {name: base["description"] for name, base in value["bases"].items()}
    return Suite(
        file=file,
        bases=bases,
        descriptions=descriptions,
        cases=cases,
        fleet_cases=fleet_cases,
        equivalent=equivalent,
    )


def _read(document: yaml.Document, key: str, make: Callable[[Mapping[str, Any], int], T]) -> tuple[T, ...]:
    """The cases under a key."""
    return tuple(
        make(entry, document.positions[key, number].line) for number, entry in enumerate(document.value.get(key, []))
    )


def _stray_names(document: yaml.Document) -> list[Problem]:
    bases = document.value["bases"]
    problems = []
    for name, base in bases.items():
        if _extends_itself(name, bases):
            message = f"extends a base that is not there, or itself (got {base['extends']!r})"
            problems.append(document.problem(("bases", name, "extends"), message, code="tests-base"))
    for path, name in based(document.value):
        if name not in bases:
            message = f"no such base (got {name!r}, expected one of: {', '.join(bases)})"
            problems.append(document.problem((*path, "base"), message, code="tests-base"))
    problems += _repeated_names(document)
    listed: set[tuple[str, str]] = set()
    for number, entry in enumerate(document.value.get("equivalent", [])):
        key = (entry["rule"], entry["mutant"])
        if key in listed:
            problems.append(document.problem(("equivalent", number), "a mutant is listed twice", code="tests-mutant"))
        listed.add(key)
    return problems


def _repeated_names(document: yaml.Document) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for key in ("cases", "fleet_cases"):
        for number, case in enumerate(document.value.get(key, [])):
            if case["name"] in seen:
                message = f"two cases named {case['name']!r}"
                problems.append(document.problem((key, number, "name"), message, code="tests-name"))
            seen.add(case["name"])
    if not seen:
        problems.append(document.problem((), "missing 'cases'", code="tests-invalid"))
    return problems


def based(tests: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where the document of a suite says from which base a node starts, and from which."""
    for number, case in enumerate(tests.get("cases", [])):
        yield ("cases", number), case["base"]
    for number, case in enumerate(tests.get("fleet_cases", [])):
        for at, node in enumerate(case["nodes"]):
            yield ("fleet_cases", number, "nodes", at), node["base"]


def _extends_itself(name: str, bases: Mapping[str, Any]) -> bool:
    seen = {name}
    while "extends" in bases[name]:
        name = bases[name]["extends"]
        if name in seen or name not in bases:
            return True
        seen.add(name)
    return False


def _base(name: str, bases: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    chain = [bases[name]]
    while "extends" in chain[-1]:
        chain.append(bases[chain[-1]["extends"]])
    made: dict[str, dict[str, Any]] = {}
    for base in reversed(chain):
        for section, facts in base["sections"].items():
            made[section] = {**made.get(section, {}), **facts}
    return made


def _case(case: Mapping[str, Any], line: int) -> Case:
    return Case(
        name=case["name"],
        base=case["base"],
        set=_set(case),
        delete=tuple(FieldPath.parse(path) for path in case.get("delete", [])),
        unknown=_unknown(case),
        parameters=case.get("parameters", {}),
        expect=_expect(case),
        messages=case.get("messages", {}),
        facts=_paths(case.get("facts", {})),
        missing=_paths(case.get("missing", {})),
        line=line,
    )


def _fleet_case(case: Mapping[str, Any], line: int) -> FleetCase:
    return FleetCase(
        name=case["name"],
        nodes=tuple(_member(node) for node in case["nodes"]),
        parameters=case.get("parameters", {}),
        expect=_expect(case),
        messages=case.get("messages", {}),
        line=line,
    )


def _member(member: Mapping[str, Any]) -> Member:
    return Member(
        base=member["base"],
        set=_set(member),
        delete=tuple(FieldPath.parse(path) for path in member.get("delete", [])),
        unknown=_unknown(member),
        labels=member.get("labels", {}),
    )


def _set(case: Mapping[str, Any]) -> dict[FieldPath, Any]:
    return {FieldPath.parse(path): value for path, value in case.get("set", {}).items()}


def _unknown(case: Mapping[str, Any]) -> dict[FieldPath, Reason]:
    return {FieldPath.parse(path): Reason(reason) for path, reason in case.get("unknown", {}).items()}


def _expect(case: Mapping[str, Any]) -> dict[str, RuleOutcome]:
    return {rule: RuleOutcome(outcome) for rule, outcome in case["expect"].items()}


def _paths(by_rule: Mapping[str, list[str]]) -> dict[str, frozenset[FieldPath]]:
    return {rule: frozenset(map(FieldPath.parse, named)) for rule, named in by_rule.items()}
