"""What nodes are judged by, as plain JSON that is sent to other machines and compiled there, once in each process."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster import policy
from passmuster.codec import json
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.model.durations import format_moment, parse_duration, parse_moment
from passmuster.policy.compile import compile_policy
from passmuster.report import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """A policy's file as it was read; programs cannot be sent, texts can."""

    file: str
    text: str
    released: bool
    lock: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every process that judges has to know; the roster is the driver's alone."""

    policies: Sequence[PolicyText]
    parameters: Mapping[str, Mapping[str, Any]]
    rules: Sequence[str] | None
    """The only rules to judge, as PACK/ID; None for all."""
    max_age: str | None
    now: str | None
    """The moment at which all snapshots are received, and ages count from; None: no moment is looked at."""
    evidence: Evidence
    lines: bool
    """Whether a row is a line of text without its end; else it is a snapshot's bytes."""

    def dump(self) -> bytes:
        """The task as canonical JSON."""
        return json.canonical(
            {
                "policies": [
                    {"file": p.file, "text": p.text, "released": p.released, "lock": p.lock} for p in self.policies
                ],
                "parameters": {pack: dict(values) for pack, values in self.parameters.items()},
                "rules": None if self.rules is None else sorted(self.rules),
                "max_age": self.max_age,
                "now": self.now,
                "evidence": self.evidence.value,
                "lines": self.lines,
            }
        )

    def terms(self) -> EvaluationCriteria:
        """The same, compiled."""
        loaded = [
            policy.load(each.text.encode(), each.file, released=each.released, lock=each.lock) for each in self.policies
        ]
        return EvaluationCriteria(
            policies=tuple(compile_policy(each) for each in loaded),
            parameters=self.parameters,
            rules=None if self.rules is None else frozenset(self.rules),
            max_age=self._max_age(),
            received=None if self.now is None else parse_moment(self.now),
        )

    def _max_age(self) -> MaximumAge | None:
        if self.max_age is None or self.now is None:
            return None
        return MaximumAge(text=self.max_age, span=parse_duration(self.max_age), now=parse_moment(self.now))


def of_terms(terms: EvaluationCriteria, policies: Sequence[PolicyText], *, evidence: Evidence, lines: bool) -> Task:
    """The task of judging by these terms; `policies` are the texts that they were compiled from."""
    age = terms.max_age
    received = terms.received or (age.now if age else None)
    return Task(
        policies=tuple(policies),
        parameters=terms.parameters,
        rules=None if terms.rules is None else sorted(terms.rules),
        max_age=None if age is None else age.text,
        now=None if received is None else format_moment(received),
        evidence=evidence,
        lines=lines,
    )


@functools.lru_cache(maxsize=2)
def read(data: bytes) -> tuple[Task, EvaluationCriteria]:
    """A task that was dumped, and its terms; compiled once for each process and task."""
    document = json.loads(data)
    task = Task(
        policies=tuple(PolicyText(**each) for each in document["policies"]),
        parameters=document["parameters"],
        rules=document["rules"],
        max_age=document["max_age"],
        now=document["now"],
        evidence=Evidence(document["evidence"]),
        lines=document["lines"],
    )
    return task, task.terms()
