"""Normal forms of comparisons, memberships and the functions that are comparisons in other words."""

from __future__ import annotations

from typing import assert_never

from passmuster import cel
from passmuster.authoring.diff.simplify.form import (
    FALSE,
    TRUE,
    Form,
    Kind,
    conjunction,
    disjunction,
    literal,
    make,
    negated,
    one_of,
    order,
)
from passmuster.cel.syntax.tree import Relation

_TOTAL = {cel.Basic.INT: "int", cel.Basic.UINT: "uint", cel.Basic.STRING: "string", cel.Basic.BYTES: "bytes"}
"""Types of which any two values are ordered, so that `!(a < b)` is `b <= a`."""
_PLAIN = frozenset(("str", "int", "bool"))
MAX_WRITTEN_OUT = 256
"""Elements of a constant list that `sets.contains` and its like are written out for."""


def compare(relation: Relation, left: Form, right: Form, kinds: tuple[cel.CelType, cel.CelType]) -> Form:
    """The form of `left == right` and its like."""
    match relation:
        case Relation.EQUAL:
            return _equal(left, right, kinds)
        case Relation.NOT_EQUAL:
            return negated(_equal(left, right, kinds))
        case Relation.LESS:
            return order(Kind.LESS, _ordered(kinds), left, right)
        case Relation.LESS_OR_EQUAL:
            return order(Kind.AT_MOST, _ordered(kinds), left, right)
        case Relation.GREATER:
            return order(Kind.LESS, _ordered(kinds), right, left)
        case Relation.GREATER_OR_EQUAL:
            return order(Kind.AT_MOST, _ordered(kinds), right, left)
        case Relation.IN:
            return member(left, right, kinds[1])
        case _:
            assert_never(relation)


def _ordered(kinds: tuple[cel.CelType, cel.CelType]) -> str | None:
    one, other = (cel.Basic.STRING if cel.show(kind) == "string" else kind for kind in kinds)
    return _TOTAL.get(one) if one == other and isinstance(one, cel.Basic) else None


def _equal(left: Form, right: Form, kinds: tuple[cel.CelType, cel.CelType]) -> Form:
    if _scalar(left) and _scalar(right) and left.value[0] == right.value[0]:  # type: ignore[index]
        return TRUE if left == right else FALSE
    for one, other, kind in ((left, right, kinds[0]), (right, left, kinds[1])):
        if other in {TRUE, FALSE} and kind is cel.Basic.BOOL:
            return one if other == TRUE else negated(one)
        if _scalar(other):
            return one_of(one, frozenset({other.value}))
    return make(Kind.EQUAL, None, tuple(sorted((left, right), key=lambda form: form.key)))


def _scalar(form: Form) -> bool:
    return form.kind is Kind.LITERAL and isinstance(form.value, tuple) and form.value[0] in _PLAIN


def has(operand: Form, name: str, kind: cel.CelType) -> Form:
    """The form of `has(operand.name)`, the operand being of that type."""
    field = kind.fields.get(name) if isinstance(kind, cel.ObjectType) else None
    always = field is not None and not field.nullable and _total(operand)
    return make(Kind.HAS, name, (operand,), domain=frozenset({TRUE.value}) if always else None)


def _total(form: Form) -> bool:
    """Whether an object is a part of the snapshot, where each field is known or unknown, and not of a list."""
    return form.kind is Kind.NAME or (form.kind is Kind.SELECT and _total(form.parts[0]))


def member(value: Form, container: Form, kind: cel.CelType) -> Form:
    """The form of `value in container`."""
    name = value.value[1] if _scalar(value) and isinstance(value.value, tuple) else None
    if isinstance(kind, cel.MapType | cel.ObjectType) and isinstance(name, str):
        return has(container, name, kind)
    if container.kind is Kind.LIST and all(map(_scalar, container.parts)):
        values = frozenset(part.value for part in container.parts)
        if _scalar(value):
            return TRUE if value.value in values else make(Kind.IN, None, (value, container))
        return one_of(value, values)
    return make(Kind.IN, None, (value, container))


def call(function: str, operands: tuple[Form, ...], kinds: tuple[cel.CelType, ...]) -> Form | None:
    """The form of a call that is a comparison or a membership; None for any other."""
    if function in {"isGreaterThan", "isLessThan"} and len(operands) == 2:
        left, right = operands if function == "isLessThan" else operands[::-1]
        return order(Kind.LESS, cel.show(kinds[0]), left, right) if _versions(kinds) else None
    if function in {"sets.contains", "sets.intersects"} and len(operands) == 2:
        return _sets(function, operands, kinds)
    if function == "size" and len(operands) == 1:
        return make(Kind.CALL, (function, False), operands)
    return None


def _versions(kinds: tuple[cel.CelType, ...]) -> bool:
    names = {cel.show(kind) for kind in kinds}
    return len(names) == 1 and names <= {"kernelVersion", "runtimeVersion", "semver"}


def _sets(function: str, operands: tuple[Form, ...], kinds: tuple[cel.CelType, ...]) -> Form | None:
    whole, wanted = operands
    if function == "sets.intersects" and _literals(whole) and not _literals(wanted):
        whole, wanted, kinds = wanted, whole, kinds[::-1]
    # Of an empty list nothing is asked, yet the other must be known: that is no connective of memberships.
    listed = isinstance(kinds[0], cel.ListType) and _literals(wanted)
    if not listed or not 0 < len(wanted.parts) <= MAX_WRITTEN_OUT:
        return None
    members = tuple(member(part, whole, kinds[0]) for part in wanted.parts)
    return conjunction(members) if function == "sets.contains" else disjunction(members)


def _literals(form: Form) -> bool:
    return form.kind is Kind.LIST and all(map(_scalar, form.parts))


def compared_to(relation: Relation, left: Form, right: Form, what: cel.CelType) -> Form | None:
    """The form of `a.compareTo(b) < 0` and its like, either way round; None where it is not compared with 0."""
    zero = literal(0)
    if zero not in {left, right} or not _versions((what,)):
        return None
    compared = left if right == zero else right
    one, other = compared.parts if right == zero else compared.parts[::-1]
    kind = cel.show(what)
    match relation:
        case Relation.LESS | Relation.GREATER:
            pair = (one, other) if relation is Relation.LESS else (other, one)
            return order(Kind.LESS, kind, *pair)
        case Relation.LESS_OR_EQUAL | Relation.GREATER_OR_EQUAL:
            pair = (one, other) if relation is Relation.LESS_OR_EQUAL else (other, one)
            return order(Kind.AT_MOST, kind, *pair)
        case Relation.EQUAL | Relation.NOT_EQUAL:
            same = conjunction((order(Kind.AT_MOST, kind, one, other), order(Kind.AT_MOST, kind, other, one)))
            return same if relation is Relation.EQUAL else negated(same)
        case Relation.IN:
            return None
        case _:
            assert_never(relation)
