"""What is said of many nodes, under a name: it travels once, and the nodes carry the name."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.fleet import Class, class_of
from passmuster.fleet.cache.groups import asked
from passmuster.model.outcome import NodeOutcome, RuleOutcome

if TYPE_CHECKING:
    from passmuster.evaluation.criteria import EvaluationCriteria

_NAME = 16
"""Bytes of a name: that two of a million share one by chance has a probability of 1e-27."""
_AT_HAND = 2_000
"""Classes of which the name is remembered: each holds what a report says of it."""


class Classes:
    """The classes that one task has met."""

    def __init__(self) -> None:
        self._names: dict[tuple[Class, bool], bytes] = {}
        self._met: set[bytes] = set()

    def counted(self, judged: Class) -> tuple[bytes, bytes | None]:
        """The name of all that is counted of a class, and that itself where it is new."""
        name = self._name(judged, wire=False)
        return name, _packed(judged) if self._new(name) else None

    def worded(self, judged: Class) -> tuple[bytes, bytes | None]:
        """The same of its results as a report has them."""
        name = self._name(judged, wire=True)
        return name, pickle.dumps((judged.outcome.value, judged.reason, judged.wire)) if self._new(name) else None

    def _name(self, judged: Class, *, wire: bool) -> bytes:
        known = self._names.get((judged, wire))
        if known is None:
            if len(self._names) == _AT_HAND:
                self._names.clear()
            content = (judged.alike, judged.wire) if wire else judged.alike
            known = hashlib.blake2b(repr(content).encode(), digest_size=_NAME).digest()
            self._names[judged, wire] = known
        return known

    def _new(self, name: bytes) -> bool:
        new = name not in self._met
        self._met.add(name)
        return new


def _packed(judged: Class) -> bytes:
    return pickle.dumps(
        ([outcome.value for _, outcome in judged.results], judged.reason, judged.contributions, judged.apart)
    )


def unpacked(data: bytes, terms: EvaluationCriteria) -> Class:
    """A class that was packed, with the rules of these terms."""
    outcomes, reason, contributions, apart = pickle.loads(data)  # noqa: S301 - packed by our own tasks, as Spark packs them
    rules = [rule.header for _, rule in asked(terms)] if outcomes else []
    results = [(rule, RuleOutcome(each)) for rule, each in zip(rules, outcomes, strict=True)]
    return replace(class_of(results, reason=reason, contributions=contributions), apart=apart)


def with_results(data: bytes) -> Class:
    """A class with its results as a report has them, and nothing to count."""
    outcome, reason, wire = pickle.loads(data)  # noqa: S301 - as above
    return Class(outcome=NodeOutcome(outcome), results=(), reason=reason, tail=b"", wire=wire)
