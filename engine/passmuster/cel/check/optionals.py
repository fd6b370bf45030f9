"""The checker's part for optionals: ``x.?f``, ``x[?k]``, ``[?e]``, ``{?k: v}``, ``optMap`` and ``optFlatMap``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.check import selections
from passmuster.cel.syntax.problems import Code
from passmuster.cel.values.types import Basic, CelType, ListType, OptionalType, show, vague

if TYPE_CHECKING:
    from passmuster.cel.check.check import Checker, Scope
    from passmuster.cel.check.narrowing import Places
    from passmuster.cel.syntax.tree import ListLiteral, Node, OptionalMap, OptionalMember


def member(checker: Checker, node: OptionalMember, scope: Scope, known: Places) -> CelType:
    """The type of ``operand[?key]``: an optional, whether or not the operand is one."""
    container = checker.check(node.operand, scope, known)
    key = checker.check(node.key, scope, known)
    kind, _ = selections.member(checker, node, _inside(container), key, scope)
    return OptionalType(_inside(kind))


def list_literal(checker: Checker, node: ListLiteral, scope: Scope, known: Places) -> CelType:
    """The type of ``[a, ?b]``."""
    kinds = [checker.check(item, scope, known) for item in node.items]
    return ListType(
        checker.united(
            within(checker, item, kind, marked=at in node.optional)
            for at, (item, kind) in enumerate(zip(node.items, kinds, strict=True))
        )
    )


def mapped(checker: Checker, node: OptionalMap, scope: Scope, known: Places) -> CelType:
    """The type of ``operand.optMap(x, body)``."""
    name = "optFlatMap" if node.flat else "optMap"
    kind = within(checker, node.operand, checker.check(node.operand, scope, known), marked=True, what=f"{name}()")
    body = checker.check(node.body, checker.bound(scope, node.variable, kind), known)
    if not node.flat:
        return OptionalType(body)
    return OptionalType(within(checker, node.body, body, marked=True, what=f"{name}()"))


def within(checker: Checker, node: Node, kind: CelType, *, marked: bool, what: str = "'?'") -> CelType:
    """The type of what an optional holds, where one must be; the type itself where it need not."""
    if not marked or vague(kind):
        return kind
    if isinstance(kind, OptionalType):
        return kind.element
    checker.findings.add(Code.NO_OVERLOAD, f"{what} needs an optional (got {show(kind)})", node.start)
    return Basic.BROKEN


def _inside(kind: CelType) -> CelType:
    return kind.element if isinstance(kind, OptionalType) else kind
