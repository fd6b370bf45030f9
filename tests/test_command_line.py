"""Rules over the kernel command line: what was withheld never makes one pass or fail."""

from __future__ import annotations

from typing import Any

import pytest
from packs import compiled, no_parameters, rule
from snapshots import snapshot

from passmuster.errors import PolicyError
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge

ARGUMENTS = {"iommu": ["pt"], "kvm_intel.nested": ["1"], "quiet": []}
WITHHELD = {"boot.words": "redacted", "boot.arguments.pw": "redacted"}
COUNTED = {**WITHHELD, "boot.arguments['*']": "redacted"}


def outcome(expression: str, unknown: dict[str, str], **facts: Any) -> str:
    made = snapshot(set_={"boot.arguments": ARGUMENTS, **facts}, unknown=unknown)
    policy = compiled(rule("words", expression))
    (node,) = judge(
        [Given(input="a", snapshot=made)], EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))
    ).nodes
    (result,) = node.results
    return result.outcome.value


RULES: dict[str, tuple[str, str, str]] = {
    "a name that is there": ("'quiet' in boot.arguments", "pass", "pass"),
    "a listed name that is not": ("!('nopti' in boot.arguments)", "pass", "pass"),
    "a name that a pattern lists": ("'kvm.halt_poll_ns' in boot.arguments", "fail", "fail"),
    "a name on no list": ("!('backdoor' in boot.arguments)", "pass", "unknown"),
    "has() of one": ("has(boot.arguments.backdoor)", "fail", "unknown"),
    "a name whose value is withheld": ("!('pw' in boot.arguments)", "unknown", "unknown"),
    "a value": ("'iommu' in boot.arguments && boot.arguments.iommu.exists(v, v == 'pt')", "pass", "pass"),
    "an optional value of a listed name": ("boot.arguments[?'nopti'].orValue([]) == []", "pass", "pass"),
    "an optional value on no list": ("boot.arguments[?'backdoor'].orValue([]) == []", "pass", "unknown"),
    "all names": ("boot.arguments.all(name, name != 'backdoor')", "unknown", "unknown"),
    "the number of names": ("size(boot.arguments) < 9", "unknown", "unknown"),
    "the map as a whole": ("boot.arguments == {'a': ['b']}", "unknown", "unknown"),
    "the words": ("!boot.words.exists(w, w.name == 'nopti')", "unknown", "unknown"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_over_what_is_withheld(name: str) -> None:
    expression, withheld, counted = RULES[name]
    assert (outcome(expression, WITHHELD), outcome(expression, COUNTED)) == (withheld, counted)


WORDS = [{"name": "nopti", "value": None}, {"name": "iommu", "value": "pt"}]
KNOWN = {
    "a word that is there": ("boot.words.exists(w, w.name == 'nopti')", "pass"),
    "its value, which is none": ("boot.words.exists(w, w.name == 'nopti' && has(w.value))", "fail"),
    "the value of another": ("boot.words.exists(w, w.name == 'iommu' && has(w.value) && w.value == 'pt')", "pass"),
    "their order": ("boot.words[0].name == 'nopti'", "pass"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_words_that_are_all_known(name: str) -> None:
    expression, expected = KNOWN[name]
    assert outcome(expression, {}, **{"boot.words": WORDS}) == expected


DASHES = ["'kvm-intel.nested' in boot.arguments", "has(boot.arguments.x) && size(boot.arguments['a-b']) > 0"]


@pytest.mark.parametrize("expression", DASHES)
def test_a_name_with_a_dash_is_a_mistake_with_its_cure(expression: str) -> None:
    with pytest.raises(PolicyError, match=r"the kernel reads '-' in names as '_'.*") as raised:
        compiled(rule("words", expression))
    assert any("write '" in (each.hint or "") for each in raised.value.problems)
