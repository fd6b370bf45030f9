"""The static bound: the most steps that an expression can need, and the largest strings and lists that it can make.

Each node is given a `Bound` on its value and a number of steps beyond those of the tree itself. The
formulas are those of the run with maxima in the place of lengths: of facts from the snapshot's
schema, of constants from their values. What passes here never runs out of its budget, so a verdict
cannot depend on how large a node is. It holds only while each formula is at least what the run
counts: a new function needs both. Kubernetes bounds its admission rules the same way ("estimated
cost" of CEL in CustomResourceDefinitions); the idea is cel-go's `checker/cost.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from passmuster.cel.check.environment import VARIABLES
from passmuster.cel.check.size_estimates import bound_of_type, bound_of_value
from passmuster.cel.library import FUNCTIONS
from passmuster.cel.library.lists import sort_work
from passmuster.cel.library.regexes import SEARCHES, search_steps
from passmuster.cel.syntax.problems import Code
from passmuster.cel.syntax.tree import (
    Arithmetic,
    Bind,
    Broken,
    Call,
    Compare,
    Conditional,
    Fold,
    FoldKind,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Name,
    Negate,
    Node,
    Not,
    OptionalMap,
    OptionalMember,
    Relation,
    Select,
    children,
    size,
)
from passmuster.cel.values import sizes
from passmuster.cel.values.budget import CHARACTERS_A_STEP, ELEMENTS_A_STEP, MAX_LIST, MAX_STRING, STEP_BUDGET
from passmuster.cel.values.sizes import ANY, SMALL, Bound
from passmuster.cel.values.types import Basic, CelType, EnumType, ListType, OptionalType, TextType, flat, settled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from passmuster.cel.check.environment import Environment
    from passmuster.cel.library import Overload
    from passmuster.cel.syntax.problems import Findings

_ENOUGH = 1 << 62
"""Where larger numbers say no more."""
_VERSIONS = frozenset((Basic.SEMVER, Basic.KERNEL_VERSION, Basic.RUNTIME_VERSION))
_ORDERS = frozenset((Relation.LESS, Relation.LESS_OR_EQUAL, Relation.GREATER, Relation.GREATER_OR_EQUAL))

if TYPE_CHECKING:
    Scope: TypeAlias = Mapping[str, Bound]


class Bounder:
    """Bounds the values and the steps of one expression."""

    def __init__(self, environment: Environment, types: Mapping[Node, CelType], findings: Findings) -> None:
        self._environment = environment
        self._types = types
        self._findings = findings

    def check(self, node: Node) -> tuple[Bound, int]:
        """The bound of an expression and the most steps it needs; notes a problem where a limit could be passed."""
        bound, spent = self._node(node, {})
        total = size(node) + spent
        if total > STEP_BUDGET:
            message = f"the expression can need too many steps (got up to {_told(total)}, expected {STEP_BUDGET})"
            self._findings.add(Code.COST, message, self._dearest(node).start, "narrow what the macros go through")
        return bound, total

    def _dearest(self, node: Node) -> Node:
        """The first macro of an expression, or the expression."""
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if isinstance(current, Fold):
                return current
            waiting.extend(reversed(children(current)))
        return node

    def _flat(self, node: Node) -> bool:
        return flat(self._types.get(node, Basic.DYN))

    def _node(self, node: Node, scope: Scope) -> tuple[Bound, int]:  # noqa: C901, PLR0912
        if isinstance(node, Select | Index | ListLiteral) and (known := self._environment.constant(node, scope)):
            return bound_of_value(known.value), 0
        match node:
            case Literal():
                return bound_of_value(node.value), 0
            case Name():
                return self._name(node, scope), 0
            case Select():
                bound, spent = self._node(node.operand, scope)
                return self._selected(node, bound, node.field), spent
            case Index() | OptionalMember():
                return self._index(node, scope)
            case Has() | Not() | Negate():
                return SMALL, self._node(node.operand, scope)[1]
            case Call():
                return self._call(node, scope)
            case ListLiteral():
                return self._list(node, scope)
            case MapLiteral():
                return self._map(node, scope)
            case Logic():
                return SMALL, sum(self._node(operand, scope)[1] for operand in node.operands)
            case Conditional():
                return self._conditional(node, scope)
            case Compare():
                return SMALL, self._compare(node, scope)
            case Arithmetic():
                return self._arithmetic(node, scope)
            case Fold():
                return self._fold(node, scope)
            case Bind():
                value, spent = self._node(node.value, scope)
                body, more = self._node(node.body, {**scope, node.variable: value})
                return body, spent + more
            case OptionalMap():
                value, spent = self._node(node.operand, scope)
                body, more = self._node(node.body, {**scope, node.variable: sizes.element(value)})
                return body if node.flat else sizes.items(1, body), spent + more
            case Broken():
                return SMALL, 0
            case _:
                assert_never(node)

    def _name(self, node: Name, scope: Scope) -> Bound:
        if not node.rooted and node.name in scope:
            return scope[node.name]
        constant = self._environment.constant(node, scope)
        if constant is not None:
            return bound_of_value(constant.value)
        declared = self._environment.root(node.name)
        bound = SMALL if declared is None else bound_of_type(declared)
        if node.name == VARIABLES:
            programs = {name: program.bound for name, program in self._environment.variables.items()}
            return Bound(fields={**(bound.fields or {}), **programs})
        return bound

    def _selected(self, node: Node, bound: Bound, key: str | None) -> Bound:
        """Of a member; of an optional's value, an optional."""
        if isinstance(self._types.get(node), OptionalType) and bound.length == 1 and not bound.fields:
            bound = sizes.element(bound)
        named = bound.fields.get(key) if bound.fields and key is not None else None
        size = sizes.element(bound) if named is None else named
        return sizes.items(1, size) if isinstance(self._types.get(node), OptionalType) else size

    def _index(self, node: Index | OptionalMember, scope: Scope) -> tuple[Bound, int]:
        bound, spent = self._node(node.operand, scope)
        _, more = self._node(node.key, scope)
        key = self._environment.constant(node.key, scope)
        name = key.value if key is not None and isinstance(key.value, str) else None
        return self._selected(node, bound, name), spent + more

    def _conditional(self, node: Conditional, scope: Scope) -> tuple[Bound, int]:
        _, spent = self._node(node.condition, scope)
        then, one = self._node(node.then, scope)
        otherwise, other = self._node(node.otherwise, scope)
        return sizes.either(then, otherwise), spent + max(one, other)

    def _list(self, node: ListLiteral, scope: Scope) -> tuple[Bound, int]:
        parts = [self._node(item, scope) for item in node.items]
        held = [sizes.element(b) if at in node.optional else b for at, (b, _) in enumerate(parts)]
        bound = Bound(length=len(parts), element=sizes.union(held), parts=tuple(held))
        return bound, sum(spent for _, spent in parts)

    def _map(self, node: MapLiteral, scope: Scope) -> tuple[Bound, int]:
        keys = [self._node(key, scope) for key, _ in node.entries]
        values = [self._node(value, scope) for _, value in node.entries]
        held = [sizes.element(b) if at in node.optional else b for at, (b, _) in enumerate(values)]
        named = {
            key.value: bound
            for (key, _), bound in zip(node.entries, held, strict=True)
            if isinstance(key, Literal) and isinstance(key.value, str)
        }
        bound = Bound(
            length=len(keys),
            element=sizes.union(held),
            key=sizes.union(b for b, _ in keys),
            fields=named if len(named) == len(keys) else None,
        )
        return bound, sum(spent for _, spent in (*keys, *values))

    def _compare(self, node: Compare, scope: Scope) -> int:
        left, spent = self._node(node.left, scope)
        right, more = self._node(node.right, scope)
        spent += more
        if node.operator in _ORDERS:
            return spent
        if node.operator is Relation.IN and self._flat(node.right) and self._is_text(node.left):
            return spent + right.length // ELEMENTS_A_STEP
        return _few(spent + self._heft(node.left, left) + self._heft(node.right, right))

    def _heft(self, node: Node, bound: Bound) -> int:
        """What looking through a value is charged: nothing for a scalar."""
        kind = self._types.get(node, Basic.DYN)
        return 0 if flat(kind) and not isinstance(kind, ListType) and kind not in _VERSIONS else sizes.weight(bound)

    def _is_text(self, node: Node) -> bool:
        kind = self._types.get(node)
        return kind is Basic.STRING or isinstance(kind, EnumType | TextType)

    def _arithmetic(self, node: Arithmetic, scope: Scope) -> tuple[Bound, int]:
        bound, spent = self._node(node.first, scope)
        for step in node.steps:
            right, more = self._node(step.operand, scope)
            spent += more
            if step.operator == "+" and (bound.length or right.length):
                length = bound.length + right.length
                spent += length if bound.element or right.element else length // CHARACTERS_A_STEP
                made = sizes.either(bound, right)
                bound = self._limited(Bound(length=length, element=made.element, key=made.key), step.at)
            else:
                bound = SMALL
        return bound, _few(spent)

    def _limited(self, bound: Bound, at: int) -> Bound:
        """A bound that is within the limits; notes a problem where it was not."""
        most, what, unit = (
            (MAX_STRING, "string", "characters") if bound.element is None else (MAX_LIST, "list", "elements")
        )
        if bound.length <= most:
            return bound
        message = f"the {what} can become too long (got up to {_told(bound.length)} {unit}, expected {most})"
        self._findings.add(Code.COST, message, at)
        return Bound(length=most, element=bound.element, key=bound.key, fields=bound.fields)

    def _call(self, node: Call, scope: Scope) -> tuple[Bound, int]:
        parts = [self._node(operand, scope) for operand in node.operands]
        bounds, spent = [bound for bound, _ in parts], sum(spent for _, spent in parts)
        function = FUNCTIONS.get(node.function)
        if function is None:
            return SMALL, spent
        kinds = tuple(self._types.get(operand, Basic.DYN) for operand in node.operands)
        forms = function.forms(member=node.receiver is not None, arguments=len(bounds))
        forms = tuple(form for form in forms if form.fits(kinds) is not None)
        forms = forms[:1] if all(map(settled, kinds)) else forms
        made = [self._limited(form.grows(*bounds), node.at) for form in forms if form.grows is not None]
        if node.function in SEARCHES and self._constant_text(node.operands[1], scope):
            return sizes.union(made), _few(spent + search_steps(node.function, bounds[0]))
        if node.function in {"or", "orValue"}:
            return self._or(node.function, bounds), spent
        spent += sum(bound.length // CHARACTERS_A_STEP for bound in bounds if bound.element is None)
        if not all(map(self._flat, node.operands)):
            spent += sum(map(sizes.weight, bounds))
        charged = max((_charged(form, bounds) for form in forms), default=0)
        result = self._result(node, sizes.union(made), bounds, scope)
        spent += result.length if node.function == "lists.range" else 0
        return result, _few(spent + charged)

    def _result(self, node: Call, made: Bound, bounds: list[Bound], scope: Scope) -> Bound:
        if node.function == "value":
            return sizes.element(bounds[0])
        if node.function == "lists.range":
            constant = self._environment.constant(node.operands[0], scope)
            if constant is not None and type(constant.value) is int:
                return self._limited(sizes.items(max(constant.value, 0), SMALL), node.at)
        return made

    @staticmethod
    def _or(function: str, bounds: list[Bound]) -> Bound:
        return sizes.either(bounds[0] if function == "or" else sizes.element(bounds[0]), bounds[1])

    def _constant_text(self, node: Node, scope: Scope) -> bool:
        constant = self._environment.constant(node, scope)
        return constant is not None and isinstance(constant.value, str)

    def _fold(self, node: Fold, scope: Scope) -> tuple[Bound, int]:
        over, spent = self._node(node.range, scope)
        element = sizes.element(over) if over.key is None or over is ANY else over.key
        rounds = over.length or len(over.fields or ())
        if len(node.variables) == 1:
            inner = {**scope, node.variables[0]: element}
        else:
            first = SMALL if over.key is None else over.key
            inner = {**scope, node.variables[0]: first, node.variables[1]: sizes.element(over)}
        quick = len(node.variables) == 1 and self._flat(node.range) and over.key is None
        spent += 0 if quick else sizes.weight(over)
        condition = (SMALL, 0) if node.condition is None else self._node(node.condition, inner)
        body, more = self._node(node.body, inner)
        a_round = size(node.body) + more + condition[1] + (0 if node.condition is None else size(node.condition))
        spent += rounds * a_round + (sort_work(rounds) if node.kind is FoldKind.SORT_BY else 0)
        return self._limited(_folded(node, rounds, over, element, body), node.at), _few(spent)


def _folded(node: Fold, rounds: int, over: Bound, element: Bound, body: Bound) -> Bound:
    """The bound of what a macro makes."""
    match node.kind:
        case FoldKind.ALL | FoldKind.EXISTS | FoldKind.EXISTS_ONE:
            return SMALL
        case FoldKind.FILTER:
            return sizes.items(rounds, element)
        case FoldKind.SORT_BY:
            return over
        case FoldKind.MAP:
            return sizes.items(rounds, body)
        case FoldKind.TRANSFORM_MAP:
            return sizes.entries(rounds, over.key or SMALL, body)
        case FoldKind.TRANSFORM_MAP_ENTRY:
            return sizes.entries(rounds * max(body.length, 1), body.key or SMALL, sizes.element(body))
        case _:
            assert_never(node.kind)


def _charged(form: Overload, bounds: list[Bound]) -> int:
    """What a form of a function is charged for operands as large as they can be."""
    work = 0 if form.work is None else form.work(*(bound.length for bound in bounds))
    return work + (0 if form.spends is None else form.spends(*bounds))


def _few(steps: int) -> int:
    return min(steps, _ENOUGH)


def _told(number: int) -> str:
    return str(number) if number < _ENOUGH else "more than can be said"
