"""The last line of a report: what to do next, for every kind of verdict."""

from __future__ import annotations

import pytest
from packs import compiled, no_parameters, rule, virtnest
from snapshots import snapshot

from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.report.advice import next_step

DRAFT = compiled(rule("one", "network.ipv6"))
BROKEN = compiled(rule("one", "kernel.modules[99] == 'x'"))
RECOMMENDED = compiled(rule("one", "!network.ipv6", level="recommended"))
STEPS = {
    "a failure": (
        virtnest(),
        {"set_": {"kernel.release": "4.4.0"}},
        "fix the failures, collect again, and rerun the check.",
    ),
    "an unknown": (
        virtnest(),
        {"unknown": {"kernel.release": "denied"}},
        "unknown is not a pass: make the facts above readable, collect again, and rerun the check.",
    ),
    "an error": (BROKEN, {}, "an error is a fault of the policy: report it to the policy's author."),
    "a warning": (
        virtnest(),
        {"set_": {"iommu.groups": None}},
        "Every node that was judged meets what is required for installing virtual machines. Review the warnings: they limit what virtual machines can do there.",
    ),
    "a pass": (
        virtnest(),
        {},
        "Every node that was judged meets the prerequisites for installing virtual machines. Keep the snapshots to judge them by later policy versions.",
    ),
    "a pass of a draft": (
        DRAFT,
        {},
        "the policy is a draft: release it before you rely on this verdict.",
    ),
    "a warning of a draft": (
        RECOMMENDED,
        {},
        "the policy is a draft: release it before you rely on this verdict.",
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_next(name: str) -> None:
    policy, changes, expected = STEPS[name]
    given = Given(input="n.json", snapshot=snapshot(**changes))  # type: ignore[arg-type]
    assert (
        next_step(judge([given], EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy)))) == expected
    )


@pytest.mark.parametrize(
    "given", [[], [Given(input="page.html", snapshot=None, problem="page.html:1:1: an HTML page")]]
)
def test_where_no_snapshot_was_judged_the_next_step_is_to_collect(given: list[Given]) -> None:
    verdict = judge(given, EvaluationCriteria(policies=(virtnest(),), parameters=no_parameters(virtnest())))
    assert "`passmuster collect`" in next_step(verdict)
