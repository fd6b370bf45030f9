"""The checker's part for members: fields of objects, keys of maps, elements of lists, and their presence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from passmuster.cel.check import narrowing
from passmuster.cel.check.environment import VARIABLES
from passmuster.cel.syntax import suggestions
from passmuster.cel.syntax.problems import Code
from passmuster.cel.syntax.tree import Has, Index, Name, OptionalMember, Select
from passmuster.cel.values.types import (
    Basic,
    CelType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Presence,
    comparable,
    show,
    vague,
)
from passmuster.cel.values.values import shown

if TYPE_CHECKING:
    from passmuster.cel.check.check import Checker, Scope
    from passmuster.cel.check.narrowing import Places
    from passmuster.cel.syntax.tree import Node

_FIELDS = re.compile(r"\w+(?:\.\w+)*")


def select(checker: Checker, node: Select, scope: Scope, known: Places) -> CelType:
    """The type of ``operand.field``; of an optional, an optional."""
    container = checker.check(node.operand, scope, known)
    if isinstance(container, OptionalType):
        kind, _ = _field(checker, node, container.element)
        return OptionalType(kind)
    kind, nullable = _field(checker, node, container)
    if nullable and narrowing.place(node, scope) not in known:
        _unguarded(checker, node, f"has({checker.slice(node)})")
    return kind


def has(checker: Checker, node: Has, scope: Scope, known: Places) -> CelType:
    """The type of ``has(operand.field)``: a boolean, if the field may be tested."""
    container = checker.check(node.operand, scope, known)
    if _is_variables(node.operand, scope):
        message = f"has() has no meaning for a variable (got variables.{node.field}): it is always there"
        checker.findings.add(Code.MACRO, message, node.at)
        return Basic.BOOL
    _field(checker, node, container.element if isinstance(container, OptionalType) else container)
    return Basic.BOOL


def index(checker: Checker, node: Index, scope: Scope, known: Places) -> CelType:
    """The type of ``operand[key]``; of an optional, an optional."""
    container = checker.check(node.operand, scope, known)
    key = checker.check(node.key, scope, known)
    if isinstance(container, OptionalType):
        return OptionalType(member(checker, node, container.element, key, scope)[0])
    kind, nullable = member(checker, node, container, key, scope)
    if nullable and narrowing.place(node, scope) not in known:
        _unguarded(checker, node, f"{checker.slice(node.key)} in {checker.slice(node.operand)}")
    return kind


def member(
    checker: Checker, node: Index | OptionalMember, container: CelType, key: CelType, scope: Scope
) -> tuple[CelType, bool]:
    """The type of a member of a list or a map, and whether it may be unset."""
    if vague(container):
        return container, False
    if isinstance(container, ListType):
        if key not in {Basic.INT, Basic.UINT} and not vague(key):
            checker.findings.add(Code.NO_OVERLOAD, f"a list is indexed by a number (got {show(key)})", node.key.start)
        return container.element, False
    if isinstance(container, ObjectType | MapType):
        return _keyed(checker, node, container, key, scope)
    message = f"only lists and maps are indexed (got {show(container)})"
    checker.findings.add(Code.NO_OVERLOAD, message, node.operand.start)
    return Basic.BROKEN, False


def asked(checker: Checker, container: MapType, name: str, at: int) -> None:
    """Note a problem if a key cannot be in a map whose keys are listed, or spelled in one way."""
    if not container.dashes and "-" in name:
        message = f"there is no key {shown(name)}: the kernel reads '-' in names as '_'"
        checker.findings.add(Code.UNKNOWN_FIELD, message, at, f"write {shown(name.replace('-', '_'))}")
    if container.keys is None or name in container.keys:
        return
    hint = _dotted(checker, name, container.keys, at) or suggestions.among(name, container.keys)
    if container.presence is Presence.OPEN:
        checker.findings.add(Code.OPEN_MAP, f"the collector never reads the key {shown(name)}", at, hint)
    else:
        checker.findings.add(Code.UNKNOWN_FIELD, f"there is no key {shown(name)}", at, hint)


def _dotted(checker: Checker, name: str, keys: tuple[str, ...], at: int) -> str | None:
    """A hint where a key with dots is written as fields, as in `kernel.sysctl.net.ipv4.ip_forward`."""
    written = _FIELDS.match(checker.text, at)
    longer = sorted(key for key in keys if key.startswith(f"{name}."))
    if written is None or not longer:
        return None
    meant_key = written[0] if written[0] in longer else longer[0]
    return f"a key with dots is written in brackets, as in [{shown(meant_key)}]"


def declared(checker: Checker, container: ObjectType, name: str, at: int) -> None:
    """Note a problem if an object has no field of that name."""
    if name not in container.fields:
        hint = suggestions.among(name, container.fields)
        checker.findings.add(Code.UNKNOWN_FIELD, f"there is no field {name!r}", at, hint)


def _field(checker: Checker, node: Select | Has, container: CelType) -> tuple[CelType, bool]:
    """The type of a field, and whether it may be unset."""
    if vague(container):
        return container, False
    if isinstance(container, ObjectType):
        declared(checker, container, node.field, node.at)
        field = container.fields.get(node.field)
        return (Basic.BROKEN, False) if field is None else (field.type, field.nullable)
    if isinstance(container, MapType):
        if not comparable(container.key, Basic.STRING):
            checker.findings.add(Code.NO_OVERLOAD, f"the keys of the map are of type {show(container.key)}", node.at)
        asked(checker, container, node.field, node.at)
        return container.value, _may_miss(container)
    message = f"only objects and maps have fields (got {show(container)})"
    hint = "write size(...)" if node.field.lower() in {"length", "len", "count", "size"} else None
    checker.findings.add(Code.NO_OVERLOAD, message, node.at, hint)
    return Basic.BROKEN, False


def _keyed(
    checker: Checker, node: Index | OptionalMember, container: ObjectType | MapType, key: CelType, scope: Scope
) -> tuple[CelType, bool]:
    """The type of a member, and whether it may be unset."""
    constant = checker.constant(node.key, scope)
    name = constant.value if constant is not None and isinstance(constant.value, str) else None
    wanted = Basic.STRING if isinstance(container, ObjectType) else container.key
    if not comparable(wanted, key):
        message = f"the keys of the map are of type {show(wanted)} (got {show(key)})"
        checker.findings.add(Code.NO_OVERLOAD, message, node.key.start)
        return Basic.BROKEN, False
    if isinstance(container, MapType):
        if name is not None:
            asked(checker, container, name, node.key.start)
        return container.value, _may_miss(container)
    if name is None:
        return Basic.DYN, False
    declared(checker, container, name, node.key.start)
    field = container.fields.get(name)
    return (Basic.BROKEN, False) if field is None else (field.type, field.nullable)


def _may_miss(container: MapType) -> bool:
    return container.presence is Presence.CLOSED or (container.presence is Presence.OPEN and container.nullable)


def _unguarded(checker: Checker, node: Select | Index, guard: str) -> None:
    message = f"{checker.slice(node)} may be unset"
    checker.findings.add(Code.UNGUARDED, message, node.start, f"guard it, as in: {guard} && ...")


def _is_variables(node: Node, scope: Scope) -> bool:
    return isinstance(node, Name) and node.name == VARIABLES and (node.rooted or node.name not in scope)
