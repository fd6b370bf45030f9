"""Judging single nodes by the packs of this checkout, with the default values of their parameters or others."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packs import POLICIES

from passmuster import policy
from passmuster.evaluation.rule import evaluate
from passmuster.policy.compile import CompiledPolicy, compile_policy
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.outcome import RuleOutcome
    from passmuster.model.verdict import Result
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A version of a shipped pack, compiled."""

    policy: CompiledPolicy
    defaults: Mapping[str, Any]

    def results(self, node: Snapshot, **parameters: Any) -> list[Result]:
        """What each rule says of a node."""
        return list(evaluate(self.policy, node, bind(node), {**self.defaults, **parameters}))

    def outcomes(self, node: Snapshot, **parameters: Any) -> dict[str, RuleOutcome]:
        """The outcome of each rule, by id."""
        return {each.rule.id: each.outcome for each in self.results(node, **parameters)}


@functools.cache
def shipped(name: str, version: str) -> Pack:
    """A pack by name and version, released or not."""
    file = f"{name}/{version}/policy.yaml"
    loaded = policy.load((POLICIES / file).read_bytes(), file)
    defaults = {each.name: each.default for each in loaded.parameters}
    return Pack(policy=compile_policy(loaded), defaults=defaults)
