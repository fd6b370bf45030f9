"""What rules say of facts, remembered by no more than they look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from passmuster.fleet.cache.groups import FleetGroup, Group, fleet_groups, fleeting, grouped, key_of
from passmuster.fleet.cache.strict import DOCUMENT, loaded
from passmuster.model.outcome import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.evaluation.pools import Contribution
    from passmuster.fleet.cache.groups import Answer
    from passmuster.fleet.cache.part import Part
    from passmuster.model.verdict import Result

T = TypeVar("T")
G = TypeVar("G", Group, FleetGroup)
Render: TypeAlias = "Callable[[Result], bytes]"
ENTRY = 300
"""Bytes that are reckoned for what was said of one set of facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What rules say of a node."""

    outcomes: int
    """A byte for each rule, as one number: so what several say is put together by `|`."""
    answers: tuple[Answer, ...]
    """How reports have them; empty where outcomes are all that is wanted."""
    groups: tuple[Group, ...]
    """Those that have to be asked for each node: they read what is not remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where among the parts of a node is what."""

    names: tuple[str, ...]
    """The name of the part at each place."""
    orders: tuple[Mapping[str, int], ...]
    """The facts of each that have a number, and where among its numbers that stands."""
    read: tuple[int, ...]
    """The places that rules look at."""


class Answers:
    """The rules of some terms, and what they said so far."""

    def __init__(
        self,
        terms: EvaluationCriteria,
        places: Places,
        hold: Callable[[int], None],
        *,
        rules: int,
        render: Render | None,
    ) -> None:
        """So many rules are asked; `hold` is told how many bytes are kept.

        `render` gives the form that a result has in a report; None where outcomes are all that is wanted.
        """
        self._hold, self._rules, self._render = hold, rules, render
        nobody = loaded(DOCUMENT % (b"{}", b""))
        assert nobody is not None
        self._nobody = nobody
        groups = grouped(terms, places.names, places.orders, outcomes_alone=render is None)
        self.fleet_groups = fleet_groups(terms, places.names, places.orders)
        _demand_known(groups, self.fleet_groups, places)
        self._single = [
            (at, [group for group in groups if [place for place, _ in group.sections] == [at]]) for at in places.read
        ]
        self._several = [group for group in groups if len(group.sections) != 1]
        self._counting = _counting(self._several)
        self._by_part: dict[Part, Told] = {}
        self._kinds: dict[Part, tuple[int, ...]] = {}
        """What the rules that read several sections see of a part."""
        self._by_kinds: dict[tuple[tuple[int, ...], ...], Told] = {}
        self._answers: dict[tuple[object, ...], tuple[int, tuple[Answer, ...]]] = {}
        self._contributions: dict[tuple[object, ...], Contribution | None] = {}

    def told(self, parts: Sequence[Part]) -> Told:
        """What all rules say."""
        outcomes = 0
        answers: list[Answer] = []
        groups: list[Group] = []
        for told in (*[self._of_part(at, single, parts) for at, single in self._single], self._of_several(parts)):
            outcomes |= told.outcomes
            answers += told.answers
            groups += told.groups
        return Told(outcomes=outcomes, answers=tuple(answers), groups=tuple(groups))

    def contributions(self, parts: Sequence[Part]) -> dict[int, Contribution | None]:
        """What the node contributes to each fleet rule that reads nothing but what is remembered, by its group."""
        lasting = [group for group in self.fleet_groups if not fleeting(group, parts)]
        return {
            group.number: self._once(self._contributions, group, parts, FleetGroup.contribution) for group in lasting
        }

    def asked(self, group: Group, parts: Sequence[Part]) -> tuple[Answer, ...]:
        """Ask rules, whatever they said before."""
        answers = group.answers(parts, self._nobody, self._render)
        self._hold(sum(3 * len(each.wire) for each in answers))
        return answers

    def outcomes(self, known: int, answers: Iterable[Answer]) -> int:
        """Outcomes with these answers among them; each rule is answered once."""
        for answer in answers:
            known |= answer.outcome << 8 * (self._rules - 1 - answer.place)
        return known

    def _of_part(self, at: int, groups: Sequence[Group], parts: Sequence[Part]) -> Told:
        """What the rules say that read nothing but this section."""
        part = parts[at].like or parts[at]
        known = self._by_part.get(part)
        if known is None:
            known = self._asked_once(groups, parts)
            if part.lasting:
                self._by_part[part] = known
                self._hold(ENTRY)
        return known

    def _of_several(self, parts: Sequence[Part]) -> Told:
        """What the others say."""
        kinds, lasting = [], True
        for at, counting in self._counting:
            part = parts[at].like or parts[at]
            kinds.append(self._kinds.get(part) or self._kind(part, counting))
            lasting = lasting and part.lasting
        key = tuple(kinds)
        known = self._by_kinds.get(key) if lasting else None
        if known is None:
            known = self._asked_once(self._several, parts)
            if lasting:
                self._by_kinds[key] = known
                self._hold(ENTRY)
        return known

    def _kind(self, part: Part, counting: Sequence[int]) -> tuple[int, ...]:
        kind = (part.frame, *[part.facts[each] for each in counting]) if part.facts else (part.frame,)
        if part.lasting:
            self._kinds[part] = kind
            self._hold(ENTRY)
        return kind

    def _asked_once(self, groups: Sequence[Group], parts: Sequence[Part]) -> Told:
        outcomes = 0
        answers: list[Answer] = []
        passing: list[Group] = []
        for group in groups:
            if fleeting(group, parts):
                passing.append(group)
                continue
            said, some = self._once(self._answers, group, parts, self._said)
            outcomes |= said
            if self._render is not None:
                answers += some
        return Told(outcomes=outcomes, answers=tuple(answers), groups=tuple(passing))

    def _said(self, group: Group, parts: Sequence[Part]) -> tuple[int, tuple[Answer, ...]]:
        answers = self.asked(group, parts)
        return self.outcomes(0, answers), answers

    def _once(
        self, known: dict[tuple[object, ...], T], group: G, parts: Sequence[Part], ask: Callable[[G, Sequence[Part]], T]
    ) -> T:
        key = key_of(group, parts)
        if key not in known:
            known[key] = ask(group, parts)
            self._hold(ENTRY)
        return known[key]


def _demand_known(groups: Iterable[Group], fleet_groups: Iterable[FleetGroup], places: Places) -> None:
    """Raise where a rule looks at what nodes are not told apart by: it would be answered for other nodes."""
    sections = [group.sections for group in groups] + [group.sections for group in fleet_groups]
    looked = {at for each in sections for at, _ in each}
    if not looked.issubset(places.read):
        raise UnansweredError(f"rules look at {sorted(places.names[at] for at in looked.difference(places.read))}")


def _counting(groups: Iterable[Group]) -> list[tuple[int, tuple[int, ...]]]:
    """The sections that some groups read, and which of the numbers of its part count for any of them."""
    found: dict[int, set[int]] = {}
    for group in groups:
        for at, counting in group.sections:
            found.setdefault(at, set()).update(counting)
    return [(at, tuple(sorted(counting))) for at, counting in sorted(found.items())]
