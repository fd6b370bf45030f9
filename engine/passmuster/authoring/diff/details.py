"""What exactly changed in a condition: the parts that came and went, written as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.diff.model import Detail
from passmuster.authoring.diff.simplify import Form, Kind, written

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARED = frozenset((Kind.LESS, Kind.AT_MOST, Kind.ONE_OF, Kind.EQUAL, Kind.NOT, Kind.FOLD))


def details(old: Form, new: Form) -> tuple[Detail, ...]:
    """One line for each part of a condition that came, went or was replaced."""
    return tuple(_within(old, new, Kind.AND if Kind.AND in {old.kind, new.kind} else Kind.OR))


def _within(old: Form, new: Form, kind: Kind) -> Iterator[Detail]:
    before, after = _parts(old, kind), _parts(new, kind)
    gone = [part for part in before if part not in after]
    come = [part for part in after if part not in before]
    if len(gone) == 1 and len(come) == 1:
        yield from _replaced(gone[0], come[0], kind)
        return
    for part in list(come):
        like = next((candidate for candidate in gone if _alike(candidate, part)), None)
        if like is not None:
            yield from _replaced(like, part, kind)
            gone.remove(like)
            come.remove(part)
    now, no_longer = ("now also wanted", "no longer wanted") if kind is Kind.AND else ("now enough", "no longer enough")
    yield from (Detail(words=now, now=written(part)) for part in come)
    yield from (Detail(words=no_longer, now=written(part)) for part in gone)


def _parts(form: Form, kind: Kind) -> tuple[Form, ...]:
    return form.parts if form.kind is kind else (form,)


def _replaced(old: Form, new: Form, kind: Kind) -> Iterator[Detail]:
    other = Kind.OR if kind is Kind.AND else Kind.AND
    if other in {old.kind, new.kind}:
        yield from _within(old, new, other)
    else:
        yield Detail(words="now", now=written(new), was=written(old))


def _alike(one: Form, other: Form) -> bool:
    """Whether two parts say something of one thing."""
    orders = {one.kind, other.kind} <= {Kind.LESS, Kind.AT_MOST}
    if (one.kind is not other.kind and not orders) or one.kind not in _COMPARED:
        return False
    if one.kind is Kind.NOT:
        return _alike(one.parts[0], other.parts[0])
    return any(part in other.parts for part in one.parts)
