"""What the normal form and the reasoning upon it say is so on every node of a small world."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from small_expressions import FAMILIES, LEAVES, pairs
from small_world import form, nodes, value

from passmuster.authoring.diff.simplify import follows, impossible, negated

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("family", FAMILIES, ids=[family[0] for family in FAMILIES])
def test_in_a_family_every_claim_holds(family: tuple[str, ...]) -> None:
    for one in family:
        for other in family:
            _holds(one, other)


@pytest.mark.long
@MANY
@given(pair=pairs())
def test_equal_forms_have_equal_values_and_what_follows_is_true(pair: tuple[str, str]) -> None:
    _holds(*pair)


@pytest.mark.long
@MANY
@given(pair=pairs())
def test_a_form_that_is_impossible_is_never_true(pair: tuple[str, str]) -> None:
    one, other = pair
    denied = impossible(form(one), negated(form(other)))
    never = impossible(form(one))
    for roots in nodes(one, other) if denied or never else ():
        assert not (never and value(one, roots) == "true")
        assert not (denied and value(one, roots) == "true" and value(other, roots) == "false")


def _holds(one: str, other: str) -> None:
    same, implied = form(one) == form(other), follows([form(one)], [form(other)])
    for roots in nodes(one, other) if same or implied else ():
        assert not same or value(one, roots) == value(other, roots)
        assert not implied or value(one, roots) != "true" or value(other, roots) == "true"


def test_the_leaves_are_of_the_language() -> None:
    assert len({form(leaf).key for leaf in LEAVES}) > len(LEAVES) / 2
