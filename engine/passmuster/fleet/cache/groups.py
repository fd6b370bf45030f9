"""Groups of rules that read the same facts: asked once for each set of these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from passmuster.cel import Read
from passmuster.evaluation.pools import contribution
from passmuster.evaluation.rule import bound, evaluate, outcome
from passmuster.fleet.cache.facts import VOLATILE, Look
from passmuster.model.outcome import RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from passmuster.cel import Program
    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.evaluation.pools import Contribution
    from passmuster.fleet.cache.facts import Facts
    from passmuster.fleet.cache.part import Part
    from passmuster.model.verdict import Result
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy, CompiledRule
    from passmuster.snapshot import Snapshot

Reads: TypeAlias = "dict[str, Facts | None]"
"""Section -> the facts that are read of it; None where all of it is."""


BY_BYTE: tuple[RuleOutcome | None, ...] = (None, *RuleOutcome)
"""What a byte says of a rule. Zero says nothing: a rule that was not asked has no outcome."""
BYTES = {outcome: byte for byte, outcome in enumerate(BY_BYTE) if outcome is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one rule, and how a report has it where that was asked for."""

    place: int
    """Where the rule stands among all that are asked."""
    outcome: int
    """Its byte (`BYTES`), so that the outcomes of all rules are a text."""
    wire: bytes = b""
    result: Result | None = None
    """All of it, where that was asked for."""
    shown: tuple[bytes, tuple[str, ...]] = (b"", ())
    """Equal for answers that no report tells apart: what would change an outcome is said to people alone."""


def _answer(place: int, result: Result, wire: bytes) -> Answer:
    wanted = tuple([each.wanted for each in result.because])
    return Answer(place=place, outcome=BYTES[result.outcome], wire=wire, result=result, shown=(wire, wanted))


Sections = tuple[tuple[int, tuple[int, ...]], ...]
"""Place of each section among all, and which of the numbers of its part count."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FleetGroup:
    """A fleet rule, with the facts of a node that it reads."""

    number: int
    sections: Sections
    policy: CompiledPolicy
    rule: CompiledFleetRule
    parameters: Mapping[str, Any]

    def contribution(self, parts: Sequence[Part]) -> Contribution | None:
        """What a node with these facts contributes."""
        roots = {parts[at].name: parts[at].bound() for at, _ in self.sections}
        return contribution(self.rule, bound(self.policy, roots, self.parameters))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Rules of one policy that read the same facts, for their messages too where these are wanted."""

    number: int
    sections: Sections
    places: tuple[int, ...]
    """Where the rules stand among all that are asked."""
    policy: CompiledPolicy
    """The policy with these rules alone."""
    parameters: Mapping[str, Any]

    def answers(
        self, parts: Sequence[Part], nobody: Snapshot, render: Callable[[Result], bytes] | None
    ) -> tuple[Answer, ...]:
        """Ask the rules."""
        mine = [parts[at] for at, _ in self.sections]
        roots = {part.name: part.bound() for part in mine}
        if render is None:
            values = bound(self.policy, roots, self.parameters)
            asked = zip(self.places, self.policy.rules, strict=True)
            return tuple(Answer(place=place, outcome=BYTES[outcome(rule, values)]) for place, rule in asked)
        sections = {part.name: part.section for part in mine if part.section is not None}
        results = evaluate(self.policy, replace(nobody, sections=sections), roots, self.parameters)
        told = zip(self.places, results, strict=True)
        return tuple(_answer(place, each, render(each)) for place, each in told)


def key_of(group: Group | FleetGroup, parts: Sequence[Part]) -> tuple[object, ...]:
    """What a group's answers hang on."""
    key: list[object] = [group.number]
    for at, counting in group.sections:
        part = parts[at]
        key.append(part.frame)
        if part.facts:
            key += [part.facts[each] for each in counting]
    return tuple(key)


def fleeting(group: Group | FleetGroup, parts: Sequence[Part]) -> bool:
    """Whether the group reads something that is not remembered, so that its answers are not either."""
    for at, counting in group.sections:
        part = parts[at]
        if part.like is None:
            if not part.lasting:
                return True
        elif any(part.facts[each] == VOLATILE for each in counting):
            return True
    return False


def asked(terms: EvaluationCriteria) -> list[tuple[CompiledPolicy, CompiledRule]]:
    """The rules that are asked, in the order of reports."""
    every = [(policy, rule) for policy in terms.policies for rule in policy.rules]
    return [each for each in every if terms.rules is None or each[1].header.name in terms.rules]


