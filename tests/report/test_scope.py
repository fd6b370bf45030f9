"""What was not judged is said: some rules only, other parameters, raised levels, in the headline of every format."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from packs import compiled, rule
from snapshots import snapshot

from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.model.outcome import Level, NodeOutcome
from passmuster.report import REPORTERS, Reporter, Style
from passmuster.report.advice import next_step

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict

PARAMETERS = (
    "parameters: {limit: {type: int, default: 3, description: d}, words: {type: list, default: [a], description: d}}\n"
)
POLICY = compiled(
    rule("first", "kernel.major >= params.limit"),
    rule("second", "size(params.words) > 0", level="recommended"),
    rule("third", "kernel.major > 90"),
    extra=PARAMETERS,
)
DEFAULTS: dict[str, Any] = {"limit": 3, "words": ["a"]}
NODES = [
    Given(input=f"n{number}.json", snapshot=snapshot(f"n{number}", machine_id=f"sha256:{number:064x}"))
    for number in (1, 2)
]


def verdict(*rules: str, nodes: int = 1, **parameters: Any) -> Verdict:
    pack = POLICY.header.pack
    asked = frozenset(f"{pack}/{each}" for each in rules) if rules else None
    return judge(
        NODES[:nodes],
        EvaluationCriteria(policies=(POLICY,), parameters={pack: {**DEFAULTS, **parameters}}, rules=asked),
    )


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(params=REPORTERS, ids=lambda reporter: reporter.name)
def reporter(request: pytest.FixtureRequest) -> Reporter:
    found: Reporter = request.param
    return found


@pytest.mark.parametrize("nodes", [1, 2])
def test_a_partial_check_says_so_in_every_format(reporter: Reporter, nodes: int) -> None:
    text = squeezed(reporter.render(verdict("first", nodes=nodes), Style()))
    assert any(words in text for words in ("1 of 3 rules judged", '"rules_judged":1,"rules_total":3', ",1 of 3,"))
    assert "passes muster" not in text


@pytest.mark.parametrize("nodes", [1, 2])
def test_a_parameter_that_is_not_at_its_default_is_named_in_every_format(reporter: Reporter, nodes: int) -> None:
    text = squeezed(reporter.render(verdict(limit=4, nodes=nodes), Style())).replace("&quot;", '"').replace("\\", "")
    pack = POLICY.header.pack
    wire = f'{{"default":3,"name":"{pack}.limit","value":4}}'
    assert f"{pack}.limit is 4 (default 3)" in text or wire in text


def test_a_check_of_every_rule_with_every_default_has_no_such_line(reporter: Reporter) -> None:
    text = squeezed(reporter.render(verdict(), Style()))
    assert "not a verdict of the whole policy" not in text
    assert "(default" not in text


def test_a_raised_level_stands_in_the_headline() -> None:
    raised = replace(verdict(), levels={"demo/second": Level.REQUIRED})
    for name in ("table", "markdown", "html", "matrix"):
        text = squeezed(next(each for each in REPORTERS if each.name == name).render(raised, Style()))
        assert "evels raised: demo/second is required" in text, name


def test_a_partial_pass_asks_to_judge_every_rule_next() -> None:
    partial = verdict("first")
    assert partial.outcome is NodeOutcome.PASS
    assert next_step(partial) == "judge every rule before you rely on this verdict."


NEXT = [
    ("the policy's own words", {"fail": "Call Ada."}, "Call Ada."),
    ("words for another outcome only", {"pass": "Install."}, "fix the failures, collect again, and rerun the check."),
    ("none", {}, "fix the failures, collect again, and rerun the check."),
]


@pytest.mark.parametrize(("steps", "expected"), [row[1:] for row in NEXT], ids=[row[0] for row in NEXT])
def test_the_next_step_is_the_policys_where_it_has_one(steps: dict[str, str], expected: str) -> None:
    found = verdict()
    header = replace(found.policies[0], next_steps=steps)
    assert next_step(replace(found, policies=(header,))) == expected


def test_neutral_next_steps_name_no_workload() -> None:
    for outcome in NodeOutcome:
        header = replace(verdict().policies[0], released=True)
        assert "virtual machine" not in next_step(replace(verdict(), outcome=outcome, policies=(header,)))


def test_parameters_are_compared_by_value_and_type() -> None:
    assert verdict(words=["a"]).scope.parameters == ()
    changed = verdict(words=["a", "b"]).scope.parameters
    assert [(each.value, each.default) for each in changed] == [(["a", "b"], ["a"])]
    assert json.loads(REPORTERS[2].render(verdict(), Style()))["scope"] == {
        "rules_judged": 3,
        "rules_total": 3,
        "parameters_changed": [],
    }
