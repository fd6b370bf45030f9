"""Parameters: their types, and the values that a caller sets on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from passmuster.errors import UsageError
from passmuster.policy.model import ParameterType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from passmuster.policy.model import Parameter, Policy

_INT64 = range(-(2**63), 2**63)
MAX_LENGTH = 256
"""Characters of a text. What an expression can cost at most is reckoned with this, and with `MAX_ITEMS`."""
MAX_ITEMS = 128
"""Elements of a list."""


def parse(kind: ParameterType, text: str) -> Any:
    """Read a value as it is written on a command line; a list is separated by commas. Raises ValueError."""
    match kind:
        case ParameterType.INT:
            try:
                number = int(text)
            except ValueError:
                number = 2**63
            if number not in _INT64:
                raise ValueError(f"got {text!r}, expected an integer")
            return number
        case ParameterType.STRING:
            return _short(text)
        case ParameterType.BOOL:
            if text not in {"true", "false"}:
                raise ValueError(f"got {text!r}, expected true or false")
            return text == "true"
        case ParameterType.LIST:
            items = [_short(item) for item in text.split(",") if item]
            if len(items) > MAX_ITEMS:
                raise ValueError(f"got {len(items)} elements, expected at most {MAX_ITEMS}")
            return items
        case _:
            assert_never(kind)


def fitting(kind: ParameterType, value: Any) -> Any:
    """The value, where a parameter of this type can hold it; else raises ValueError."""
    match kind:
        case ParameterType.INT:
            fits = type(value) is int and value in _INT64
        case ParameterType.STRING:
            fits = isinstance(value, str) and len(value) <= MAX_LENGTH
        case ParameterType.BOOL:
            fits = isinstance(value, bool)
        case ParameterType.LIST:
            items = value if isinstance(value, list) else [None]
            fits = len(items) <= MAX_ITEMS and all(isinstance(item, str) and len(item) <= MAX_LENGTH for item in items)
        case _:
            assert_never(kind)
    if not fits:
        raise ValueError(f"got {str(value)[:40]!r}, expected {_WANTED[kind]}")
    return value


_WANTED = {
    ParameterType.INT: "an integer",
    ParameterType.STRING: f"a text of at most {MAX_LENGTH} characters",
    ParameterType.BOOL: "true or false",
    ParameterType.LIST: f"a list of at most {MAX_ITEMS} texts",
}


def _short(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise ValueError(f"got {len(text)} characters, expected at most {MAX_LENGTH}")
    return text


def effective(policies: Sequence[Policy], settings: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Values of all parameters by pack: the defaults, changed by `NAME=V` or `PACK.NAME=V`. Raises UsageError."""
    values: dict[str, dict[str, Any]] = {
        policy.pack: {parameter.name: parameter.default for parameter in policy.parameters} for policy in policies
    }
    for setting in settings:
        target, equals, text = setting.partition("=")
        matching = [pair for pair in _declared(policies) if target in {pair[1].name, f"{pair[0].pack}.{pair[1].name}"}]
        if not equals or not matching:
            known = (
                ", ".join(f"{policy.pack}.{parameter.name}" for policy, parameter in _declared(policies))
                or "none: these policies have none"
            )
            raise UsageError.at(
                f"--set {setting}", f"no such parameter (got {target!r}, expected one of: {known})", code="usage-set"
            )
        for policy, parameter in matching:
            try:
                values[policy.pack][parameter.name] = parse(parameter.type, text)
            except ValueError as error:
                raise UsageError.at(
                    f"--set {setting}", f"wrong value for {policy.pack}.{parameter.name} ({error})", code="usage-set"
                ) from None
    return values


def _declared(policies: Sequence[Policy]) -> list[tuple[Policy, Parameter]]:
    return [(policy, parameter) for policy in policies for parameter in policy.parameters]
