"""What breaks a schema, in words for the person who must mend the document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One place where a document breaks its schema."""

    path: tuple[str | int, ...]
    """From the root of the document; for a key that does not belong, the path of the key."""
    message: str
    at_key: bool = False
    """Whether the key is at fault rather than its value."""


def fault(error: ValidationError) -> Fault:
    """Word a validator's finding."""
    path = tuple(error.absolute_path)
    rule = str(error.validator)
    got: Any = error.instance
    wanted: Any = error.validator_value
    holder: Any = error.schema
    if rule == "required":
        missing = [name for name in wanted if name not in got]
        return Fault(path=path, message=f"missing {_list(missing)}", at_key=True)
    if rule == "additionalProperties" and wanted is False:
        known = sorted(holder.get("properties", {}))
        extra = sorted(name for name in got if name not in known)
        return Fault(path=(*path, extra[0]), message=f"unknown {_list(extra)} (expected {_list(known)})", at_key=True)
    return Fault(path=path, message=_message(rule, wanted, got), at_key=rule == "propertyNames")


def _message(rule: str, wanted: Any, got: Any) -> str:
    shown = _show(got)
    match rule:
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return f"wrong type (got {shown}, expected {' or '.join(kinds)})"
        case "enum":
            return f"not one of the values (got {shown}, expected {' or '.join(_show(allowed) for allowed in wanted)})"
        case "const":
            return f"wrong value (got {shown}, expected {_show(wanted)})"
        case "pattern":
            return f"wrong form (got {shown}, expected the pattern {wanted})"
        case "maxLength" | "maxItems" | "maxProperties":
            return f"too large (got {len(got)}, expected at most {wanted})"
        case "minLength" | "minItems" | "minProperties":
            return f"too small (got {len(got)}, expected at least {wanted})"
        case "maximum" | "minimum":
            return f"out of range (got {shown}, expected a {rule} of {wanted})"
        case "uniqueItems":
            return f"repeated items (got {shown}, expected each once)"
        case _:
            return f"breaks the schema's {rule} (got {shown})"


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _list(names: list[str]) -> str:
    quoted = [f"{name!r}" for name in names[:12]]
    return ", ".join(quoted) + (f" and {len(names) - 12} more" if len(names) > len(quoted) else "")
