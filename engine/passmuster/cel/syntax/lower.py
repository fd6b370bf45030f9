"""From lark's tree to our own: one pass, at once, with every node's place in the text.

lark has ten levels of single children for each operand; a chain of operators leans to the left.
Both are taken in loops, so that only true nesting is recursion, and that is limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.cel.syntax import literals
from passmuster.cel.syntax.macros import expand
from passmuster.cel.syntax.precheck import MAX_NESTING
from passmuster.cel.syntax.problems import Code
from passmuster.cel.syntax.tree import (
    Arithmetic,
    Broken,
    Call,
    Compare,
    Conditional,
    Index,
    ListLiteral,
    Literal,
    Logic,
    LogicOperator,
    MapLiteral,
    Name,
    Negate,
    Not,
    OptionalMember,
    Relation,
    Select,
    Step,
)

if TYPE_CHECKING:
    from passmuster.cel.syntax.problems import Findings
    from passmuster.cel.syntax.tree import Node

_LOGIC = {"conditionalor": LogicOperator.OR, "conditionaland": LogicOperator.AND}
_RELATIONS = {
    "relation_lt": Relation.LESS,
    "relation_le": Relation.LESS_OR_EQUAL,
    "relation_gt": Relation.GREATER,
    "relation_ge": Relation.GREATER_OR_EQUAL,
    "relation_eq": Relation.EQUAL,
    "relation_ne": Relation.NOT_EQUAL,
    "relation_in": Relation.IN,
}
_ARITHMETIC = {
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
}
_MESSAGES = frozenset(("Duration", "Timestamp"))
"""Of google.protobuf, the messages that are types of CEL."""
_CONSTANTS = {"true": True, "false": False, "null": None}


class Lowering:
    """Turns lark's tree of one expression into ours."""

    def __init__(self, findings: Findings, marks: set[int]) -> None:
        self._findings = findings
        self.marks = marks
        """Offsets of tokens with the question mark of an optional before them, until something makes use of it."""

    def expression(self, tree: Any, depth: int = 0) -> Node:
        """Lower one node of lark's tree."""
        while len(tree.children) == 1 and tree.data not in _KEPT:
            tree = tree.children[0]
        start, _ = _span(tree)
        if depth > MAX_NESTING:
            self._findings.add(Code.LIMIT, f"the expression nests deeper than {MAX_NESTING}", start)
            raise self._findings.raised()
        match str(tree.data):
            case "expr":
                return self._conditional(tree, depth)
            case "conditionalor" | "conditionaland":
                return self._logic(tree, depth)
            case "relation":
                return self._compare(tree, depth)
            case "addition" | "multiplication":
                return self._arithmetic(tree, depth)
            case "unary":
                return self._unary(tree, depth)
            case _:
                return self._member(tree, depth)

    def _conditional(self, tree: Any, depth: int) -> Node:
        condition, then, otherwise = (self.expression(child, depth + 1) for child in tree.children)
        return Conditional(condition=condition, then=then, otherwise=otherwise, **_at(tree))

    def _logic(self, tree: Any, depth: int) -> Node:
        rule, operands, here = tree.data, [], tree
        while here.data == rule and len(here.children) == 2:
            operands.append(here.children[1])
            here = here.children[0]
        operands.append(here)
        nodes = tuple(self.expression(operand, depth + 1) for operand in reversed(operands))
        return Logic(operator=_LOGIC[str(rule)], operands=nodes, **_at(tree))

    def _compare(self, tree: Any, depth: int) -> Node:
        operator, right = tree.children
        relation = _RELATIONS[str(operator.data)]
        return Compare(
            operator=relation,
            left=self.expression(operator.children[0], depth + 1),
            right=self.expression(right, depth + 1),
            at=_span(operator)[1] - len(relation.value),
            **_at(tree),
        )

    def _arithmetic(self, tree: Any, depth: int) -> Node:
        rule, steps, here = tree.data, [], tree
        while here.data == rule and len(here.children) == 2:
            operator, right = here.children
            steps.append((_ARITHMETIC[str(operator.data)], right, _span(operator)[1] - 1))
            here = operator.children[0]
        first = self.expression(here, depth + 1)
        lowered = tuple(
            Step(operator=symbol, operand=self.expression(right, depth + 1), at=at)
            for symbol, right, at in reversed(steps)
        )
        return Arithmetic(first=first, steps=lowered, **_at(tree))

    def _unary(self, tree: Any, depth: int) -> Node:
        """Lower ``!x`` and ``-x``; two signs next to each other take each other away, as in cel-go and cel-cpp."""
        sign, operand = tree.children
        if operand.data == "unary" and len(operand.children) == 2 and operand.children[0].data == sign.data:
            return self.expression(operand.children[1], depth + 2)
        kind = Not if str(sign.data) == "unary_not" else Negate
        return kind(operand=self.expression(operand, depth + 1), **_at(tree))

    def _member(self, tree: Any, depth: int) -> Node:
        """Lower a chain of selections, indexes and calls, from the left."""
        chain, here = [], tree
        while True:
            while str(here.data) in {"member", "primary", "expr"} and len(here.children) == 1:
                here = here.children[0]
            if str(here.data) not in {"member_dot", "member_dot_arg", "member_index"}:
                break
            chain.append(here)
            here = here.children[0]
        if depth + len(chain) > MAX_NESTING:
            self._findings.add(Code.LIMIT, f"the expression nests deeper than {MAX_NESTING}", _span(tree)[0])
            raise self._findings.raised()
        node = self._primary(here, depth)
        start = node.start if not chain else _span(chain[0])[0]
        for link in reversed(chain):
            node = self._link(node, link, start, depth)
        return node

    def _link(self, operand: Node, link: Any, start: int, depth: int) -> Node:
        end = _span(link)[1]
        if str(link.data) == "member_index":
            optional, key = self._marked(link.children[1]), self.expression(link.children[1], depth + 1)
            if optional:
                return OptionalMember(operand=operand, key=key, selected=False, at=key.start, start=start, end=end)
            return Index(operand=operand, key=key, start=start, end=end)
        name = link.children[1]
        if str(link.data) == "member_dot":
            return self._select(operand, name, start, end)
        arguments = self._arguments(link.children[2:], depth)
        call = Call(function=str(name), receiver=operand, arguments=arguments, at=name.start_pos, start=start, end=end)
        return expand(call, self._findings)

    def _select(self, operand: Node, name: Any, start: int, end: int) -> Node:
        field, at = str(name), name.start_pos
        if self._marked(name):
            key = Literal(value=field, start=at, end=end)
            return OptionalMember(operand=operand, key=key, selected=True, at=at, start=start, end=end)
        if isinstance(operand, Select) and field in _MESSAGES and operand.field == "protobuf":
            package = operand.operand
            if isinstance(package, Name) and package.name == "google":
                return Name(name=f"google.protobuf.{field}", start=start, end=end)
        return Select(operand=operand, field=field, at=at, start=start, end=end)

    def _marked(self, tree: Any) -> bool:
        """Whether a question mark stands before a part, which is then used up."""
        at = _span(tree)[0]
        if at in self.marks:
            self.marks.discard(at)
            return True
        return False

    def _primary(self, tree: Any, depth: int) -> Node:
        match str(tree.data):
            case "literal":
                return self._literal(tree.children[0])
            case "ident":
                start, end = _span(tree)
                return Name(name=str(tree.children[0]), start=start, end=end)
            case "dot_ident":
                start, end = _span(tree)
                return Name(name=str(tree.children[0]), rooted=True, start=start, end=end)
            case "ident_arg" | "dot_ident_arg":
                name = tree.children[0]
                arguments = self._arguments(tree.children[1:], depth)
                call = Call(function=str(name), receiver=None, arguments=arguments, at=name.start_pos, **_at(tree))
                return expand(call, self._findings)
            case "list_lit":
                trees = [child for subtree in tree.children for child in subtree.children]
                optional = frozenset(at for at, child in enumerate(trees) if self._marked(child))
                return ListLiteral(items=self._arguments(tree.children, depth), optional=optional, **_at(tree))
            case "map_lit":
                return self._map(tree, depth)
            case "paren_expr":
                return self.expression(tree.children[0], depth)
            case "member_object":
                span = _at(tree)
                self._findings.add(Code.NOT_SUPPORTED, "messages (Name{...}) are not in the language", span["start"])
                return Broken(**span)
            case _:
                return self.expression(tree, depth)

    def _map(self, tree: Any, depth: int) -> MapLiteral:
        trees = [child for inits in tree.children for child in inits.children]
        optional = frozenset(at for at, key in enumerate(trees[::2]) if self._marked(key))
        parts = [self.expression(child, depth + 1) for child in trees]
        return MapLiteral(entries=tuple(zip(parts[::2], parts[1::2], strict=True)), optional=optional, **_at(tree))

    def _arguments(self, lists: Any, depth: int) -> tuple[Node, ...]:
        return tuple(self.expression(child, depth + 1) for child_list in lists for child in child_list.children)

    def _literal(self, token: Any) -> Node:
        text, span = str(token), {"start": token.start_pos, "end": token.end_pos}
        try:
            return Literal(value=_value(str(token.type), text), **span)
        except literals.BadLiteralError as error:
            self._findings.add(Code.SYNTAX, str(error), token.start_pos + error.offset)
            return Broken(**span)


_KEPT = frozenset(("paren_expr", "literal", "ident", "dot_ident", "ident_arg", "dot_ident_arg", "list_lit", "map_lit"))


def _value(kind: str, text: str) -> object:
    match kind:
        case "INT_LIT":
            return literals.integer(text)
        case "UINT_LIT":
            return literals.unsigned(text)
        case "FLOAT_LIT":
            return float(text)
        case "STRING_LIT":
            return literals.string(text)
        case "BYTES_LIT":
            return literals.byte_string(text)
        case _:
            return _CONSTANTS[text]


def _span(tree: Any) -> tuple[int, int]:
    meta = getattr(tree, "meta", tree)
    return meta.start_pos, meta.end_pos


def _at(tree: Any) -> dict[str, int]:
    start, end = _span(tree)
    return {"start": start, "end": end}
