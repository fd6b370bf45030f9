"""Shipped packs, edited at random: what is claimed of them holds on frozen and third-party machines, masked or not."""

from __future__ import annotations

import functools
import itertools
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from masking import masked, originals
from packs import POLICIES
from policy_edits import Pair

from passmuster import policy
from passmuster.authoring.diff import PolicyDiff, compare
from passmuster.codec import json
from passmuster.errors import PolicyError
from passmuster.model.outcome import Level
from passmuster.policy.compile import compile_policy
from passmuster.snapshot import load
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from passmuster.policy import Policy, Rule

    Edit: TypeAlias = Callable[[Rule, Policy, random.Random], Rule]

SIGNS = (("&&", "||"), ("||", "&&"), (">=", ">"), (">", ">="), ("==", "!="), ("isLessThan", "isGreaterThan"), ("!", ""))


@functools.cache
def worlds() -> list[Mapping[str, object]]:
    """The facts of some machines, as they are and masked."""
    chance = random.Random(1)
    every = list(originals())
    documents = [*every[:12], *(masked(chance.choice(every), chance)[0] for _ in range(150))]
    return [bind(load(json.canonical(each), "m.json")) for each in documents]


def _said(rule: Rule, text: str) -> Rule:
    return replace(rule, expression=replace(rule.expression, text=text))


def _sign(rule: Rule, _policy: Policy, chance: random.Random) -> Rule:
    return _said(rule, rule.expression.text.replace(*chance.choice(SIGNS), chance.choice((1, -1))))


def _negated(rule: Rule, _policy: Policy, chance: random.Random) -> Rule:
    return _said(rule, f"{chance.choice(('!', '!!'))}({rule.expression.text})")


def _joined(rule: Rule, source: Policy, chance: random.Random) -> Rule:
    parts = [f"({rule.expression.text})", f"({chance.choice(source.rules).expression.text})"]
    chance.shuffle(parts)
    return _said(rule, chance.choice((" && ", " || ")).join(parts))


def _moved(rule: Rule, source: Policy, chance: random.Random) -> Rule:
    applies, asked = rule.applies_when, rule.expression
    if applies is None:
        return replace(rule, applies_when=chance.choice(source.rules).applies_when)
    form = chance.choice(("!({0}) || ({1})", "({0}) && ({1})", "({0}) ? ({1}) : true"))
    return replace(_said(rule, form.format(applies.text, asked.text)), applies_when=chance.choice((None, applies)))


def _applies(rule: Rule, source: Policy, chance: random.Random) -> Rule:
    return replace(rule, applies_when=chance.choice([None, *(each.applies_when for each in source.rules)]))


def _level(rule: Rule, _policy: Policy, chance: random.Random) -> Rule:
    return replace(rule, level=chance.choice(list(Level)))


EDITS: tuple[Edit, ...] = (_sign, _sign, _negated, _joined, _moved, _moved, _applies, _level)


def edited(source: Policy, chance: random.Random) -> Policy:
    """A pack after one edit, or two."""
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(len(source.rules))
        rules = list(source.rules)
        what = chance.randrange(10)
        if what == 0:
            del rules[at]
        elif what == 1:
            source = replace(source, parameters=tuple(map(functools.partial(_default, chance), source.parameters)))
        else:
            rules[at] = chance.choice(EDITS)(rules[at], source, chance)
        source = replace(source, rules=tuple(rules))
    return source


def _default(chance: random.Random, parameter: Any) -> Any:
    if isinstance(parameter.default, bool) and chance.random() < 0.5:
        return replace(parameter, default=not parameter.default)
    if isinstance(parameter.default, int) and not isinstance(parameter.default, bool):
        return replace(parameter, default=parameter.default + chance.choice((0, 1)))
    return parameter


def refuted(pack: str, seed: int) -> Iterator[str]:
    """What a machine refutes of one edit."""
    chance = random.Random(seed)
    old = policy.load((POLICIES / pack / "policy.yaml").read_bytes(), pack)
    try:
        new = edited(old, chance)
        sides = (old, compile_policy(old)), (new, compile_policy(new))
    except PolicyError:
        return
    found: PolicyDiff = compare(*sides)
    pair = Pair(sides[0][1], sides[1][1], found)
    for claim in itertools.islice(pair.refuted(chance.sample(worlds(), 25), chance), 1):
        yield f"{pack} {seed}: {claim[:600]}"


@pytest.mark.long
@pytest.mark.parametrize("pack", ["virtnest/1.1.0", "kubevirt/1.1.0"])
def test_no_machine_refutes_what_is_claimed_of_an_edited_pack(pack: str) -> None:
    assert [claim for seed in range(6) for claim in refuted(pack, seed)] == []
