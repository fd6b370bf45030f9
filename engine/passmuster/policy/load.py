"""Reading a policy from the bytes of its file; every mistake at once, each with its place."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from passmuster.codec import schema, yaml
from passmuster.errors import PolicyError, Problem
from passmuster.model.outcome import Level
from passmuster.model.text import BLANKS, escape
from passmuster.policy.model import (
    Constant,
    Expression,
    PackName,
    Parameter,
    ParameterType,
    Policy,
    Reference,
    Rule,
    RuleId,
    Scope,
    Variable,
)
from passmuster.policy.recovery import rest
from passmuster.policy.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = "passmuster.policy/1"
LANGUAGE = "passmuster.cel/1"
_EXPRESSIONS = ("applies_when", "group_by", "value", "expression", "message_expression")
_OF_FLEET = ("group_by", "value")
"""What only a rule of scope fleet has."""
_FLEET = "policy-fleet"
_BLANKS = re.compile(f"[{BLANKS}]")


class UnsoundPolicyError(PolicyError):
    """A policy that breaks its schema; it carries what can still be read of it."""

    def __init__(self, problems: Iterable[Problem], document: yaml.Document) -> None:
        super().__init__(problems)
        self.rest = rest(document)


def digest(data: bytes) -> str:
    """The digest of a policy file: of its bytes as they are."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def load(data: bytes, file: str, *, released: bool = False, lock: str | None = None) -> Policy:
    """Read a policy; raises PolicyError with every mistake found. `lock` names the lock that released it."""
    try:
        document = yaml.load(data, file)
    except yaml.YAMLProblems as error:
        raise _unreadable(error) from None
    _demand_version(document)
    problems = _schema_problems(document)
    if problems:
        raise UnsoundPolicyError([*problems, *_bare(document)], document)
    reader = _Reader(document)
    policy = replace(reader.policy(digest(data), released=released), lock=lock)
    if reader.problems:
        raise UnsoundPolicyError(reader.problems, document)
    return policy


def _unreadable(error: yaml.YAMLProblems) -> PolicyError:
    """What is wrong with the YAML, together with what else is wrong with what it says."""
    document = error.document
    if document is None or not isinstance(document.value, dict) or document.value.get("schema") != SCHEMA:
        return PolicyError(error.problems)
    return UnsoundPolicyError([*error.problems, *_schema_problems(document), *_bare(document)], document)


def _demand_version(document: yaml.Document) -> None:
    value = document.value
    declared = value.get("schema") if isinstance(value, dict) else None
    if declared != SCHEMA:
        message = f"not a policy of a known version (got schema {declared!r}, expected {SCHEMA!r})"
        raise PolicyError([document.problem(("schema",), message, code="policy-schema")])


def _schema_problems(document: yaml.Document) -> list[Problem]:
    return [
        document.problem(fault.path, _where(fault.path) + fault.message, code="policy-invalid", key=fault.at_key)
        for fault in schema.faults("policy", 1, document.value)
    ]


def _bare(document: yaml.Document) -> list[Problem]:
    """The expressions outside a literal block, whatever else is wrong with the policy."""
    value = document.value if isinstance(document.value, dict) else {}
    rules, variables = value.get("rules"), value.get("variables")
    holders = [(("rules", number), rule) for number, rule in enumerate(rules if isinstance(rules, list) else [])]
    holders += [
        (("variables", name), variable) for name, variable in (variables if isinstance(variables, dict) else {}).items()
    ]
    return [
        _demand_block(document, (*path, key))
        for path, holder in holders
        for key in _EXPRESSIONS
        if isinstance(holder, dict) and isinstance(holder.get(key), str)
        if (position := document.positions.get((*path, key))) is not None and not position.block
    ]


def _demand_block(document: yaml.Document, path: tuple[str | int, ...]) -> Problem:
    message = "an expression belongs into a literal block scalar (expected `|` or `|-`)"
    hint = f"write `{path[-1]}: |` and the expression indented on the next line"
    return document.problem(path, message, code="policy-block", hint=hint)


def _where(path: tuple[str | int, ...]) -> str:
    names = [str(step) for step in path if isinstance(step, str)]
    return f"{names[-1]}: " if names else ""