def reads(terms: EvaluationCriteria, *, outcomes_alone: bool = False) -> Reads:
    """What the rules that are asked look at.

    Without `outcomes_alone` what their messages say counts too, and the facts that reports show.
    """
    found = [read for policy, rule in asked(terms) for read in _of_rule(policy, rule, outcomes_alone=outcomes_alone)]
    for policy, fleet_rule in terms.fleet_rules:
        programs = (fleet_rule.applies_when, fleet_rule.group_by, fleet_rule.value)
        found += _of_programs(policy, programs, outcomes_alone=outcomes_alone)
    return _reads(found)


def _of_rule(policy: CompiledPolicy, rule: CompiledRule, *, outcomes_alone: bool) -> list[Read]:
    """What a rule looks at."""
    programs = (rule.applies_when, rule.expression, None if outcomes_alone else rule.message)
    return _of_programs(policy, programs, outcomes_alone=outcomes_alone)


def _of_programs(policy: CompiledPolicy, programs: Iterable[Program | None], *, outcomes_alone: bool) -> list[Read]:
    """What programs read, with what the variables that they use do; reports show all of what a rule asks for."""
    found: list[Read] = []
    seen: set[str] = set()
    waiting = [each for each in programs if each is not None]
    while waiting:
        program = waiting.pop()
        found += [each if outcomes_alone else Read(each.path) for each in program.reads]
        fresh = [name for name in program.variables if name not in seen]
        seen.update(fresh)
        waiting += [policy.variables[name].program for name in fresh]
    return found


def _reads(found: Sequence[Read]) -> Reads:
    looks: dict[str, dict[str, set[Look]]] = {}
    for read in found:
        section, *rest = read.path.parts
        facts = looks.setdefault(section, {})
        # Of a section as a whole, every fact is looked at, and all of it.
        for fact in rest[:1] or ("",):
            facts.setdefault(fact, set()).add(Look(tuple(rest[1:]), read.presence_only))
    return {
        section: None if "" in facts else {fact: _below(each) for fact, each in facts.items()}
        for section, facts in looks.items()
    }


def _below(looks: set[Look]) -> tuple[Look, ...] | None:
    return None if Look((), presence=False) in looks else tuple(sorted(looks))


def grouped(
    terms: EvaluationCriteria, names: Sequence[str], orders: Sequence[Mapping[str, int]], *, outcomes_alone: bool
) -> tuple[Group, ...]:
    """The rules by policy and by what they look at; `orders` says where a fact's number stands in a part."""
    found: dict[tuple[int, Sections], list[tuple[int, CompiledRule]]] = {}
    for place, (policy, rule) in enumerate(asked(terms)):
        looks = _of_rule(policy, rule, outcomes_alone=outcomes_alone)
        key = (terms.policies.index(policy), _sections(looks, names, orders))
        found.setdefault(key, []).append((place, rule))
    return tuple(
        Group(
            number=number,
            sections=sections,
            places=tuple(place for place, _ in members),
            policy=replace(terms.policies[at], rules=tuple(rule for _, rule in members)),
            parameters=terms.parameters[terms.policies[at].header.pack],
        )
        for number, ((at, sections), members) in enumerate(found.items())
    )


def fleet_groups(
    terms: EvaluationCriteria, names: Sequence[str], orders: Sequence[Mapping[str, int]]
) -> tuple[FleetGroup, ...]:
    """The fleet rules that are asked, in the order of reports."""
    return tuple(
        FleetGroup(
            number=-1 - number,
            sections=_sections([Read(path) for path in rule.reads], names, orders),
            policy=policy,
            rule=rule,
            parameters=terms.parameters[policy.header.pack],
        )
        for number, (policy, rule) in enumerate(terms.fleet_rules)
    )


def _sections(looks: Sequence[Read], names: Sequence[str], orders: Sequence[Mapping[str, int]]) -> Sections:
    """Where the facts that are looked at are found; what is no section is left out."""
    found = []
    for section, facts in sorted(_reads(looks).items(), key=_name):
        if section in names:
            order = orders[names.index(section)]
            counting = sorted(order[each] for each in (order if facts is None else facts) if each in order)
            found.append((names.index(section), tuple(counting)))
    return tuple(found)


def _name(item: tuple[str, object]) -> str:
    return item[0]
