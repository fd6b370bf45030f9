"""The fields at the top of a YAML document that people write by hand, of which a few are asked for.

Not YAML: one document in block style. What is written in a way that is not known here makes the whole unreadable, for
it may be a field that is asked for; what stands below a field is passed over. Values may be secret: no message has one.
"""

import re
from typing import Dict, Optional

from passmuster_collector.reading import UnreadableError

_FIELD = re.compile(r"""(?:"([^"\\]*)"|'([^']*)'|([A-Za-z0-9_./][^\s:#]*))[ \t]*:(?=[ \t]|\Z)[ \t]*""", re.ASCII)
_TEXT = re.compile(r"""(?:"([^"\\]*)"|'([^']*)'|([^\s"'&*!|>%@`{}\[\],#?:-][^\s#]*))[ \t]*(?:#.*)?\Z""")
_BLANKS = " \t\r"
_GOES_ON = ("- ", "]", "}")
"""Lines as far to the left as fields that are a part of the field above."""


class Field:
    """What stands behind a field's name."""

    def __init__(self, beside: str) -> None:
        self.beside = beside
        """On its line."""
        self.below = False
        """Whether lines below belong to it."""


def parse(text: str) -> Dict[str, Field]:
    """The fields at the least indent, by name; raises UnreadableError."""
    found: Dict[str, Field] = {}
    last: Optional[Field] = None
    indent: Optional[int] = None
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip(_BLANKS)
        if not bare or bare.startswith("#") or (bare == "---" and indent is None):
            continue
        depth = len(line) - len(line.lstrip(" "))
        indent = depth if indent is None else indent
        if depth > indent or (depth == indent and (bare.startswith(_GOES_ON) or bare == "-")):
            if last is None:
                raise UnreadableError(f"line {number} is no field")
            last.below = True
            continue
        match = _FIELD.match(bare)
        if depth < indent or match is None:
            raise UnreadableError(f"line {number} is no field")
        name = next(group for group in match.groups() if group is not None)
        if name in found:
            raise UnreadableError(f"the field {name} is there twice")
        last = found[name] = Field(bare[match.end() :])
    return found


def text_of(fields: Dict[str, Field], name: str) -> Optional[str]:
    """The text of a field on its line; None where the field is not there, or empty. Raises UnreadableError."""
    field = fields.get(name)
    if field is None:
        return None
    if not field.below and (not field.beside or field.beside.startswith("#") or field.beside in ("~", "null")):
        return None
    match = None if field.below else _TEXT.match(field.beside)
    if match is None:
        raise UnreadableError(f"the field {name} is no text on one line")
    return next(group for group in match.groups() if group is not None)
