"""A small policy and its suite, for tests of testing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from packs import rule, text

from passmuster import policy
from passmuster.authoring import testing
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    from passmuster.authoring.testing import Suite, Tested

SECTIONS: dict[str, Any] = {
    "os": {"id": "debian", "version_id": "12"},
    "memory": {"swap_bytes": 0, "ksm_run": None},
    "network": {"ipv6": True, "nf_tables": False},
    "kernel": {"release": "6.1.0", "major": 6, "minor": 1, "modules": ["kvm", "tun"]},
}


def case(name: str, expect: dict[str, str], **changes: Any) -> dict[str, Any]:
    """One case on the base `plain`."""
    return {"name": name, "base": "plain", "expect": expect, **changes}


def suite(*cases: dict[str, Any], equivalent: list[dict[str, str]] | None = None) -> Suite:
    """A suite with one base."""
    document: dict[str, Any] = {
        "schema": "passmuster.tests/1",
        "bases": {"plain": {"description": "A node.", "sections": SECTIONS}},
        "cases": list(cases),
    }
    if equivalent is not None:
        document["equivalent"] = equivalent
    return testing.load(json.dumps(document, indent=1).encode(), "tests.yaml")


def examined(
    expression: str,
    *cases: dict[str, Any],
    extra: str = "",
    equivalent: list[dict[str, str]] | None = None,
    **more: str,
) -> Tested:
    """A policy of one rule, `one`, examined in every way."""
    source = policy.load(text(rule("one", expression, **more), extra=extra).encode(), "demo.yaml")
    made = suite(*cases, equivalent=equivalent)
    return testing.examine(compile_policy(source), source, made, {}, branches=True, mutants=True)


PASS, FAIL = {"one": "pass"}, {"one": "fail"}
