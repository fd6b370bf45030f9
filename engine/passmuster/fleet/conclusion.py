"""The conclusion over all nodes of a fleet: the verdict without its nodes, the counts, the digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.evaluation import verdict_digest
from passmuster.evaluation.criteria import asked
from passmuster.evaluation.node import fleet_digest, weight
from passmuster.evaluation.pools import UNJUDGED, Aggregate, pool_results
from passmuster.evaluation.roster import Listed, listed
from passmuster.model.outcome import NodeOutcome, fleet_outcome
from passmuster.model.verdict import Verdict
from passmuster.policy import LANGUAGE
from passmuster.report import counting
from passmuster.snapshot.identity import Standing
from passmuster.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet import Journal, Tally, Totals, Waiving
    from passmuster.model.outcome import Level, RuleOutcome
    from passmuster.model.verdict import FleetResult, Origin, WaiverFindings


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The result for a fleet."""

    verdict: Verdict
    """Without nodes; its digest is empty where no journal was kept."""
    totals: Totals
    beside: Standing
    """What the snapshots are beside each other; of nothing where no journal was kept."""

    @property
    def counts(self) -> dict[str, object]:
        """The counts in the words of the wire format."""
        return counting.worded(self.totals.nodes, self.totals.rules, counting.fleet_rules(self.verdict))

    @property
    def weighing(self) -> Mapping[Level, Mapping[RuleOutcome, int]]:
        """The results of rules about nodes and of those about the fleet: the exit status depends on them."""
        return counting.together(self.totals.rules, counting.fleet_rules(self.verdict))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A fleet after a complete pass."""

    terms: EvaluationCriteria
    tally: Tally
    journal: Journal | None
    """None if only counts are requested."""
    waiving: Waiving | None

    def conclude(self, origin: Origin) -> Conclusion:
        """The conclusion over all nodes."""
        totals = self.tally.totals()
        beside = Standing() if self.journal is None else self.journal.standing(self.tally.classes)
        now = self.terms.now(future=totals.future)
        fleet = self._fleet_results(beside)
        roster = self._listed()
        outcomes = [*totals.outcomes, *weight(fleet)]
        verdict = Verdict(
            engine=__version__,
            language=LANGUAGE,
            policies=tuple(policy.header for policy in self.terms.policies),
            parameters=self.terms.named_parameters,
            rules=tuple(sorted(self.terms.rules)) if self.terms.rules is not None else None,
            scope=self.terms.scope,
            levels=self.terms.raised,
            assessment=self.terms.assessment,
            waivers=self._waivers(beside),
            roster=roster.findings if roster else None,
            max_age=self.terms.max_age.text if self.terms.max_age else None,
            now=now,
            outcome=fleet_outcome(outcomes),
            nodes=(),
            fleet=fleet,
            incomplete=not outcomes or totals.whole,
            duplicates=beside.duplicates,
            bundles=origin.bundles,
            signatures=origin.signatures,
            digest=self._digest(asked(roster.settled if roster else self.terms, now, origin), beside, fleet),
        )
        return Conclusion(verdict=verdict, totals=totals, beside=beside)

    def _waivers(self, beside: Standing) -> WaiverFindings | None:
        if self.waiving is None or self.journal is None:
            return None
        places = [(at, entry.digest) for at, entry in enumerate(self.journal) if entry.digest is not None]
        doubled = frozenset(each for at, each in places if at in beside.doubled)
        return self.waiving.findings(doubled, [each for at, each in places if at in beside.repeats])

    def _fleet_results(self, beside: Standing) -> tuple[FleetResult, ...]:
        if not self.terms.fleet_rules or self.journal is None:
            return ()
        gathered = [Aggregate() for _ in self.terms.fleet_rules]
        for at, (entry, judged) in enumerate(zip(self.journal, self.tally.classes(), strict=True)):
            if at in beside.repeats:
                continue
            told = self.tally.repeated if at in beside.doubled else judged
            for aggregate, each in zip(gathered, told.contributions, strict=True):
                aggregate.add(each, entry.name)
        for node in self.terms.absent(self.tally.absent):
            for aggregate in gathered:
                aggregate.add(UNJUDGED, node.name)
        parameters = self.terms.parameters
        return tuple(
            result
            for (policy, rule), aggregate in zip(self.terms.fleet_rules, gathered, strict=True)
            for result in pool_results(rule, aggregate, parameters[policy.header.pack], policy.constants)
        )

    def _listed(self) -> Listed | None:
        return None if self.journal is None else listed(self.terms, self._seen, self.tally.absent)

    def _seen(self) -> Iterator[tuple[str, str | None]]:
        assert self.journal is not None
        return ((entry.name, entry.site) for entry in self.journal if entry.digest is not None)

    def _digest(self, asked_for: Mapping[str, Any], beside: Standing, fleet: tuple[FleetResult, ...]) -> str:
        return "" if self.journal is None else verdict_digest.verdict(asked_for, self._digests(beside, fleet))

    def _digests(self, beside: Standing, fleet: tuple[FleetResult, ...]) -> Iterator[bytes]:
        assert self.journal is not None
        yield from self.journal.digests(self.tally.classes(), beside, self.tally.repeated)
        for node in self.terms.absent(self.tally.absent):
            yield verdict_digest.node(node.name, None, NodeOutcome.UNKNOWN.value, {})
        yield from map(fleet_digest, fleet)
