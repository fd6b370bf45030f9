"""A policy whose expressions read otherwise than they are: refused, each character by its place."""

from __future__ import annotations

import data_here
import pytest
from policy_text import GOOD

from passmuster import policy
from passmuster.cli import main
from passmuster.errors import PolicyError

PLACES = {
    "an expression": ("os.id == 'debian'", "os.id == 'deb\u200bian'", "18:22"),
    "a comment in an expression": ("has(os.id) &&", "has(os.id) && // \u202enimda", "17:24"),
    "a title": ("title: It holds", "title: It \u2066holds", "14:15"),
    "a constant": ("[a, b]", "[a, b\U000e0041]", "11:51"),
    "a comment of the file": ("rules:\n", "rules: # \u00ad\n", "12:10"),
    "a blank in an expression": ("'debian'", "'debian\u00a0'", "18:25"),
    "the end of a line that YAML alone sees": ("title: It holds", "title: It\x85holds", "14:14"),
}


@pytest.mark.parametrize(("old", "new", "place"), PLACES.values(), ids=PLACES)
def test_what_nobody_sees_is_an_error_with_its_place(old: str, new: str, place: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy.load(GOOD.replace(old, new, 1).encode(), "demo.yaml")
    assert [str(problem.location) for problem in caught.value.problems] == [f"demo.yaml:{place}"]


def test_an_escape_in_an_expression_is_seen_and_stands() -> None:
    policy.load(GOOD.replace("'debian'", "'deb\\u200bian'").encode(), "demo.yaml")


def test_a_rule_that_seems_to_name_another_thing_does_not_load(capsys: pytest.CaptureFixture[str]) -> None:
    file = data_here.data("faults/bidi.yaml")
    assert main(["policy", "show", str(file)]) == 2
    told = capsys.readouterr().err
    for place in ("15:26", "15:27", "15:42", "15:44"):
        assert f"bidi.yaml:{place}: U+20" in told
    assert "\\u202e" in told
    assert "\u202e" not in told
