"""Judging canonical lines from memory: what the policies said of each set of facts that they read.

What is remembered is bounded: beyond the limit all is forgotten, and learned again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from passmuster import _json, schema
from passmuster.fleet.classes import Class, class_of
from passmuster.fleet.cut import END, FACTS, HEAD, marks
from passmuster.fleet.groups import Answer, FleetGroup, Group, asked, fleet_groups, fleeting, grouped, key_of, reads
from passmuster.fleet.shelf import Part, Shelf
from passmuster.fleet.strict import DOCUMENT, is_object, loaded
from passmuster.outcome import RuleOutcome

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from passmuster.fleetrules import Contribution
    from passmuster.judge import Terms
    from passmuster.verdict import Result

T = TypeVar("T")
G = TypeVar("G", Group, FleetGroup)
_LIMIT = 64 * 1024 * 1024
_ENTRY = 300
"""Bytes that are reckoned for what was said of one set of facts."""
_OUTCOMES = tuple(RuleOutcome)
_NEVER = b"\n\n"
"""No line begins with this at any place."""
_Again: TypeAlias = "tuple[bytes, re.Pattern[bytes] | None, bytes, Part, int, int]"
"""What was met last at the place of a section: its bytes with the mark of the next one; or, where a fact in it differs
on every node, the bytes in front of that, its pattern and the bytes behind it. Then the part, how far it is from there
to the next section, and which one that is: -1 for none."""


class Remembered(NamedTuple):
    """One node that was judged from memory; a tuple, for it is made a million times."""

    head: re.Match[bytes]
    """The beginning of the line; see `cut.HEAD`."""
    judged: Class

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
    def collected_at(self) -> str:
        """The moment of the collection, as the snapshot has it."""
        return self.head[1].decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What some of the rules say."""

    outcomes: int
    """A byte for each rule, as one number: so what several say is put together by `|`."""
    answers: tuple[Answer, ...]
    """How reports have them; empty where outcomes are all that is wanted."""
    groups: tuple[Group, ...]
    """Those of them that have to be asked for each node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is the same for all nodes that differ only in facts that are not remembered."""

    outcomes: bytes
    """Of each rule, as `groups.Answer` has it; nought where it has to be asked for each node."""
    answers: tuple[Answer, ...]
    """How reports have them; empty where outcomes are all that is wanted."""
    contributions: Mapping[int, Contribution | None]
    """By number of the fleet rule's group."""
    groups: tuple[Group, ...]
    """The rules that have to be asked for each node; empty where none reads such a fact."""
    fleet_groups: tuple[FleetGroup, ...]
    told: Class | None = None
    """What all rules say; None where some have to be asked."""


