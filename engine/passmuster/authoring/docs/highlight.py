"""An expression cut into pieces, each with what it is: enough to colour it, and to link its terms."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.cel.syntax.precheck import precheck
from passmuster.cel.syntax.tree import Bind, Fold, OptionalMap, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.cel import Program
    from passmuster.cel.syntax.precheck import Token
    from passmuster.cel.syntax.tree import Node


class Kind(enum.Enum):
    """What a piece is."""

    FACT = "fact"
    TERM = "term"
    """`variables.x`, `constants.x` or `params.x`, whole."""
    LOCAL = "local"
    """The variable of a macro."""
    FUNCTION = "function"
    TEXT = "text"
    NUMBER = "number"
    WORD = "word"
    """true, false, null, in."""
    OPERATOR = "operator"
    COMMENT = "comment"
    BLANK = "blank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of an expression."""

    text: str
    kind: Kind


_TERMS = frozenset(("variables", "constants", "params"))
_KINDS = {
    "STRING_LIT": Kind.TEXT,
    "BYTES_LIT": Kind.TEXT,
    "MLSTRING_LIT": Kind.TEXT,
    "INT_LIT": Kind.NUMBER,
    "UINT_LIT": Kind.NUMBER,
    "FLOAT_LIT": Kind.NUMBER,
    "BOOL_LIT": Kind.WORD,
    "NULL_LIT": Kind.WORD,
    "in": Kind.WORD,
}


def pieces(program: Program) -> tuple[Piece, ...]:
    """The whole text of an expression, nothing lost, nothing added."""
    return tuple(_joined(_with_gaps(program.text, _painted(program))))


def _painted(program: Program) -> Iterator[tuple[int, int, Kind]]:
    tokens = precheck(program.text)
    local = frozenset(name for node in walk(program.tree) for name in _bound(node))
    chain = Kind.FACT
    for at, token in enumerate(tokens):
        if token.kind == "IDENT":
            before = tokens[at - 1].kind if at else ""
            if _is_called(tokens, at):
                yield token.start, token.end, Kind.FUNCTION
                continue
            if before != ".":
                chain = Kind.TERM if token.text in _TERMS else Kind.LOCAL if token.text in local else Kind.FACT
            yield token.start, token.end, chain
        elif token.kind == "." and _joins(tokens, at):
            yield token.start, token.end, chain
        else:
            yield token.start, token.end, _KINDS.get(token.kind, Kind.OPERATOR)


def _bound(node: Node) -> tuple[str, ...]:
    match node:
        case Fold():
            return node.variables
        case Bind() | OptionalMap():
            return (node.variable,)
        case _:
            return ()


def _is_called(tokens: Sequence[Token], at: int) -> bool:
    """Whether a name is that of a function, or of what functions are grouped under (`sets.contains`)."""
    after = tokens[at + 1 : at + 4]
    if after and after[0].kind == "(":
        return True
    grouped = len(after) == 3 and [token.kind for token in after] == [".", "IDENT", "("]
    return grouped and tokens[at].text in {"sets", "math", "cel", "lists", "strings", "optional"}


def _joins(tokens: Sequence[Token], at: int) -> bool:
    """Whether a dot stands between the names of one path."""
    around = [tokens[at - 1], *tokens[at + 1 : at + 2]] if at else []
    named = len(around) == 2 and all(token.kind == "IDENT" for token in around)
    return named and not _is_called(tokens, at + 1) and not _is_called(tokens, at - 1)


def _with_gaps(text: str, painted: Iterator[tuple[int, int, Kind]]) -> Iterator[Piece]:
    at = 0
    for start, end, kind in painted:
        yield from _gap(text[at:start])
        yield Piece(text=text[start:end], kind=kind)
        at = end
    yield from _gap(text[at:])


def _gap(text: str) -> Iterator[Piece]:
    """What stands between tokens: blanks, comments, and the question marks of optionals."""
    if text:
        comment = "//" in text
        yield Piece(text=text, kind=Kind.COMMENT if comment else Kind.BLANK if text.isspace() else Kind.OPERATOR)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece, so that a path or a term is whole."""
    pending: Piece | None = None
    for piece in pieces:
        if pending is not None and pending.kind is piece.kind:
            pending = Piece(text=pending.text + piece.text, kind=piece.kind)
            continue
        if pending is not None:
            yield pending
        pending = piece
    if pending is not None:
        yield pending
