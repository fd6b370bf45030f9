"""Judging many nodes: one verdict over snapshots, policies, a roster and a maximum age. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from passmuster.evaluation import verdict_digest
from passmuster.evaluation.criteria import asked
from passmuster.evaluation.pools import evaluate_pools
from passmuster.evaluation.roster import absentee, of_verdicts
from passmuster.evaluation.rule import evaluate
from passmuster.model.durations import days, format_moment, parse_moment
from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome, UnansweredError, fleet_outcome, node_outcome
from passmuster.model.verdict import NodeVerdict, SnapshotHeader, Verdict
from passmuster.policy import LANGUAGE
from passmuster.policy.waivers import Seen, findings, waive
from passmuster.snapshot.activation import bind
from passmuster.snapshot.identity import Claim, standing
from passmuster.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
    from passmuster.model.verdict import FleetResult, Result, RuleHeader
    from passmuster.policy.waivers import InForce
    from passmuster.snapshot import Snapshot


REPEATED = "more than one snapshot of this node was given"
SKEW = timedelta(minutes=5)
"""How far the clocks of a node and of the judge may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One snapshot as it was given: read, or why it could not be."""

    input: str | None
    """Its path (with `:LINE` inside a longer file); None for the live node."""
    snapshot: Snapshot | None
    problem: str | None = None
    """Why it could not be read; None where it was."""
    site: str | None = None
    """Where it came from; None where nobody named a site."""
    doubt: str | None = None
    """Why nobody knows whether this is the node as it is, though its snapshot can be read."""


def judge(given: Iterable[Given], terms: EvaluationCriteria) -> Verdict:
    """Judge every node; the order of the input changes nothing.

    What `terms.latest` asks for is for the caller to do (`latest`).
    """
    every = list(given)
    beside = standing(_claims(every, terms))
    places = [at for at in range(len(every)) if at not in beside.repeats]
    inputs = [every[at] for at in places]
    nodes = [judge_one(every[at], terms, doubled=at in beside.doubled) for at in places]
    future = any(node.reason is not None and from_future(node.reason) for node in nodes)
    waivers = findings(terms.waivers, _seen(terms.waivers, inputs, nodes)) if terms.waivers else None
    roster = of_verdicts(nodes, terms)
    nodes += [absentee(name) for name in (roster.absent if roster else ())]
    fleet = evaluate_pools(terms.fleet_rules, _members(inputs, nodes), terms.parameters)
    weighed = [node for node in nodes if node.reason != ONLY_FLEET]
    outcomes = [*(node.outcome for node in weighed), *weight(fleet)]
    nodes.sort(key=lambda node: (node.node, node.snapshot.digest if node.snapshot else "", node.input or ""))
    return Verdict(
        engine=__version__,
        language=LANGUAGE,
        policies=tuple(policy.header for policy in terms.policies),
        parameters=terms.named_parameters,
        rules=tuple(sorted(terms.rules)) if terms.rules is not None else None,
        scope=terms.scope,
        levels=terms.raised,
        assessment=terms.assessment,
        waivers=waivers,
        roster=roster.findings if roster else None,
        max_age=terms.max_age.text if terms.max_age else None,
        now=terms.now(future=future),
        outcome=fleet_outcome(outcomes),
        nodes=tuple(nodes),
        fleet=fleet,
        incomplete=not nodes or not outcomes or any(node.reason is not None for node in weighed),
        duplicates=beside.duplicates,
        digest=verdict_digest.verdict(
            asked(roster.settled if roster else terms, terms.now(future=future)),
            [*map(_node_digest, nodes), *map(fleet_digest, fleet)],
        ),
    )


def _claims(inputs: Sequence[Given], terms: EvaluationCriteria) -> Iterator[Claim]:
    moments = Moments.of(terms)
    for place, given in enumerate(inputs):
        if given.snapshot is not None:
            why = given.doubt or moments.misfit(given.snapshot.collection["collected_at"])
            yield Claim(
                place=place,
                name=given.snapshot.name,
                machine_id=given.snapshot.machine_id,
                site=given.site,
                digest=given.snapshot.digest,
                label=given.input or "this node",
                apart=given.doubt is not None or (why is not None and from_future(why)),
            )


def judge_one(given: Given, terms: EvaluationCriteria, *, doubled: bool = False) -> NodeVerdict:
    """Judge one node; `doubled`: several snapshots of it were given, and it is unknown which is true."""
    snapshot = given.snapshot
    if snapshot is None:
        return _nameless(given.input or "this node", given.input, given.problem)
    reason = _disqualified(given, snapshot, terms, doubled=doubled)
    results: tuple[Result, ...] = ()
    try:
        results = () if reason else _results(snapshot, terms)
    except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing of the other nodes
        reason = defect(error)
    outcome, nothing = settle((result.rule.level, result.outcome) for result in results)
    if terms.only_fleet_rules:
        nothing = ONLY_FLEET
    demand_answers([result.rule for result in results], reason or nothing, terms)
    return NodeVerdict(
        node=snapshot.name,
        machine_id=snapshot.machine_id,
        input=given.input,
        snapshot=SnapshotHeader(
            digest=snapshot.digest,
            schema=snapshot.schema,
            collected_at=snapshot.collection["collected_at"],
            kind=snapshot.collection["kind"],
            context=snapshot.collection["context"],
            uid=snapshot.collection["uid"],
        ),
        site=given.site,
        outcome=outcome,
        reason=reason or nothing,
        results=results,
    )


def defect(error: Exception) -> str:
    """Why a node is unknown on which the engine itself failed."""
    return f"passmuster failed on this snapshot ({type(error).__name__}): a defect, please report it"


NOTHING = "no required or recommended rule applies"
"""Why a node is unknown where its rules were asked, and none of them counted."""
ONLY_FLEET = "no node rule was selected"
"""Why a node is unknown where all rules asked are about the fleet; it has no part in the fleet's outcome."""


