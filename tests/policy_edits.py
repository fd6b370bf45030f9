"""Policies made at random, edits of them, and what refutes a claim that `policy diff` makes of such a pair.

`python tests/policy_edits.py SEED COUNT` tries many by hand.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from packs import rule, text
from small_expressions import LEAVES
from small_world import nodes

from passmuster import policy
from passmuster.authoring.diff import Bump, ChangeKind, NodeClaim, PolicyDiff, compare
from passmuster.errors import PolicyError
from passmuster.evaluation.node import settle
from passmuster.evaluation.rule import bound, outcome
from passmuster.model.outcome import NodeOutcome, RuleOutcome
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy

    Outcomes: TypeAlias = dict[str, RuleOutcome]

LEVELS = ("required", "required", "recommended", "informational")
DEFAULTS: dict[str, tuple[Any, ...]] = {"on": (True, False), "least": (3, 4, 5), "word": ("a", "b", "x86_64")}
TYPES = {"on": "bool", "least": "int", "word": "string"}
USES = (
    "params.on",
    "!params.on",
    "params['on']",
    "params.?on.orValue(false)",
    "kernel.major >= params.least",
    "kernel.major > params.least",
    "!(kernel.major < params.least)",
    "params.least < 4",
    "params.word in cpu.flags",
    "cpu.flags.exists(f, f == params.word)",
    "cpu.architecture == params.word",
    "params.on ? network.ipv6 : network.nf_tables",
    "params.on || network.ipv6",
    "!params.on || network.ipv6",
    "variables.first",
    "!variables.first",
    "variables.second",
    "variables.first && variables.second",
)
ATOMS = (*LEAVES, *USES, *USES)


@dataclass
class Draft:
    """A policy before it is text."""

    parameters: dict[str, Any]
    constants: dict[str, Any]
    variables: dict[str, str]
    rules: dict[str, tuple[str, str | None, str]] = field(default_factory=dict)
    """By id: level, applies_when, expression."""

    def yaml(self) -> str:
        """The policy's text."""
        extra = "parameters:\n" if self.parameters else ""
        for name, value in self.parameters.items():
            extra += f"  {name}: {{type: {TYPES[name]}, default: {json.dumps(value)}, description: d}}\n"
        extra += "constants:\n"
        for name, value in self.constants.items():
            extra += f"  {name}: {{description: d, value: {json.dumps(value)}}}\n"
        extra += "variables:\n"
        for name, expression in self.variables.items():
            extra += f"  {name}:\n    description: d\n    expression: |\n      {expression}\n"
        rules = [
            rule(name, expression, level=level, **({"applies_when": applies} if applies else {}))
            for name, (level, applies, expression) in self.rules.items()
        ]
        return text(*rules, extra=extra)

    def load(self) -> tuple[Policy, CompiledPolicy] | None:
        """The policy, compiled; None where it does not compile."""
        try:
            loaded = policy.load(self.yaml().encode(), "demo.yaml")
            return loaded, compile_policy(loaded)
        except PolicyError:
            return None


def expression(chance: random.Random, depth: int = 2) -> str:
    """A boolean expression."""
    shape = chance.randrange(6) if depth else 0
    if shape < 3:
        return chance.choice(ATOMS)
    below = [f"({expression(chance, depth - 1)})" for _ in range(3)]
    if shape == 3:
        return f"!{below[0]}"
    if shape == 4 and chance.random() < 0.4:
        return f"{below[0]} ? {below[1]} : {below[2]}"
    return chance.choice((" && ", " || ")).join(below[: chance.choice((2, 2, 3))])


def draft(chance: random.Random) -> Draft:
    """A policy of one to three rules."""
    made = Draft(
        {name: chance.choice(values) for name, values in DEFAULTS.items()},
        {"words": ["a", "b"], "limit": 4},
        {"first": chance.choice(LEAVES), "second": chance.choice((*LEAVES, *USES[:-3]))},
    )
    for number in range(chance.choice((1, 1, 2, 3))):
        applies = expression(chance, 1) if chance.random() < 0.5 else None
        made.rules[f"r{number}"] = chance.choice(LEVELS), applies, expression(chance)
    return made


