"""The readable parts of a policy with mistakes, so that all mistakes are reported together.

Only what is sound goes in: nothing that is found in the rest may come of a mistake elsewhere. Parameters, constants and
variables that are not sound are named beside it, for whoever uses them is not to blame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from passmuster.model.outcome import Level
from passmuster.policy.model import (
    Constant,
    Expression,
    PackName,
    Parameter,
    ParameterType,
    Policy,
    Rule,
    RuleId,
    Scope,
    Variable,
)
from passmuster.policy.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.codec.yaml import Document, Path

_PARTS = ("applies_when", "group_by", "value", "expression", "message_expression")
_KINDS = {"int": int, "string": str, "bool": bool, "list": list}
_TRUE = Expression(text="true", line=1, column=1)
"""In the place of an expression that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What can still be read of a policy."""

    policy: Policy
    """Its sound part, without names and words."""
    doubtful: frozenset[str]
    """What its expressions may name and is not sound, as `params.x`; a root alone (`params`) where all of it is not."""


def rest(document: Document) -> Rest:
    """The sound part of a policy that breaks its schema."""
    value = document.value if isinstance(document.value, dict) else {}
    reader = _Reader(document)
    parameters = tuple(reader.parameters(value))
    constants = tuple(reader.constants(value))
    variables = tuple(reader.variables(value))
    rules = value.get("rules")
    policy = Policy(
        pack=PackName("rest"),
        version=Version.parse("0.0.0"),
        title="",
        language="",
        source={},
        parameters=parameters,
        constants=constants,
        variables=variables,
        rules=tuple(reader.rules(rules if isinstance(rules, list) else [])),
        digest="",
        released=False,
        next_steps={},
        document=document,
    )
    return Rest(policy=policy, doubtful=frozenset(reader.doubtful))


@dataclass(slots=True)
class _Reader:
    document: Document
    doubtful: set[str] = field(default_factory=set)
    """What is named in the policy and not sound, as `params.x`."""

    def parameters(self, value: Mapping[str, Any]) -> Iterator[Parameter]:
        for name, parameter in self._named(value, "parameters", "params"):
            if _KINDS.get(str(parameter.get("type"))) is type(parameter.get("default")):
                kind = ParameterType(parameter["type"])
                yield Parameter(name=name, type=kind, default=parameter["default"], description="")
            else:
                self.doubtful.add(f"params.{name}")

    def constants(self, value: Mapping[str, Any]) -> Iterator[Constant]:
        for name, constant in self._named(value, "constants", "constants"):
            if _plain(constant.get("value")):
                yield Constant(name=name, value=constant["value"], description="")
            else:
                self.doubtful.add(f"constants.{name}")

    def variables(self, value: Mapping[str, Any]) -> Iterator[Variable]:
        for name, variable in self._named(value, "variables", "variables"):
            expression = self._expression(("variables", name), variable, "expression")
            if expression is None:
                self.doubtful.add(f"variables.{name}")
            else:
                yield Variable(name=name, expression=expression, description="")

    def rules(self, rules: list[Any]) -> Iterator[Rule]:
        for number, rule in enumerate(rules):
            scope = rule.get("scope", "node") if isinstance(rule, dict) else None
            if scope in {"node", "fleet"}:
                yield self._rule(number, rule, Scope(scope))

    def _rule(self, number: int, rule: Mapping[str, Any], scope: Scope) -> Rule:
        parts = {key: self._expression(("rules", number), rule, key) for key in _PARTS}
        if scope is Scope.FLEET and parts["value"] is None:
            # What such a rule may name hangs on its value.
            parts = {**dict.fromkeys(_PARTS), "applies_when": parts["applies_when"]}
            scope = Scope.NODE
        return Rule(
            id=RuleId(str(number)),
            title="",
            level=Level.REQUIRED,
            scope=scope,
            applies_when=parts["applies_when"],
            group_by=parts["group_by"] if scope is Scope.FLEET else None,
            value=parts["value"] if scope is Scope.FLEET else None,
            expression=parts["expression"] or _TRUE,
            message_expression=parts["message_expression"],
            rationale="",
            deviation="",
            remediation="",
            references=(),
        )

    def _named(self, value: Mapping[str, Any], key: str, root: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        named = value.get(key, {})
        if not isinstance(named, dict):
            self.doubtful.add(root)
            return
        for name, entry in named.items():
            yield name, entry if isinstance(entry, dict) else {}

    def _expression(self, at: Path, holder: Mapping[str, Any], key: str) -> Expression | None:
        text, place = holder.get(key), self.document.positions.get((*at, key))
        whole = [name for name in self.doubtful if "." not in name]
        if not isinstance(text, str) or place is None or not place.block or any(root in text for root in whole):
            return None
        return Expression(text=text.rstrip("\n"), line=place.line, column=place.column)


def _plain(value: Any) -> bool:
    """Whether it is a value that a constant can have: a scalar, or a list or map of such."""
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return isinstance(value, str | int)
