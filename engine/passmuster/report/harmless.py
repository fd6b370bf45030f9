"""Making text from hosts harmless, for each place that it goes to.

A node name or a file of a host can hold anything: terminal escapes, controls that turn the
direction of text, characters that nobody sees, spreadsheet formulas, markup.
"""

from __future__ import annotations

import json as _json
import re

from passmuster.model.text import INVISIBLE, visible

_JSON_HARMFUL = re.compile(f"[\x7f-\x9f{INVISIBLE}]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """Text for one line of a terminal: what would drive it becomes a visible escape."""
    return visible(text)


def lines(text: str) -> str:
    """Text for several lines of a terminal: as `plain`, but line breaks stay."""
    return "\n".join(plain(line) for line in text.split("\n"))


def json(text: str) -> str:
    """JSON text in which nothing drives a terminal and nothing is unseen; it means the same."""
    return _JSON_HARMFUL.sub(lambda match: _json_escape(match.group()), text)


def csv(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    clean = plain(text)
    return "'" + clean if text.startswith(_FORMULA) else clean


def markdown(text: str) -> str:
    """Text for one line of Markdown: no markup, no HTML, no table cell broken."""
    return _MARKDOWN.sub(
        lambda match: "&" + _ENTITIES[match[1]] if match[1] in _ENTITIES else "\\" + match[1], plain(text)
    )


_ENTITIES = {"<": "lt;", ">": "gt;", "&": "amp;"}


def _json_escape(character: str) -> str:
    """An escape of JSON: beyond U+FFFF, two halves of UTF-16."""
    return _json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"
