"""The precheck: an expression is cut into tokens by our own linear scanner before lark sees any of it.

cel-python's lexer takes exponential time on some unterminated strings, so its parser is fed with
these tokens instead. The scanner is also the one place where the front end is widened to what the
specification allows and cel-python's grammar does not: all escapes and lines in triple-quoted
strings, backtick fields, a trailing comma in lists and maps, and the question mark of ``x.?f``,
``x[?k]``, ``[?e]`` and ``{?k: v}``, which is taken out of the stream and marks the token after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from passmuster.cel.syntax import suggestions
from passmuster.cel.syntax.problems import Code, Findings

MAX_LENGTH = 4096
"""Of an expression, in characters."""
MAX_NESTING = 32
"""Of brackets, and of constructs within each other."""

_BLANK = re.compile(r"(?:[\t\n\f\r ]+|//[^\n]*)+")
_NUMBER = re.compile(
    r"(?P<float>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)"
    r"|(?P<uint>(?:0x[0-9a-fA-F]+|[0-9]+)[uU])|(?P<int>0x[0-9a-fA-F]+|[0-9]+)"
)
_WORD = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_QUOTED_FIELD = re.compile(r"`([a-zA-Z0-9_.\-/ ]+)`")
_OPERATOR = re.compile(r"\|\||&&|<=|>=|==|!=|[<>+\-*/%!?:.,()\[\]{}]")
_QUOTE = re.compile(r"(?P<bytes>[bB]?)(?P<raw>[rR]?)(?P<quote>'''|\"\"\"|'|\")")
# The alternatives of each repetition exclude one another, so that no text is ever scanned twice.
_BODIES = {
    ("'", False): re.compile(r"(?:[^'\\\r\n]|\\[^\r\n])*'"),
    ('"', False): re.compile(r'(?:[^"\\\r\n]|\\[^\r\n])*"'),
    ("'''", False): re.compile(r"(?:[^'\\]|\\.|'(?!''))*'''", re.DOTALL),
    ('"""', False): re.compile(r'(?:[^"\\]|\\.|"(?!""))*"""', re.DOTALL),
    ("'", True): re.compile(r"[^'\r\n]*'"),
    ('"', True): re.compile(r'[^"\r\n]*"'),
    ("'''", True): re.compile(r"(?:[^']|'(?!''))*'''"),
    ('"""', True): re.compile(r'(?:[^"]|"(?!""))*"""'),
}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_RESERVED = frozenset(
    """as break const continue else for function if import let loop package namespace return var void
    while""".split()  # noqa: SIM905 - a list of names reads better as words
)
_KEYWORDS = {"true": "BOOL_LIT", "false": "BOOL_LIT", "null": "NULL_LIT", "in": "in"}
_OPTIONAL_AFTER = frozenset((".", "[", "{", ","))
_OPERAND_ENDS = frozenset(("IDENT", "INT_LIT", "UINT_LIT", "FLOAT_LIT", "STRING_LIT", "BYTES_LIT", "BOOL_LIT"))


@dataclass(frozen=True, slots=True)
class Token:
    """One token: a terminal of cel-python's grammar by name, an operator or bracket by itself."""

    kind: str
    text: str
    start: int
    end: int
    optional: bool = False
    """A question mark stands before it where no condition can be asked."""


def precheck(text: str) -> tuple[Token, ...]:
    """Cut an expression into tokens; raises CelProblems for what is refused before parsing."""
    findings = Findings(text)
    if len(text) > MAX_LENGTH:
        findings.add(Code.LIMIT, f"the expression is too long (got {len(text)} characters, expected {MAX_LENGTH})", 0)
        raise findings.raised()
    if lone := _LONE_SURROGATE.search(text):
        findings.add(Code.SYNTAX, "half a character of UTF-16 stands alone", lone.start())
        raise findings.raised()
    tokens = _without_trailing_commas(_scan(text, findings))
    if findings:
        raise findings.raised()
    if not tokens:
        findings.add(Code.SYNTAX, "the expression is empty", 0)
        raise findings.raised()
    _check_brackets(tokens, findings)
    if findings:
        raise findings.raised()
    return tokens


def _scan(text: str, findings: Findings) -> list[Token]:
    tokens: list[Token] = []
    at, optional = 0, False
    while True:
        blank = _BLANK.match(text, at)
        at = at if blank is None else blank.end()
        if at >= len(text):
            return tokens
        before = tokens[-1] if tokens else None
        if text[at] == "?" and not optional and before is not None and before.kind in _OPTIONAL_AFTER:
            at, optional = at + 1, True
            continue
        try:
            token = _next(text, at, before, findings)
        except _RefusedError as refused:
            findings.add(refused.code, str(refused), at, refused.hint)
            return tokens
        tokens.append(replace(token, optional=True) if optional else token)
        at, optional = token.end, False


class _RefusedError(Exception):
    """A text that cannot be cut further."""

    def __init__(self, code: Code, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def _next(text: str, at: int, before: Token | None, findings: Findings) -> Token:
    after_operand = before is not None and (before.kind in _OPERAND_ENDS or before.kind in {")", "]", "}", "NULL_LIT"})
    if quote := _QUOTE.match(text, at):
        return _string(text, at, quote)
    if number := _number(text, at, after_operand=after_operand):
        return number
    if word := _WORD.match(text, at):
        return _word(word, before, findings)
    if text[at] == "`":
        return _quoted_field(text, at, before)
    operator = _OPERATOR.match(text, at)
    if operator is None:
        raise _RefusedError(Code.SYNTAX, f"unexpected character {text[at]!r}", suggestions.sign(text, at))
    return Token(operator[0], operator[0], at, operator.end())


def _string(text: str, at: int, quote: re.Match[str]) -> Token:
    body = _BODIES[quote["quote"], bool(quote["raw"])].match(text, quote.end())
    if body is None:
        raise _RefusedError(Code.SYNTAX, "the string that begins here does not end", f"close it with {quote['quote']}")
    return Token("BYTES_LIT" if quote["bytes"] else "STRING_LIT", text[at : body.end()], at, body.end())


def _number(text: str, at: int, *, after_operand: bool) -> Token | None:
    """Read a number; a minus belongs to it where no operand stands before, as in the specification's grammar."""
    begin = at
    if text[at] == "-" and not after_operand:
        blank = _BLANK.match(text, at + 1)
        begin = at + 1 if blank is None else blank.end()
    elif text[at] == "." and after_operand:
        return None
    number = _NUMBER.match(text, begin)
    if number is None:
        return None
    kind = {"float": "FLOAT_LIT", "uint": "UINT_LIT", "int": "INT_LIT"}[str(number.lastgroup)]
    if kind == "UINT_LIT" and begin != at:
        return None
    return Token(kind, ("-" if begin != at else "") + number[0], at, number.end())


def _word(word: re.Match[str], before: Token | None, findings: Findings) -> Token:
    name = word[0]
    if name.startswith("__"):
        findings.add(Code.RESERVED, f"names that begin with two underscores are reserved (got {name!r})", word.start())
    member = before is not None and before.kind == "."
    if name in _RESERVED and not member:
        findings.add(Code.RESERVED, f"{name!r} is a reserved word of CEL", word.start(), suggestions.reserved(name))
    return Token(_KEYWORDS.get(name, "IDENT"), name, word.start(), word.end())


def _quoted_field(text: str, at: int, before: Token | None) -> Token:
    field = _QUOTED_FIELD.match(text, at)
    if field is None or before is None or before.kind != ".":
        raise _RefusedError(Code.SYNTAX, "a name in backticks is only allowed as a field, as in x.`a-b`")
    return Token("IDENT", field[1], at, field.end())


def _without_trailing_commas(tokens: list[Token]) -> tuple[Token, ...]:
    kept: list[Token] = []
    for at, token in enumerate(tokens):
        follows = tokens[at + 1].kind if at + 1 < len(tokens) else ""
        leads = tokens[at - 1].kind if at else ""
        if token.kind == "," and follows in {"]", "}"} and leads not in {"[", "{", ","}:
            continue
        kept.append(token)
    return tuple(kept)


def _check_brackets(tokens: tuple[Token, ...], findings: Findings) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.kind in {"(", "[", "{"}:
            opened.append(token)
            if len(opened) > MAX_NESTING:
                findings.add(Code.LIMIT, f"brackets nest deeper than {MAX_NESTING}", token.start)
                return
        elif token.kind in _CLOSING and (not opened or opened.pop().kind != _CLOSING[token.kind]):
            findings.add(Code.SYNTAX, f"{token.text!r} closes nothing that is open here", token.start)
            return
    if opened:
        findings.add(Code.SYNTAX, f"{opened[-1].text!r} is never closed", opened[-1].start)
