"""The tree of an expression: small frozen nodes, each with its place in the text.

Nodes are compared by identity, so that what the checker learns about one can be kept beside it.
``&&``, ``||`` and arithmetic are flat: a chain of 400 terms is one node and no recursion.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spanned:
    """A stretch of the text: offsets of its first character and of the one after its last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Literal(Spanned):
    """A number, string, bytes, boolean or null, as written."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Name(Spanned):
    """A root variable, a macro's variable or the name of a type."""

    name: str
    rooted: bool = False
    """Written ``.name``: never a macro's variable."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Select(Spanned):
    """``operand.field``."""

    operand: Node
    field: str
    at: int
    """Offset of the field's name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Has(Spanned):
    """``has(operand.field)``."""

    operand: Node
    field: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index(Spanned):
    """``operand[key]``."""

    operand: Node
    key: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptionalMember(Spanned):
    """``operand[?key]``; ``operand.?field`` with the field's name as the key."""

    operand: Node
    key: Node
    selected: bool
    """Written with a dot."""
    at: int
    """Offset of the key."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call(Spanned):
    """``function(arguments)`` or ``receiver.function(arguments)``."""

    function: str
    receiver: Node | None
    arguments: tuple[Node, ...]
    at: int
    """Offset of the function's name."""

    @property
    def operands(self) -> tuple[Node, ...]:
        """The receiver, if there is one, then the arguments."""
        return self.arguments if self.receiver is None else (self.receiver, *self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListLiteral(Spanned):
    """``[a, ?b]``."""

    items: tuple[Node, ...]
    optional: frozenset[int] = frozenset()
    """Indexes of the items that are left out where they are none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapLiteral(Spanned):
    """``{k: v, ?l: w}``."""

    entries: tuple[tuple[Node, Node], ...]
    optional: frozenset[int] = frozenset()
    """Indexes of the entries that are left out where their value is none."""


class LogicOperator(enum.Enum):
    """The two operators that absorb errors and unknowns."""

    AND = "&&"
    OR = "||"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logic(Spanned):
    """``a && b && c`` or ``a || b || c``."""

    operator: LogicOperator
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Not(Spanned):
    """``!operand``."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Negate(Spanned):
    """``-operand``."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditional(Spanned):
    """``condition ? then : otherwise``."""

    condition: Node
    then: Node
    otherwise: Node


class Relation(enum.Enum):
    """The operators that compare; each yields a boolean."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    IN = "in"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compare(Spanned):
    """``left == right`` and its like."""

    operator: Relation
    left: Node
    right: Node
    at: int
    """Offset of the operator."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One more operand of an arithmetic chain: ``+ operand``."""

    operator: str
    operand: Node
    at: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arithmetic(Spanned):
    """``first + b - c`` or ``first * b / c % d``, from left to right."""

    first: Node
    steps: tuple[Step, ...]


class FoldKind(enum.Enum):
    """What a macro makes of a list or a map."""

    ALL = "all"
    EXISTS = "exists"
    EXISTS_ONE = "exists_one"
    FILTER = "filter"
    MAP = "map"
    TRANSFORM_MAP = "transformMap"
    TRANSFORM_MAP_ENTRY = "transformMapEntry"
    SORT_BY = "sortBy"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold(Spanned):
    """A macro over a list or a map: ``range.all(x, body)`` and its like."""

    kind: FoldKind
    range: Node
    variables: tuple[str, ...]
    condition: Node | None
    """Of ``map`` and ``transform``: which elements count."""
    body: Node
    at: int
    """Offset of the macro's name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bind(Spanned):
    """``cel.bind(variable, value, body)``."""

    variable: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptionalMap(Spanned):
    """``operand.optMap(variable, body)``; ``optFlatMap`` is flat: its body is an optional itself."""

    operand: Node
    variable: str
    body: Node
    flat: bool
    at: int
    """Offset of the macro's name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Broken(Spanned):
    """What stands where a mistake was found already; it is never run."""


Node: TypeAlias = (
    Literal
    | Name
    | Select
    | Has
    | Index
    | OptionalMember
    | Call
    | ListLiteral
    | MapLiteral
    | Logic
    | Not
    | Negate
    | Conditional
    | Compare
    | Arithmetic
    | Fold
    | Bind
    | OptionalMap
    | Broken
)


def children(node: Node) -> tuple[Node, ...]:  # noqa: C901, PLR0912 - one case a kind of node
    """The nodes directly below, in the order of the text."""
    match node:
        case Literal() | Name() | Broken():
            return ()
        case Select() | Has() | Not() | Negate():
            return (node.operand,)
        case Index() | OptionalMember():
            return (node.operand, node.key)
        case Call():
            return node.operands
        case ListLiteral():
            return node.items
        case MapLiteral():
            return tuple(part for entry in node.entries for part in entry)
        case Logic():
            return node.operands
        case Conditional():
            return (node.condition, node.then, node.otherwise)
        case Compare():
            return (node.left, node.right)
        case Arithmetic():
            return (node.first, *(step.operand for step in node.steps))
        case Fold():
            return (node.range, *(() if node.condition is None else (node.condition,)), node.body)
        case Bind():
            return (node.value, node.body)
        case OptionalMap():
            return (node.operand, node.body)
        case _:
            assert_never(node)


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, parents first."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def size(node: Node) -> int:
    """How many nodes a tree has: what one evaluation of it is charged."""
    return sum(1 for _ in walk(node))
