"""Compiling a policy: programs, and the set of facts that each reads.

All mistakes of all expressions are reported at once, each at its line and column of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from passmuster import cel
from passmuster.errors import PolicyError, Problem
from passmuster.model.verdict import PolicyHeader, RuleHeader
from passmuster.policy.environments import aggregates, comparable, environment
from passmuster.policy.model import Expression, Policy, Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.fieldpath import FieldPath
    from passmuster.policy import UnsoundPolicyError


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

    @property
    def programs(self) -> tuple[cel.Program, ...]:
        """Its programs, in the order in which they run."""
        return tuple(
            expression for expression in (self.applies_when, self.expression, self.message) if expression is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFleetRule:
    """A rule about all nodes of a pool, as programs: three of each node, two of what all of them come to."""

    header: RuleHeader
    source: Rule
    applies_when: cel.Program | None
    group_by: cel.Program | None
    value: cel.Program
    expression: cel.Program
    message: cel.Program | None
    reads: tuple[FieldPath, ...]
    """The facts of a node that its contribution can depend on, sorted, variables resolved."""

    @property
    def programs(self) -> tuple[cel.Program, ...]:
        """Its programs, in the order in which they run."""
        every = (self.applies_when, self.group_by, self.value, self.expression, self.message)
        return tuple(expression for expression in every if expression is not None)


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
    """Those about one node at a time."""
    fleet_rules: tuple[CompiledFleetRule, ...] = ()
    """Those about all nodes of a pool; empty where the policy has none."""
    defaults: Mapping[str, object] = field(default_factory=dict)
    """Default values of the parameters, by name; empty where the policy has none."""

    @property
    def every_rule(self) -> tuple[CompiledRule | CompiledFleetRule, ...]:
        """All rules, those about single nodes first."""
        return (*self.rules, *self.fleet_rules)

    @property
    def reads(self) -> frozenset[FieldPath]:
        """The facts that any outcome can depend on."""
        return frozenset(path for rule in self.every_rule for path in rule.reads)


def compile_policy(policy: Policy, *, doubtful: frozenset[str] = frozenset()) -> CompiledPolicy:
    """Compile a policy; raises PolicyError with every mistake found, except consequences of those that are `doubtful`.

    These are parameters, constants and variables as `params.x`, of which nothing is known; with none, the usual way.
    """
    compiler = _Compiler(policy, doubtful)
    compiler.broken = {name for root, name in map(_split, doubtful) if root == "variables"}
    compiled = compiler.compile()
    if compiler.problems:
        raise PolicyError(compiler.problems)
    return compiled


def all_problems(error: UnsoundPolicyError) -> PolicyError:
    """What is wrong with a policy that breaks its schema, together with what is wrong with its expressions."""
    problems = list(error.problems)
    try:
        compile_policy(error.rest.policy, doubtful=error.rest.doubtful)
    except PolicyError as further:
        problems += further.problems
    return PolicyError(sorted(problems, key=_place))


def _place(problem: Problem) -> tuple[bool, int, int]:
    """The order of the file; what counts the others stands last."""
    return problem.code == "more", problem.location.line or 0, problem.location.column or 0


@dataclass(slots=True)
class _Compiler:
    policy: Policy
    doubtful: frozenset[str] = frozenset()
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
        rules = [self._rule(rule) for rule in self.policy.rules if rule.scope is Scope.NODE]
        fleet_rules = [self._fleet_rule(rule) for rule in self.policy.rules if rule.scope is Scope.FLEET]
        return CompiledPolicy(
            header=PolicyHeader(
                pack=self.policy.pack,
                version=str(self.policy.version),
                title=self.policy.title,
                digest=self.policy.digest,
                released=self.policy.released,
                lock=self.policy.lock,
                next_steps=self.policy.next_steps,
            ),
            constants={constant.name: constant.value for constant in self.policy.constants},
            variables=self.variables,
            rules=tuple(rule for rule in rules if rule is not None),
            fleet_rules=tuple(rule for rule in fleet_rules if rule is not None),
            defaults={parameter.name: parameter.default for parameter in self.policy.parameters},
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
        return CompiledRule(
            header=self._header(rule),
            source=rule,
            applies_when=applies,
            expression=expression,
            message=message,
            reads=self._reads(outcome_programs),
            touches=self._reads(outcome_programs + ([message] if message else [])),
        )

    def _header(self, rule: Rule) -> RuleHeader:
        return RuleHeader(
            pack=self.policy.pack, id=rule.id, title=rule.title, level=rule.level, remediation=rule.remediation
        )

    def _fleet_rule(self, rule: Rule) -> CompiledFleetRule | None:
        assert rule.value is not None, "loading asks for it"
        before = len(self.problems)
        applies = self._program(rule.applies_when, expect=cel.Basic.BOOL) if rule.applies_when else None
        assume = (applies,) if applies else ()
        group = self._program(rule.group_by, expect=cel.Basic.STRING, assume=assume) if rule.group_by else None
        value = self._value(rule.value, assume)
        if value is None:
            return None
        expression = self._program(rule.expression, expect=cel.Basic.BOOL, names=self._aggregates(value.type))
        message = None
        if rule.message_expression is not None:
            names = self._aggregates(value.type, counted=True)
            message = self._program(rule.message_expression, expect=cel.Basic.STRING, names=names)
        if expression is None or len(self.problems) > before:
            return None
        return CompiledFleetRule(
            header=self._header(rule),
            source=rule,
            applies_when=applies,
            group_by=group,
            value=value,
            expression=expression,
            message=message,
            reads=self._reads([program for program in (applies, group, value) if program is not None]),
        )

    def _value(self, expression: Expression, assume: tuple[cel.Program, ...]) -> cel.Program | None:
        program = self._program(expression, expect=None, assume=assume)
        if program is None or comparable(program.type) or program.type is cel.Basic.BROKEN:
            return program
        wanted = "a string, an int, a bool or a list of strings"
        message = f"members are compared by {wanted} (got {cel.show(program.type)})"
        hint = "say of what kind it is: string(...), int(...)" if program.type is cel.Basic.DYN else None
        problem = cel.CelProblem(code=cel.Code.TYPE, message=message, line=1, column=1, hint=hint)
        self.problems.append(self._problem(expression, problem))
        return None

    def _reads(self, programs: list[cel.Program]) -> tuple[FieldPath, ...]:
        paths: set[FieldPath] = set()
        waiting = list(programs)
        while waiting:
            program = waiting.pop()
            paths |= {read.path for read in program.reads}
            waiting += [self.variables[name].program for name in program.variables if name in self.variables]
        return tuple(sorted(paths))

    def _program(
        self,
        expression: Expression,
        *,
        expect: cel.CelType | None,
        assume: tuple[cel.Program, ...] = (),
        names: cel.Environment | None = None,
    ) -> cel.Program | None:
        """A program over a node's facts; over `names` where they are given."""
        try:
            return cel.compile_expression(expression.text, names or self._environment(), expect=expect, assume=assume)
        except cel.CelProblems as error:
            self.problems += [self._problem(expression, problem) for problem in error.problems]
            return None

    def _problem(self, expression: Expression, problem: cel.CelProblem) -> Problem:
        line, column = expression.place(problem.line, problem.column)
        return self.policy.document.problem_at(line, column, problem.message, code=problem.code, hint=problem.hint)

    def _aggregates(self, value: cel.CelType, *, counted: bool = False) -> cel.Environment:
        constants = {constant.name: constant.value for constant in self.policy.constants}
        made = aggregates(value, parameters=self.policy.parameters, constants=constants, counted=counted)
        return self._with_doubtful(made)

    def _environment(self) -> cel.Environment:
        constants = {constant.name: constant.value for constant in self.policy.constants}
        types = {name: variable.program.type for name, variable in self.variables.items()}
        made = environment(
            parameters=self.policy.parameters,
            constants=constants,
            variables={**types, **dict.fromkeys(self.broken, cel.Basic.BROKEN)},
        )
        return self._with_doubtful(made)

    def _with_doubtful(self, made: cel.Environment) -> cel.Environment:
        """With parameters and constants of which nothing is known, so that what uses them is not blamed."""
        roots = dict(made.roots)
        for root, name in map(_split, self.doubtful):
            kind = roots.get(root)
            if isinstance(kind, cel.ObjectType):
                roots[root] = cel.ObjectType({**kind.fields, name: cel.Field(cel.Basic.BROKEN)})
        return replace(made, roots=roots) if self.doubtful else made


def _split(text: str) -> tuple[str, str]:
    root, _, name = text.partition(".")
    return root, name
