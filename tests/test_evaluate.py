"""Judging one node: outcomes, messages, facts, unknowns and causes, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packs import compiled, rule, virtnest
from snapshots import every_path, snapshot

from passmuster.errors import PolicyError
from passmuster.evaluation.rule import evaluate
from passmuster.model.outcome import RuleOutcome
from passmuster.model.unknown import Reason
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from passmuster.model.verdict import Result
    from passmuster.policy.compile import CompiledPolicy

P, F, U, N = RuleOutcome.PASS, RuleOutcome.FAIL, RuleOutcome.UNKNOWN, RuleOutcome.NOT_APPLICABLE


VARIABLES = """\
parameters:
  wanted: {type: string, default: x, description: d}
constants:
  words: {description: d, value: [lm, cx16]}
variables:
  named:
    description: d
    expression: |
      os.id == params.wanted
  both:
    description: d
    expression: |
      variables.named && network.ipv6
"""


def judge(policy: CompiledPolicy, parameters: dict[str, Any] | None = None, **changes: Any) -> dict[str, Result]:
    node = snapshot(**changes)
    return {result.rule.id: result for result in evaluate(policy, node, bind(node), parameters or {})}


OUTCOMES: dict[str, tuple[dict[str, str], dict[str, Any], RuleOutcome]] = {
    "true passes": ({"expression": "os.id == 'debian'"}, {}, P),
    "false fails": ({"expression": "os.id == 'alpine'"}, {}, F),
    "a fact that could not be looked at is unknown": (
        {"expression": "os.id == 'debian'"},
        {"unknown": {"os.id": "denied"}},
        U,
    ),
    "a section that could not be looked at is unknown": (
        {"expression": "os.id == 'debian'"},
        {"unknown": {"os": "timeout"}},
        U,
    ),
    "an unknown that cannot matter does not": (
        {"expression": "os.id == 'debian' || network.ipv6"},
        {"unknown": {"os.id": "denied"}},
        P,
    ),
    "an unknown decides where the rest does not": (
        {"expression": "os.id == 'debian' && network.ipv6"},
        {"unknown": {"os.id": "denied"}},
        U,
    ),
    "not having looked is not having found nothing": (
        {"expression": "!has(runtime.docker)"},
        {"unknown": {"runtime.docker": "not_collected"}},
        U,
    ),
    "looked, and there is none": ({"expression": "!has(runtime.docker)"}, {}, P),
    "a key that nobody asked for is unknown": ({"expression": "!('CONFIG_TUN' in kernel.config)"}, {}, U),
    "a key that was asked for and is not there": (
        {"expression": "'vm.unprivileged_userfaultfd' in kernel.sysctl"},
        {},
        F,
    ),
    "applies_when false is not applicable": ({"expression": "os.id == 'x'", "applies_when": "!network.ipv6"}, {}, N),
    "applies_when false, whatever the expression reads": (
        {"expression": "os.id == 'x'", "applies_when": "!network.ipv6"},
        {"unknown": {"os": "denied"}},
        N,
    ),
    "applies_when unknown is unknown": (
        {"expression": "os.id == 'debian'", "applies_when": "network.ipv6"},
        {"unknown": {"network.ipv6": "failed"}},
        U,
    ),
    "an error is the policy's fault": ({"expression": "kernel.modules[99] == 'x'"}, {}, RuleOutcome.ERROR),
    "a version that cannot be read is unknown": (
        {"expression": "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.11'))"},
        {"set_": {"kernel.release": "dummy"}},
        U,
    ),
}


@pytest.mark.parametrize(("parts", "changes", "expected"), OUTCOMES.values(), ids=OUTCOMES)
def test_a_rule(parts: dict[str, str], changes: dict[str, Any], expected: RuleOutcome) -> None:
    result = judge(compiled(rule("it", **parts)), **changes)["it"]
    assert result.outcome is expected
    assert bool(result.unknown) == (expected is U)
    assert (result.message is None) == (expected in {P, N})
    assert bool(result.because) == (expected is not P)


def test_a_failure_says_why_in_the_policys_words_or_in_ours() -> None:
    policy = compiled(
        rule("worded", "kernel.major > 9", message_expression="'got ' + string(kernel.major)"),
        rule("plain", "kernel.major > 9 && network.ipv6"),
        rule("broken", "kernel.major > 9", message_expression="kernel.modules[99]"),
        rule("withheld", "kernel.major > 9", message_expression="os.id"),
    )
    results = judge(policy, unknown={"os.id": "denied"})
    assert results["worded"].message == "got 6"
    assert results["plain"].message == "kernel.major > 9 is false"
    assert results["broken"].message == "kernel.major > 9 is false"
    assert results["withheld"].message == "kernel.major > 9 is false"


def test_a_cause_stands_at_its_place_in_the_file() -> None:
    (cause,) = judge(compiled(rule("it", "network.ipv6\n  && kernel.major > 9")))["it"].because
    line, column = cause.line, cause.column
    source = compiled(rule("it", "network.ipv6\n  && kernel.major > 9")).rules[0].source
    assert cause.expression == "kernel.major > 9"
    assert (line - source.expression.line, column - source.expression.column) == (1, 5)


def test_a_variable_that_decided_is_taken_apart_where_it_stands() -> None:
    policy = compiled(rule("it", "variables.both"), extra=VARIABLES)
    (cause,) = judge(policy, {"wanted": "alpine"})["it"].because
    named = policy.variables["named"].expression
    assert (cause.expression, cause.value) == ("os.id == params.wanted", False)
    assert (cause.line, cause.column) == (named.line, named.column)


def test_an_unknown_names_each_fact_its_reason_and_its_place() -> None:
    result = judge(
        compiled(rule("it", "os.id == 'x' && network.ipv6")), unknown={"os.id": "denied", "network.ipv6": "timeout"}
    )["it"]
    assert [(str(fact.path), fact.reason) for fact in result.unknown] == [
        ("network.ipv6", Reason.TIMEOUT),
        ("os.id", Reason.DENIED),
    ]
    assert result.message == "network.ipv6 is unknown: timeout; os.id is unknown: denied"


def test_facts_are_shown_with_their_source_and_what_is_withheld_is_not() -> None:
    result = judge(compiled(rule("it", "os.id == 'x' && network.ipv6")), unknown={"network.ipv6": "timeout"})["it"]
    assert [(str(fact.path), fact.value, fact.source) for fact in result.facts] == [("os.id", "debian", "/proc/os")]


def test_variables_parameters_and_constants_reach_the_rules_and_their_reads() -> None:
    policy = compiled(
        rule("it", "variables.both"), rule("words", "sets.contains(cpu.flags, constants.words)"), extra=VARIABLES
    )
    assert judge(policy, {"wanted": "debian"})["it"].outcome is P
    assert judge(policy, {"wanted": "alpine"})["it"].outcome is F
    assert judge(policy, {"wanted": "debian"}, unknown={"os.id": "denied"})["it"].outcome is U
    assert judge(policy, {"wanted": "x"})["words"].outcome is P
    assert [str(path) for path in policy.rules[0].reads] == ["network.ipv6", "os.id"]
    assert {str(path) for path in policy.reads} == {"network.ipv6", "os.id", "cpu.flags"}


MISTAKES = {
    "a field that does not exist": "cpu.flgs == []",
    "an expression that is no boolean": "os.id",
    "a type that does not fit": "kernel.major == 'six'",
    "a value that the field cannot have": "cpu.architecture == 'x86-64'",
    "syntax": "os.id ==",
}


def test_all_mistakes_of_all_expressions_are_told_at_once_and_in_place() -> None:
    rules = [rule(f"r{number}", expression) for number, expression in enumerate(MISTAKES.values())]
    with pytest.raises(PolicyError) as caught:
        compiled(*rules)
    assert len(caught.value.problems) == len(MISTAKES)
    for problem in caught.value.problems:
        assert problem.excerpt is not None
        assert problem.excerpt.strip() in MISTAKES.values()
        assert problem.location.column is not None
        assert problem.location.column >= 7


def test_a_variable_that_does_not_compile_is_blamed_once() -> None:
    broken = "variables:\n  bad:\n    description: d\n    expression: |\n      os.nme == 'x'\n"
    with pytest.raises(PolicyError) as caught:
        compiled(rule("one", "variables.bad"), rule("two", "!variables.bad"), extra=broken)
    assert len(caught.value.problems) == 1


PATHS = every_path()


@pytest.mark.long
@given(
    st.sets(st.sampled_from(PATHS), max_size=12),
    st.sampled_from(Reason),
    st.sampled_from(["4.11.0", "dummy", "6.1.0"]),
    st.booleans(),
)
def test_withholding_facts_never_makes_a_pass(withheld: set[str], reason: Reason, release: str, docker: bool) -> None:  # noqa: FBT001
    facts: dict[str, Any] = {"kernel.release": release, "cpu.flags": ["lm", "cx16"], "iommu.groups": None}
    if docker:
        facts |= {"runtime.name": "docker", "runtime.installed": ["docker"], "runtime.docker": {"version": "20.10.10"}}
    before = judge(virtnest(), set_=facts)
    after = judge(virtnest(), set_=facts, unknown=dict.fromkeys(_apart(withheld), reason.value))
    for name, result in after.items():
        if result.outcome is P:
            assert before[name].outcome is P
        if result.outcome is F:
            assert before[name].outcome is F
        if result.outcome is N:
            assert before[name].outcome is N


def _apart(paths: set[str]) -> list[str]:
    """The paths that do not lie below another of them."""
    return [
        path
        for path in paths
        if not any(path != other and path.startswith((other + ".", other + "[")) for other in paths)
    ]
