"""Loading a policy: what it becomes, and every mistake at once with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from policy_text import GOOD

from passmuster import policy
from passmuster.errors import ExitStatus, PolicyError
from passmuster.model.outcome import Level

if TYPE_CHECKING:
    from pathlib import Path


def test_a_policy_keeps_what_its_file_says_and_where() -> None:
    loaded = policy.load(GOOD.encode(), "demo.yaml")
    assert (loaded.pack, str(loaded.version), loaded.released) == ("demo", "1.0.0", False)
    assert loaded.digest == policy.digest(GOOD.encode())
    (rule,) = loaded.rules
    assert rule.level is Level.REQUIRED
    assert rule.expression.text == "has(os.id) &&\n  os.id == 'debian'"
    assert rule.expression.place(2, 3) == (18, 9)
    assert GOOD.splitlines()[17][8:].startswith("os.id ==")


MISTAKES = {
    "no rule at all": (
        ("rules:\n" + GOOD.split("rules:\n")[1], "rules: []\n"),
        ["demo.yaml:12:8: rules: too small (got 0, expected at least 1)"],
    ),
    "an unknown field": (("title: It holds", "titel: It holds"), None),
    "a level that does not exist": (
        ("level: required", "level: mandatory"),
        [
            'demo.yaml:15:12: level: not one of the values (got "mandatory", expected "required" or "recommended" or "informational")'
        ],
    ),
    "a version that is none": (("version: 1.0.0", "version: 1.0"), None),
    "another schema": (
        ("passmuster.policy/1", "passmuster.policy/9"),
        [
            "demo.yaml:1:9: not a policy of a known version (got schema 'passmuster.policy/9', expected 'passmuster.policy/1')"
        ],
    ),
    "a default that does not fit": (
        ("default: 2", "default: two"),
        ['demo.yaml:9:31: default: wrong type (got "two", expected integer)'],
    ),
    "an expression that is no block": (
        ("    expression: |\n      has(os.id) &&\n        os.id == 'debian'\n", "    expression: has(os.id)\n"),
        ["demo.yaml:16:17: an expression belongs into a literal block scalar (expected `|` or `|-`)"],
    ),
}


@pytest.mark.parametrize(("change", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_its_place(change: tuple[str, str], messages: list[str] | None) -> None:
    assert change[0] in GOOD
    with pytest.raises(PolicyError) as caught:
        policy.load(GOOD.replace(*change).encode(), "demo.yaml")
    assert caught.value.status is ExitStatus.UNUSABLE
    got = [str(problem).splitlines()[0] for problem in caught.value.problems]
    assert got == messages if messages is not None else len(got) >= 1


def test_all_mistakes_are_told_at_once() -> None:
    text = (
        GOOD.replace("level: required", "level: must")
        .replace("pack: demo", "pack: Demo")
        .replace("    rationale: Because.\n", "")
    )
    with pytest.raises(PolicyError) as caught:
        policy.load(text.encode(), "demo.yaml")
    assert len(caught.value.problems) == 3


def test_two_rules_of_one_id_are_refused() -> None:
    rule = GOOD.split("rules:\n")[1]
    with pytest.raises(PolicyError, match="duplicate rule id 'one'"):
        policy.load((GOOD + rule).encode(), "demo.yaml")


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(PolicyError, match="not a policy of a known version"):
        policy.load(b"- a\n- b\n", "demo.yaml")


def test_a_file_name_may_be_anything(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="yaml-dir"):
        policy.load(b"", str(tmp_path / "yaml-dir"))