def edited(old: Draft, chance: random.Random) -> Draft:
    """The policy after one to three edits."""
    new = Draft(dict(old.parameters), dict(old.constants), dict(old.variables), dict(old.rules))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        chance.choice(EDITS)(new, chance)
    return new


def _rule(new: Draft, chance: random.Random) -> str:
    return chance.choice(sorted(new.rules))


def _other_part(new: Draft, chance: random.Random) -> None:
    name = _rule(new, chance)
    level, applies, asked = new.rules[name]
    part = expression(chance, 1)
    made = chance.choice((f"({asked}) && ({part})", f"({asked}) || ({part})", part, f"({part}) || ({asked})"))
    new.rules[name] = level, applies, made


def _other_applies(new: Draft, chance: random.Random) -> None:
    name = _rule(new, chance)
    level, applies, asked = new.rules[name]
    part = expression(chance, 1)
    made = chance.choice((None, part, f"({applies or 'true'}) && ({part})", f"({applies or 'false'}) || ({part})"))
    new.rules[name] = level, made, asked


def _moved(new: Draft, chance: random.Random) -> None:
    """A condition moves between applies_when and the expression."""
    name = _rule(new, chance)
    level, applies, asked = new.rules[name]
    if applies is None:
        part = expression(chance, 1)
        before = chance.choice((f"!({part}) || ({asked})", f"({part}) && ({asked})", asked))
        new.rules[name] = (level, None, before) if chance.random() < 0.5 else (level, part, asked)
    else:
        form = chance.choice(("!({0}) || ({1})", "({0}) && ({1})", "({0}) ? ({1}) : true", "({1}) || !({0})"))
        new.rules[name] = level, chance.choice((None, applies)), form.format(applies, asked)


def _guarded(new: Draft, chance: random.Random) -> None:
    """The condition of applies_when is asked again, which changes nothing."""
    name = _rule(new, chance)
    level, applies, asked = new.rules[name]
    new.rules[name] = level, applies, f"({applies or 'true'}) && ({asked})"


def _negated(new: Draft, chance: random.Random) -> None:
    name = _rule(new, chance)
    level, applies, asked = new.rules[name]
    new.rules[name] = (level, applies, f"!({asked})") if chance.random() < 0.7 else (level, applies, f"!(!({asked}))")


def _turned(new: Draft, chance: random.Random) -> None:
    """A parameter's default and its polarity in every rule move together."""
    if "on" in new.parameters:
        new.parameters["on"] = not new.parameters["on"]
    for name, (level, applies, asked) in new.rules.items():
        if chance.random() < 0.9:
            turned = asked.replace("!params.on", "@").replace("params.on", "!params.on").replace("@", "params.on")
            new.rules[name] = level, applies, turned


def _default(new: Draft, chance: random.Random) -> None:
    name = chance.choice(sorted(DEFAULTS))
    new.parameters[name] = chance.choice(DEFAULTS[name])


def _fixed(new: Draft, chance: random.Random) -> None:
    """A parameter becomes a constant value in every expression."""
    name = chance.choice(sorted(DEFAULTS))
    if name not in new.parameters:
        return
    value = json.dumps(new.parameters.pop(name)).replace('"', "'")

    def settled(part: str) -> str:
        told = part.replace(f"params.?{name}.orValue(false)", value).replace(f"params['{name}']", value)
        return told.replace(f"params.{name}", value)

    new.variables = {key: settled(part) for key, part in new.variables.items()}
    new.rules = {
        key: (level, applies and settled(applies), settled(asked)) for key, (level, applies, asked) in new.rules.items()
    }


def _level(new: Draft, chance: random.Random) -> None:
    name = _rule(new, chance)
    new.rules[name] = chance.choice(LEVELS), *new.rules[name][1:]


def _variable(new: Draft, chance: random.Random) -> None:
    name = chance.choice(sorted(new.variables))
    new.variables[name] = chance.choice(
        (chance.choice(LEAVES), f"!(!({new.variables[name]}))", f"!({new.variables[name]})")
    )


def _constant(new: Draft, chance: random.Random) -> None:
    new.constants = {"words": chance.choice((["a"], ["b", "a"], ["a", "c"])), "limit": chance.choice((3, 4, 5))}


