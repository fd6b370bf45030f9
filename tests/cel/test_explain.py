"""Why an expression came out as it did: only the parts that decided."""

from __future__ import annotations

import json

import pytest

from cel.unchecked import unchecked
from cel.world import program, roots, unknown
from passmuster.cel import explain


def _causes(text: str, **changed: object) -> list[tuple[str, object]]:
    return [(cause.expression, cause.value) for cause in explain(program(text), roots(**changed))]


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        pytest.param("cpu.count > 1 && cpu.count > 9", [("cpu.count > 9", False)], id="the operand that made && false"),
        pytest.param(
            "cpu.count > 8 && cpu.count > 9", [("cpu.count > 8", False)], id="the first of several that made && false"
        ),
        pytest.param(
            "cpu.count > 1 && cpu.count > 2",
            [("cpu.count > 1", True), ("cpu.count > 2", True)],
            id="all operands of a && that is true",
        ),
        pytest.param("cpu.count > 9 || cpu.count > 1", [("cpu.count > 1", True)], id="the operand that made || true"),
        pytest.param(
            "!(cpu.count > 9 || cpu.count > 8)",
            [("cpu.count > 9", False), ("cpu.count > 8", False)],
            id="both operands of a || that is false, through a !",
        ),
        pytest.param(
            "cpu.count > 1 ? cpu.count > 9 : true",
            [("cpu.count > 1", True), ("cpu.count > 9", False)],
            id="the condition and the branch taken",
        ),
        pytest.param(
            "['vmx', 'svm', 'sie'].all(f, f in cpu.flags)",
            [("'svm' in cpu.flags", False)],
            id="the first element that failed, its value written in",
        ),
        pytest.param(
            "['svm', 'vmx'].exists(f, f in cpu.flags)", [("'vmx' in cpu.flags", True)], id="the element that was found"
        ),
        pytest.param(
            "['svm', 'sie'].exists(f, f in cpu.flags)",
            [("['svm', 'sie'].exists(f, f in cpu.flags)", False)],
            id="the whole macro where no element decided",
        ),
        pytest.param(
            "cgroup.v1.all(k, v, v == '/' || k == 'x')",
            [("'/sys/fs/cgroup/cpu' == '/'", False), ("'cpu' == 'x'", False)],
            id="both variables of a macro over a map",
        ),
        pytest.param(
            "sets.contains(cpu.flags, constants.v2)",
            [("sets.contains(cpu.flags, constants.v2)", True)],
            id="a function is a leaf",
        ),
        pytest.param(
            "[1].all(x, [2].exists(x, x == 1))",
            [("[2].exists(x, x == 1)", False)],
            id="an inner variable hides an outer",
        ),
    ],
)
def test_only_what_decided_is_named(text: str, causes: list[tuple[str, object]]) -> None:
    assert _causes(text) == causes


def test_of_an_unknown_only_what_stood_in_the_way_is_named() -> None:
    section = {"count": unknown("cpu.count"), "flags": [], "architecture": "x86_64"}
    assert _causes("cpu.count > 1 && cpu.architecture == 'x86_64'", cpu=section) == [
        ("cpu.count > 1", "unknown: cpu.count (denied)")
    ]


def test_of_an_error_the_place_and_the_words_are_given() -> None:
    (cause,) = explain(program("cpu.count / 0 == 1"), roots())
    assert (cause.value, cause.line, cause.column) == ("error: divide by zero", 1, 1)


def test_the_reads_of_a_cause_are_those_of_the_element() -> None:
    (cause,) = explain(program("constants.devices.all(d,\n  devices[d].exists)"), roots())
    assert (cause.expression, cause.line, cause.column) == ("devices['/dev/net/tun'].exists", 2, 3)
    assert [str(read.path) for read in cause.reads] == ["devices['/dev/net/tun'].exists"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[1u, 1.5, 'a', b'\\x00', null, true]", [1, 1.5, "a", "00", None, True]),
        ("{'a': 0.0 / 0.0, true: kernelVersion('6.1')}", {"a": "nan", "true": "6.1.0"}),
        ("type(1)", "int"),
        ("1 / 0", "error: divide by zero"),
    ],
)
def test_the_value_of_a_cause_is_json(text: str, shown: object) -> None:
    (cause,) = explain(program(text), roots())
    assert cause.value == shown
    assert json.dumps(cause.value)


