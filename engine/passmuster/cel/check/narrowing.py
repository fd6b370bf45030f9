"""What the truth or falsity of an expression proves to be there: ``has(p) && e``, ``!has(p) || e`` and their like.

A place is named by the selections that lead to it, so that the guard and what it guards are
recognized by their structure and not by their spelling: ``m['k']`` is ``m.k``. The checker lets an
optional field be read only at a place that is proved; this is flow typing, as TypeScript narrows
a type under a test. A proof is about an outcome that an expression has, true or false: of a guard
that is unknown nothing is proved, so "not true" must never be taken for false here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from passmuster.cel.syntax.tree import (
    Call,
    Compare,
    Has,
    Index,
    Literal,
    Logic,
    LogicOperator,
    Name,
    Node,
    Not,
    OptionalMember,
    Relation,
    Select,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel.check.environment import CheckedVariable

    Variables: TypeAlias = Mapping[str, CheckedVariable]

Place: TypeAlias = tuple[object, ...]
"""A root or a macro's variable, then the keys that lead from there."""
Places: TypeAlias = frozenset[Place]
NOWHERE: Places = frozenset()


def place(node: Node, scope: Mapping[str, object]) -> Place | None:
    """The place that an expression names, if it is one; `scope` tells macro variables of one name apart."""
    match node:
        case Name():
            binder = None if node.rooted else scope.get(node.name)
            return (node.name,) if binder is None else ((node.name, id(binder)),)
        case Select():
            return step(place(node.operand, scope), node.field)
        case Index():
            return step(place(node.operand, scope), key(node.key, scope))
        case _:
            return None


def key(node: Node, scope: Mapping[str, object]) -> object:
    """The key that an index or the left side of ``in`` names; None if it is not known."""
    if isinstance(node, Literal):
        return node.value if isinstance(node.value, str) else (type(node.value), node.value)
    held = place(node, scope)
    return None if held is None else ("value of", held)


def step(container: Place | None, name: object) -> Place | None:
    """The place of a member."""
    return None if container is None or name is None else (*container, name)


def proved(node: Node, scope: Mapping[str, object], variables: Variables, *, outcome: bool) -> Places:
    """The places that are there wherever the expression has this outcome; `variables` are the policy's own."""
    match node:
        case Select(operand=Name(name="variables")) if place(node, scope) == ("variables", node.field):
            return variables[node.field].proves[outcome] if node.field in variables else NOWHERE
        case Has() if outcome:
            return _prefixes(step(place(node.operand, scope), node.field))
        case Call(function="hasValue", receiver=OptionalMember() as member) if outcome:
            return _prefixes(step(place(member.operand, scope), key(member.key, scope)))
        case Compare(operator=Relation.IN) if outcome:
            return _prefixes(step(place(node.right, scope), key(node.left, scope)))
        case Not():
            return proved(node.operand, scope, variables, outcome=not outcome)
        case Logic():
            parts = [proved(operand, scope, variables, outcome=outcome) for operand in node.operands]
            # A conjunction is true only if all are; false, one is enough and nobody knows which.
            if outcome is (node.operator is LogicOperator.AND):
                return NOWHERE.union(*parts)
            return parts[0].intersection(*parts[1:])
        case _:
            return NOWHERE


def beside(node: Logic, scope: Mapping[str, object], variables: Variables) -> list[Places]:
    """For each operand, what the others prove: where they do not, they decide the outcome without it."""
    outcome = node.operator is LogicOperator.AND
    parts = [proved(operand, scope, variables, outcome=outcome) for operand in node.operands]
    return [NOWHERE.union(*parts[:at], *parts[at + 1 :]) for at in range(len(parts))]


def _prefixes(a_place: Place | None) -> Places:
    return NOWHERE if a_place is None else frozenset(a_place[:length] for length in range(2, len(a_place) + 1))
