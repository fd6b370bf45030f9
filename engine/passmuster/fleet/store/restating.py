"""The criteria of stored verdicts, built again from the policies that are found here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.errors import PassmusterError
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.fleet.store.evaluator import evaluator
from passmuster.intake import catalog
from passmuster.intake.criteria import compiled
from passmuster.policy.parameters import effective, fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from passmuster.fleet.store.verdicts import KeptTerms
    from passmuster.policy import Policy


def finder(specs: Sequence[str], homes: catalog.Homes) -> Callable[[KeptTerms], EvaluationCriteria | str]:
    """Builds stored criteria again, or gives the reason; raises PassmusterError if `specs` name a missing policy."""
    given = {policy.digest: policy for text in specs for policy in (catalog.one(text, homes),)}
    files = {entry.name: entry.file for entry in catalog.catalogue(homes)}

    def found(name: str, digest: str) -> Policy | None:
        if digest not in given and name in files:
            try:
                policy = catalog.load_file(Path(files[name]))
            except PassmusterError:
                return None
            given[policy.digest] = policy
        return given.get(digest)

    def terms(kept: KeptTerms) -> EvaluationCriteria | str:
        if kept.evaluator != evaluator():
            return "judged by another version of the code, and not used any more"
        policies: list[Policy] = []
        for name, digest in zip(kept.policies, kept.digests, strict=True):
            policy = found(name, digest)
            if policy is None:
                return f"{name} of {digest[:19]} is not found (expected it in -p, or on PASSMUSTER_POLICY_PATH)"
            policies.append(policy)
        parameters = effective(policies, [])
        for policy in policies:
            for each in policy.parameters:
                value = kept.parameters[f"{policy.pack}.{each.name}"]
                parameters[policy.pack][each.name] = fitting(each.type, value)
        rules = None if kept.rules is None else frozenset(kept.rules)
        return EvaluationCriteria(policies=compiled(policies), parameters=parameters, rules=rules)

    return terms
