"""What the expressions of a policy may name, with the types: facts of a node, or what the nodes of a pool come to."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from passmuster import cel
from passmuster.codec import schema
from passmuster.policy.model import ParameterType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.policy.model import Parameter

MAX_UNION = 512
"""Elements of `fleet.union` that an expression is shown."""
MAX_VALUES = cel.DEFAULT_ITEMS
"""Distinct values of a pool that a fleet rule's expression is shown; what it can cost is reckoned with this."""


def environment(
    *,
    parameters: tuple[Parameter, ...] = (),
    constants: Mapping[str, object] | None = None,
    variables: Mapping[str, cel.CelType] | None = None,
) -> cel.Environment:
    """The names that an expression about one node can use."""
    constants = constants or {}
    roots = dict(_of_node())
    roots.update(_terms(parameters, constants))
    roots["variables"] = _object(variables or {})
    return cel.Environment(roots=roots, constants=constants)


@functools.cache
def _of_node() -> dict[str, cel.CelType]:
    """The types of a node's sections, and of what stands above them."""
    return {name: cel.type_of_field(kind) for name, kind in {**schema.sections(1), **schema.header(1)}.items()}


def aggregates(
    value: cel.CelType,
    *,
    parameters: tuple[Parameter, ...] = (),
    constants: Mapping[str, object] | None = None,
    counted: bool = False,
) -> cel.Environment:
    """The names that an expression about a pool can use, by the type of what is compared in it.

    With `counted`, for a message, how many members are undecided too: an expression has no say in what they do.
    """
    constants = constants or {}
    members = _members(value)
    if counted:
        members["unknown"] = cel.Basic.INT
    return cel.Environment(roots={"fleet": _object(members), **_terms(parameters, constants)}, constants=constants)


def comparable(kind: cel.CelType) -> bool:
    """Whether a fleet rule can compare values of a type: strings, integers, booleans and lists of strings."""
    if isinstance(kind, cel.ListType):
        return cel.plain(kind.element) is cel.Basic.STRING
    return cel.plain(kind) in {cel.Basic.STRING, cel.Basic.INT, cel.Basic.BOOL}


def _members(value: cel.CelType) -> dict[str, cel.CelType]:
    fields: dict[str, cel.CelType] = {"size": cel.Basic.INT, "values": cel.ListType(value, MAX_VALUES)}
    if isinstance(value, cel.ListType):
        most_items = cel.DEFAULT_ITEMS if value.max_items is None else value.max_items
        fields["common"] = cel.ListType(value.element, most_items)
        fields["union"] = cel.ListType(value.element, min(most_items * MAX_VALUES, MAX_UNION))
    else:
        fields["counts"] = cel.MapType(cel.Basic.STRING, cel.Basic.INT, max_entries=MAX_VALUES)
    return fields


def _terms(parameters: tuple[Parameter, ...], constants: Mapping[str, object]) -> dict[str, cel.CelType]:
    return {
        "params": _object({parameter.name: _PARAMETER_TYPES[parameter.type] for parameter in parameters}),
        "constants": _object({name: cel.type_of_value(value) for name, value in constants.items()}),
    }


def _object(members: Mapping[str, cel.CelType]) -> cel.CelType:
    return cel.ObjectType({name: cel.Field(kind) for name, kind in members.items()})


_PARAMETER_TYPES: Mapping[ParameterType, cel.CelType] = {
    ParameterType.INT: cel.Basic.INT,
    ParameterType.STRING: cel.Basic.STRING,
    ParameterType.BOOL: cel.Basic.BOOL,
    ParameterType.LIST: cel.ListType(cel.Basic.STRING),
}
