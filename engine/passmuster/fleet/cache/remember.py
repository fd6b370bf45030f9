"""Judging canonical lines from the cache: the results of the policies for each set of facts that they read.

The cache is bounded: when it is full it is emptied, and filled again.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from passmuster.codec import json, schema
from passmuster.fleet.cache import heads
from passmuster.fleet.cache.answers import ENTRY, Answers, Places, Told
from passmuster.fleet.cache.cut import END, HEAD
from passmuster.fleet.cache.groups import BY_BYTE, asked, reads
from passmuster.fleet.cache.heads import Heads
from passmuster.fleet.cache.lines import Lines
from passmuster.fleet.cache.restate import restated
from passmuster.fleet.cache.strict import DOCUMENT, is_object, loaded
from passmuster.fleet.classes import Class, class_of
from passmuster.model.outcome import UnansweredError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.evaluation.pools import Contribution
    from passmuster.fleet.cache.answers import Render
    from passmuster.fleet.cache.groups import Answer
    from passmuster.fleet.cache.part import Part
    from passmuster.model.outcome import RuleOutcome
    from passmuster.policy.compile import CompiledRule

_LIMIT = 64 * 1024 * 1024


class Remembered(NamedTuple):
    """One node that was judged from memory; a tuple, for it is made a million times."""

    head: re.Match[bytes]
    """The beginning of the line; see `cut.HEAD`."""
    judged: Class
    data: bytes
    """The snapshot as it was received."""

    @property
    def name(self) -> bytes:
        """The node's name."""
        name: bytes = self.head[6]
        return name

    @property
    def machine_id(self) -> bytes | None:
        """The machine's id; None where it was not collected."""
        machine_id: bytes | None = self.head[5]
        return machine_id

    @property
    def collected_at(self) -> str | None:
        """The moment of the collection, as the snapshot has it."""
        return None if self.head[1] == b"null" else self.head[1][1:-1].decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is the same for all nodes that differ only in facts that are not remembered."""

    told: Told
    contributions: Mapping[int, Contribution | None]
    """By number of the fleet rule's group; those are missing that read such facts."""


