"""What comparisons with constants leave open: for each value that they are about, its bounds and choices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from passmuster import cel
from passmuster.authoring.diff.simplify.form import Form, Kind, choices, make
from passmuster.model.semver import SemVer

if TYPE_CHECKING:
    from collections.abc import Sequence

_READERS: dict[str, type[cel.KernelVersion | cel.RuntimeVersion | SemVer]] = {
    "kernelVersion": cel.KernelVersion,
    "runtimeVersion": cel.RuntimeVersion,
    "semver": SemVer,
}


@dataclass(frozen=True, slots=True)
class _Bound:
    """A constant that a value is above or below."""

    tag: str
    """Only constants of one tag are compared with each other."""
    place: Any
    open: bool
    """Whether the constant itself is left out."""


@dataclass(slots=True)
class _Range:
    """What is known of one value, which is a known one if anything is."""

    allowed: frozenset[object] | None = None
    excluded: frozenset[object] = frozenset()
    low: dict[str, _Bound] = field(default_factory=dict)
    high: dict[str, _Bound] = field(default_factory=dict)

    def choose(self, values: frozenset[object]) -> None:
        self.allowed = values if self.allowed is None else self.allowed & values

    def raise_low(self, bound: _Bound) -> None:
        before = self.low.get(bound.tag)
        if before is None or (bound.place, bound.open) > (before.place, before.open):
            self.low[bound.tag] = bound

    def lower_high(self, bound: _Bound) -> None:
        before = self.high.get(bound.tag)
        if before is None or (bound.place, not bound.open) < (before.place, not before.open):
            self.high[bound.tag] = bound

    @property
    def left(self) -> frozenset[object] | None:
        """The values that are left; None where they cannot be listed."""
        allowed = self.allowed
        low, high = self.low.get("int"), self.high.get("int")
        if allowed is None and low is not None and high is not None and low.place == high.place:
            allowed = frozenset({("int", low.place)})
        if allowed is None:
            return None
        return frozenset(value for value in allowed - self.excluded if self.within(value))

    def within(self, value: object) -> bool:
        """Whether the bounds leave a value, as of LITERAL."""
        assert isinstance(value, tuple)
        tag, place = value
        return _above(self.low.get(tag), place) and _below(self.high.get(tag), place)

    @property
    def empty(self) -> bool:
        left = self.left
        if left is not None and not left:
            return True
        return any(not _meet(bound, self.high[tag]) for tag, bound in self.low.items() if tag in self.high)


def _above(bound: _Bound | None, place: Any) -> bool:
    return bound is None or place > bound.place or (place == bound.place and not bound.open)


def _below(bound: _Bound | None, place: Any) -> bool:
    return bound is None or place < bound.place or (place == bound.place and not bound.open)


def _meet(low: _Bound, high: _Bound) -> bool:
    return bool(low.place < high.place or (low.place == high.place and not (low.open or high.open)))


class Ranges:
    """What some true statements tell of the values that they compare."""

    def __init__(self, facts: Sequence[Form]) -> None:
        self._ranges: dict[str, _Range] = {}
        true = {fact.key for fact in facts}
        denied = [fact.parts[0] for fact in facts if fact.kind is Kind.NOT]
        for fact in facts:
            self._note(fact)
        self._true = true
        self.impossible = (
            any(form.key in true or (form.kind is Kind.HAS and form.domain is not None) for form in denied)
            or any(range_.empty for range_ in self._ranges.values())
            or any(key in true for fact in facts if fact.kind is Kind.LESS for key in _reversed(fact))
        )
        """Whether the statements contradict each other, or the types."""

    def tells(self, goal: Form) -> bool:
        """Whether a comparison with constants is true where the statements are."""
        if goal.kind in {Kind.LESS, Kind.AT_MOST}:
            weaker = goal.kind is Kind.AT_MOST and _written(Kind.LESS, goal.value, goal.parts) in self._true
            return weaker or self._tells_order(goal)
        positive = goal.kind is Kind.ONE_OF
        member = goal if positive else goal.parts[0] if goal.kind is Kind.NOT else goal
        if member.kind is not Kind.ONE_OF:
            return False
        known, values = self._ranges.get(member.parts[0].key), choices(member)
        if known is None:
            return False
        left = known.left
        if positive:
            return left is not None and left <= values
        return not {value for value in values - known.excluded if known.within(value)} or (
            left is not None and not left & values
        )

    def _tells_order(self, goal: Form) -> bool:
        comparison = _compared(goal)
        if comparison is None:
            return False
        subject, bound, low = comparison
        known = self._ranges.get(subject.key)
        if known is None:
            return False
        left = known.left
        if left is not None:
            listed = [value for value in left if isinstance(value, tuple) and value[0] == bound.tag]
            fits = _above if low else _below
            return len(listed) == len(left) and all(fits(bound, value[1]) for value in listed)
        if low:
            has = known.low.get(bound.tag)
            return has is not None and (has.place, has.open) >= (bound.place, bound.open)
        has = known.high.get(bound.tag)
        return has is not None and (has.place, not has.open) <= (bound.place, not bound.open)

    def _note(self, fact: Form) -> None:
        member = fact.parts[0] if fact.kind is Kind.NOT else fact
        if member.kind is Kind.ONE_OF:
            known = self._of(member.parts[0])
            if fact.kind is Kind.NOT:
                known.excluded |= choices(member)
            else:
                known.choose(choices(member))
        elif fact.kind in {Kind.LESS, Kind.AT_MOST} and (comparison := _compared(fact)) is not None:
            subject, bound, low = comparison
            known = self._of(subject)
            if low:
                known.raise_low(bound)
            else:
                known.lower_high(bound)

    def _of(self, subject: Form) -> _Range:
        if subject.key not in self._ranges:
            known = self._ranges[subject.key] = _Range()
            if subject.domain is not None:
                known.choose(subject.domain)
            if subject.kind is Kind.CALL and subject.value == ("size", False):
                known.raise_low(_Bound("int", 0, open=False))
        return self._ranges[subject.key]


def _reversed(fact: Form) -> tuple[str, ...]:
    """The keys of what cannot be true beside `a < b`: `b < a` and `b <= a`, the fact itself where it is `a < a`."""
    return tuple(_written(kind, fact.value, fact.parts[::-1]) for kind in (Kind.LESS, Kind.AT_MOST))


def _written(kind: Kind, value: object, parts: tuple[Form, ...]) -> str:
    return make(kind, value, parts).key


def _compared(form: Form) -> tuple[Form, _Bound, bool] | None:
    """What a comparison is about, the constant, and whether that bounds it from below."""
    left, right = form.parts
    strict = form.kind is Kind.LESS
    for subject, other, low in ((right, left, True), (left, right, False)):
        place = _place(other)
        if place is not None and _place(subject) is None:
            return subject, _Bound(*place, open=strict), low
    return None


def _place(form: Form) -> tuple[str, Any] | None:
    """Where a constant stands among those of its tag."""
    if form.kind is Kind.LITERAL and isinstance(form.value, tuple) and form.value[0] in {"int", "str"}:
        return form.value
    if form.kind is Kind.CALL and isinstance(form.value, tuple) and form.value[0] in _READERS and len(form.parts) == 1:
        text = form.parts[0].value
        version = _READERS[form.value[0]].parse(text[1]) if isinstance(text, tuple) and text[0] == "str" else None
        return None if version is None else (form.value[0], version.order())
    return None
