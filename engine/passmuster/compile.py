"""Compiling a policy: programs, and the set of facts that each reads.

All mistakes of all expressions are reported at once, each at its line and column of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster import cel, schema
from passmuster.errors import PolicyError, Problem
from passmuster.policy.model import Expression, Parameter, ParameterType, Policy, Rule
from passmuster.verdict import PolicyHeader, RuleHeader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.fieldpath import FieldPath


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule as programs."""

    header: RuleHeader
    source: Rule
    applies_when: cel.Program | None
    expression: cel.Program
    message: cel.Program | None
    reads: tuple[FieldPath, ...]
    """The facts that its outcome can depend on, sorted, variables resolved; empty where it reads none."""
    touches: tuple[FieldPath, ...]
    """The same with what its message reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledVariable:
    """A variable as a program."""

    program: cel.Program
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """A policy as programs."""

    header: PolicyHeader
    constants: Mapping[str, object]
    variables: Mapping[str, CompiledVariable]
    """In the order of the file: each may use those before it."""
    rules: tuple[CompiledRule, ...]

    @property
    def reads(self) -> frozenset[FieldPath]:
        """The facts that any outcome can depend on."""
        return frozenset(path for rule in self.rules for path in rule.reads)


def compile_policy(policy: Policy) -> CompiledPolicy:
    """Compile a policy; raises PolicyError with every mistake found."""
    compiler = _Compiler(policy)
    compiled = compiler.compile()
    if compiler.problems:
        raise PolicyError(compiler.problems)
    return compiled


@dataclass(slots=True)
class _Compiler:
    policy: Policy
    problems: list[Problem] = field(default_factory=list)
    variables: dict[str, CompiledVariable] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Variables that do not compile: what uses them is not blamed again."""

    def compile(self) -> CompiledPolicy:
        for variable in self.policy.variables:
            program = self._program(variable.expression, expect=None)
            if program is None:
                self.broken.add(variable.name)
            else:
                self.variables[variable.name] = CompiledVariable(program=program, expression=variable.expression)
        rules = [self._rule(rule) for rule in self.policy.rules]
        return CompiledPolicy(
            header=PolicyHeader(
                pack=self.policy.pack,
                version=str(self.policy.version),
                title=self.policy.title,
                digest=self.policy.digest,
                released=self.policy.released,
            ),
            constants={each.name: each.value for each in self.policy.constants},
            variables=self.variables,
            rules=tuple(rule for rule in rules if rule is not None),
        )

    def _rule(self, rule: Rule) -> CompiledRule | None:
        applies = self._program(rule.applies_when, expect=cel.Basic.BOOL) if rule.applies_when else None
        assume = (applies,) if applies else ()
        expression = self._program(rule.expression, expect=cel.Basic.BOOL, assume=assume)
        message = (
            self._program(rule.message_expression, expect=cel.Basic.STRING, assume=assume)
            if rule.message_expression
            else None
        )
        if expression is None or (rule.applies_when and applies is None):
            return None
        outcome_programs = [program for program in (applies, expression) if program is not None]
        header = RuleHeader(
            pack=self.policy.pack, id=rule.id, title=rule.title, level=rule.level, remediation=rule.remediation
        )
        return CompiledRule(
            header=header,
            source=rule,
            applies_when=applies,
            expression=expression,
            message=message,
            reads=self._reads(outcome_programs),
            touches=self._reads(outcome_programs + ([message] if message else [])),
        )

    def _reads(self, programs: list[cel.Program]) -> tuple[FieldPath, ...]:
        found: set[FieldPath] = set()
        waiting = list(programs)
        while waiting:
            program = waiting.pop()
            found |= {read.path for read in program.reads}
            waiting += [self.variables[name].program for name in program.variables if name in self.variables]
        return tuple(sorted(found))

    def _program(
        self, expression: Expression, *, expect: cel.CelType | None, assume: tuple[cel.Program, ...] = ()
    ) -> cel.Program | None:
        try:
            return cel.compile_expression(expression.text, self._environment(), expect=expect, assume=assume)
        except cel.CelProblems as error:
            self.problems += [self._problem(expression, each) for each in error.problems]
            return None

    def _problem(self, expression: Expression, problem: cel.CelProblem) -> Problem:
        line, column = expression.place(problem.line, problem.column)
        return self.policy.document.problem_at(line, column, problem.message, code=problem.code, hint=problem.hint)

    def _environment(self) -> cel.Environment:
        constants = {each.name: each.value for each in self.policy.constants}
        types = {name: variable.program.type for name, variable in self.variables.items()}
        return environment(
            parameters=self.policy.parameters,
            constants=constants,
            variables={**types, **dict.fromkeys(self.broken, cel.Basic.BROKEN)},
        )


def environment(
    *,
    parameters: tuple[Parameter, ...] = (),
    constants: Mapping[str, object] | None = None,
    variables: Mapping[str, cel.CelType] | None = None,
) -> cel.Environment:
    """The names that an expression can use, with their types."""
    constants = constants or {}
    roots: dict[str, cel.CelType] = {
        name: cel.type_of_field(kind) for name, kind in {**schema.sections(1), **schema.header(1)}.items()
    }
    roots["params"] = _object({each.name: _PARAMETER_TYPES[each.type] for each in parameters})
    roots["constants"] = _object({name: cel.type_of_value(value) for name, value in constants.items()})
    roots["variables"] = _object(variables or {})
    return cel.Environment(roots=roots, constants=constants)


def _object(members: Mapping[str, cel.CelType]) -> cel.CelType:
    return cel.ObjectType({name: cel.Field(kind) for name, kind in members.items()})


_PARAMETER_TYPES: Mapping[ParameterType, cel.CelType] = {
    ParameterType.INT: cel.Basic.INT,
    ParameterType.STRING: cel.Basic.STRING,
    ParameterType.BOOL: cel.Basic.BOOL,
    ParameterType.LIST: cel.ListType(cel.Basic.STRING),
}
