"""Closures for function calls: strict, dispatched on the types of the values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.check.calls import READERS
from passmuster.cel.library import FUNCTIONS, Overload, Unreadable
from passmuster.cel.library.regexes import SEARCHES, BadPatternError, compiled
from passmuster.cel.library.signature import python_type
from passmuster.cel.library.times import GETTERS, local_part
from passmuster.cel.values import equality, times
from passmuster.cel.values.budget import CHARACTERS_A_STEP as TEXT_STEP
from passmuster.cel.values.times import Timestamp
from passmuster.cel.values.types import Basic, flat
from passmuster.cel.values.values import CelError, OpenMap, Unknown, either, failed, no_overload
from passmuster.model.unknown import Reason, UnknownFact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from passmuster.cel.run.compile import Compiler
    from passmuster.cel.syntax.tree import Call
    from passmuster.cel.values.budget import Frame, Run
    from passmuster.model.fieldpath import FieldPath

    Application: TypeAlias = Callable[[Frame, list[object]], object]

_CONTAINERS = frozenset((list, dict))
_SPECIAL = frozenset((CelError, Unreadable))
_TWO_TEXTS = (Basic.STRING, Basic.STRING)


def call(compiler: Compiler, node: Call, scope: Mapping[str, int]) -> Run:
    """``function(...)`` and ``receiver.function(...)``."""
    quick = _regex_constant(compiler, node, scope) or _read_constant(compiler, node, scope)
    quick = quick or _zone_constant(compiler, node, scope)
    if quick is not None:
        return quick
    operands = tuple(compiler.run(operand, scope) for operand in node.operands)
    apply = _application(compiler, node)
    sole = _sole(compiler, node)
    if sole is not None and len(operands) == 1:
        return _of_one(sole, operands[0], apply)
    if sole is not None and sole.parameters == _TWO_TEXTS:
        return _of_two(sole, operands, apply)
    return lambda frame: apply(frame, [operand(frame) for operand in operands])


def _application(compiler: Compiler, node: Call) -> Application:
    """A call of any values: the form that takes them, its charges, its failures."""
    deep = tuple(at for at, operand in enumerate(node.operands) if not flat(compiler.type_of(operand)))
    choose, placed = _chooser(compiler, node), compiler.placer(node.at)
    origins = compiler.origins.get(node, ())

    def apply(frame: Frame, values: list[object]) -> object:
        form = choose(tuple(map(type, values)))
        if form is None:
            return placed(_refused(node.function, values))
        if any(type(values[at]) in _CONTAINERS for at in deep) and (unknown := equality.whole(frame, *values)):
            return unknown
        for value in values:
            if isinstance(value, str | bytes) and len(value) >= TEXT_STEP:
                frame.charge_text(len(value))
        if form.work is not None:
            frame.charge(form.work(*map(_length, values)))
        result = form.run(frame, *values)
        if type(result) is Unreadable:
            return _unreadable(result, origins, placed)
        return placed(result) if type(result) is CelError else result

    return apply


def _sole(compiler: Compiler, node: Call) -> Overload | None:
    """The form of the function that every run calls, if its operands are scalars and it charges for nothing."""
    forms = _forms(compiler, node)
    if len(forms) != 1 or forms[0].work is not None or forms[0].spends is not None:
        return None
    scalars = all(isinstance(kind, Basic) and kind is not Basic.DYN for kind in forms[0].parameters)
    return forms[0] if scalars and Basic.BYTES not in forms[0].parameters else None


def _of_one(form: Overload, operand: Run, apply: Application) -> Run:
    kind, run_form = python_type(form.parameters[0]), form.run

    def run(frame: Frame) -> object:
        value = operand(frame)
        if type(value) is not kind or (kind is str and len(value) >= TEXT_STEP):  # type: ignore[arg-type]
            return apply(frame, [value])
        result = run_form(frame, value)
        return result if type(result) not in _SPECIAL else apply(frame, [value])

    return run


def _of_two(form: Overload, operands: tuple[Run, ...], apply: Application) -> Run:
    (first, second), run_form = operands, form.run

    def run(frame: Frame) -> object:
        one, other = first(frame), second(frame)
        if type(one) is not str or type(other) is not str or len(one) >= TEXT_STEP or len(other) >= TEXT_STEP:
            return apply(frame, [one, other])
        result = run_form(frame, one, other)
        return result if type(result) not in _SPECIAL else apply(frame, [one, other])

    return run


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | bytes | list | dict) else 0


def _chooser(compiler: Compiler, node: Call) -> Callable[[tuple[type, ...]], Overload | None]:
    """A function from the types of the values to the form of the function that takes them."""
    forms = _forms(compiler, node)
    chosen: dict[tuple[type, ...], Overload | None] = {}

    def choose(kinds: tuple[type, ...]) -> Overload | None:
        try:
            return chosen[kinds]
        except KeyError:
            chosen[kinds] = form = next((f for f in forms if f.accepts(kinds)), None)
            return form

    failures = {CelError, Unknown, OpenMap}
    return lambda kinds: None if failures.intersection(kinds) else choose(kinds)


def _forms(compiler: Compiler, node: Call) -> tuple[Overload, ...]:
    """The forms that fit what the checker knows: of a list's elements, an empty list does not tell."""
    function = FUNCTIONS.get(node.function)
    if function is None:
        return ()
    forms = function.forms(member=node.receiver is not None, arguments=len(node.operands))
    kinds = tuple(compiler.type_of(operand) for operand in node.operands)
    return tuple(form for form in forms if form.fits(kinds) is not None) or forms


