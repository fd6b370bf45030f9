"""What further members can do to an expression over aggregates: whether what it is now, it stays.

With undecided members, or more values than are kept, an expression is evaluated over the members that are known. Its
value counts only where no others could change it. That is read off the expression, soundly and not completely: a pool
that gains members gains values and loses nothing, so `size(fleet.values) <= 1`, once false, stays false.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from passmuster.cel.syntax.tree import (
    Call,
    Compare,
    Fold,
    FoldKind,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Relation,
    Select,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passmuster.cel import Program


class Growth(enum.Flag):
    """How a value can move as members come: a number or a list grows with UP; of a boolean, UP is false to true."""

    FIXED = 0
    UP = 1
    DOWN = 2
    ANY = 3


_MEMBERS = {
    "size": Growth.UP,
    "values": Growth.UP,
    "union": Growth.UP,
    "common": Growth.DOWN,
}
_ORDER = {
    Relation.LESS: True,
    Relation.LESS_OR_EQUAL: True,
    Relation.GREATER: False,
    Relation.GREATER_OR_EQUAL: False,
}
"""Whether the left side is the smaller one."""


def settled(program: Program, *, value: object) -> bool:
    """Whether the value over some members, at least one, is the value over these and any others."""
    moves = growth(program.tree)
    return (value is False and not moves & Growth.UP) or (value is True and not moves & Growth.DOWN)


def growth(node: Node) -> Growth:
    """How the value of an expression can change; ANY if that is not known."""
    match node:
        case Logic():
            return _all(map(growth, node.operands))
        case Not():
            return _turned(growth(node.operand))
        case Compare():
            return _compared(node)
        case Call(function="size"):
            return _all(map(growth, node.operands))
        case Call(function="sets.contains", arguments=(whole, part)):
            return growth(whole) | _turned(growth(part))
        case Call(function="sets.intersects", arguments=(one, other)):
            return growth(one) | growth(other)
        case Fold(kind=FoldKind.ALL, variables=(_,)):
            return _turned(growth(node.range)) | growth(node.body)
        case Fold(kind=FoldKind.EXISTS, variables=(_,)):
            return growth(node.range) | growth(node.body)
        case Select(operand=Name(name="fleet"), field=member):
            return _MEMBERS.get(member, Growth.ANY)
        case _:
            return Growth.ANY if _reads_fleet(node) else Growth.FIXED


def _compared(node: Compare) -> Growth:
    left, right = growth(node.left), growth(node.right)
    if node.operator in _ORDER:
        return _turned(left) | right if _ORDER[node.operator] else left | _turned(right)
    if node.operator is Relation.IN and left is Growth.FIXED:
        return right
    if node.operator is Relation.EQUAL and (_just_one(node.left, node.right) or _just_one(node.right, node.left)):
        return Growth.DOWN
    return Growth.ANY if left | right else Growth.FIXED


def _just_one(counted: Node, number: Node) -> bool:
    """Whether `size(fleet.values) == 1`: with a member there is a value, so this is `<= 1`."""
    match counted, number:
        case Call(function="size", operands=(Select(operand=Name(name="fleet"), field="values"),)), Literal(value=1):
            return True
        case _:
            return False


def _reads_fleet(node: Node) -> bool:
    return any(isinstance(part, Name) and part.name == "fleet" for part in walk(node))


def _turned(moves: Growth) -> Growth:
    """The other way round."""
    match moves:
        case Growth.UP:
            return Growth.DOWN
        case Growth.DOWN:
            return Growth.UP
        case _:
            return moves


def _all(moves: Iterable[Growth]) -> Growth:
    growth = Growth.FIXED
    for move in moves:
        growth |= move
    return growth