@dataclass(slots=True)
class _Reader:
    """Builds the model, and notes what the schema cannot say."""

    document: yaml.Document
    problems: list[Problem] = field(default_factory=list)

    def policy(self, digest: str, *, released: bool) -> Policy:
        value = self.document.value
        self._unique_rules(value["rules"])
        return Policy(
            pack=PackName(value["pack"]),
            version=Version.parse(value["version"]),
            title=value["title"],
            language=value["language"],
            source=value["source"],
            parameters=tuple(
                self._parameter(name, parameter) for name, parameter in value.get("parameters", {}).items()
            ),
            constants=tuple(
                Constant(name=name, value=constant["value"], description=constant["description"])
                for name, constant in value.get("constants", {}).items()
            ),
            variables=tuple(self._variable(name, variable) for name, variable in value.get("variables", {}).items()),
            rules=tuple(self._rule(number, rule) for number, rule in enumerate(value["rules"])),
            digest=digest,
            released=released,
            next_steps={outcome: " ".join(text.split()) for outcome, text in value.get("next_steps", {}).items()},
            document=self.document,
        )

    def _unique_rules(self, rules: list[dict[str, Any]]) -> None:
        seen: set[str] = set()
        for number, rule in enumerate(rules):
            if rule["id"] in seen:
                self._note(
                    ("rules", number, "id"),
                    f"duplicate rule id {rule['id']!r} (expected each once)",
                    "policy-duplicate-rule",
                )
            seen.add(rule["id"])

    @staticmethod
    def _parameter(name: str, parameter: dict[str, Any]) -> Parameter:
        kind = ParameterType(parameter["type"])
        return Parameter(name=name, type=kind, default=parameter["default"], description=parameter["description"])

    def _variable(self, name: str, variable: dict[str, Any]) -> Variable:
        expression = self._expression(("variables", name, "expression"), variable["expression"])
        return Variable(name=name, expression=expression, description=variable["description"])

    def _rule(self, number: int, rule: dict[str, Any]) -> Rule:
        scope = self._scope(number, rule)
        parts = {key: self._expression(("rules", number, key), rule[key]) for key in _EXPRESSIONS if key in rule}
        return Rule(
            id=RuleId(rule["id"]),
            title=rule["title"],
            level=Level(rule["level"]),
            scope=scope,
            applies_when=parts.get("applies_when"),
            group_by=parts.get("group_by"),
            value=parts.get("value"),
            expression=parts["expression"],
            message_expression=parts.get("message_expression"),
            rationale=rule["rationale"].strip(),
            deviation=rule["deviation"].strip(),
            remediation=rule["remediation"].strip(),
            references=tuple(
                Reference(title=one["title"], url=one["url"], quote=one.get("quote")) for one in rule["references"]
            ),
        )

    def _scope(self, number: int, rule: dict[str, Any]) -> Scope:
        scope = Scope(rule.get("scope", Scope.NODE.value))
        if scope is Scope.FLEET and "value" not in rule:
            self._note(("rules", number), "a rule of scope fleet compares a value (expected the key 'value')", _FLEET)
        for key in _OF_FLEET if scope is Scope.NODE else ():
            if key in rule:
                message = f"only a rule of scope fleet has {key!r} (got scope node)"
                self._note(("rules", number, key), message, _FLEET, "write `scope: fleet`, or leave it out")
        return scope

    def _expression(self, path: tuple[str | int, ...], text: str) -> Expression:
        position = self.document.positions[path]
        if not position.block:
            self.problems.append(_demand_block(self.document, path))
        self._blanks(position, text)
        return Expression(text=text.rstrip("\n"), line=position.line, column=position.column)

    def _blanks(self, position: yaml.Position, text: str) -> None:
        """Note each blank that a reader of an expression takes for a space."""
        for number, line in enumerate(text.split("\n")):
            for blank in _BLANKS.finditer(line):
                message = f"a blank that is no space (got U+{ord(blank.group()):04X}, expected a space)"
                hint = f"write {escape(blank.group())} where a string means it"
                line_at, column = position.line + number, position.column + blank.start()
                self.problems.append(self.document.problem_at(line_at, column, message, code="yaml-text", hint=hint))

    def _note(self, path: tuple[str | int, ...], message: str, code: str, hint: str | None = None) -> None:
        self.problems.append(self.document.problem(path, message, code=code, hint=hint))
