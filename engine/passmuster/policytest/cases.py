"""Reading `tests.yaml`: bases, and cases that change a few of their facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster import _yaml, schema
from passmuster.errors import PolicyError, Problem
from passmuster.fieldpath import FieldPath
from passmuster.outcome import RuleOutcome
from passmuster.unknown import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "passmuster.tests/1"


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
    equivalent: tuple[Equivalent, ...]
    """Mutants that nothing can tell from their original; empty where none is listed."""


def load(data: bytes, file: str) -> Suite:
    """Read a suite; raises PolicyError with every mistake found."""
    try:
        document = _yaml.load(data, file)
    except _yaml.YAMLProblems as error:
        raise PolicyError(error.problems) from None
    problems = [
        document.problem(fault.path, fault.message, code="tests-invalid", key=fault.at_key)
        for fault in schema.faults("tests", 1, document.value)
    ]
    problems = problems or _stray_names(document)
    if problems:
        raise PolicyError(problems)
    value = document.value
    bases = {name: _base(name, value["bases"]) for name in value["bases"]}
    cases = []
    for number, each in enumerate(value["cases"]):
        try:
            cases.append(_case(each, document.positions["cases", number].line))
        except ValueError as error:
            problems.append(document.problem(("cases", number), str(error), code="tests-path"))
    if problems:
        raise PolicyError(problems)
    equivalent = tuple(
        Equivalent(**each, line=document.positions["equivalent", number].line)
        for number, each in enumerate(value.get("equivalent", []))
    )
    descriptions = {name: base["description"] for name, base in value["bases"].items()}
    return Suite(file=file, bases=bases, descriptions=descriptions, cases=tuple(cases), equivalent=equivalent)


def _stray_names(document: _yaml.Document) -> list[Problem]:
    bases = document.value["bases"]
    problems = []
    for name, base in bases.items():
        if _extends_itself(name, bases):
            message = f"extends a base that is not there, or itself (got {base['extends']!r})"
            problems.append(document.problem(("bases", name, "extends"), message, code="tests-base"))
    seen: set[str] = set()
    for number, case in enumerate(document.value["cases"]):
        if case["base"] not in bases:
            message = f"no such base (got {case['base']!r}, expected one of: {', '.join(bases)})"
            problems.append(document.problem(("cases", number, "base"), message, code="tests-base"))
        if case["name"] in seen:
            problems.append(
                document.problem(("cases", number, "name"), f"two cases named {case['name']!r}", code="tests-name")
            )
        seen.add(case["name"])
    listed: set[tuple[str, str]] = set()
    for number, each in enumerate(document.value.get("equivalent", [])):
        key = (each["rule"], each["mutant"])
        if key in listed:
            problems.append(document.problem(("equivalent", number), "a mutant is listed twice", code="tests-mutant"))
        listed.add(key)
    return problems


def _extends_itself(name: str, bases: Mapping[str, Any]) -> bool:
    seen = {name}
    while "extends" in bases[name]:
        name = bases[name]["extends"]
        if name in seen or name not in bases:
            return True
        seen.add(name)
    return False


def _base(name: str, bases: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    own: Mapping[str, Mapping[str, Any]] = bases[name]["sections"]
    under = _base(bases[name]["extends"], bases) if "extends" in bases[name] else {}
    return {section: {**under.get(section, {}), **own.get(section, {})} for section in {**under, **own}}


def _case(each: Mapping[str, Any], line: int) -> Case:
    return Case(
        name=each["name"],
        base=each["base"],
        set={FieldPath.parse(path): value for path, value in each.get("set", {}).items()},
        delete=tuple(FieldPath.parse(path) for path in each.get("delete", [])),
        unknown={FieldPath.parse(path): Reason(reason) for path, reason in each.get("unknown", {}).items()},
        parameters=each.get("parameters", {}),
        expect={rule: RuleOutcome(outcome) for rule, outcome in each["expect"].items()},
        messages=each.get("messages", {}),
        facts=_paths(each.get("facts", {})),
        missing=_paths(each.get("missing", {})),
        line=line,
    )


def _paths(by_rule: Mapping[str, list[str]]) -> dict[str, frozenset[FieldPath]]:
    return {rule: frozenset(FieldPath.parse(path) for path in paths) for rule, paths in by_rule.items()}