def test_a_condition_that_failed_is_the_cause() -> None:
    assert _causes("cpu.count / 0 == 1 ? true : false") == [("cpu.count / 0 == 1", "error: divide by zero")]
    assert _causes("cpu.count > 9 ? false : cpu.count > 1") == [("cpu.count > 9", False), ("cpu.count > 1", True)]


def test_of_several_elements_the_first_that_is_unknown_is_named() -> None:
    section = {"count": 1, "flags": unknown("cpu.flags"), "architecture": "x86_64"}
    assert _causes("['vmx', 'svm'].exists(f, f in cpu.flags)", cpu=section) == [
        ("'vmx' in cpu.flags", "unknown: cpu.flags (denied)")
    ]


def test_explaining_what_has_no_end_ends() -> None:
    ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
    text = f"{ten}.all(a, {ten}.all(b, {ten}.all(c, {ten}.all(d, {ten}.all(e, a + b + c + d + e > 0)))))"
    (cause,) = explain(unchecked(text), roots())
    assert cause.value == "error: the expression needs more than 100000 steps"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("'sie' in cpu.flags", "'sie' in cpu.flags", id="an element that is missing"),
        pytest.param("!('vmx' in cpu.flags)", "!('vmx' in cpu.flags)", id="an element that is there"),
        pytest.param("cpu.count > 4", "cpu.count > 4", id="a comparison that is false"),
        pytest.param("!(cpu.count > 3)", "cpu.count <= 3", id="a comparison that is true, turned round"),
        pytest.param("['sie', 'vmx'].all(f, f in cpu.flags)", "'sie' in cpu.flags", id="the element of a macro"),
        pytest.param(
            "['sie', 'svm'].all(f, f in cpu.flags)",
            "'sie' in cpu.flags && 'svm' in cpu.flags",
            id="each element of a macro that stands in the way",
        ),
        pytest.param(
            "cpu.count > 8 && cpu.count > 1 && cpu.count > 9",
            "cpu.count > 8 && cpu.count > 9",
            id="each operand that stands in the way",
        ),
        pytest.param(
            "!('vmx' in cpu.flags || cpu.count > 1)",
            "!('vmx' in cpu.flags) && cpu.count <= 1",
            id="each operand that made || true",
        ),
        pytest.param(
            "'x' in cgroup.v1 && cgroup.v1['x'] == '/'",
            "'x' in cgroup.v1 && cgroup.v1['x'] == '/'",
            id="an operand that is an error for as long as the one before it is false",
        ),
        pytest.param(
            "cpu.count > 8 && (cpu.count > 9 || cpu.count > 10)", "", id="one operand with two ways, and another"
        ),
        pytest.param(
            "sets.contains(cpu.flags, ['vmx', 'sie', 'lm'])",
            "'sie' in cpu.flags && 'lm' in cpu.flags",
            id="what a set lacks",
        ),
        pytest.param(
            "has(runtime.docker) && has(cgroup.v1.memory)", "has(cgroup.v1.memory)", id="a key that is not there"
        ),
        pytest.param("devices['/dev/net/tun'].exists", "devices['/dev/net/tun'].exists", id="a fact that is false"),
        pytest.param("kernel.release.startsWith('7')", "kernel.release.startsWith('7')", id="a function that says no"),
        pytest.param("cpu.flags.exists(f, f == 'sie')", "", id="a macro that no element decided: not shortly"),
        pytest.param("cpu.count / 0 == 1", "", id="an error: nothing"),
        pytest.param("cpu.count > 1 ? cpu.count > 9 : true", "cpu.count > 9", id="of a condition, its branch alone"),
    ],
)
def test_what_would_change_the_outcome_is_told(text: str, wanted: str) -> None:
    assert [cause.wanted for cause in explain(program(text), roots())][-1] == wanted
    assert sum(cause.wanted != "" for cause in explain(program(text), roots())) == (wanted != "")


def test_of_optionals_the_value_is_json_too() -> None:
    assert [cause.value for cause in explain(program("[optional.of(1), optional.none()]"), roots())] == [
        [{"optional": 1}, {}]
    ]
