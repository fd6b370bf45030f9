"""A normal form: expressions that mean the same for a reason of form become the same value.

Only steps that keep every value are taken: true stays true, and false, unknown and error stay what
they are. `&&` and `||` take their operands in any order and any number of times, since each absorbs
in the same way whatever comes first; `!` is pushed down to the comparisons; `a || b == 'x'` and
`'x' == b || a` are one form. What is not understood is kept as it is, part by part.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

MAX_SIZE = 5000
"""Of a form, in nodes, variables and constants worked in."""


class Kind(enum.Enum):
    """What a form is; the values are parts of its key."""

    LITERAL = "literal"
    """`value` is (name of the type, value)."""
    NAME = "name"
    BOUND = "bound"
    """A macro's variable; `value` counts the macros between it and its own."""
    SELECT = "select"
    """A member by its known name: `value` is the name."""
    INDEX = "index"
    HAS = "has"
    """Whether the member named by `value` is there; `'k' in m` for maps too."""
    CALL = "call"
    """`value` is (function, whether the first part is the receiver)."""
    AND = "and"
    OR = "or"
    NOT = "not"
    IF = "if"
    EQUAL = "equal"
    LESS = "less"
    """`value` names what is compared: `kernelVersion` and its like, empty for what `<` takes."""
    AT_MOST = "at most"
    ONE_OF = "one of"
    """`value` are the literals, as of LITERAL, sorted."""
    IN = "in"
    FOLD = "fold"
    """`value` is (kind of the macro, number of its variables, whether it has a condition)."""
    LIST = "list"
    OTHER = "other"
    """A node that no rule is about: `value` is its class and what it says besides its parts."""


class TooLargeError(Exception):
    """A form with everything worked in would be too large to reason about."""


@dataclass(frozen=True, slots=True)
class Form:
    """An expression in normal form; two are equal where their keys are."""

    key: str
    kind: Kind = field(compare=False)
    value: object = field(default=None, compare=False)
    parts: tuple[Form, ...] = field(default=(), compare=False, repr=False)
    size: int = field(default=1, compare=False, repr=False)
    names: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """What the author called the variables of a macro; for showing only."""
    domain: frozenset[object] | None = field(default=None, compare=False, repr=False)
    """The only values, as of LITERAL, that it can have where it has one; None where the types do not tell."""


def make(
    kind: Kind,
    value: object = None,
    parts: tuple[Form, ...] = (),
    *,
    names: tuple[str, ...] = (),
    domain: frozenset[object] | None = None,
) -> Form:
    """Make a form; raises TooLargeError."""
    size = 1 + sum(part.size for part in parts)
    if size > MAX_SIZE:
        raise TooLargeError
    key = f"({kind.value} {value!r} {' '.join(part.key for part in parts)})"
    return Form(key=key, kind=kind, value=value, parts=parts, size=size, names=names, domain=domain)


def literal(value: object) -> Form:
    """A scalar, a list of values or a map of them, known before anything runs."""
    if isinstance(value, list | tuple):
        return make(Kind.LIST, None, tuple(literal(item) for item in value))
    if isinstance(value, dict):
        pairs = tuple(literal(part) for key in sorted(value, key=repr) for part in (key, value[key]))
        return make(Kind.OTHER, ("map",), pairs)
    return make(Kind.LITERAL, (type(value).__name__, value))


TRUE, FALSE = literal(value=True), literal(value=False)


def negated(form: Form) -> Form:
    """The form of `!form`."""
    match form.kind:
        case Kind.LITERAL if form in {TRUE, FALSE}:
            return FALSE if form == TRUE else TRUE
        case Kind.NOT:
            return form.parts[0]
        case Kind.AND:
            return disjunction(tuple(negated(part) for part in form.parts))
        case Kind.OR:
            return conjunction(tuple(negated(part) for part in form.parts))
        case Kind.IF:
            condition, then, otherwise = form.parts
            return make(Kind.IF, None, (condition, negated(then), negated(otherwise)))
        case Kind.LESS | Kind.AT_MOST if isinstance(form.value, str):
            # Only what is totally ordered has a name here; a double may be no number, and is below nothing.
            left, right = form.parts
            return order(Kind.AT_MOST if form.kind is Kind.LESS else Kind.LESS, form.value, right, left)
        case Kind.FOLD if form.value in _OPPOSITES:
            *above, body = form.parts
            return make(Kind.FOLD, _OPPOSITES[form.value], (*above, negated(body)), names=form.names)
        case _:
            return make(Kind.NOT, None, (form,))


