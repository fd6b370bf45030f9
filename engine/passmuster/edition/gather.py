"""Gathering an edition: from a policy, its tests, and the versions of its pack up to this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.compile import compile_policy
from passmuster.edition.facts import described
from passmuster.edition.highlight import pieces
from passmuster.edition.history import content, digest, history, terms
from passmuster.edition.model import Edition, Entry, Example, Term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.cel import Program
    from passmuster.compile import CompiledPolicy, CompiledRule
    from passmuster.edition.highlight import Piece
    from passmuster.policy import Policy
    from passmuster.policytest import Suite


def gather(policy: Policy, suite: Suite | None, older: Sequence[Policy] = (), rule: str | None = None) -> Edition:
    """An edition of a policy, or of one of its rules; raises PolicyError where one of the policies is broken.

    `older` are the earlier versions of the pack, oldest first.
    """
    compiled = compile_policy(policy)
    versions = [(str(each.version), _rules(each)) for each in older] + [(str(policy.version), _rules(policy))]
    every = {each.name: each for each in _terms(policy, compiled)}
    entries = tuple(
        _entry(policy, compiled, each, every, suite, versions)
        for each in compiled.rules
        if rule in {None, each.header.id}
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


def _rules(policy: Policy) -> Mapping[str, Mapping[str, Any]]:
    compiled = compile_policy(policy)
    return {rule.header.id: content(policy, compiled, rule) for rule in compiled.rules}


def _terms(policy: Policy, compiled: CompiledPolicy) -> list[Term]:
    found = [
        _term(f"params.{each.name}", each.description, kind=f"{each.type.value}, {_default(each.default)}")
        for each in policy.parameters
    ]
    found += [_term(f"constants.{each.name}", each.description, value=each.value) for each in policy.constants]
    found += [
        _term(f"variables.{each.name}", each.description, program=compiled.variables[each.name].program)
        for each in policy.variables
    ]
    return found


def _default(value: Any) -> str:
    told = ", ".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value
    return f"default {told}" if told not in {"", None} else "default empty"


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
    rule: CompiledRule,
    every: Mapping[str, Term],
    suite: Suite | None,
    versions: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]],
) -> Entry:
    source = rule.source
    used = terms(compiled, rule)
    return Entry(
        id=source.id,
        title=source.title,
        level=source.level,
        digest=digest(content(policy, compiled, rule)),
        applies_when=_code(rule.applies_when),
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
        Example(name=case.name, base=case.base, outcome=case.expect[rule], message=case.messages.get(rule))
        for case in (suite.cases if suite else ())
        if rule in case.expect
    )
