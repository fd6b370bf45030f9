"""Gathering an edition: from a policy, its tests, and the versions of its pack up to this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.authoring.docs.facts import described
from passmuster.authoring.docs.highlight import pieces
from passmuster.authoring.docs.history import content, digest, history, terms
from passmuster.authoring.docs.model import Edition, Entry, Example, Term
from passmuster.authoring.testing import Case
from passmuster.policy.compile import CompiledFleetRule, compile_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.authoring.docs.highlight import Piece
    from passmuster.authoring.testing import FleetCase, Suite
    from passmuster.cel import Program
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy, CompiledRule


def gather(policy: Policy, suite: Suite | None, older: Sequence[Policy] = (), rule: str | None = None) -> Edition:
    """An edition of a policy, or of one of its rules; raises PolicyError where one of the policies is broken.

    `older` are the earlier versions of the pack, oldest first.
    """
    compiled = compile_policy(policy)
    versions = [(str(version.version), _rules(version)) for version in older] + [(str(policy.version), _rules(policy))]
    every = {term.name: term for term in _terms(policy, compiled)}
    entries = tuple(
        _entry(policy, compiled, entry, every, suite, versions)
        for entry in _in_order(policy, compiled)
        if rule in {None, entry.header.id}
    )
    used = {term.name for entry in entries for term in entry.terms}
    return Edition(
        pack=policy.pack,
        version=str(policy.version),
        title=policy.title,
        released=policy.released,
        digest=policy.digest,
        language=policy.language,
        source=policy.source,
        terms=tuple(term for name, term in every.items() if rule is None or name in used),
        entries=entries,
        bases={} if suite is None else suite.descriptions,
    )


def _in_order(policy: Policy, compiled: CompiledPolicy) -> list[CompiledRule | CompiledFleetRule]:
    """The rules as they stand in the file."""
    order = {rule.id: at for at, rule in enumerate(policy.rules)}
    return sorted(compiled.every_rule, key=lambda rule: order[rule.source.id])


def _rules(policy: Policy) -> Mapping[str, Mapping[str, Any]]:
    compiled = compile_policy(policy)
    return {rule.header.id: content(policy, compiled, rule) for rule in compiled.every_rule}


def _terms(policy: Policy, compiled: CompiledPolicy) -> list[Term]:
    terms = [
        _term(
            f"params.{parameter.name}",
            parameter.description,
            kind=f"{parameter.type.value}, {_default(parameter.default)}",
        )
        for parameter in policy.parameters
    ]
    terms += [
        _term(f"constants.{constant.name}", constant.description, value=constant.value) for constant in policy.constants
    ]
    terms += [
        _term(f"variables.{variable.name}", variable.description, program=compiled.variables[variable.name].program)
        for variable in policy.variables
    ]
    return terms


def _default(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value
    return f"default {text}" if text not in {"", None} else "default empty"


def _term(name: str, description: str, *, kind: str = "", value: Any = None, program: Program | None = None) -> Term:
    return Term(
        name=name,
        description=description,
        kind=kind,
        code=() if program is None else pieces(program),
        value=value,
    )


def _entry(  # noqa: PLR0913, PLR0917 - what an entry is gathered from
    policy: Policy,
    compiled: CompiledPolicy,
    rule: CompiledRule | CompiledFleetRule,
    every: Mapping[str, Term],
    suite: Suite | None,
    versions: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]],
) -> Entry:
    source = rule.source
    used = terms(compiled, rule)
    fleet = rule if isinstance(rule, CompiledFleetRule) else None
    return Entry(
        id=source.id,
        title=source.title,
        level=source.level,
        digest=digest(content(policy, compiled, rule)),
        fleet=fleet is not None,
        applies_when=_code(rule.applies_when),
        group_by=_code(fleet.group_by if fleet else None),
        value=_code(fleet.value if fleet else None),
        expression=_code(rule.expression),
        message=_code(rule.message),
        facts=tuple(described(path) for path in rule.reads),
        terms=tuple(term for name, term in every.items() if name in used),
        rationale=source.rationale,
        deviation=None if source.deviation == "none" else source.deviation,
        remediation=source.remediation,
        references=source.references,
        examples=_examples(source.id, suite),
        history=history(source.id, versions),
    )


def _code(program: Program | None) -> tuple[Piece, ...]:
    return () if program is None else pieces(program)


def _examples(rule: str, suite: Suite | None) -> tuple[Example, ...]:
    return tuple(
        Example(name=case.name, base=_nodes(case), outcome=case.expect[rule], message=case.messages.get(rule))
        for case in (suite.every_case if suite else ())
        if rule in case.expect
    )


def _nodes(case: Case | FleetCase) -> str:
    """What a case starts from: its base, or those of its nodes."""
    return case.base if isinstance(case, Case) else ", ".join(node.base for node in case.nodes)
