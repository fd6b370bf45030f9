"""From tokens to the tree: cel-python's grammar and its LALR tables, fed with our own tokens.

cel-python is imported when the first expression is parsed, for that costs a tenth of a second.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from passmuster.cel.syntax import suggestions
from passmuster.cel.syntax.lower import Lowering
from passmuster.cel.syntax.precheck import precheck
from passmuster.cel.syntax.problems import Code, Findings, position
from passmuster.cel.syntax.tree import size

if TYPE_CHECKING:
    from passmuster.cel.syntax.precheck import Token
    from passmuster.cel.syntax.tree import Node

MAX_NODES = 500
"""Of the tree of an expression."""


def parse(text: str, findings: Findings) -> Node:
    """Read an expression; raises CelProblems at once for syntax, and notes what else is wrong in findings."""
    tokens = precheck(text)
    lowering = Lowering(findings, {token.start for token in tokens if token.optional})
    node = lowering.expression(_lark_tree(text, tokens))
    for mark in lowering.marks:
        findings.add(Code.SYNTAX, "'?' is not expected before this", mark)
    if (nodes := size(node)) > MAX_NODES:
        findings.add(Code.LIMIT, f"the expression is too large (got {nodes} nodes, expected {MAX_NODES})", 0)
        raise findings.raised()
    return node


@cache
def _grammar() -> tuple[Any, dict[str, str]]:
    """The parser of cel-python, and the names it gives to operators."""
    from celpy.celparser import CELParser  # noqa: PLC0415

    CELParser()
    lark: Any = CELParser.CEL_PARSER
    operators = (terminal for terminal in lark.terminals if terminal.pattern.type == "str")
    return lark, {terminal.pattern.value: terminal.name for terminal in operators}


def _lark_tree(text: str, tokens: tuple[Token, ...]) -> Any:
    from lark import Token as LarkToken  # noqa: PLC0415
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415

    lark, names = _grammar()
    parser = lark.parse_interactive()
    last: Any = None
    for at, token in enumerate(tokens):
        line, column = position(text, token.start)
        kind = names.get(token.kind, token.kind)
        last = LarkToken(kind, token.text, token.start, line, column, line, column, token.end)
        try:
            parser.feed_token(last)
        except UnexpectedInput:
            raise _unexpected(text, tokens, at).raised() from None
    try:
        return parser.feed_eof(last)
    except UnexpectedInput:
        findings = Findings(text)
        findings.add(Code.SYNTAX, "the expression ends too early", len(text))
        raise findings.raised() from None


def _unexpected(text: str, tokens: tuple[Token, ...], at: int) -> Findings:
    findings = Findings(text)
    fault, hint = suggestions.token(tokens, at)
    findings.add(Code.SYNTAX, f"{tokens[fault].text!r} is not expected here", tokens[fault].start, hint)
    return findings