def _members(inputs: Sequence[Given], nodes: Sequence[NodeVerdict]) -> Iterator[tuple[str, Snapshot | None]]:
    """The nodes that fleet rules look at, with no snapshot where one cannot be judged; `nodes` begins as `inputs`."""
    for at, node in enumerate(nodes):
        snapshot = inputs[at].snapshot if at < len(inputs) else None
        fit = bool(node.results) or node.reason == ONLY_FLEET
        yield node.node, snapshot if fit else None


def weight(fleet: Iterable[FleetResult]) -> list[NodeOutcome]:
    """What the results of fleet rules add to the outcome of the fleet; nothing where none of them counts."""
    levels = [(result.rule.level, result.outcome) for result in fleet]
    return [node_outcome(levels)] if any(_counts(level, outcome) for level, outcome in levels) else []


def settle(results: Iterable[tuple[Level, RuleOutcome]]) -> tuple[NodeOutcome, str | None]:
    """The outcome of a node by its rules', and why it is unknown as a whole where none of them counted."""
    levels = frozenset(results)  # dozens of rules, and few kinds of them
    counted = any(_counts(level, outcome) for level, outcome in levels)
    return node_outcome(levels), None if counted else NOTHING


def demand_answers(answered: Sequence[RuleHeader], reason: str | None, terms: EvaluationCriteria) -> None:
    """Raise UnansweredError unless a node has an outcome for each selected rule, in the order of reports.

    `reason` is why it is unknown as a whole: then it has no outcome, unless its rules were asked and none counted.
    """
    if not answered and reason not in {None, NOTHING}:
        return
    asked_for = terms.node_rules
    if tuple(answered) != asked_for:
        missing = [rule.name for rule in asked_for if rule not in answered]
        raise UnansweredError(f"not asked: {', '.join(missing) or 'none, but others or another order were answered'}")


def _nameless(name: str, path: str | None, reason: str | None) -> NodeVerdict:
    outcome = NodeOutcome.UNKNOWN
    return NodeVerdict(
        node=name, machine_id=None, input=path, snapshot=None, outcome=outcome, reason=reason, results=()
    )


