"""The values of expressions: plain Python where CEL and Python agree, own types where they do not.

bool, int (within 64 bits), float, str, bytes, None, list and dict stand for themselves. A dict has
keys that are str, int, UInt or, because Python holds ``1 == True``, a BoolKey in a boolean's place.
Errors and unknowns are values too: they are returned, never raised.
"""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from passmuster.model.unknown import Reason, UnknownFact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.fieldpath import FieldPath

INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1


class UInt(int):
    """An unsigned 64-bit integer; equal to the int of the same number, as CEL has it."""

    __slots__ = ()


class BoolKey(enum.Enum):
    """A boolean as the key of a map."""

    FALSE = False
    TRUE = True


@dataclass(frozen=True, slots=True)
class CelError:
    """What CEL calls an error: no such key, no such overload, a number out of range."""

    message: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that depends on unknown facts."""

    facts: frozenset[UnknownFact]

    def __str__(self) -> str:
        return "; ".join(sorted(f"{fact.path} ({fact.reason.value})" for fact in self.facts))


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value: ``type(1) == int``."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may not be there: what ``x.?f`` and ``x[?k]`` come to."""

    value: object = None
    """Meaningless where there is none."""
    there: bool = field(default=False, kw_only=True)

    CEL_NAME: ClassVar[str] = "optional_type"


NONE = Optional()
"""``optional.none()``."""


@dataclass(frozen=True, slots=True)
class Globs:
    """Names and patterns of names; `in` says whether one fits."""

    names: frozenset[str] = frozenset()
    wild: tuple[str, ...] = ()

    @classmethod
    @functools.cache
    def of(cls, patterns: tuple[str, ...]) -> Globs:
        """Those of a list of both."""
        return cls(frozenset(patterns), tuple(pattern for pattern in patterns if "*" in pattern))

    def __contains__(self, name: str) -> bool:
        return name in self.names or any(fnmatchcase(name, pattern) for pattern in self.wild)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMap:
    """A map of which only some keys are known to be there or not; any other key is unknown."""

    path: FieldPath
    values: Mapping[str, object]
    """Keys that were found; a value may be Unknown."""
    absent: frozenset[str] = field(default_factory=frozenset)
    """Keys that were asked for, and that the host does not have."""
    there: frozenset[str] = field(default_factory=frozenset)
    """Keys that are known to be there, though their values are unknown."""
    listed: Globs = Globs()
    """Other keys of which a missing one is not there."""
    because: UnknownFact | None = None
    """Why any other key is unknown; None where not requested."""

    def get(self, key: object) -> object:
        """The value of a key, a CelError if it is known not to be there, else an Unknown."""
        if type(key) is not str:
            return CelError(f"no such key: {shown(key)}")
        if key in self.values:
            return self.values[key]
        if key in self.absent or key in self.listed:
            return CelError(f"no such key: {shown(key)}")
        return self._unknown(self.path.child(key))

    def has(self, key: object) -> object:
        """Whether a key is there; Unknown if it was not collected."""
        if key in self.there:
            return True
        value = self.get(key)
        return value if type(value) is Unknown else type(value) is not CelError

    def whole(self) -> Unknown:
        """The result of everything that needs all its keys."""
        return self._unknown(self.path)

    def _unknown(self, path: FieldPath) -> Unknown:
        if self.because is None:
            fact = UnknownFact(path=path, reason=Reason.NOT_COLLECTED, detail="not requested")
        else:
            fact = UnknownFact(path=path, reason=self.because.reason, detail=self.because.detail)
        return Unknown(frozenset({fact}))


def either(left: object, right: object) -> object:
    """What a strict operation on two values yields, at least one of them an error or an unknown."""
    if type(left) is Unknown:
        return Unknown(left.facts | right.facts) if type(right) is Unknown else left
    if type(right) is Unknown:
        return right
    return left if type(left) is CelError else right


def failed(value: object) -> bool:
    """Whether a value is an error or an unknown."""
    return type(value) is CelError or type(value) is Unknown


_SIMPLE = frozenset((str, int, bool, float, UInt, bytes, type(None)))
"""Types of values that hold nothing."""


def to_key(value: object) -> object:
    """The key in a dict for a CEL value, or None if the value can be no key."""
    kind = type(value)
    if kind is str or kind is int or kind is UInt:
        return value
    if kind is bool:
        return BoolKey.TRUE if value else BoolKey.FALSE
    if kind is float and isinstance(value, float) and value.is_integer() and abs(value) < 2.0**64:
        return int(value)
    return None


def from_key(key: object) -> object:
    """The CEL value of a key in a dict."""
    return key.value if type(key) is BoolKey else key


def survey(value: object) -> tuple[int, Unknown | None]:
    """How many values a value holds, itself included, and the unknowns among them, united: one look through all."""
    count, facts = 1, frozenset[UnknownFact]()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict | list):
            members = current.values() if isinstance(current, dict) else current
            count += len(members)
            if not _SIMPLE.issuperset(map(type, members)):
                waiting.extend(members)
        elif isinstance(current, Optional):
            count += 1
            waiting.append(current.value)
        elif isinstance(current, OpenMap):
            facts |= current.whole().facts
        elif isinstance(current, Unknown):
            facts |= current.facts
    return count, Unknown(facts) if facts else None


def unknown_within(value: object) -> Unknown | None:
    """The unknowns in a value at any depth, united; None if there is none."""
    return survey(value)[1]


def weight(value: object) -> int:
    """How many values a value holds, itself included: what looking through all of it is charged."""
    return survey(value)[0]


_TYPE_NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null_type",
    list: "list",
    dict: "map",
    OpenMap: "map",
    TypeValue: "type",
}


def type_name(value: object) -> str:
    """The name of a value's type, as ``type()`` has it."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    return str(getattr(type(value), "CEL_NAME", "map" if isinstance(value, dict) else "dyn"))


def no_overload(operation: str, *values: object) -> CelError:
    """The error of an operation on values that it does not take."""
    return CelError(f"no such overload: {operation} of {', '.join(type_name(value) for value in values)}")


def shown(value: object, *, most: int = 40) -> str:
    """A short rendering of a scalar for messages; strings are cut to this number of characters."""
    if isinstance(value, str):
        text = value if len(value) <= most else value[: most - 3] + "..."
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return str(value) if isinstance(value, (int, float, TypeValue)) else type_name(value)
