"""Comparing what a policy names besides its rules: parameters, constants, variables, and itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from passmuster.authoring.diff.model import Bump, Change, ChangeKind, Detail, Subject
from passmuster.authoring.diff.rules import reworded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from passmuster.authoring.diff.cases import Cases
    from passmuster.policy import Policy, Variable
    from passmuster.policy.model import Constant, Parameter


def names(old: Policy, new: Policy, cases: Cases) -> Iterator[Subject]:
    """What changed besides the rules, in the order in which a policy's file has it."""
    yield from _subjects("parameter", old.parameters, new.parameters, _parameter, (Bump.MINOR, Bump.MAJOR))
    yield from _subjects("constant", old.constants, new.constants, _constant, (Bump.PATCH, Bump.PATCH))

    def variable(before: Variable, after: Variable) -> Iterator[Change]:
        return _variable(before, after, cases)

    yield from _subjects("variable", old.variables, new.variables, variable, (Bump.PATCH, Bump.PATCH))


def _subjects(
    kind: str,
    old: Sequence[Any],
    new: Sequence[Any],
    compare: Callable[[Any, Any], Iterator[Change]],
    bumps: tuple[Bump, Bump],
) -> Iterator[Subject]:
    before, after = {named.name: named for named in old}, {named.name: named for named in new}
    for name in dict.fromkeys((*after, *before)):
        if name not in before:
            changes = [Change(kind=ChangeKind.ADDED, sentence="added", bump=bumps[0])]
        elif name not in after:
            changes = [Change(kind=ChangeKind.REMOVED, sentence="removed", bump=bumps[1])]
        else:
            changes = list(compare(before[name], after[name]))
            if before[name].description != after[name].description:
                one, other = (_shown(side[name].description) for side in (before, after))
                changes.append(_text("description changed", Detail(words="now", now=other, was=one)))
        if changes:
            yield Subject(kind=kind, name=name, title="", level=None, changes=tuple(changes))


def _parameter(old: Parameter, new: Parameter) -> Iterator[Change]:
    if old.type is not new.type:
        sentence = f"type changed from {old.type.value} to {new.type.value}"
        yield Change(kind=ChangeKind.VALUE, sentence=sentence, bump=Bump.MAJOR)
    if old.default != new.default:
        sentence = f"default changed from {_shown(old.default)} to {_shown(new.default)}"
        yield Change(kind=ChangeKind.VALUE, sentence=sentence, bump=Bump.PATCH)


def _constant(old: Constant, new: Constant) -> Iterator[Change]:
    if (type(old.value), old.value) == (type(new.value), new.value):
        return
    if isinstance(old.value, list) and isinstance(new.value, list):
        come = [Detail(words="added", now=_shown(item)) for item in new.value if item not in old.value]
        gone = [Detail(words="removed", now=_shown(item)) for item in old.value if item not in new.value]
        details = (*come, *gone) or (Detail(words="now", now=_shown(new.value), was=_shown(old.value)),)
        yield Change(kind=ChangeKind.VALUE, sentence="value changed", details=details, bump=Bump.PATCH)
        return
    sentence = f"value changed from {_shown(old.value)} to {_shown(new.value)}"
    yield Change(kind=ChangeKind.VALUE, sentence=sentence, bump=Bump.PATCH)


def _variable(old: Variable, new: Variable, cases: Cases) -> Iterator[Change]:
    if old.expression.text == new.expression.text:
        return
    proven = reworded(cases, *(policy.variables[old.name].program for policy in cases.policies))
    if proven.claims:
        sentence = f"same meaning, written otherwise{proven.note}"
        yield Change(kind=ChangeKind.REWORDED, sentence=sentence, bump=Bump.PATCH)
    else:
        yield Change(kind=ChangeKind.VALUE, sentence="changed; see the rules that use it", bump=Bump.PATCH)


def itself(old: Policy, new: Policy) -> tuple[Change, ...]:
    """What changed of the policy as a whole."""
    changes = []
    if old.title != new.title:
        changes.append(_text("title changed", Detail(words="now", now=_shown(new.title), was=_shown(old.title))))
    if old.next_steps != new.next_steps:
        outcomes = sorted({*old.next_steps, *new.next_steps})
        steps = [(outcome, new.next_steps.get(outcome), old.next_steps.get(outcome)) for outcome in outcomes]
        differing = [Detail(words=name, now=_shown(now), was=_shown(was)) for name, now, was in steps if now != was]
        changes.append(_text("next steps changed", *differing))
    if old.source != new.source:
        keys = sorted({*old.source, *new.source})
        pairs = [(key, new.source.get(key), old.source.get(key)) for key in keys]
        details_ = [Detail(words=key, now=_shown(now), was=_shown(was)) for key, now, was in pairs if now != was]
        changes.append(_text("source changed", *details_))
    shared = {rule.id for rule in old.rules} & {rule.id for rule in new.rules}
    before, after = ([rule.id for rule in version.rules if rule.id in shared] for version in (old, new))
    if before != after:
        changes.append(Change(kind=ChangeKind.ORDER, sentence="the rules stand in another order", bump=Bump.PATCH))
    return tuple(changes)


def _text(sentence: str, *details: Detail) -> Change:
    return Change(kind=ChangeKind.TEXT, sentence=sentence, details=details, bump=Bump.PATCH)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