def _disqualified(given: Given, snapshot: Snapshot, terms: EvaluationCriteria, *, doubled: bool) -> str | None:
    if given.doubt is not None:
        return given.doubt
    misfit = Moments.of(terms).misfit(snapshot.collection["collected_at"])
    return REPEATED if doubled and not (misfit is not None and from_future(misfit)) else misfit


_FUTURE = "the snapshot is from the future"
_NEVER = "9999-12-31T23:59:59Z"


def from_future(reason: str) -> bool:
    """Whether this is why a node is unknown: its snapshot says that it was collected after it was received."""
    return reason.startswith(_FUTURE)


def future(collected_at: str) -> str:
    """Why a node is unknown whose snapshot says that it was collected after it was received."""
    return f"{_FUTURE} (collected {collected_at})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Between which moments a snapshot has to be collected; moments of one form are in the order of their texts."""

    first: str | None = None
    """None where no age was asked for: then a snapshot need not say when it was collected."""
    last: str = _NEVER
    max_age: MaximumAge | None = None

    @staticmethod
    def of(terms: EvaluationCriteria) -> Moments:
        """As these terms have it."""
        age = terms.max_age
        received = terms.received or (age.now if age else None)
        return Moments(
            first=_written(age.now, -age.span) if age else None,
            last=_written(received, SKEW) if received else _NEVER,
            max_age=age,
        )

    def misfit(self, collected_at: str | None) -> str | None:
        """What is wrong with the moment of a collection; None where nothing is."""
        age = self.max_age
        if collected_at is None:
            if age is None:
                return None
            return f"the age of the snapshot is unknown (it has no collection time, expected at most {age.text})"
        if collected_at > self.last:
            return future(collected_at)
        if age is not None and self.first is not None and collected_at < self.first:
            ago = days(age.now - parse_moment(collected_at))
            return f"the snapshot is too old (collected {ago} ago, expected at most {age.text})"
        return None


def _written(moment: datetime, by: timedelta) -> str:
    """A moment so much later, or the last that there is in that direction."""
    try:
        return format_moment(moment + by)
    except OverflowError:
        return "0001-01-01T00:00:00Z" if by < timedelta() else _NEVER


def _results(snapshot: Snapshot, terms: EvaluationCriteria) -> tuple[Result, ...]:
    roots = bind(snapshot)
    conflicts = [
        result
        for policy in terms.policies
        for result in evaluate(policy, snapshot, roots, terms.parameters[policy.header.pack])
    ]
    wanted = tuple(result for result in conflicts if terms.rules is None or result.rule.name in terms.rules)
    if terms.waivers is None:
        return wanted
    covering = terms.waivers.on(snapshot.name, labels(snapshot))
    return tuple(waive(covering, result) for result in wanted)


def labels(snapshot: Snapshot) -> Mapping[str, str]:
    """The node's labels, as the snapshot has them."""
    labels: Mapping[str, str] = snapshot.node["labels"]
    return labels


def _seen(waivers: InForce, inputs: Sequence[Given], nodes: Sequence[NodeVerdict]) -> list[Seen]:
    """The nodes that could be read, with the waivers that hold on them."""
    return [
        Seen(
            name=node.node,
            covering=tuple(waiver.id for waiver in waivers.on(node.node, labels(each.snapshot))),
            waived=tuple(result.rule.name for result in node.results if result.outcome is RuleOutcome.WAIVED),
        )
        for each, node in zip(inputs, nodes, strict=True)
        if each.snapshot is not None
    ]


def _counts(level: Level, outcome: RuleOutcome) -> bool:
    return level is not Level.INFORMATIONAL and outcome not in {RuleOutcome.NOT_APPLICABLE, RuleOutcome.WAIVED}


def fleet_digest(result: FleetResult) -> bytes:
    """The digest of the result of a fleet rule for one pool."""
    return verdict_digest.fleet(result.rule.name, result.pool, result.outcome.value)


def _node_digest(node: NodeVerdict) -> bytes:
    outcomes = {result.rule.name: result.outcome.value for result in node.results}
    return verdict_digest.node(node.node, node.snapshot.digest if node.snapshot else None, node.outcome.value, outcomes)
