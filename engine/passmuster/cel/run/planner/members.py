"""Closures for roots, fields, keys, elements and their presence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.syntax.tree import Has, Index, Name, Node, Select
from passmuster.cel.values.equality import at_index
from passmuster.cel.values.values import (
    NONE,
    CelError,
    OpenMap,
    Optional,
    TypeValue,
    UInt,
    Unknown,
    either,
    failed,
    no_overload,
    shown,
    to_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel.run.compile import Compiler
    from passmuster.cel.values.budget import Frame, Run

_MISSING = object()


def name(compiler: Compiler, node: Name, scope: Mapping[str, int]) -> Run:
    """A macro's variable, a root or a type as a value."""
    word = node.name
    if not node.rooted and word in scope:
        slot = scope[word]
        return lambda frame: frame.locals[slot]
    undeclared = compiler.error(f"undeclared reference to {shown(word)}", node.start)
    is_type = word in compiler.type_names and compiler.environment.root(word) is None
    otherwise = TypeValue(word) if is_type else undeclared

    def run(frame: Frame) -> object:
        return frame.roots.get(word, otherwise)

    return run


def select(compiler: Compiler, node: Select, scope: Mapping[str, int]) -> Run:
    """``operand.field``."""
    slow = _by_key(compiler, compiler.run(node.operand, scope), node.field, node.at)
    path = _path(node, scope)
    if isinstance(node.operand, Name) and not node.operand.rooted and node.operand.name in scope:
        return _of_slot(scope[node.operand.name], node.field, slow)
    if path is None:
        return slow
    root, *keys = path
    return _of_root(root, keys[0], slow) if len(keys) == 1 else _below_root(root, tuple(keys), slow)


def index(compiler: Compiler, node: Index, scope: Mapping[str, int]) -> Run:
    """``operand[key]``."""
    operand = compiler.run(node.operand, scope)
    constant = compiler.environment.constant(node.key, scope)
    if constant is not None and isinstance(constant.value, str):
        return _by_key(compiler, operand, constant.value, node.key.start)
    key, placed = compiler.run(node.key, scope), compiler.placer(node.key.start)

    def run(frame: Frame) -> object:
        container, at = operand(frame), key(frame)
        if type(container) is Optional:
            return placed(optional_member(container, at, selected=False))
        if type(container) is dict and type(at) is str and at in container:
            return container[at]
        return placed(at_index(container, at))

    return run


def has(compiler: Compiler, node: Has, scope: Mapping[str, int]) -> Run:
    """``has(operand.field)``: looks at that member only; an error of the operand stays one."""
    operand, field, placed = compiler.run(node.operand, scope), node.field, compiler.placer(node.at)

    def run(frame: Frame) -> object:
        container = operand(frame)
        if isinstance(container, dict):
            value = container.get(field, _MISSING)
            return value if failed(value) else value is not _MISSING
        if isinstance(container, OpenMap):
            return container.has(field)
        if type(container) is Optional:
            member = optional_member(container, field, selected=True)
            return member.there if type(member) is Optional else placed(member)
        return container if failed(container) else placed(no_overload("has()", container))

    return run


def _by_key(compiler: Compiler, operand: Run, key: str, at: int) -> Run:
    missing, placed = compiler.error(f"no such key: {shown(key)}", at), compiler.placer(at)

    def run(frame: Frame) -> object:
        container = operand(frame)
        if isinstance(container, dict):
            try:
                return container[key]
            except KeyError:
                return missing
        return placed(_slowly(container, key))

    return run


def _slowly(container: object, key: str) -> object:
    if type(container) is Unknown or type(container) is CelError:
        return container
    if isinstance(container, OpenMap):
        return container.get(key)
    if type(container) is Optional:
        return optional_member(container, key, selected=False)
    return no_overload(f"selection of {shown(key)}", container)


def optional_member(container: object, key: object, *, selected: bool) -> object:
    """``container[?key]`` and ``container.?key``: the member as an optional, or of the value of an optional."""
    if failed(container) or failed(key):
        return either(container, key)
    if isinstance(container, Optional):
        return optional_member(container.value, key, selected=selected) if container.there else container
    if isinstance(container, OpenMap):
        there = container.has(key)
        return there if failed(there) else _optional(container.get(key)) if there else NONE
    if isinstance(container, dict):
        place = to_key(key)
        return _optional(container[place]) if place is not None and place in container else NONE
    if isinstance(container, list) and not selected:
        element = at_index(container, key)
        return NONE if type(element) is CelError and type(to_key(key)) in {int, UInt} else _optional(element)
    return no_overload("'.?'" if selected else "'[?]'", container, key)


def _optional(value: object) -> object:
    return value if failed(value) else Optional(value, there=True)


def _path(node: Node, scope: Mapping[str, int]) -> tuple[str, ...] | None:
    """The root and the fields of a plain selection such as ``kernel.release``."""
    if isinstance(node, Name):
        return None if not node.rooted and node.name in scope else (node.name,)
    if isinstance(node, Select):
        above = _path(node.operand, scope)
        return None if above is None else (*above, node.field)
    return None


def _of_slot(slot: int, key: str, slow: Run) -> Run:
    def run(frame: Frame) -> object:
        value = frame.locals[slot]
        if type(value) is dict and key in value:
            return value[key]
        return slow(frame)

    return run


def _of_root(root: str, key: str, slow: Run) -> Run:
    def run(frame: Frame) -> object:
        section = frame.roots.get(root)
        if type(section) is dict and key in section:
            return section[key]
        return slow(frame)

    return run


def _below_root(root: str, keys: tuple[str, ...], slow: Run) -> Run:
    def run(frame: Frame) -> object:
        value = frame.roots.get(root)
        for key in keys:
            if type(value) is not dict or key not in value:
                return slow(frame)
            value = value[key]
        return value

    return run
