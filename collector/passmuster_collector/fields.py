"""Paths of facts as the snapshot spells them, and the limits that the schema sets to their values.

A path is a CEL selector from the section on, in one spelling: a key that is an identifier follows a dot, any other
stands in brackets and single quotes (``kernel.sysctl['net.ipv4.ip_forward']``).
"""

import re
from typing import Any, Dict, NamedTuple, Tuple

Path = Tuple[str, ...]

KEY_LENGTH = 256
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class Limit(NamedTuple):
    """What a field's value may be at most: items of a list or map, characters of each string, range of each number."""

    items: int = 0
    length: int = 0
    low: int = 0
    high: int = 2**63 - 1
    inner: int = 0
    """Items of each list in a map; as many as of the map where it is 0."""


Fields = Dict[Path, Limit]

FLAG = Limit()
"""The limit of a field that is true or false."""


def spelled(path: Path) -> str:
    """The selector of a path."""
    return path[0] + "".join(_step(key) for key in path[1:])


def _step(key: str) -> str:
    if _IDENTIFIER.match(key):
        return "." + key
    return "['{}']".format("".join(_ESCAPES.get(letter, letter) for letter in key))


def excess(value: Any, limit: Limit) -> str:
    """What is too large about a value of JSON, in words; empty where nothing is."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return "" if limit.low <= value <= limit.high else _words(str(value)[:80], limit.high, "")
    if isinstance(value, str):
        return "" if len(value) <= limit.length else _words(len(value), limit.length, " characters")
    if len(value) > limit.items:
        return _words(len(value), limit.items, " items")
    if isinstance(value, dict):
        longest = max((len(key) for key in value), default=0)
        if longest > KEY_LENGTH:
            return _words(longest, KEY_LENGTH, " characters in a key")
        value, limit = value.values(), limit._replace(items=limit.inner or limit.items)
    return next(filter(None, (excess(item, limit) for item in value)), "")


def _words(got: Any, allowed: int, unit: str) -> str:
    return f"too large (got {got}{unit}, limit {allowed})"


def plain(value: Any) -> Any:
    r"""The same JSON without lone surrogates: one for a byte of the host becomes ``\xNN``, any other ``\uNNNN``."""
    if isinstance(value, str):
        return _SURROGATE.sub(_unescaped, value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    return value


def _unescaped(match: "re.Match[str]") -> str:
    code = ord(match.group())
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
