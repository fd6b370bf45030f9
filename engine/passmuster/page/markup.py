"""HTML as values: what is no `Markup` is text, and text is always escaped."""

from __future__ import annotations

import html
import re
from typing import TypeAlias

# What HTML cannot hold, controls that turn text round or drive terminals: shown, not passed on.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_VOID = frozenset(("meta", "br", "hr"))


class Markup(str):
    """Text that is HTML already; only this module makes it."""

    __slots__ = ()


Content: TypeAlias = str | Markup | None


def tag(name: str, /, *children: Content, **attributes: str | None) -> Markup:
    """An element; `class_` is `class`, `data_x` is `data-x`; attributes and children that are None are left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Content) -> Markup:
    """Several contents in a row."""
    return Markup("".join(each if isinstance(each, Markup) else escaped(each) for each in children if each is not None))


def escaped(text: str) -> Markup:
    """Text that cannot become markup, in elements and in attributes."""
    return Markup(html.escape(_HARMFUL.sub(lambda match: f"\\u{ord(match.group()):04x}", text), quote=True))


def prose(text: str) -> Markup:
    """A paragraph's text; what stands between backticks is code."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    return join(*(tag("code", part) if at % 2 else part for at, part in enumerate(parts)))
