"""The tests beside a policy: rules without tests, and unused parts of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.authoring.lint.finding import Lint, Severity, Spot
from passmuster.policy import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.authoring.lint.finding import Subject


def _missing(subject: Subject) -> Iterator[Spot]:
    if subject.tests_missing:
        yield Spot(path=("rules",), message="there is no tests.yaml beside the policy (expected one)", key=True)


def _untested(subject: Subject) -> Iterator[Spot]:
    if subject.tests is None:
        return
    tests = subject.tests.value
    expected = {rule for case in (*tests.get("cases", []), *tests.get("fleet_cases", [])) for rule in case["expect"]}
    for number, rule in enumerate(subject.policy.rules):
        if rule.id not in expected:
            message = f"no case expects anything of {rule.id!r} (expected pass, fail and unknown, each in a case)"
            yield Spot(path=("rules", number, "id"), message=message)


def _strays(subject: Subject) -> Iterator[Spot]:
    if subject.tests is None:
        return
    parameters = {parameter.name for parameter in subject.policy.parameters}
    scopes = {str(rule.id): rule.scope for rule in subject.policy.rules}
    for key, scope in (("cases", Scope.NODE), ("fleet_cases", Scope.FLEET)):
        for number, case in enumerate(subject.tests.value.get(key, [])):
            wrong = [
                ("parameters", name, "no such parameter", parameters)
                for name in case.get("parameters", {})
                if name not in parameters
            ]
            for part in ("expect", "messages"):
                for name in case.get(part, {}):
                    if scopes.get(name) is not scope:
                        problem = "no such rule" if name not in scopes else f"a rule of another scope in {key}"
                        wrong.append(
                            (part, name, problem, {scope_name for scope_name, of in scopes.items() if of is scope})
                        )
            for part, name, problem, there in wrong:
                path = (key, number, part, name)
                known = ", ".join(sorted(there)) or "none"
                message = f"{problem} (got {name!r}, expected one of: {known})"
                yield Spot(path=path, message=message, key=True, in_tests=True)


def _unused_base(subject: Subject) -> Iterator[Spot]:
    if subject.tests is None:
        return
    bases = subject.tests.value["bases"]
    used: set[str] = set()
    for base in _bases(subject.tests.value):
        name = base
        while name is not None and name not in used:
            used.add(name)
            name = bases[name].get("extends")
    for name in bases:
        if name not in used:
            message = f"no case starts from the base {name!r} (expected at least one)"
            yield Spot(path=("bases", name), message=message, key=True, in_tests=True)


def _bases(tests: Mapping[str, Any]) -> Iterator[str | None]:
    """The bases that nodes of cases start from."""
    for case in tests.get("cases", []):
        yield case["base"]
    for case in tests.get("fleet_cases", []):
        yield from (node["base"] for node in case["nodes"])


LINTS = (
    Lint(code="tests-missing", severity=Severity.ERROR, summary="a policy has no tests", check=_missing),
    Lint(code="rule-untested", severity=Severity.ERROR, summary="no test is about a rule", check=_untested),
    Lint(
        code="tests-name",
        severity=Severity.ERROR,
        summary="a test names a rule or a parameter that is not there",
        check=_strays,
    ),
    Lint(code="base-unused", severity=Severity.WARNING, summary="no test starts from a base", check=_unused_base),
)