_OPPOSITES: dict[object, object] = {
    (one, count, False): (other, count, False)
    for one, other in (("all", "exists"), ("exists", "all"))
    for count in (1, 2)
}


def conjunction(parts: tuple[Form, ...]) -> Form:
    """The form of `a && b && c`; of nothing, true."""
    return _joined(Kind.AND, parts)


def disjunction(parts: tuple[Form, ...]) -> Form:
    """The form of `a || b || c`; of nothing, false."""
    return _joined(Kind.OR, parts)


def _joined(kind: Kind, parts: tuple[Form, ...]) -> Form:
    neutral, decisive = (TRUE, FALSE) if kind is Kind.AND else (FALSE, TRUE)
    flat = [inner for part in parts for inner in (part.parts if part.kind is kind else (part,))]
    if decisive in flat:
        return decisive
    merged = _merged(kind, [part for part in flat if part != neutral])
    distinct = sorted({part.key: part for part in merged}.values(), key=lambda part: part.key)
    if len(distinct) < 2:
        return distinct[0] if distinct else neutral
    return make(kind, None, tuple(distinct))


def _merged(kind: Kind, parts: list[Form]) -> list[Form]:
    """Put together what is said of one value: `x in A || x in B`, `x in A && x in B` and their negations."""
    rest: list[Form] = []
    bounds: dict[tuple[str, bool], tuple[Form, frozenset[object]]] = {}
    for part in parts:
        positive = part.kind is Kind.ONE_OF
        member = part if positive else part.parts[0] if part.kind is Kind.NOT else None
        if member is None or member.kind is not Kind.ONE_OF:
            rest.append(part)
            continue
        subject, values = member.parts[0], choices(member)
        if (before := bounds.get((subject.key, positive))) is not None:
            grows = positive is (kind is Kind.OR)
            values = before[1] | values if grows else before[1] & values
        bounds[subject.key, positive] = subject, values
    made = [(one_of(subject, values), positive) for (_, positive), (subject, values) in bounds.items()]
    return rest + [form if positive else make(Kind.NOT, None, (form,)) for form, positive in made]


def choices(form: Form) -> frozenset[object]:
    """The literals of a ONE_OF."""
    assert isinstance(form.value, tuple)
    return frozenset(form.value)


def one_of(subject: Form, values: frozenset[object]) -> Form:
    """The form of `subject in [values]`; the values are as of LITERAL."""
    if subject.kind is Kind.LITERAL and isinstance(subject.value, tuple):
        alike = [value for value in values if isinstance(value, tuple) and value[0] == subject.value[0]]
        if subject.value in values or len(alike) == len(values):
            return TRUE if subject.value in values else FALSE
    return make(Kind.ONE_OF, tuple(sorted(values, key=repr)), (subject,))


_INT64 = (-(2**63), 2**63 - 1)


def order(kind: Kind, what: str | None, left: Form, right: Form) -> Form:
    """The form of `left < right` or `left <= right`; for integers always `<=`. `what` is None where `!` cannot turn."""
    known = _decided(kind, left, right)
    if known is not None:
        return known
    if what == "int" and kind is Kind.LESS:
        for side, step, end in ((left, 1, _INT64[1]), (right, -1, _INT64[0])):
            number = side.value[1] if side.kind is Kind.LITERAL and isinstance(side.value, tuple) else None
            if type(number) is int and number != end:
                moved = literal(number + step)
                return make(Kind.AT_MOST, what, (moved, right) if side is left else (left, moved))
    return make(kind, what, (left, right))


def _decided(kind: Kind, left: Form, right: Form) -> Form | None:
    """The outcome where two numbers, or two texts, that are known are compared."""
    one, other = left.value, right.value
    if left.kind is not Kind.LITERAL or right.kind is not Kind.LITERAL:
        return None
    if not isinstance(one, tuple) or not isinstance(other, tuple) or one[0] != other[0] or one[0] not in {"int", "str"}:
        return None
    return TRUE if one[1] < other[1] or (kind is Kind.AT_MOST and one[1] == other[1]) else FALSE


def concatenated(parts: tuple[Form, ...]) -> Form | None:
    """The form of `a + b + c` where all are lists, written out; None where one is not."""
    if any(part.kind is not Kind.LIST for part in parts):
        return None
    return make(Kind.LIST, None, tuple(inner for part in parts for inner in part.parts))