def _refused(function: str, values: list[object]) -> object:
    """What a call yields that no form of the function takes."""
    failure: object = None
    for value in values:
        plain = value.whole() if isinstance(value, OpenMap) else value
        if failed(plain):
            failure = plain if failure is None else either(failure, plain)
    return no_overload(f"{function}()", *values) if failure is None else failure


def _unreadable(result: Unreadable, origins: tuple[FieldPath, ...], placed: Callable[[object], object]) -> object:
    """Unknown, naming the facts that the text came from; an error if it came from no fact."""
    if not origins:
        return placed(CelError(result.detail))
    facts = (UnknownFact(path=path, reason=Reason.UNREADABLE, detail=result.detail) for path in origins)
    return Unknown(frozenset(facts))


def _read_constant(compiler: Compiler, node: Call, scope: Mapping[str, int]) -> Run | None:
    """``kernelVersion('4.11')`` and its like, read once."""
    constant = compiler.environment.constant(node.operands[0], scope) if len(node.operands) == 1 else None
    read = READERS.get(node.function)
    if constant is None or read is None or not isinstance(constant.value, str):
        return None
    value = read(constant.value)
    return None if value is None else lambda _: value


def _zone_constant(compiler: Compiler, node: Call, scope: Mapping[str, int]) -> Run | None:
    """``t.getHours('Europe/Berlin')``, the zone loaded once."""
    constant = compiler.environment.constant(node.operands[-1], scope) if node.operands else None
    if node.function not in GETTERS or len(node.operands) != 2 or constant is None:
        return None
    offset = times.zone(constant.value) if isinstance(constant.value, str) else None
    if offset is None:
        return None
    operand, placed, name = compiler.run(node.operands[0], scope), compiler.placer(node.at), node.function

    def run(frame: Frame) -> object:
        value = operand(frame)
        if type(value) is Timestamp:
            return local_part(name, value, offset)
        return placed(_refused(name, [value, ""]))

    return run


def _regex_constant(compiler: Compiler, node: Call, scope: Mapping[str, int]) -> Run | None:
    """``text.matches('pattern')`` and its like, the pattern compiled once."""
    if node.function not in SEARCHES or len(node.operands) < 2:
        return None
    constant = compiler.environment.constant(node.operands[1], scope)
    if constant is None or not isinstance(constant.value, str):
        return None
    try:
        regex = compiled(constant.value)
    except BadPatternError:
        return None
    search = SEARCHES[node.function]
    operand, placed = compiler.run(node.operands[0], scope), compiler.placer(node.at)
    if len(node.operands) > 2:
        most = compiler.run(node.operands[2], scope)
        return lambda frame: placed(_limited_search(frame, search, regex, operand(frame), most(frame)))

    def run(frame: Frame) -> object:
        text = operand(frame)
        if type(text) is str:
            return placed(search(frame, regex, text))
        return placed(_refused(node.function, [text, ""]))

    return run


def _limited_search(frame: Frame, search: Callable[..., object], regex: object, text: object, most: object) -> object:
    """``text.findAll('pattern', most)``."""
    if type(text) is str and type(most) is int:
        return search(frame, regex, text, most)
    return _refused("findAll", [text, "", most])