class Memory:
    """What was seen so far, under terms that stay the same."""

    def __init__(self, terms: Terms, *, render: Callable[[Result], bytes] | None = None, limit: int = _LIMIT) -> None:
        """`render` gives the form that a result has in a report; None where outcomes are all that is wanted."""
        self._terms, self._render, self._limit = terms, render, limit
        self._names = tuple(sorted(schema.sections(1)))
        self._marks = marks(self._names)
        self._rules = [rule for _, rule in asked(terms)]
        self._reads = reads(terms, outcomes_alone=render is None)
        nobody = loaded(DOCUMENT % (b"{}", b""))
        assert nobody is not None
        self._nobody = nobody
        self._lines = 0
        self._forget()
        orders = [shelf.order for shelf in self._shelves]
        self._groups = grouped(terms, self._names, orders)
        self._single = {
            at: [group for group in self._groups if [place for place, _ in group.sections] == [at]] for at in self._read
        }
        self._several = [group for group in self._groups if len(group.sections) != 1]
        self._fleet_groups = fleet_groups(terms, self._names, orders)

    @staticmethod
    def serves(terms: Terms) -> bool:
        """Whether rules look at sections alone: then what was said of one node holds for the next of its kind."""
        return terms.waivers is None and not terms.only_fleet_rules and not reads(terms).keys() & {"node", "collection"}

    def judge(self, line: bytes) -> Remembered | None:
        """The verdict of a canonical line; None where it has to be read the plain way."""
        if self._full:
            self._forget()
        head = HEAD.match(line)
        if head is None or not line.endswith(END) or len(line) > _json.MAX_BYTES:
            return None
        if head[4] not in self._labels and not self._learn_labels(head[4]):
            return None
        self._lines += 1
        parts = self._parts(line, head.end())
        if parts is None:
            return None
        key = tuple([parts[at].like or parts[at] for at in self._read])
        known = self._classes.get(key)
        if known is None:
            known = self._learned(key, parts)
        return Remembered(head, known.told or self._class(known, parts))

    def _parts(self, line: bytes, start: int) -> list[Part] | None:
        """What each section is; None where one of them is not valid, or there is none."""
        at = self._first(line, start)
        if at < 0:
            return None
        begin = start + len(self._marks[at]) - 1 - FACTS
        parts = self._missing.copy()
        again, ready, mark, count = self._again, self._ready, self._marks, len(self._marks)
        while at >= 0:
            expected, pattern, behind, part, step, next_ = again[at]
            if line.startswith(expected, begin):
                if pattern is None:
                    parts[at] = part
                    begin += step
                    at = next_
                    continue
                match = pattern.match(line, begin + len(expected))
                if match is not None and line.startswith(behind, match.end()):
                    parts[at] = self._shelves[at].filled(part, match[0])
                    begin = match.end() + step
                    at = next_
                    continue
            end = line.find(mark[at + 1], begin) if at + 1 < count else len(line) - len(END)
            seen = ready[at].get(line[begin:end]) if end >= 0 else None
            if seen is not None and seen[5] == (at + 1 if at + 1 < count else -1):
                again[at] = seen
                parts[at] = seen[3]
                begin += seen[4]
                at = seen[5]
                continue
            met = self._other(line, at, begin)
            if met is None:
                return None
            parts[at], begin, at = met
        return parts if begin == len(line) else None

    def _other(self, line: bytes, at: int, begin: int) -> tuple[Part, int, int] | None:
        """A section that is not the one that was met last at its place, where the next one begins, and which it is."""
        shelf, next_ = self._shelves[at], at + 1
        end = line.find(self._marks[next_], begin) if next_ < len(self._marks) else -1
        if end < 0:
            end, next_ = self._end(line, at, begin)
        piece = line[begin:end]
        part = shelf.whole.get(piece) if shelf.whole is not None else None
        if part is None:
            part = shelf.part(piece, self._lines)
            if part is None:
                return None
        step = len(self._marks[next_]) - FACTS if next_ >= 0 else len(END)
        follows = line[end : end + step + FACTS]
        if shelf.stem is not None:
            prefix, pattern, suffix, whole = shelf.stem
            self._again[at] = (prefix, pattern, suffix + follows, whole, len(suffix) + step, next_)
        elif shelf.whole is not None:
            self._again[at] = self._ready[at][piece] = (piece + follows, None, b"", part, end - begin + step, next_)
            self._hold_bytes(len(piece))
        else:
            self._ready[at].clear()
        return part, end + step, next_

    def _first(self, line: bytes, start: int) -> int:
        return next((at for at, mark in enumerate(self._marks) if line.startswith(mark[1:], start)), -1)

    def _end(self, line: bytes, at: int, begin: int) -> tuple[int, int]:
        """Where a section ends, and which one is next: -1 where it is the last."""
        for next_ in range(at + 1, len(self._marks)):
            end = line.find(self._marks[next_], begin)
            if end >= 0:
                return end, next_
        return len(line) - len(END), -1

    def _learn_labels(self, labels: bytes) -> bool:
        valid = is_object(labels) and loaded(DOCUMENT % (labels, b"")) is not None
        if valid:
            self._hold_bytes(len(labels))
            self._labels.add(labels)
        return valid

    def _learned(self, key: tuple[Part, ...], parts: list[Part]) -> _Known:
        """What is the same for all nodes with these facts; kept where they can come again."""
        told = [self._of_part(at, groups, parts) for at, groups in self._single.items()]
        told.append(self._told(self._several, parts))
        outcomes = 0
        for each in told:
            outcomes |= each.outcomes
        lasting = [group for group in self._fleet_groups if not fleeting(group, parts)]
        known = _Known(
            outcomes=outcomes.to_bytes(len(self._rules), "big"),
            answers=tuple(answer for each in told for answer in each.answers),
            contributions={
                group.number: self._once(self._contributions, group, parts, FleetGroup.contribution)
                for group in lasting
            },
            groups=tuple(group for each in told for group in each.groups),
            fleet_groups=tuple(group for group in self._fleet_groups if group not in lasting),
        )
        if not known.groups and not known.fleet_groups:
            known = replace(known, told=self._class(known, parts))
        if all(part.lasting for part in key):
            self._classes[key] = known
            self._hold_bytes(_ENTRY)
        return known

    def _of_part(self, at: int, groups: Sequence[Group], parts: list[Part]) -> _Told:
        """What the rules say that read nothing but this section."""
        part = parts[at].like or parts[at]
        known = self._by_part.get(part)
        if known is None:
            known = self._told(groups, parts)
            if part.lasting:
                self._by_part[part] = known
                self._hold_bytes(_ENTRY)
        return known

    def _told(self, groups: Sequence[Group], parts: list[Part]) -> _Told:
        lasting = [group for group in groups if not fleeting(group, parts)]
        answers = [each for group in lasting for each in self._once(self._answers, group, parts, self._answered)]
        outcomes = self._outcomes(bytes(len(self._rules)), answers)
        return _Told(
            outcomes=int.from_bytes(outcomes, "big"),
            answers=tuple(answers) if self._render is not None else (),
            groups=tuple(group for group in groups if group not in lasting),
        )

    @staticmethod
    def _outcomes(known: bytes, answers: Iterable[Answer]) -> bytes:
        """The outcome of each rule, a byte each, with these answers among them."""
        outcomes = bytearray(known)
        for answer in answers:
            outcomes[answer.place] = answer.outcome
        return bytes(outcomes)

    def _class(self, known: _Known, parts: list[Part]) -> Class:
        """What all rules say, those asked now that read what is not remembered."""
        fresh = [answer for group in known.groups for answer in self._answered(group, parts)]
        contributions = known.contributions
        if known.fleet_groups:
            contributions = {**contributions, **{each.number: each.contribution(parts) for each in known.fleet_groups}}
        told = tuple([contributions[group.number] for group in self._fleet_groups])
        answers = sorted([*known.answers, *fresh], key=_place) if self._render is not None else ()
        return self._combined(self._outcomes(known.outcomes, fresh), told, answers)

    def _answered(self, group: Group, parts: Sequence[Part]) -> tuple[Answer, ...]:
        answers = group.answers(parts, self._nobody, self._render)
        self._hold_bytes(sum(3 * len(each.wire) for each in answers))
        return answers

    def _once(
        self, known: dict[tuple[object, ...], T], group: G, parts: list[Part], ask: Callable[[G, Sequence[Part]], T]
    ) -> T:
        key = key_of(group, parts)
        if key not in known:
            known[key] = ask(group, parts)
            self._hold_bytes(_ENTRY)
        return known[key]

    def _combined(
        self, outcomes: bytes, contributions: tuple[Contribution | None, ...], answers: Sequence[Answer]
    ) -> Class:
        """One class for all nodes of which the same is said; `answers` are in the order of the rules."""
        same = outcomes, contributions, *[each.wire for each in answers]
        made = self._by_answers.get(same)
        if made is None:
            results = [(rule.header, _OUTCOMES[each]) for rule, each in zip(self._rules, outcomes, strict=True)]
            wire = b",".join(each.wire for each in answers)
            full = tuple(each.result for each in answers if each.result is not None)
            made = class_of(results, wire=wire, full=full, contributions=contributions)
            self._by_answers[same] = made
            self._hold_bytes(_ENTRY + 3 * len(made.wire))
        return made

    def _hold_bytes(self, size: int) -> None:
        self._held += size
        if self._held > self._limit:
            self._full = True

    def _forget(self) -> None:
        """Start anew."""
        self._held, self._full = 0, False
        shown = self._render is not None
        self._shelves = [
            Shelf(name, self._reads.get(name, {}), self._hold_bytes, sources=shown) for name in self._names
        ]
        self._missing = [shelf.missing for shelf in self._shelves]
        self._read = tuple(at for at, shelf in enumerate(self._shelves) if shelf.is_read)
        self._again: list[_Again] = [(_NEVER, None, b"", shelf.missing, 0, -1) for shelf in self._shelves]
        self._ready: list[dict[bytes, _Again]] = [{} for _ in self._names]
        """The same of every section that is known by all its bytes."""
        self._labels: set[bytes] = set()
        self._by_part: dict[Part, _Told] = {}
        self._classes: dict[tuple[Part, ...], _Known] = {}
        self._answers: dict[tuple[object, ...], tuple[Answer, ...]] = {}
        self._contributions: dict[tuple[object, ...], Contribution | None] = {}
        self._by_answers: dict[tuple[object, ...], Class] = {}


def _place(answer: Answer) -> int:
    return answer.place
