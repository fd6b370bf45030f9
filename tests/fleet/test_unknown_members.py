"""Sections in which single members of a map are unknown: they are known by their facts, and say what they say plainly."""

from __future__ import annotations

import json

import pytest
from fleets import fast, plain
from packs import compiled, no_parameters, rule
from snapshots import document
from stores import machine

from passmuster.codec import json as _json
from passmuster.evaluation.criteria import EvaluationCriteria

pytestmark = pytest.mark.usefixtures("impatient")
POLICY = compiled(
    rule("a", "'a' in boot.arguments && boot.arguments.a.exists(w, w == 'on')"),
    rule("root", "'root' in boot.arguments", level="recommended"),
)
TERMS = EvaluationCriteria(policies=(POLICY,), parameters=no_parameters(POLICY))
ROOT = {"boot.arguments.root": {"detail": "its value is not shown", "reason": "redacted"}}
OTHERS = {"boot.arguments['*']": {"detail": "", "reason": "redacted"}}
ALL = {"boot.arguments['**']": {"detail": "", "reason": "redacted"}}


def line(number: int, arguments: dict[str, list[str] | None], unknown: dict[str, dict[str, str]]) -> bytes:
    whole = document(f"n{number}", machine_id=machine(number))
    section = whole["sections"]["boot"]
    section["facts"]["arguments"] = arguments
    section["unknown"] = {**section["unknown"], **unknown}
    section["status"] = "partial"
    return _json.canonical(whole)


FLEETS: dict[str, list[bytes]] = {
    "an argument each that no rule looks at": [line(n, {"a": ["on"], "b": [str(n)]}, ROOT) for n in range(40)],
    "an argument each that a rule looks at": [line(n, {"a": [str(n), "on"][: 1 + n % 2]}, ROOT) for n in range(40)],
    "one more and one less unknown": [line(n, {"b": [str(n)]}, ROOT if n % 2 else {}) for n in range(40)],
    "every other name unknown": [line(n, {"b": [str(n)]}, OTHERS if n % 3 else ROOT) for n in range(40)],
    "every name that is not there unknown": [
        line(n, {"b": [str(n)], **({"a": None} if n % 4 == 1 else {})}, (ALL, OTHERS, {}, {**ALL, **OTHERS})[n % 4])
        for n in range(40)
    ],
    "a name known not to be there, or not known": [
        line(n, {"a": None if n % 2 else ["on"], **({"root": None} if n % 3 else {})}, ALL) for n in range(40)
    ],
    "both a fact and unknown, on some": [
        line(n, {"b": [str(n)], **({"root": ["/dev/sda"]} if n % 4 == 3 else {})}, ROOT) for n in range(40)
    ],
    "a fact, then unknown": [
        line(n, {"b": [str(n)], **({"root": ["/dev/sda"]} if n < 20 else {})}, {} if n < 20 else ROOT)
        for n in range(40)
    ],
}


@pytest.mark.parametrize("name", FLEETS)
def test_they_are_judged_as_the_plain_way_judges_them(name: str) -> None:
    lines = FLEETS[name]
    text, _ = fast(lines, TERMS)
    assert json.loads(text) == json.loads(plain(lines, TERMS))
    assert ("canonical spelling" in text) is False


def test_what_no_rule_looks_at_makes_no_new_section() -> None:
    _, remembered = fast(FLEETS["an argument each that no rule looks at"], TERMS)
    assert remembered > 30


def test_a_fact_that_is_also_unknown_is_no_snapshot() -> None:
    report = json.loads(fast(FLEETS["both a fact and unknown, on some"], TERMS)[0])
    assert report["summary"]["nodes"]["unknown"] >= 10
