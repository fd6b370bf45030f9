"""CEL as its specification has it: checked before it runs, three-valued, bounded, and able to say why."""

from __future__ import annotations

from passmuster.cel.check.environment import Environment
from passmuster.cel.check.reads import Read
from passmuster.cel.check.size_estimates import DEFAULT_ITEMS, DEFAULT_LENGTH
from passmuster.cel.library.table import functions_table
from passmuster.cel.run.attempt import Attempt, attempt
from passmuster.cel.run.explain import Cause, explain
from passmuster.cel.run.program import Evaluation, Program, compile_expression
from passmuster.cel.syntax.problems import CelProblem, CelProblems, Code
from passmuster.cel.values.types import (
    Basic,
    CelType,
    EnumType,
    Field,
    ListType,
    MapType,
    ObjectType,
    Presence,
    TextType,
    plain,
    show,
    type_of_field,
    type_of_value,
)
from passmuster.cel.values.values import CelError, Globs, OpenMap, UInt, Unknown
from passmuster.cel.values.versions import KernelVersion, RuntimeVersion

__all__ = [
    "DEFAULT_ITEMS",
    "DEFAULT_LENGTH",
    "Attempt",
    "Basic",
    "Cause",
    "CelError",
    "CelProblem",
    "CelProblems",
    "CelType",
    "Code",
    "EnumType",
    "Environment",
    "Evaluation",
    "Field",
    "Globs",
    "KernelVersion",
    "ListType",
    "MapType",
    "ObjectType",
    "OpenMap",
    "Presence",
    "Program",
    "Read",
    "RuntimeVersion",
    "TextType",
    "UInt",
    "Unknown",
    "attempt",
    "compile_expression",
    "explain",
    "functions_table",
    "plain",
    "show",
    "type_of_field",
    "type_of_value",
]
