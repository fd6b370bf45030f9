"""A second opinion: the same rules over the same facts by another implementation of CEL.

The one door to cel-expr-python, which is the extra `[cel-cpp]` and is imported when it is asked. That runtime knows no
unknowns and none of the functions that are ours alone. So a rule is compared on a node only where every fact that it
reads is known, and where the runtime compiles it.
"""

from __future__ import annotations

import collections
import importlib.util
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from passmuster.cel import OpenMap, Unknown
from passmuster.errors import UsageError
from passmuster.evaluation.rule import bound, outcome
from passmuster.model.outcome import RuleOutcome
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.model.fieldpath import FieldPath
    from passmuster.policy.compile import CompiledPolicy, CompiledRule
    from passmuster.snapshot import Snapshot

EXTENSIONS = (("math", "ExtMath"), ("strings", "ExtStrings"), ("optional", "ExtOptional"), ("bindings", "ExtBindings"))
_UNDECLARED = re.compile(r"undeclared reference to '([\w.]+)'")

Compiled: TypeAlias = "tuple[Any, Any] | str"
"""`applies_when` (None where there is none) and `expression`; or why they do not compile there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """The results of the comparison."""

    compared: int
    """Results that both have."""
    differing: tuple[str, ...]
    """A sentence for each result on which they differ."""
    skipped: Mapping[str, int]
    """Results that could not be compared, by the reason."""


class Oracle:
    """The other implementation: it evaluates each rule of the criteria on each node."""

    def __init__(self, terms: EvaluationCriteria) -> None:
        _demand()
        self._terms = terms
        self._rules = [_Pack(policy, terms) for policy in terms.policies]
        self._compared = 0
        self._differing: list[str] = []
        self._skipped: collections.Counter[str] = collections.Counter()

    def ask(self, snapshot: Snapshot) -> None:
        """Compare every rule on one node."""
        roots = bind(snapshot)
        for pack in self._rules:
            values = bound(pack.policy, roots, self._terms.parameters[pack.policy.header.pack])
            data = pack.data(values)
            for rule, compiled in pack.rules:
                self._one(rule, compiled, values, data, snapshot.name)

    def _one(
        self, rule: CompiledRule, compiled: Compiled, values: Mapping[str, object], data: dict[str, Any], node: str
    ) -> None:
        if isinstance(compiled, str):
            self._skipped[compiled] += 1
        elif not all(_known(values, path) for path in rule.reads):
            self._skipped["a fact that the rule reads is unknown"] += 1
        else:
            ours, theirs = outcome(rule, values), _theirs(compiled, data)
            self._compared += 1
            if ours is not theirs:
                text = f"passmuster gives {ours.value}, cel-cpp gives {theirs.value}"
                self._differing.append(f"{rule.header.name} on {node}: {text}")

    def opinion(self) -> Opinion:
        """The results so far."""
        skipped = dict(sorted(self._skipped.items()))
        return Opinion(compared=self._compared, differing=tuple(self._differing), skipped=skipped)


class _Pack:
    """One policy, compiled there as far as possible."""

    def __init__(self, policy: CompiledPolicy, terms: EvaluationCriteria) -> None:
        self.policy = policy
        wanted = [rule for rule in policy.rules if terms.rules is None or rule.header.name in terms.rules]
        self._environment = _environment()
        self._variables = {name: self._compile(variable.program.text) for name, variable in policy.variables.items()}
        self.rules = [(rule, self._rule(rule)) for rule in wanted]

    def _compile(self, text: str) -> Any:
        """An expression; a reason where it is refused."""
        try:
            return self._environment.compile(text)
        except Exception as error:  # noqa: BLE001 - it raises RuntimeError and others
            undeclared = set(_UNDECLARED.findall(str(error)))
            named = f"cel-cpp has no {', '.join(sorted(undeclared - {'sets'}))}"
            named += " of sets" if "sets" in undeclared else ""
            return named if undeclared else "cel-cpp does not compile the expression"

    def _rule(self, rule: CompiledRule) -> Compiled:
        applies = self._compile(rule.applies_when.text) if rule.applies_when else None
        expression = self._compile(rule.expression.text)
        reasons = [answer for answer in (applies, expression) if isinstance(answer, str)]
        programs = [program for program in (rule.applies_when, rule.expression) if program is not None]
        reasons += [
            self._variables[name]
            for name in self._used({name for program in programs for name in program.variables})
            if isinstance(self._variables[name], str)
        ]
        return reasons[0] if reasons else (applies, expression)

    def _used(self, names: set[str]) -> list[str]:
        """Variables, and those that they use."""
        used: set[str] = set()
        while names:
            name = names.pop()
            used.add(name)
            names |= set(self.policy.variables[name].program.variables) - used
        return sorted(used)

    def data(self, values: Mapping[str, object]) -> dict[str, Any]:
        """What its expressions see: plain values; a variable that is an error there is not set, which is one too."""
        data = {name: _plain(value) for name, value in values.items() if name != "variables"}
        data["variables"] = variables = {}
        for name, program in self._variables.items():
            value = None if isinstance(program, str) else _run(program, data)
            if value is not None:
                variables[name] = value
        return data


def _environment() -> Any:
    from cel_expr_python import cel  # noqa: PLC0415 - the extra

    from passmuster.codec import schema  # noqa: PLC0415 - beside it

    names = [*schema.sections(1), *schema.header(1), "params", "constants", "variables"]
    made = [
        getattr(importlib.import_module(f"cel_expr_python.ext.ext_{name}"), extension)()
        for name, extension in EXTENSIONS
    ]
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN), extensions=made)


def _theirs(compiled: tuple[Any, Any], data: dict[str, Any]) -> RuleOutcome:
    applies, expression = compiled
    if applies is not None:
        value = _run(applies, data)
        if value is not True:
            return RuleOutcome.NOT_APPLICABLE if value is False else RuleOutcome.ERROR
    value = _run(expression, data)
    if value is True:
        return RuleOutcome.PASS
    return RuleOutcome.FAIL if value is False else RuleOutcome.ERROR


def _run(program: Any, data: dict[str, Any]) -> Any:
    """The value as plain data; None for an error."""
    try:
        value = program.eval(data=data)
        return None if value.type().name().lower() == "error" else value.plain_value()
    except Exception:  # noqa: BLE001 - it raises RuntimeError, TypeError and others
        return None


def _known(values: Mapping[str, object], path: FieldPath) -> bool:
    """Whether everything at a path is known."""
    at: object = values
    for part in path.parts:
        if isinstance(at, OpenMap):
            if part not in at.values and part not in at.absent:
                return False
            at = at.values
        if not isinstance(at, dict):
            return not isinstance(at, Unknown)
        if part not in at:
            return True
        at = at[part]
    return _whole(at)


def _whole(value: object) -> bool:
    if isinstance(value, OpenMap):
        return False
    if isinstance(value, dict):
        return all(map(_whole, value.values()))
    return not isinstance(value, Unknown)


def _plain(value: object) -> Any:
    """A bound value without what is unknown: nothing that is compared reads that."""
    if isinstance(value, OpenMap):
        value = value.values
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items() if not isinstance(member, Unknown)}
    return {} if isinstance(value, Unknown) else value


def _demand() -> None:
    if importlib.util.find_spec("cel_expr_python") is None:
        raise UsageError.at(
            "--with cel-cpp",
            "--with cel-cpp needs the library cel-expr-python, which is not installed",
            code="extra-cel-cpp",
            hint="install the extra: pip install 'passmuster[cel-cpp]'",
        )