def _added(new: Draft, chance: random.Random) -> None:
    asked = chance.choice((expression(chance), "true", "!has(iommu.groups) || iommu.groups >= 0"))
    new.rules["added"] = chance.choice(LEVELS), chance.choice((None, expression(chance, 1))), asked


def _removed(new: Draft, chance: random.Random) -> None:
    if len(new.rules) > 1:
        del new.rules[_rule(new, chance)]


EDITS = (
    _other_part, _other_applies, _moved, _moved, _guarded, _negated, _turned, _default, _fixed, _level, _variable,
    _constant, _added, _removed,
)  # fmt: skip
"""Each changes a policy in place."""

_RANK = tuple(NodeOutcome)[::-1]
_FINE = frozenset((NodeOutcome.PASS, NodeOutcome.WARN))
_REWORDED = frozenset((ChangeKind.REWORDED, ChangeKind.APPLIES_REWORDED))
_ASIDE = frozenset(
    (ChangeKind.READS, ChangeKind.READS_NO_LONGER, ChangeKind.RAISED, ChangeKind.LOWERED, ChangeKind.TEXT)
)
_APPLIED = frozenset((RuleOutcome.PASS, RuleOutcome.FAIL))


@dataclass(frozen=True)
class Pair:
    """Two versions, and what is claimed of them."""

    old: CompiledPolicy
    new: CompiledPolicy
    found: PolicyDiff

    def refuted(self, worlds: Sequence[Mapping[str, Any]], chance: random.Random) -> Iterator[str]:
        """Claims that a node refutes, in words; `worlds` are the facts of nodes."""
        settings = list(_settings(self.old, self.new, chance))
        for roots in worlds:
            for before, after, away in settings:
                one, other = _outcomes(self.old, roots, before), _outcomes(self.new, roots, after)
                for claim in (*self._rules_wrong(one, other, away=away), *self._nodes_wrong(one, other, away=away)):
                    yield f"{claim}: {roots}, {before} -> {after}"

    def _rules_wrong(self, one: Outcomes, other: Outcomes, *, away: bool) -> Iterator[str]:
        told = {
            subject.name: {change.kind: change.sentence for change in subject.changes if change.kind not in _ASIDE}
            for subject in self.found.subjects
            if subject.kind == "rule"
        }
        for name in one.keys() & other.keys():
            said = told.get(name, {})
            plain = {kind for kind, sentence in said.items() if not (away and "(while" in sentence)}
            same = not said or (plain == said.keys() and plain <= _REWORDED)
            yield from (f"{name} {words}" for words in _rule_wrong(plain, one[name], other[name], same=same))

    def _nodes_wrong(self, one: Outcomes, other: Outcomes, *, away: bool) -> Iterator[str]:
        if away and self.found.given:
            return
        claim, bump = self.found.nodes, self.found.bump
        before, after = _node(self.old, one), _node(self.new, other)
        fine = before in _FINE
        held = {
            NodeClaim.SAME: before is after,
            NodeClaim.NO_WORSE: _RANK.index(after) <= _RANK.index(before),
            NodeClaim.KEPT: not fine or after in _FINE,
            NodeClaim.NO_NEW_FAIL: not fine or after is not NodeOutcome.FAIL,
            NodeClaim.UNPROVEN: True,
        }
        if not held[claim]:
            yield f"nodes {claim.value}: {before.value} -> {after.value}"
        if bump <= Bump.MINOR and not held[NodeClaim.KEPT]:
            yield f"{bump.name}: {before.value} -> {after.value}"
        if bump <= Bump.PATCH and (one != other or before is not after):
            yield f"{bump.name}: {one} -> {other}"


def _settings(
    old: CompiledPolicy, new: CompiledPolicy, chance: random.Random
) -> Iterator[tuple[dict[str, Any], dict[str, Any], bool]]:
    """Values of parameters for both sides, and whether one that only one side has is not at its default."""
    single = old.defaults.keys() ^ new.defaults.keys()
    every = {**old.defaults, **new.defaults}
    for number in range(13):
        given = {name: _value(name, each, chance) for name, each in every.items() if number and chance.random() < 0.6}
        sides = [
            {**side.defaults, **{name: value for name, value in given.items() if name in side.defaults}}
            for side in (old, new)
        ]
        away = any(name in given and given[name] != every[name] for name in single)
        yield sides[0], sides[1], away


