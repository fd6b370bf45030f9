"""The last line of a report: what to do next, for every kind of verdict."""

from __future__ import annotations

import pytest
from packs import compiled, no_parameters, rule, virtnest
from snapshots import snapshot

from passmuster.judge import Given, judge
from passmuster.report.remedies import next_step
from passmuster.terms import Terms

DRAFT = compiled(rule("one", "network.ipv6"))
BROKEN = compiled(rule("one", "kernel.modules[99] == 'x'"))
RECOMMENDED = compiled(rule("one", "!network.ipv6", level="recommended"))
STEPS = {
    "a failure": (
        virtnest(),
        {"set_": {"kernel.release": "4.4.0"}},
        "mend what fails, collect again, and run the same check.",
    ),
    "an unknown": (
        virtnest(),
        {"unknown": {"kernel.release": "denied"}},
        "unknown is not a pass: make the facts above readable, collect again, and run the same check.",
    ),
    "an error": (BROKEN, {}, "an error is a fault of the policy: tell its author."),
    "a warning": (
        virtnest(),
        {"set_": {"iommu.groups": None}},
        "virtual machines can be installed; look at the warnings when you can.",
    ),
    "a pass": (virtnest(), {}, "nothing is in the way; keep the snapshot to judge it again by later policies."),
    "a pass of a draft": (
        DRAFT,
        {},
        "nothing is in the way; the policy is a draft, so release it before you rely on it.",
    ),
    "a warning of a draft": (
        RECOMMENDED,
        {},
        "nothing is in the way; the policy is a draft, so release it before you rely on it.",
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_next(name: str) -> None:
    policy, changes, expected = STEPS[name]
    given = Given(input="n.json", snapshot=snapshot(**changes))  # type: ignore[arg-type]
    assert next_step(judge([given], Terms(policies=(policy,), parameters=no_parameters(policy)))) == expected