class Memory:
    """What was seen so far, under terms that stay the same."""

    def __init__(self, terms: EvaluationCriteria, *, render: Render | None = None, limit: int = _LIMIT) -> None:
        """`render` gives the form that a result has in a report; None where outcomes are all that is wanted."""
        self._terms, self._render, self._limit = terms, render, limit
        self._names = tuple(sorted(schema.sections(1)))
        self._rules = [rule for _, rule in asked(terms)]
        self._reads = reads(terms, outcomes_alone=render is None)
        self._forget()

    @staticmethod
    def serves(terms: EvaluationCriteria) -> bool:
        """Whether what was said of one node holds for the next of its kind."""
        return terms.waivers is None and not terms.only_fleet_rules

    @staticmethod
    def serves_sections(terms: EvaluationCriteria) -> bool:
        """Whether nothing else counts, not even the head of a snapshot."""
        return Memory.serves(terms) and reads(terms).keys().isdisjoint(heads.NAMES)

    def judge(self, line: bytes) -> Remembered | None:
        """The verdict of a canonical line; None where it has to be read the plain way."""
        try:
            return self._judged(line)
        except UnansweredError:
            raise
        except Exception as error:  # noqa: BLE001 - the plain way says of this line, and of no other, what is wrong
            self._failed(error)
            return None

    def _failed(self, _error: Exception) -> None:
        """Start anew: what is remembered may be half of something. Tests let nothing fail here."""
        self._forget()

    def _judged(self, line: bytes) -> Remembered | None:
        if self._full:
            self._forget()
        head = HEAD.match(line)
        if head is None or not line.endswith(END) or len(line) > json.MAX_BYTES:
            return None
        if head[4] not in self._labels and not self._learn_labels(head[4]):
            return None
        parts = self._lines.parts(line, head.end())
        if parts is None:
            return None
        if self._heads.read:
            parts += self._heads.parts(head)
        return Remembered(head, self._classes.get(self._key(parts)) or self._class(parts), line)

    def judge_other(self, data: bytes) -> Remembered | None:
        """The same of a snapshot that is laid out in another way, or holds what this engine does not know."""
        try:
            line = restated(data, recorded="collection" in self._heads.read)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)
            return None
        found = None if line is None else self.judge(line)
        return None if found is None else found._replace(data=data)

    def judge_sections(self, keys: Iterable[bytes], read: Callable[[bytes], tuple[str, bytes]]) -> Class | None:
        """The verdict of a valid snapshot with these sections; None where it has to be read the plain way.

        Nothing else may count (`serves_sections`). Each section is given by a key that stands for its bytes; `read`
        gives its name and its bytes, and is asked once.
        """
        if self._full:
            self._forget()
        known, parts = self._by_key, self._lines.nothing()
        for key in keys:
            found = known.get(key) or self._learn_section(key, *read(key))
            if found is None:
                return None
            parts[found[0]] = found[1]
        return self._classes.get(self._key(parts)) or self._class(parts)

    def _learn_section(self, key: bytes, name: str, section: bytes) -> tuple[int, Part] | None:
        found = self._lines.alone(name, section)
        if found is not None:
            self._by_key[key] = found
            self._hold(ENTRY)
        return found

    def _learn_labels(self, labels: bytes) -> bool:
        valid = is_object(labels) and loaded(DOCUMENT % (labels, b"")) is not None
        if valid:
            self._hold(len(labels))
            self._labels.add(labels)
        return valid

    def _class(self, parts: list[Part]) -> Class:
        """What all rules say; those that read what is not remembered are asked now."""
        answers = self._answers
        key = self._key([part.like or part for part in parts])
        settled = self._classes.get(key)
        if settled is not None:
            return settled
        known = self._known.get(key)
        if known is None:
            known = _Known(told=answers.told(parts), contributions=answers.contributions(parts))
        fresh = [answer for group in known.told.groups for answer in answers.asked(group, parts)]
        anew = [group for group in answers.fleet_groups if group.number not in known.contributions]
        contributions = {**known.contributions, **{group.number: group.contribution(parts) for group in anew}}
        made = self._combined(
            answers.outcomes(known.told.outcomes, fresh),
            tuple([contributions[group.number] for group in answers.fleet_groups]),
            sorted([*known.told.answers, *fresh], key=_place) if self._render is not None else (),
        )
        if all(part.lasting for part in key):
            self._hold(ENTRY)
            if known.told.groups or anew:
                self._known[key] = known
            else:
                self._classes[key] = made
        return made

    def _combined(
        self, outcomes: int, contributions: tuple[Contribution | None, ...], answers: Sequence[Answer]
    ) -> Class:
        """One class for all nodes of which the same is said; `answers` are in the order of the rules."""
        same = outcomes, contributions, *[each.shown for each in answers]
        made = self._by_answers.get(same)
        if made is None:
            told = zip(self._rules, outcomes.to_bytes(len(self._rules)), strict=True)
            wire = b",".join(each.wire for each in answers)
            full = tuple(each.result for each in answers if each.result is not None)
            results = [(rule.header, _said(BY_BYTE[each], rule)) for rule, each in told]
            made = class_of(results, wire=wire, full=full, contributions=contributions)
            self._by_answers[same] = made
            self._hold(ENTRY + 3 * len(made.wire))
        return made

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > self._limit:
            self._full = True

    def _forget(self) -> None:
        """Start anew."""
        self._held, self._full = 0, False
        self._labels: set[bytes] = set()
        self._lines = Lines(self._names, self._reads, self._hold, sources=self._render is not None)
        self._heads = Heads(self._reads, self._hold)
        places = _places(self._lines, self._heads)
        self._key = _getter(places.read)
        self._answers = Answers(self._terms, places, self._hold, rules=len(self._rules), render=self._render)
        self._by_key: dict[bytes, tuple[int, Part]] = {}
        self._known: dict[tuple[Part, ...], _Known] = {}
        self._classes: dict[tuple[Part, ...], Class] = {}
        self._by_answers: dict[tuple[object, ...], Class] = {}


def _said(outcome: RuleOutcome | None, rule: CompiledRule) -> RuleOutcome:
    if outcome is None:
        raise UnansweredError(f"{rule.header.name} was not asked")
    return outcome


def _place(answer: Answer) -> int:
    return answer.place


def _places(lines: Lines, heads_: Heads) -> Places:
    """The sections, and behind them the heads, where rules look at these."""
    behind = len(lines.names)
    return Places(
        names=(*lines.names, *heads.NAMES),
        orders=(*(shelf.order for shelf in lines.shelves), *heads_.orders),
        read=(*lines.read, *(behind + heads.NAMES.index(name) for name in heads_.read)),
    )


def _getter(places: tuple[int, ...]) -> Callable[[list[Part]], tuple[Part, ...]]:
    """The parts at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda parts: tuple([parts[at] for at in places])
