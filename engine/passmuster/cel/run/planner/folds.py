"""Closures for the macros over lists and maps; ``all`` and ``exists`` absorb failures as ``&&`` and ``||`` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.library.lists import sort, sort_work
from passmuster.cel.run.planner.operators import added
from passmuster.cel.syntax.tree import Fold, FoldKind, size
from passmuster.cel.values import equality
from passmuster.cel.values.budget import OutOfStepsError
from passmuster.cel.values.numbers import limited_list
from passmuster.cel.values.types import flat
from passmuster.cel.values.values import OpenMap, either, failed, from_key, no_overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from passmuster.cel.run.compile import Compiler
    from passmuster.cel.values.budget import Frame, Run

    Rounds: TypeAlias = Callable[[Frame, list[object]], Iterator[object]]


def fold(compiler: Compiler, node: Fold, scope: Mapping[str, int]) -> Run:
    """A macro over a list or a map."""
    slots = compiler.slots(node)
    inner = {**scope, **dict(zip(node.variables, slots, strict=True))}
    body, placed = compiler.run(node.body, inner), compiler.placer(node.body.start)
    condition = None if node.condition is None else compiler.run(node.condition, inner)
    rounds = _rounds(node, slots)
    match node.kind:
        case FoldKind.ALL | FoldKind.EXISTS:
            quantifier = _quantifier(node, slots, body, placed)
        case FoldKind.EXISTS_ONE:
            quantifier = _exactly_one(rounds, body, placed)
        case FoldKind.FILTER:
            quantifier = _filter(rounds, body, placed)
        case FoldKind.MAP:
            quantifier = _map(rounds, condition, body, placed)
        case FoldKind.SORT_BY:
            quantifier = _sort_by(rounds, body, placed)
        case FoldKind.TRANSFORM_MAP | FoldKind.TRANSFORM_MAP_ENTRY:
            quantifier = _transform(node, rounds, condition, body, placed)
    return _over(compiler, node, compiler.run(node.range, scope), quantifier)


def _over(compiler: Compiler, node: Fold, range_run: Run, body: Callable[[Frame, list[object]], object]) -> Run:
    """Run the macro over what its range comes to, if that can be gone through."""
    quick = flat(compiler.type_of(node.range)) and len(node.variables) == 1
    placed = compiler.placer(node.range.start)

    def run(frame: Frame) -> object:
        over = range_run(frame)
        if quick and type(over) is list:
            return body(frame, over)
        items = elements(frame, node, over)
        return body(frame, items) if isinstance(items, list) else placed(items)

    return run


def elements(frame: Frame, node: Fold, over: object) -> object:
    """A list of what a macro goes through, pairs for two variables; or the failure."""
    if failed(over):
        return over
    if isinstance(over, OpenMap):
        return over.whole()
    if not isinstance(over, list | dict) or (node.kind is FoldKind.SORT_BY and not isinstance(over, list)):
        return no_overload(f"{node.kind.value}()", over)
    if unknown := equality.whole(frame, over):
        return unknown
    if isinstance(over, list):
        return over if len(node.variables) == 1 else list(enumerate(over))
    if len(node.variables) == 1:
        return [from_key(key) for key in over]
    return [(from_key(key), value) for key, value in over.items()]


def bind(frame: Frame, slots: tuple[int, ...], element: object) -> None:
    """Give the variables of a macro their values for one round."""
    if len(slots) == 1:
        frame.locals[slots[0]] = element
    else:
        frame.locals[slots[0]], frame.locals[slots[1]] = element  # type: ignore[misc]


def _cost(node: Fold) -> int:
    return size(node.body) + (0 if node.condition is None else size(node.condition))


def _rounds(node: Fold, slots: tuple[int, ...]) -> Rounds:
    """Charge for all rounds of a macro that has no early end, and bind its variables for each."""
    cost, single, slot = _cost(node), len(slots) == 1, slots[0]

    def rounds(frame: Frame, items: list[object]) -> Iterator[object]:
        frame.charge(cost * len(items))
        variables = frame.locals
        for element in items:
            if single:
                variables[slot] = element
            else:
                bind(frame, slots, element)
            yield element

    return rounds


def _quantifier(
    node: Fold, slots: tuple[int, ...], body: Run, placed: Callable[[object], object]
) -> Callable[[Frame, list[object]], object]:
    decisive = node.kind is FoldKind.EXISTS
    neutral, cost, single, slot = not decisive, _cost(node), len(slots) == 1, slots[0]

    def run(frame: Frame, items: list[object]) -> object:
        pending: object = None
        variables = frame.locals
        for element in items:
            frame.steps -= cost
            if frame.steps < 0:
                raise OutOfStepsError
            if single:
                variables[slot] = element
            else:
                bind(frame, slots, element)
            value = body(frame)
            if value is neutral:
                continue
            if value is decisive:
                return decisive
            pending = _united(pending, _boolean(value, placed))
        return neutral if pending is None else pending

    return run


def _exactly_one(
    rounds: Rounds, body: Run, placed: Callable[[object], object]
) -> Callable[[Frame, list[object]], object]:
    def run(frame: Frame, items: list[object]) -> object:
        pending: object = None
        count = 0
        for _ in rounds(frame, items):
            value = body(frame)
            if type(value) is bool:
                count += value
            else:
                pending = _united(pending, _boolean(value, placed))
        return count == 1 if pending is None else pending

    return run


def _filter(rounds: Rounds, body: Run, placed: Callable[[object], object]) -> Callable[[Frame, list[object]], object]:
    def run(frame: Frame, items: list[object]) -> object:
        pending: object = None
        kept: list[object] = []
        for element in rounds(frame, items):
            value = body(frame)
            if value is True:
                kept.append(element)
            elif value is not False:
                pending = _united(pending, _boolean(value, placed))
        return limited_list(kept) if pending is None else pending

    return run


def _map(
    rounds: Rounds, condition: Run | None, body: Run, placed: Callable[[object], object]
) -> Callable[[Frame, list[object]], object]:
    def run(frame: Frame, items: list[object]) -> object:
        pending: object = None
        made: list[object] = []
        for _ in rounds(frame, items):
            wanted = True if condition is None else condition(frame)
            if wanted is False:
                continue
            value = body(frame) if wanted is True else _boolean(wanted, placed)
            if failed(value):
                pending = _united(pending, value)
            made.append(value)
        return limited_list(made) if pending is None else pending

    return run


def _sort_by(rounds: Rounds, body: Run, placed: Callable[[object], object]) -> Callable[[Frame, list[object]], object]:
    def run(frame: Frame, items: list[object]) -> object:
        pending: object = None
        values: list[object] = []
        keys: list[object] = []
        for element in rounds(frame, items):
            key = body(frame)
            if failed(key):
                pending = _united(pending, key)
            values.append(element)
            keys.append(key)
        if pending is not None:
            return pending
        frame.charge(sort_work(len(values)))
        return placed(sort(values, keys))

    return run


def _transform(
    node: Fold, rounds: Rounds, condition: Run | None, body: Run, placed: Callable[[object], object]
) -> Callable[[Frame, list[object]], object]:
    whole_entries = node.kind is FoldKind.TRANSFORM_MAP_ENTRY

    def run(frame: Frame, items: list[object]) -> object:
        pending: object = None
        made: dict[object, object] = {}
        for element in rounds(frame, items):
            wanted = True if condition is None else condition(frame)
            if wanted is False:
                continue
            value = body(frame) if wanted is True else _boolean(wanted, placed)
            failure: object = value if failed(value) else None
            if failure is None:
                entries = _entries(value) if whole_entries else [(element[0], value)]  # type: ignore[index]
                for key, member in entries or ():
                    failure = failure or added(made, key, member)
                if entries is None:
                    failure = no_overload(f"{node.kind.value}()", value)
            if failure is not None:
                pending = _united(pending, placed(failure))
        return made if pending is None else pending

    return run


def _entries(value: object) -> list[tuple[object, object]] | None:
    return [(from_key(key), member) for key, member in value.items()] if isinstance(value, dict) else None


def _boolean(value: object, placed: Callable[[object], object]) -> object:
    """A failure as it is, any other value as the error that it is no boolean."""
    return value if failed(value) else placed(no_overload("a condition", value))


def _united(pending: object, value: object) -> object:
    return value if pending is None else either(pending, value)
