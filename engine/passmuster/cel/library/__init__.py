"""The functions of the language, all in one explicit table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.cel.library import core, lists, maths, optionals, regexes, sets, strings, times, versions
from passmuster.cel.library.signature import Function, Overload, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALL", "FUNCTIONS", "NOT_SUPPORTED", "Function", "Overload", "Unreadable"]

ALL: tuple[Function, ...] = (
    *core.FUNCTIONS,
    *strings.FUNCTIONS,
    *regexes.FUNCTIONS,
    *lists.FUNCTIONS,
    *sets.FUNCTIONS,
    *maths.FUNCTIONS,
    *times.FUNCTIONS,
    *versions.FUNCTIONS,
    *optionals.FUNCTIONS,
)
"""Each with what it is about; some of one name are about strings as well as lists."""


def _by_name() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for function in ALL:
        before = found.get(function.name)
        forms = () if before is None else before.overloads
        found[function.name] = replace(function, overloads=(*forms, *function.overloads))
    return found


FUNCTIONS: Mapping[str, Function] = _by_name()
NOT_SUPPORTED = frozenset(
    """base64.decode base64.encode cel.block cidr containsCIDR containsIP family ip isCIDR isIP isQuantity isURL
    math.asin math.cos math.log math.pow math.sin quantity strings.format url""".split()  # noqa: SIM905 - names
)
"""Functions that other dialects of CEL have, and this version of the language does not."""
