"""The functions of the language, all in one explicit table."""

from __future__ import annotations

from passmuster.cel.functions import core, sets, strings, versions
from passmuster.cel.functions.signature import Function, Overload, Unreadable

__all__ = ["FUNCTIONS", "NAMESPACES", "NOT_SUPPORTED", "Function", "Overload", "Unreadable"]

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for functions in (core.FUNCTIONS, strings.FUNCTIONS, sets.FUNCTIONS, versions.FUNCTIONS)
    for function in functions
}
NAMESPACES = frozenset(("base64", "cel", "lists", "math", "optional", "sets", "strings"))
"""Names before a dot that belong to a function's name."""
NOT_SUPPORTED = frozenset(
    """base64.decode base64.encode cel.bind cel.block cidr duration hasValue ip isCIDR isIP isQuantity isSemver isURL
    optFlatMap optMap optional.none optional.of optional.ofNonZeroValue or orValue quantity semver timestamp
    url""".split()  # noqa: SIM905 - a list of names reads better as words
)
"""Functions that other dialects of CEL have, and this version of the language does not."""