def _value(name: str, default: object, chance: random.Random) -> object:
    if name in DEFAULTS:
        return chance.choice(DEFAULTS[name])
    match default:
        case bool():
            return chance.random() < 0.5
        case int():
            return default + chance.choice((-1, 0, 1, 2))
        case str():
            return chance.choice((default, "none", "sev", "Cascadelake-Server"))
        case _:
            return chance.choice(([], default, ["2Mi"], ["1Gi", "2Mi"]))


def _outcomes(side: CompiledPolicy, roots: Mapping[str, Any], parameters: dict[str, Any]) -> Outcomes:
    values = bound(side, {name: value for name, value in roots.items() if name != "constants"}, parameters)
    return {each.header.id: outcome(each, values) for each in side.rules}


def _node(side: CompiledPolicy, outcomes: Outcomes) -> NodeOutcome:
    return settle((each.header.level, outcomes[each.header.id]) for each in side.rules)[0]


def _rule_wrong(kinds: set[ChangeKind], one: RuleOutcome, other: RuleOutcome, *, same: bool) -> Iterator[str]:
    was, now = one is RuleOutcome.PASS, other is RuleOutcome.PASS
    if same and one is not other:
        yield f"is said to be as it was: {one.value} -> {other.value}"
    if kinds & {ChangeKind.LOOSER, ChangeKind.SAME_PASSES} and was and not now:
        yield f"is said to keep its passes: {one.value} -> {other.value}"
    if kinds & {ChangeKind.STRICTER, ChangeKind.SAME_PASSES} and now and not was:
        yield f"is said to win no pass: {one.value} -> {other.value}"
    if (
        kinds & {ChangeKind.APPLIES_WIDER, ChangeKind.APPLIES_REWORDED}
        and one in _APPLIED
        and other is RuleOutcome.NOT_APPLICABLE
    ):
        yield f"is said to apply where it did: {one.value} -> {other.value}"
    if (
        kinds & {ChangeKind.APPLIES_NARROWER, ChangeKind.APPLIES_REWORDED}
        and other in _APPLIED
        and one is RuleOutcome.NOT_APPLICABLE
    ):
        yield f"is said to have applied where it does: {one.value} -> {other.value}"


def attempt(seed: int, count: dict[str, int], *, most: int = 400) -> Iterator[str]:
    """Make one pair of policies, and try to refute on `most` nodes what is claimed of it; counts what was claimed."""
    chance = random.Random(seed)
    made = draft(chance)
    changed = edited(made, chance)
    sides = made.load(), changed.load()
    if sides[0] is None or sides[1] is None:
        count["does not compile"] = count.get("does not compile", 0) + 1
        return
    found = compare(sides[0], sides[1])
    for name in (
        found.nodes.value,
        *{change.kind.value for subject in found.subjects if subject.kind == "rule" for change in subject.changes},
    ):
        count[name] = count.get(name, 0) + 1
    texts = tuple(str(part) for each in (made, changed) for parts in each.rules.values() for part in parts[1:])
    texts += tuple(part for each in (made, changed) for part in each.variables.values())
    worlds = list(nodes(*texts)) or [{}]
    worlds = worlds if len(worlds) <= most else chance.sample(worlds, most)
    pair = Pair(sides[0][1], sides[1][1], found)
    for claim in itertools.islice(pair.refuted(worlds, chance), 1):
        yield f"seed {seed}: {claim}\n{dataclasses.asdict(made)}\n{dataclasses.asdict(changed)}"


def main() -> None:
    """Try many pairs, and print what is refuted and how often what was claimed."""
    first, many = int(sys.argv[1]), int(sys.argv[2])
    count: dict[str, int] = {}
    for seed in range(first, first + many):
        for claim in attempt(seed, count):
            sys.stdout.write(f"{claim}\n")
    sys.stdout.write(f"{dict(sorted(count.items()))}\n")


if __name__ == "__main__":
    main()
