"""The wire format `passmuster.policytest/1`; never a dump of the internal types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.authoring.testing import wording
from passmuster.codec import json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.authoring.testing.coverage import Coverage
    from passmuster.authoring.testing.run import Tested

SCHEMA = "passmuster.policytest/1"


def render(tested: Sequence[Tested]) -> str:
    """Canonical JSON, one line."""
    document = {
        "schema": SCHEMA,
        "good": all(policy.good for policy in tested),
        "policies": [_policy(policy) for policy in tested],
    }
    return json.canonical(document).decode()


def _policy(tested: Tested) -> dict[str, Any]:
    return {
        "policy": tested.name,
        "good": tested.good,
        "cases": tested.outcome.cases,
        "mismatches": [
            {
                "case": mismatch.case.name,
                "line": mismatch.case.line,
                "rule": mismatch.rule,
                "expected": mismatch.expected,
                "got": mismatch.got,
            }
            for mismatch in tested.outcome.mismatches
        ],
        "untested": list(tested.outcome.untested),
        "coverage": None if tested.coverage is None else _coverage(tested.coverage),
        "mutation": None if tested.mutation is None else _mutation(tested),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "rules": [{"rule": rule.rule, "taken": rule.taken, "total": rule.total} for rule in coverage.rules],
        "uncovered": [
            {
                "owner": branch.owner,
                "expression": branch.text,
                "outcome": branch.outcome,
                "line": branch.line,
                "column": branch.column,
            }
            for branch in coverage.uncovered
        ],
    }


def _mutation(tested: Tested) -> dict[str, Any]:
    assert tested.mutation is not None
    return {
        "total": tested.mutation.total,
        "equivalent": tested.mutation.equivalent,
        "survivors": [
            {
                "owner": mutant.owner,
                "mutant": mutant.name,
                "line": mutant.line,
                "column": mutant.column,
                "case": wording.killer(killer),
            }
            for mutant, killer in zip(tested.mutation.survivors, tested.killers, strict=True)
        ],
        "stray": [
            {"rule": entry.rule, "mutant": entry.mutant, "line": entry.line, "why": why}
            for entry, why in tested.mutation.stray
        ],
    }
