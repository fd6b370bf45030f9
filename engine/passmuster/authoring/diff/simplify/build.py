"""From a tree to its normal form: variables and constants worked in, macro variables without their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from passmuster import cel
from passmuster.authoring.diff.simplify import comparisons
from passmuster.authoring.diff.simplify.form import (
    FALSE,
    TRUE,
    Form,
    Kind,
    choices,
    concatenated,
    conjunction,
    disjunction,
    literal,
    make,
    negated,
)
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
    LogicOperator,
    MapLiteral,
    Name,
    Negate,
    Node,
    Not,
    OptionalMap,
    OptionalMember,
    Select,
    children,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from passmuster.policy.compile import CompiledPolicy

    Scope: TypeAlias = Mapping[str, "Form | int"]

_SCALARS = frozenset((bool, int, str))
_FOLDED = frozenset((cel.Basic.BOOL, cel.Basic.INT, cel.Basic.STRING))
"""Types of the constant parts that are replaced by their values."""
MAX_UNROLLED = 256
"""Elements of a constant list that a macro or a function of sets is written out for."""


@dataclass(slots=True)
class Normalizer:
    """Makes the normal forms of one policy's expressions."""

    policy: CompiledPolicy
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Values to put in place of `params.x`; what is not here stays a parameter."""
    _variables: dict[str, Form] = field(default_factory=dict)

    def form(self, program: cel.Program) -> Form:
        """The normal form of an expression; raises TooLargeError."""
        return _Builder(self, program).form(program.tree, {}, 0)

    def variable(self, name: str) -> Form | None:
        """The form of `variables.name`; None where there is no such variable."""
        if name not in self._variables and name in self.policy.variables:
            self._variables[name] = self.form(self.policy.variables[name].program)
        return self._variables.get(name)


@dataclass(slots=True)
class _Builder:
    """Makes the form of one program; `scope` has the macro variables: a value, or at which depth each was bound."""

    owner: Normalizer
    program: cel.Program
    _free: dict[Node, frozenset[str]] = field(default_factory=dict)

    def form(self, node: Node, scope: Scope, depth: int) -> Form:
        known = self._known(node, scope)
        return known if known is not None else self._made(node, scope, depth)

    def _truth(self, node: Node, scope: Scope, depth: int) -> Form:
        """The form of what must be a boolean; where the types do not tell, what is none stays an error."""
        form = self.form(node, scope, depth)
        return form if self.type_of(node) is cel.Basic.BOOL else make(Kind.OTHER, ("Boolean",), (form,))

    def type_of(self, node: Node) -> cel.CelType:
        return self.program.types.get(node, cel.Basic.DYN)

    def constant(self, node: Node, scope: Scope) -> object:
        """The value of a node that is the same in every run; None if there is none."""
        constant = self.program.environment.constant(node, scope)
        if constant is not None:
            return constant.value
        match node:
            case Select(operand=Name(name="params") as root) if root.rooted or "params" not in scope:
                return self.owner.parameters.get(node.field)
            case Index(operand=Name(name="params") as root) if root.rooted or "params" not in scope:
                key = self.constant(node.key, scope)
                return self.owner.parameters.get(key) if isinstance(key, str) else None
            case Name() if not node.rooted and isinstance(bound := scope.get(node.name), Form):
                return bound.value[1] if isinstance(bound.value, tuple) else None
            case _:
                return None

    def _known(self, node: Node, scope: Scope) -> Form | None:
        value = self.constant(node, scope)
        if value is not None:
            return literal(value)
        worth = self.type_of(node) in _FOLDED and not isinstance(node, Literal) and "constants" not in scope
        if not worth or not self._names(node) <= {"constants"}:
            return None
        environment = self.program.environment
        try:
            program = cel.compile_expression(self.program.text[node.start : node.end], environment)
        except cel.CelProblems:
            return None  # what guards it stands around it
        result = program.run({"constants": environment.constants}).value
        return literal(result) if type(result) in _SCALARS else None

    def _names(self, node: Node) -> frozenset[str]:
        """The names in a tree that are not its own macros' variables."""
        if node not in self._free:
            below = [self._names(child) for child in children(node)]
            match node:
                case Name():
                    free = frozenset({node.name})
                case Fold():
                    free = below[0] | (frozenset().union(*below[1:]) - set(node.variables))
                case Bind() | OptionalMap():
                    free = below[0] | (below[1] - {node.variable})
                case _:
                    free = frozenset[str]().union(*below)
            self._free[node] = free
        return self._free[node]

    def _made(self, node: Node, scope: Scope, depth: int) -> Form:  # noqa: C901, PLR0912 - one case a kind of node
        match node:
            case Literal():
                return literal(node.value)
            case Name():
                return self._name(node, scope, depth)
            case Select() | Index():
                return self._member(node, scope, depth)
            case Has():
                operand = self.form(node.operand, scope, depth)
                return comparisons.has(operand, node.field, self.type_of(node.operand))
            case Logic():
                join = conjunction if node.operator is LogicOperator.AND else disjunction
                return join(tuple(self._truth(operand, scope, depth) for operand in node.operands))
            case Not():
                return negated(self._truth(node.operand, scope, depth))
            case Conditional():
                return self._conditional(node, scope, depth)
            case Compare():
                return self._compare(node, scope, depth)
            case Call():
                return self._call(node, scope, depth)
            case Fold():
                return self._fold(node, scope, depth)
            case ListLiteral() if not node.optional:
                return make(Kind.LIST, None, tuple(self.form(item, scope, depth) for item in node.items))
            case Bind() | OptionalMap():
                return self._bind(node, scope, depth)
            case OptionalMember(operand=Name(name="params")) if (given := self._given(node, scope)) is not None:
                return make(Kind.OTHER, ("given",), (literal(given),))
            case Negate() | Arithmetic() | ListLiteral() | MapLiteral() | OptionalMember() | Broken():
                parts = tuple(self.form(child, scope, depth) for child in children(node))
                if isinstance(node, Arithmetic) and (lists := concatenated(parts)) is not None:
                    return lists
                return make(Kind.OTHER, (type(node).__name__, *_said(node)), parts)
            case _:
                assert_never(node)

    def _given(self, node: OptionalMember, scope: Scope) -> object:
        """The value that stands in place of `params.?x`; None where there is none."""
        key = self.constant(node.key, scope)
        hidden = "params" in scope and isinstance(node.operand, Name) and not node.operand.rooted
        return self.owner.parameters.get(key) if isinstance(key, str) and not hidden else None

    def _name(self, node: Name, scope: Scope, depth: int) -> Form:
        bound = None if node.rooted else scope.get(node.name)
        if bound is None:
            return make(Kind.NAME, node.name)
        kind = self.type_of(node)
        return bound if isinstance(bound, Form) else make(Kind.BOUND, depth - bound, domain=_domain(kind))

    def _member(self, node: Select | Index, scope: Scope, depth: int) -> Form:
        root = node.operand
        own = isinstance(root, Name) and root.name == "variables" and (root.rooted or "variables" not in scope)
        key = node.field if isinstance(node, Select) else self.constant(node.key, scope)
        if own and isinstance(key, str) and (variable := self.owner.variable(key)) is not None:
            return variable
        operand = self.form(node.operand, scope, depth)
        if isinstance(key, str):
            return make(Kind.SELECT, key, (operand,), domain=_domain(self.type_of(node)))
        assert isinstance(node, Index)
        return make(Kind.INDEX, None, (operand, self.form(node.key, scope, depth)), domain=_domain(self.type_of(node)))

    def _conditional(self, node: Conditional, scope: Scope, depth: int) -> Form:
        condition = self._truth(node.condition, scope, depth)
        then, otherwise = (self.form(child, scope, depth) for child in (node.then, node.otherwise))
        if condition in {TRUE, FALSE}:
            return then if condition == TRUE else otherwise
        if condition.kind is Kind.NOT:
            condition, then, otherwise = condition.parts[0], otherwise, then
        return make(Kind.IF, None, (condition, then, otherwise))

    def _compare(self, node: Compare, scope: Scope, depth: int) -> Form:
        left, right = (self.form(child, scope, depth) for child in children(node))
        kinds = self.type_of(node.left), self.type_of(node.right)
        compared = node.left if isinstance(node.left, Call) else node.right
        if isinstance(compared, Call) and compared.function == "compareTo" and compared.receiver is not None:
            what = self.type_of(compared.receiver)
            made = comparisons.compared_to(node.operator, left, right, what)
            return made or comparisons.compare(node.operator, left, right, kinds)
        return comparisons.compare(node.operator, left, right, kinds)

    def _call(self, node: Call, scope: Scope, depth: int) -> Form:
        operands = tuple(self.form(operand, scope, depth) for operand in node.operands)
        kinds = tuple(self.type_of(operand) for operand in node.operands)
        understood = comparisons.call(node.function, operands, kinds)
        return understood or make(Kind.CALL, (node.function, node.receiver is not None), operands)

    def _fold(self, node: Fold, scope: Scope, depth: int) -> Form:
        over = self.constant(node.range, scope)
        quantifier = node.kind in {FoldKind.ALL, FoldKind.EXISTS} and len(node.variables) == 1
        if quantifier and isinstance(over, list | tuple) and len(over) <= MAX_UNROLLED and _plain(over):
            instances = tuple(
                self._truth(node.body, {**scope, node.variables[0]: literal(value)}, depth) for value in over
            )
            return conjunction(instances) if node.kind is FoldKind.ALL else disjunction(instances)
        inner = {**scope, **{name: depth + 1 + at for at, name in enumerate(node.variables)}}
        below = [part for part in (node.condition, node.body) if part is not None]
        made = self._truth if node.kind in {FoldKind.ALL, FoldKind.EXISTS} else self.form
        bodies = tuple(made(part, inner, depth + len(node.variables)) for part in below)
        value = (node.kind.value, len(node.variables), node.condition is not None)
        if value in {("exists", 1, False), ("all", 1, False)}:
            searched = self._searched(node, self.form(node.range, scope, depth), bodies[-1])
            if searched is not None:
                return searched
        return make(Kind.FOLD, value, (self.form(node.range, scope, depth), *bodies), names=node.variables)

    def _searched(self, node: Fold, over: Form, body: Form) -> Form | None:
        """The memberships that `list.exists(x, x == 'a')` and `list.all(x, x != 'a')` are; None for other bodies."""
        if node.kind is FoldKind.ALL:
            exists = self._exists(node, over, negated(body))
            return None if exists is None else negated(exists)
        return self._exists(node, over, body)

    def _exists(self, node: Fold, over: Form, body: Form) -> Form | None:
        kind = self.type_of(node.range)
        plain = isinstance(kind, cel.ListType) and cel.show(kind.element) in {"string", "int"}
        if not plain or body.kind is not Kind.ONE_OF or (body.parts[0].kind, body.parts[0].value) != (Kind.BOUND, 0):
            return None
        wanted = [make(Kind.LITERAL, value) for value in sorted(choices(body), key=repr)]
        return disjunction(tuple(comparisons.member(element, over, kind) for element in wanted)) if wanted else None

    def _bind(self, node: Bind | OptionalMap, scope: Scope, depth: int) -> Form:
        above, body = children(node)
        inner = {**scope, node.variable: depth + 1}
        parts = (self.form(above, scope, depth), self.form(body, inner, depth + 1))
        return make(Kind.OTHER, (type(node).__name__, *_said(node)), parts, names=(node.variable,))


def _domain(kind: cel.CelType) -> frozenset[object] | None:
    return frozenset(("str", value) for value in kind.values) if isinstance(kind, cel.EnumType) else None


def _plain(values: list[object] | tuple[object, ...]) -> bool:
    return all(type(value) in _SCALARS for value in values)


def _said(node: Node) -> tuple[object, ...]:
    """What a node says besides its parts."""
    match node:
        case Arithmetic():
            return tuple(step.operator for step in node.steps)
        case OptionalMap():
            return (node.flat,)
        case ListLiteral() | MapLiteral():
            return tuple(sorted(node.optional))
        case _:
            return ()
