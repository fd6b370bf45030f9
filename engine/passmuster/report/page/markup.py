"""HTML as values: what is no `Markup` is text, and text is always escaped."""

from __future__ import annotations

import html
import re
from typing import TypeAlias

from passmuster.model.text import visible

_BREAKS = re.compile(r"([\t\n\r])")
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
    return Markup(
        "".join(child if isinstance(child, Markup) else escaped(child) for child in children if child is not None)
    )


def escaped(text: str) -> Markup:
    """Text that cannot become markup, in elements and in attributes."""
    parts = _BREAKS.split(text)  # these are HTML's own white space
    return Markup(html.escape("".join(part if at % 2 else visible(part) for at, part in enumerate(parts)), quote=True))


def prose(text: str) -> Markup:
    """A paragraph's text; what stands between backticks is code."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    return join(*(tag("code", part) if at % 2 else part for at, part in enumerate(parts)))
