"""The functions of the language, all in one explicit table."""

from __future__ import annotations

from dataclasses import replace

from passmuster.cel.library import core, lists, maths, optionals, regexes, sets, strings, times, versions
from passmuster.cel.library.signature import Function, Overload, Unreadable

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
FUNCTIONS: dict[str, Function] = {}
for _function in ALL:
    _before = FUNCTIONS.get(_function.name)
    _forms = () if _before is None else _before.overloads
    FUNCTIONS[_function.name] = replace(_function, overloads=(*_forms, *_function.overloads))
NOT_SUPPORTED = frozenset(
    """base64.decode base64.encode cel.block cidr containsCIDR containsIP family ip isCIDR isIP isQuantity isURL
    math.asin math.cos math.log math.pow math.sin quantity strings.format url""".split()  # noqa: SIM905 - names
)
"""Functions that other dialects of CEL have, and this version of the language does not."""
