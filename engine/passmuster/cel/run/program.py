"""An expression that was admitted, checked and compiled, and what it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster.cel.check import narrowing
from passmuster.cel.check.check import Checker
from passmuster.cel.check.cost import Bounder
from passmuster.cel.check.environment import CONSTANTS, PARAMETERS, VARIABLES, Environment
from passmuster.cel.check.reads import Read, Reader
from passmuster.cel.check.size_estimates import stamped
from passmuster.cel.run.compile import Compiler
from passmuster.cel.syntax.parse import parse
from passmuster.cel.syntax.problems import Code, Findings
from passmuster.cel.syntax.tree import Node, size
from passmuster.cel.values.budget import STEP_BUDGET, Frame, OutOfStepsError, Run
from passmuster.cel.values.values import CelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel.check.narrowing import Places
    from passmuster.cel.values.sizes import Bound
    from passmuster.cel.values.types import CelType

OUT_OF_STEPS = CelError(f"the expression needs more than {STEP_BUDGET} steps")
"""The value of an evaluation that used up its budget; no operator absorbs it."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run came to."""

    value: object
    """A value, a CelError or an Unknown."""
    steps: int
    """What it cost: the same number on every machine."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """A compiled expression; it may be run by several threads at once."""

    text: str
    type: CelType
    reads: tuple[Read, ...]
    """The facts it reads, sorted."""
    variables: tuple[str, ...]
    """The names x of each ``variables.x`` it uses."""
    parameters: tuple[str, ...]
    """The names x of each ``params.x`` it uses."""
    constants: tuple[str, ...]
    """The names x of each ``constants.x`` it uses."""
    tree: Node = field(repr=False)
    cost: int
    """Steps that every run takes: the nodes of the tree."""
    most: int
    """Steps that no run takes more of, whatever the facts are."""
    bound: Bound = field(repr=False)
    """The most that the value can be."""
    proves: Mapping[bool, Places] = field(repr=False)
    """The places that are there wherever it is true, and wherever it is false."""
    environment: Environment = field(repr=False)
    types: Mapping[Node, CelType] = field(repr=False)
    """What the checker found, for each node of the tree."""
    compiler: Compiler = field(repr=False)
    _run: Run = field(repr=False)

    def run(self, roots: Mapping[str, object]) -> Evaluation:
        """Evaluate over the values of the roots; never raises."""
        frame = Frame(roots, self.compiler.count, STEP_BUDGET - self.cost)
        try:
            value = self._run(frame)
        except OutOfStepsError:
            return Evaluation(OUT_OF_STEPS, STEP_BUDGET)
        return Evaluation(value, STEP_BUDGET - frame.steps)

    def value(self, roots: Mapping[str, object]) -> object:
        """The same, without what it cost."""
        try:
            return self._run(Frame(roots, self.compiler.count, STEP_BUDGET - self.cost))
        except OutOfStepsError:
            return OUT_OF_STEPS


def compile_expression(
    text: str, environment: Environment, *, expect: CelType | None = None, assume: tuple[Program, ...] = ()
) -> Program:
    """Admit, check and compile an expression; raises CelProblems with everything that is wrong.

    `expect` is the type that the result must have. `assume` are programs that are true whenever
    this one counts, such as a rule's ``applies_when``: what they look for needs no guard here.
    """
    findings = Findings(text)
    tree = parse(text, findings)
    checker = Checker(text, environment, findings)
    kind = checker.check(tree, {}, _assumed(assume))
    checker.whole(tree, kind, "a result")
    checker.result(tree, kind, expect)
    if findings:
        raise findings.raised()
    program = assemble(text, environment, tree, checker.types, findings)
    if findings:
        raise findings.raised()
    return program


def assemble(
    text: str, environment: Environment, tree: Node, types: Mapping[Node, CelType], findings: Findings
) -> Program:
    """Make the program of a tree, whatever the checker thought of it; findings are of its bound alone."""
    bound, most = Bounder(environment, types, findings).check(tree)
    reader = Reader(environment, types)
    reader.walk(tree, {})
    for root in (VARIABLES, PARAMETERS):
        if root in reader.whole:
            # Which of them it reads could not be told, and a rule must never read more than it says.
            problem = f"{_NAMES[root]} are named one by one, as in {root}.x"
            findings.add(Code.UNDECLARED, problem, reader.whole[root])
    compiler = Compiler(text, environment, types, reader.origins)
    return Program(
        text=text,
        type=stamped(types[tree], bound),
        reads=reader.facts(),
        variables=reader.members(VARIABLES),
        parameters=reader.members(PARAMETERS),
        constants=reader.members(CONSTANTS),
        tree=tree,
        cost=size(tree),
        most=most,
        bound=bound,
        proves={
            outcome: narrowing.proved(tree, {}, environment.variables, outcome=outcome) for outcome in (True, False)
        },
        environment=environment,
        types=types,
        compiler=compiler,
        _run=compiler.run(tree, {}),
    )


_NAMES = {VARIABLES: "variables", PARAMETERS: "parameters"}


def _assumed(programs: tuple[Program, ...]) -> Places:
    return narrowing.NOWHERE.union(*(program.proves[True] for program in programs))
