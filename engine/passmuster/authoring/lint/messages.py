"""Messages that can fail where their rule fails: then the engine words the cause, and the author's words are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster import cel
from passmuster.authoring.lint.finding import Lint, Severity, Spot
from passmuster.cel.syntax.problems import position
from passmuster.cel.syntax.tree import Arithmetic, Call, Conditional, Index, Literal, Name, Node, children, walk
from passmuster.codec import schema
from passmuster.codec.schema.fieldtypes import MapOf, Object
from passmuster.model.fieldpath import FieldPath
from passmuster.policy.compile import CompiledRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.authoring.lint.finding import Subject
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy

_OF_TEXT = frozenset(("int", "uint", "double", "bool", "timestamp", "duration"))
"""Functions that read a text, and not every one."""
_PARTIAL = frozenset(("charAt", "slice", "substring", "kernelVersion", "runtimeVersion", "semver"))


def _can_fail(subject: Subject) -> Iterator[Spot]:
    for rule, path in _with_messages(subject):
        assert rule.message is not None
        for message, node, hint in _partial(rule, rule.message):
            yield Spot(path=path, message=message, hint=hint, at=_place(rule, node))


def _reads_more(subject: Subject) -> Iterator[Spot]:
    for rule, path in _with_messages(subject):
        if subject.compiled is not None and isinstance(rule, CompiledRule):
            for message, node, hint in _elsewhere(subject.compiled, rule):
                yield Spot(path=path, message=message, hint=hint, at=_place(rule, node))


def _with_messages(
    subject: Subject,
) -> Iterator[tuple[CompiledRule | CompiledFleetRule, tuple[str | int, ...]]]:
    """Rules with a message of their own, and where that stands."""
    numbers = {rule.id: number for number, rule in enumerate(subject.policy.rules)}
    for rule in () if subject.compiled is None else subject.compiled.every_rule:
        if rule.message is not None:
            yield rule, ("rules", numbers[rule.source.id], "message_expression")


def _place(rule: CompiledRule | CompiledFleetRule, node: Node | None) -> tuple[int, int] | None:
    expression = rule.source.message_expression
    if node is None or expression is None:
        return None
    return expression.place(*position(expression.text, node.start))


def _elsewhere(policy: CompiledPolicy, rule: CompiledRule) -> Iterator[tuple[str, Node | None, str]]:
    """Facts that are looked at apart from those that the outcome rests on, and so may be unknown where it is not."""
    assert rule.message is not None
    looked = {_together(path) for path in rule.reads}
    strange = dict.fromkeys(_together(path) for path in _reads(policy, rule.message))
    for path in strange:
        if path not in looked:
            message = f"the message of {rule.header.id!r} reads {path}, which the outcome does not rest on"
            hint = "where that is unknown, the engine words the cause itself"
            yield message, _root(rule.message.tree, path.parts[0]), hint


def _reads(policy: CompiledPolicy, program: cel.Program) -> list[FieldPath]:
    paths: list[FieldPath] = []
    waiting = [program]
    while waiting:
        current = waiting.pop()
        paths += [read.path for read in current.reads]
        waiting += [policy.variables[name].program for name in current.variables]
    return sorted(paths)


def _together(path: FieldPath) -> FieldPath:
    """What is looked at in one go with a fact: its section, or the entry of an open map that it is in."""
    kind = schema.sections(1).get(path.parts[0])
    length = 1
    for at, part in enumerate(path.parts[1:], start=2):
        if isinstance(kind, MapOf):
            length = at if kind.open else length
            kind = kind.value
        else:
            kind = kind.fields.get(part) if isinstance(kind, Object) else None
    return FieldPath(path.parts[:length])


def _root(tree: Node, name: str) -> Node | None:
    return next((node for node in walk(tree) if isinstance(node, Name) and node.name == name), None)


def _partial(rule: CompiledRule | CompiledFleetRule, program: cel.Program) -> Iterator[tuple[str, Node | None, str]]:
    """Operations that are errors for some values, and that the rule's own conditions do not do as well."""
    texts = [
        expression.text for expression in (rule.source.applies_when, rule.source.expression) if expression is not None
    ]
    done = "".join("".join(texts).split())
    waiting: list[tuple[Node, str]] = [(program.tree, "")]
    while waiting:
        node, asked = waiting.pop()
        written = _written(program, node)
        risk = _risk(program, node)
        if risk is not None and written not in done and _written(program, risk) not in asked:
            message = f"the message of {rule.header.id!r} is an error for some values of {_slice(program, risk)}"
            yield message, node, "look first, as in: condition ? with it : without"
        if isinstance(node, Conditional):
            asked += _written(program, node.condition)
        waiting += [(child, asked) for child in reversed(children(node))]


def _risk(program: cel.Program, node: Node) -> Node | None:
    """The operand for some values of which an operation is an error; None where it is one for no value."""
    match node:
        case Index() if isinstance(program.types.get(node.operand), cel.ListType):
            return node.operand
        case Call() if node.operands and not isinstance(node.operands[0], Literal):
            text = cel.show(program.types.get(node.operands[0], cel.Basic.DYN)) == "string"
            return node.operands[0] if node.function in _PARTIAL or (node.function in _OF_TEXT and text) else None
        case Arithmetic():
            divisors = [step.operand for step in node.steps if step.operator in {"/", "%"}]
            return next(
                (divisor for divisor in divisors if not isinstance(divisor, Literal) or divisor.value == 0), None
            )
        case _:
            return None


def _slice(program: cel.Program, node: Node) -> str:
    return program.text[node.start : node.end]


def _written(program: cel.Program, node: Node) -> str:
    return "".join(_slice(program, node).split())


LINTS = (
    Lint(
        code="message-can-fail",
        severity=Severity.WARNING,
        summary="the message of a rule can be lost where the rule fails",
        check=_can_fail,
    ),
    Lint(
        code="message-reads-more",
        severity=Severity.NOTE,
        summary="the message of a rule reads facts that its outcome does not rest on",
        check=_reads_more,
    ),
)
