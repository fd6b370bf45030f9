"""Names that a policy gives and nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.lint.finding import Lint, Severity, Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from passmuster import cel
    from passmuster.authoring.lint.finding import Subject
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy


def programs(policy: CompiledPolicy) -> list[cel.Program]:
    """Every program that some rule needs, those of variables too."""
    waiting = [program for rule in policy.every_rule for program in rule.programs]
    programs: list[cel.Program] = []
    seen: set[str] = set()
    while waiting:
        program = waiting.pop()
        programs.append(program)
        waiting += [policy.variables[name].program for name in program.variables if name not in seen]
        seen |= set(program.variables)
    return programs


def _unused(
    kind: str, declared: Callable[[Policy], Sequence[str]], used: Callable[[cel.Program], tuple[str, ...]]
) -> Callable[[Subject], Iterator[Spot]]:
    def check(subject: Subject) -> Iterator[Spot]:
        if subject.compiled is None:
            return
        names = {name for program in programs(subject.compiled) for name in used(program)}
        for name in declared(subject.policy):
            if name not in names:
                message = f"no rule uses the {kind} {name!r}, nor does a variable that a rule uses"
                yield Spot(path=(f"{kind}s", name), message=message, key=True)

    return check


def _lint(
    kind: str, declared: Callable[[Policy], Sequence[str]], used: Callable[[cel.Program], tuple[str, ...]]
) -> Lint:
    summary = f"nothing uses a {kind}"
    return Lint(code=f"{kind}-unused", severity=Severity.WARNING, summary=summary, check=_unused(kind, declared, used))


LINTS = (
    _lint(
        "parameter",
        lambda policy: [parameter.name for parameter in policy.parameters],
        lambda program: program.parameters,
    ),
    _lint(
        "constant", lambda policy: [constant.name for constant in policy.constants], lambda program: program.constants
    ),
    _lint(
        "variable", lambda policy: [variable.name for variable in policy.variables], lambda program: program.variables
    ),
)
