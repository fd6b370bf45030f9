"""The few lines of a Node object in YAML that are needed, as kubectl and must-gather write them.

Not YAML: one document in block style, each field on a line of its own, and of its values only strings. What stands
deeper than the fields that are asked for is passed over; a line among those that is written in another way makes the
whole unreadable.
"""

import json
import re
from typing import Any, Dict, List, NamedTuple, Sequence

from passmuster_collector.reading import UnreadableError, each_line, quoted

_FIELD = re.compile(r"""("[^"\\]*"|'[^']*'|[A-Za-z0-9_./][^\s:]*):(?=\s|\Z)""", re.ASCII)
_PLAIN = re.compile(r"""[^\s&*!|>'"%@`\[\]{},#?:-][^#]*\Z|-?[0-9][^#]*\Z""", re.ASCII)

_BLANKS = " \t\r"


class _Line(NamedTuple):
    indent: int
    text: str


def parse(text: str) -> Dict[str, Any]:
    """The fields that a Node object is read for, nested as they are; raises UnreadableError."""
    lines = [_Line(len(line) - len(line.lstrip(" ")), line.strip(_BLANKS)) for line in each_line(text) if _tells(line)]
    top = _fields(lines)
    metadata = _fields(top.get("metadata", []))
    info = _fields(_fields(top.get("status", [])).get("nodeInfo", []))
    return {
        "kind": _scalar(top.get("kind", [])),
        "metadata": {
            "labels": _strings(_fields(metadata.get("labels", []))),
            "name": _scalar(metadata.get("name", [])),
        },
        "status": {"nodeInfo": _strings(info)},
    }


def _tells(line: str) -> bool:
    bare = line.strip(_BLANKS)
    return bool(bare) and not bare.startswith("#") and bare != "---"


def _fields(lines: Sequence[_Line]) -> Dict[str, List[_Line]]:
    """The fields at the least indent, to the lines below each, of which the first is the value beside it."""
    found: Dict[str, List[_Line]] = {}
    body = [line for line in lines if line.text != "{}"]
    if not body:
        return found
    indent = min(line.indent for line in body)
    key = ""
    for line in body:
        if line.indent > indent or (line.text.startswith("- ") and key):
            found.setdefault(key, []).append(line)
            continue
        match = _FIELD.match(line.text)
        if match is None:
            raise UnreadableError(f"not a field (got {quoted(line.text)})")
        key = _unquoted(match.group(1))
        if key in found:
            raise UnreadableError(f"the field {quoted(key)} is there twice")
        value = line.text[match.end() :].strip(_BLANKS)
        found[key] = [_Line(indent + 1, value)] if value else []
    return found


def _strings(fields: Dict[str, List[_Line]]) -> Dict[str, Any]:
    return {key: _scalar(lines) for key, lines in fields.items()}


def _scalar(lines: Sequence[_Line]) -> Any:
    """The string on one line; null where there is no line."""
    if not lines:
        return None
    if len(lines) > 1:
        raise UnreadableError(f"not on one line (got {quoted(lines[0].text)})")
    return _unquoted(lines[0].text)


def _unquoted(text: str) -> str:
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            raise UnreadableError(f"not a string of one line (got {quoted(text)})") from None
    if text.startswith("'"):
        if not re.match(r"'(?:[^']|'')*'\Z", text):
            raise UnreadableError(f"not a string of one line (got {quoted(text)})")
        return text[1:-1].replace("''", "'")
    if not _PLAIN.match(text):
        raise UnreadableError(f"not a plain string (got {quoted(text)})")
    return text
