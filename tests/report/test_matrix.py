"""The matrix: from counts alone, worst first, aligned, within the width, coloured only where that is wanted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fleets import full, rule, small

from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome
from passmuster.model.verdict import RuleHeader
from passmuster.report import Style, counting
from passmuster.report.matrix import COLUMNS, render, text, worst_first

PASS, FAIL, UNKNOWN, ERROR = RuleOutcome.PASS, RuleOutcome.FAIL, RuleOutcome.UNKNOWN, RuleOutcome.ERROR
NODES = {NodeOutcome.FAIL: 3, NodeOutcome.UNKNOWN: 1, NodeOutcome.PASS: 6}


def test_a_matrix_as_a_whole() -> None:
    rules = {
        rule("fine"): {PASS: 10},
        rule("blind"): {PASS: 9, UNKNOWN: 1},
        rule("advice", Level.RECOMMENDED): {PASS: 2, FAIL: 8},
        rule("told", Level.INFORMATIONAL): {FAIL: 10},
        rule("broken"): {PASS: 7, FAIL: 3},
        rule("odd"): {RuleOutcome.NOT_APPLICABLE: 9, ERROR: 1},
        rule("excused"): {RuleOutcome.WAIVED: 1, PASS: 9},
    }
    assert text(rules, NODES, Style(), head=()) == (
        "rule     level          fail  unknown  error  waived  pass  n/a\n"
        "broken   required          3        -      -       -     7    -\n"
        "advice   recommended       8        -      -       -     2    -\n"
        "blind    required          -        1      -       -     9    -\n"
        "odd      required          -        -      1       -     -    9\n"
        "excused  required          -        -      -       1     9    -\n"
        "fine     required          -        -      -       -    10    -\n"
        "told     informational    10        -      -       -     -    -\n"
        "total                     21        1      1       1    37    9\n"
        "\n"
        "10 nodes: 3 fail, 1 unknown, 6 pass\n"
    )


def test_a_verdict_is_told_as_its_counts_are() -> None:
    for verdict in (small(), full()):
        counts = counting.by_rule(verdict), counting.nodes(verdict)
        pools = counting.by_fleet_rule(verdict)
        assert render(verdict, Style()) == text(*counts, Style(), head=(), pools=pools)


def test_rules_over_the_fleet_count_pools_and_stand_apart() -> None:
    told = render(full(), Style())
    assert re.search(r"(?m)^fleet rule +level +fail +unknown", told)
    assert re.search(r"(?m)^same-flags +req\w* +1 +1 +- +- +1 +-$", told)


def test_nodes_on_which_no_rule_was_judged_are_told() -> None:
    assert render(small(), Style()).endswith(
        "5 nodes: 2 fail, 2 unknown, 1 pass\n1 unknown as a whole: -o table shows why\n"
    )


def test_without_a_node_there_is_no_table() -> None:
    assert text({}, dict.fromkeys(NodeOutcome, 0), Style(), head=()) == "0 nodes: none\n"


def test_colours_stand_only_where_they_are_wanted_and_only_on_what_is_not_good() -> None:
    plain, coloured = render(small(), Style()), render(small(), Style(color=True))
    assert "\x1b" not in plain
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain
    assert {line.split()[0][5:] for line in coloured.splitlines() if line.startswith("\x1b[31m")} == {
        line.split()[0] for line in plain.splitlines() if re.match(r"\S+ +(req|rec)\w* +\d", line)
    }


def test_an_informational_rule_that_fails_is_not_red_as_a_required_one_is() -> None:
    info = RuleHeader(pack="b", id="info", title="", level=Level.INFORMATIONAL, remediation="")
    told = text({rule("must"): {FAIL: 1}, info: {FAIL: 1}}, {NodeOutcome.FAIL: 1}, Style(color=True), head=())
    assert [line[:5] for line in told.splitlines() if line.startswith("\x1b")] == ["\x1b[31m", "\x1b[36m"]


def test_names_of_two_packs_are_told_apart() -> None:
    one, other = rule("same"), RuleHeader(pack="b", id="same", title="", level=Level.REQUIRED, remediation="")
    told = text({one: {PASS: 1}, other: {FAIL: 1}}, {NodeOutcome.FAIL: 1}, Style(), head=())
    assert re.findall(r"(?m)^(\S+) +required", told) == ["b/same", "virtnest/same"]


_HEADERS = st.builds(
    RuleHeader,
    pack=st.sampled_from(["virtnest", "kubevirt"]),
    id=st.text("abc-", min_size=1, max_size=50).map("r{}".format),
    title=st.just("t"),
    level=st.sampled_from(Level),
    remediation=st.just("r"),
)
_COUNTS = st.fixed_dictionaries({}, optional={outcome: st.integers(0, 1_000_000) for outcome in RuleOutcome})


@pytest.mark.long
@pytest.mark.parametrize("width", [80, 100])
@given(rules=st.dictionaries(_HEADERS, _COUNTS, min_size=1, max_size=8))
def test_a_million_nodes_fit_the_width_and_every_column_is_straight(
    width: int, rules: dict[RuleHeader, dict[RuleOutcome, int]]
) -> None:
    lines = text(rules, {NodeOutcome.PASS: 1_000_000}, Style(width=width), head=()).splitlines()
    table = lines[: lines.index("")]
    assert len(table) == len(rules) + 2
    assert {len(line) for line in table} == {len(table[0])}
    assert len(table[0]) <= width
    ends = [match.end() for match in re.finditer(r"\S+", table[0])][-len(COLUMNS) :]
    for line in table[1:]:
        assert [match.end() for match in re.finditer(r"\S+", line)][-len(COLUMNS) :] == ends


@given(st.dictionaries(_HEADERS, _COUNTS, max_size=8))
def test_no_rule_is_lost_and_a_failure_comes_before_what_only_could_not_be_looked_at(
    rules: dict[RuleHeader, dict[RuleOutcome, int]],
) -> None:
    ordered = worst_first(rules)
    assert dict(ordered) == rules
    weighed = [counts for header, counts in ordered if header.level is not Level.INFORMATIONAL]
    failing = [bool(counts.get(FAIL)) for counts in weighed]
    assert failing == sorted(failing, reverse=True)
