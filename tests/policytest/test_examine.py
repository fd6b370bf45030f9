"""What a suite reaches and would notice, on a policy of one rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from packs import POLICIES
from small_suites import FAIL, PASS, case, examined

from passmuster import policy
from passmuster.authoring import testing
from passmuster.authoring.testing import wording
from passmuster.codec import schema
from passmuster.errors import PolicyError
from passmuster.model.unknown import Reason
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    from pathlib import Path

    from passmuster.authoring.testing import Tested

UNKNOWN = case("nobody looked", {"one": "unknown"}, unknown={"os": "denied", "network": "denied", "kernel": "denied"})
FORMATS = dict(testing.FORMATS)


def uncovered(found: Tested) -> list[tuple[str, bool]]:
    assert found.coverage is not None
    return [(each.text, each.outcome) for each in found.coverage.uncovered]


def survivors(found: Tested) -> list[str]:
    assert found.mutation is not None
    return [each.name for each in found.mutation.survivors]


def test_a_branch_counts_where_a_case_expects_the_rule() -> None:
    found = examined("os.id == 'debian' || network.ipv6", case("both", PASS), UNKNOWN)
    assert uncovered(found) == [
        ("os.id == 'debian' || network.ipv6", False),
        ("os.id == 'debian'", False),
        ("network.ipv6", True),
        ("network.ipv6", False),
    ]


COVERED = {
    "operands of &&": (
        "network.ipv6 && network.nf_tables",
        FAIL,
        [
            ("network.ipv6 && network.nf_tables", True),
            ("network.ipv6", False),
            ("network.nf_tables", True),
        ],
    ),
    "the condition of ?:": (
        "network.nf_tables ? network.ipv6 : !network.ipv6",
        FAIL,
        [("network.nf_tables ? network.ipv6 : !network.ipv6", True), ("network.nf_tables", True)],
    ),
    "all": ("kernel.modules.all(m, m != 'x')", PASS, [("kernel.modules.all(m, m != 'x')", False)]),
    "exists, of nothing": (
        "network.ipv6 || [].exists(x, x == 1)",
        PASS,
        [
            ("network.ipv6 || [].exists(x, x == 1)", False),
            ("network.ipv6", False),
            ("[].exists(x, x == 1)", True),
            ("[].exists(x, x == 1)", False),
        ],
    ),
    "what a filter keeps and drops": (
        "kernel.modules.filter(m, m != 'x').size() == 2",
        PASS,
        [("kernel.modules.filter(m, m != 'x').size() == 2", False), ("m != 'x'", False)],
    ),
    "whether an optional is there": (
        "memory.?ksm_run.optMap(k, k > 0).orValue(true)",
        PASS,
        [("memory.?ksm_run.optMap(k, k > 0).orValue(true)", False), ("memory.?ksm_run", True)],
    ),
    "what a map counts": (
        "kernel.modules.map(m, m != 'x', m).size() == 2",
        PASS,
        [("kernel.modules.map(m, m != 'x', m).size() == 2", False), ("m != 'x'", False)],
    ),
}


@pytest.mark.parametrize(("expression", "expect", "expected"), COVERED.values(), ids=COVERED)
def test_branches_of_each_kind(expression: str, expect: dict[str, str], expected: list[tuple[str, bool]]) -> None:
    assert uncovered(examined(expression, case("as it is", expect))) == expected


def test_applies_when_and_variables_count() -> None:
    extra = "variables:\n  both:\n    description: Both.\n    expression: |\n      network.ipv6 && network.nf_tables\n"
    found = examined("variables.both", case("not both", FAIL), extra=extra, applies_when="os.id == 'debian'")
    assert uncovered(found) == [
        ("network.ipv6 && network.nf_tables", True),
        ("network.ipv6", False),
        ("network.nf_tables", True),
        ("os.id == 'debian'", False),
        ("variables.both", True),
    ]
    assert found.coverage is not None
    (only,) = found.coverage.rules
    assert (only.taken, only.total, only.percent) == (5, 10, 50)
    first = found.coverage.uncovered[0]
    assert (first.owner, first.line) == ("variables.both", 12)


def test_a_message_is_covered_where_a_case_names_it() -> None:
    words = "network.nf_tables ? 'tables' : 'no tables'"
    silent = examined(
        "network.ipv6", case("no IPv6", FAIL, set={"network.ipv6": False}), case("IPv6", PASS), message_expression=words
    )
    assert uncovered(silent) == [("network.nf_tables", True), ("network.nf_tables", False)]
    told = case("no IPv6", FAIL, set={"network.ipv6": False}, messages={"one": "no tables"})
    assert uncovered(examined("network.ipv6", told, case("IPv6", PASS), message_expression=words)) == [
        ("network.nf_tables", True)
    ]


def test_a_mutant_that_no_case_notices_comes_with_the_case_that_would() -> None:
    found = examined("kernel.major > 5", case("six", PASS), case("four", FAIL, set={"kernel.major": 4}), UNKNOWN)
    assert survivors(found) == ["kernel.major > 5 => kernel.major >= 5", "kernel.major > 5 => kernel.major > 4"]
    assert [(each.base, str(each.path), each.value, each.expect, each.got) for each in found.killers if each] == [
        ("plain", "kernel.major", 5, "fail", "pass"),
        ("plain", "kernel.major", 5, "fail", "pass"),
    ]
    added = examined(
        "kernel.major > 5",
        case("six", PASS),
        case("four", FAIL, set={"kernel.major": 4}),
        case("five", FAIL, set={"kernel.major": 5}),
        case("unknown", {"one": "unknown"}, unknown={"kernel.major": "denied"}),
    )
    assert survivors(added) == []
    assert added.good


GROWING = {
    "numbers": "kernel.major > 5 && kernel.minor <= 3",
    "texts and lists": "os.id in ['debian', 'ubuntu'] && 'kvm' in kernel.modules",
    "guards": "has(memory.ksm_run) && memory.ksm_run == 1",
    "a choice": "network.ipv6 ? network.nf_tables : kernel.modules.exists(m, m == 'tun')",
    "versions": "!kernelVersion(kernel.release).isLessThan(kernelVersion('5.4'))",
    "a pattern": "os.id.matches('^(debian|ubuntu)')",
}


@pytest.mark.parametrize("expression", GROWING.values(), ids=GROWING)
def test_a_suite_that_takes_every_case_it_is_told_of_grows_until_nothing_survives(expression: str) -> None:
    cases = [
        case(
            "nobody looked",
            {"one": "unknown"},
            unknown={"os": "denied", "network": "denied", "kernel": "denied", "memory": "denied"},
        )
    ]
    for _ in range(40):
        found = examined(expression, *cases)
        assert found.mutation is not None
        if not found.mutation.survivors:
            break
        killer = found.killers[0]
        assert killer is not None, found.mutation.survivors[0].name
        start = next((each for each in cases if each["name"] == killer.like), {})
        changes = {key: dict(start.get(key, {})) for key in ("set", "unknown")}
        if killer.path is not None:
            path = str(killer.path)
            changes["set"].pop(path, None)
            if isinstance(killer.value, Reason):
                changes["unknown"][path] = killer.value.value
            else:
                changes["set"][path] = killer.value
        cases.append(case(f"case {len(cases)}", {"one": killer.expect}, **changes))
    assert survivors(found) == []
    assert 3 < len(cases) < 25


def test_a_killer_may_change_a_key_of_an_open_map_and_speak_of_the_message() -> None:
    config = "'CONFIG_KVM' in kernel.config && kernel.config['CONFIG_KVM'] == 'y'"
    cases = [
        case("built in", PASS, set={"kernel.config": {"CONFIG_KVM": "y"}}),
        case("not there", FAIL, set={"kernel.config": {"CONFIG_KVM": None}}),
    ]
    found = examined(config, *cases, message_expression="'no ' + 'KVM'")
    assert found.mutation is not None
    told = {
        mutant.name: wording.killer(killer)
        for mutant, killer in zip(found.mutation.survivors, found.killers, strict=True)
    }
    assert told["kernel.config['CONFIG_KVM'] == 'y' => true"] == (
        "would notice it: base plain as in 'built in', kernel.config.CONFIG_KVM set to \"CONFIG_KVM\": one is fail (the mutant: pass)"
    )
    assert "one is the message 'no KVM' (the mutant: 'no ~KVM')" in told["message_expression: 'no ' => 'no ~'"]
    assert wording.killer(None).startswith("no change of one fact shows it")


def test_elements_of_constants_are_asked_for_too() -> None:
    extra = "constants:\n  wanted:\n    description: Wanted.\n    value: [kvm, tun]\n"
    cases = [
        case("both", PASS),
        case("no tun", FAIL, set={"kernel.modules": ["kvm"]}),
        case("unknown", {"one": "unknown"}, unknown={"kernel.modules": "denied"}),
    ]
    found = examined("sets.contains(kernel.modules, constants.wanted)", *cases, extra=extra)
    assert found.mutation is not None
    assert [(each.owner, each.name) for each in found.mutation.survivors if each.owner != "one"] == [
        ("constants.wanted", "without kvm")
    ]


PATHS = {
    "the facts that it shows": ({"facts": {"one": ["kernel.major", "os.id"]}}, None),
    "a fact too few": ({"facts": {"one": ["os.id"]}}, "one: got kernel.major, os.id, expected facts os.id"),
    "nothing that is missing": ({"missing": {"one": []}}, None),
    "something that is not missing": ({"missing": {"one": ["os.id"]}}, "one: got none, expected missing os.id"),
    "a rule that is not there": ({"missing": {"two": []}}, "no such rule (got 'two', expected one of: one)"),
    "a path that is none": ({"facts": {"one": ["os id"]}}, "not a field path"),
}


@pytest.mark.parametrize(("more", "told"), PATHS.values(), ids=PATHS)
def test_a_case_may_say_which_facts_are_shown_and_missing(more: dict[str, Any], told: str | None) -> None:
    try:
        found = examined("kernel.major > 5 && os.id == 'debian'", case("as it is", PASS, **more))
    except PolicyError as error:
        assert told is not None
        assert told in str(error)
        return
    text = FORMATS["table"]([found])
    assert bool(found.outcome.mismatches) == (told is not None)
    assert told is None or told in text


def test_where_expectations_do_not_hold_mutants_mean_nothing() -> None:
    found = examined("kernel.major > 5", case("six", FAIL))
    assert found.mutation is None
    assert not found.good


SAME = "kernel.major >= 6 && kernel.major > 5"
EDGE = [
    case("six", PASS),
    case("five", FAIL, set={"kernel.major": 5}),
    case("unknown", {"one": "unknown"}, unknown={"kernel.major": "denied"}),
]


def test_an_equivalent_mutant_is_listed_with_its_reason() -> None:
    found = survivors(examined(SAME, *EDGE))
    assert "kernel.major >= 6 => true" in found
    listed = [{"rule": "one", "mutant": name, "reason": "They say the same."} for name in found]
    after = examined(SAME, *EDGE, equivalent=listed)
    assert after.mutation is not None
    assert survivors(after) == []
    assert (after.mutation.equivalent, after.mutation.stray) == (len(found), ())


STRAY = {
    "no such mutant": ({"rule": "one", "mutant": "a => b", "reason": "r"}, "there is no such mutant"),
    "no such rule": ({"rule": "two", "mutant": "kernel.major >= 6 => true", "reason": "r"}, "there is no such mutant"),
    "one that a case notices": (
        {"rule": "one", "mutant": f"{SAME} => !({SAME})", "reason": "r"},
        "a case notices this mutant, so it is not equivalent",
    ),
}


@pytest.mark.parametrize(("entry", "why"), STRAY.values(), ids=STRAY)
def test_an_entry_that_is_wrong_is_a_mistake(entry: dict[str, str], why: str) -> None:
    found = examined(SAME, *EDGE, equivalent=[entry])
    assert found.mutation is not None
    assert [told for _, told in found.mutation.stray] == [why]
    assert not found.good
    assert f"tests.yaml:{found.mutation.stray[0][0].line}: equivalent: {why}" in FORMATS["table"]([found])


def test_an_entry_twice_is_refused() -> None:
    entry = {"rule": "one", "mutant": "a => b", "reason": "r"}
    with pytest.raises(PolicyError, match="a mutant is listed twice"):
        examined(SAME, *EDGE, equivalent=[entry, entry])


def test_json_is_what_its_schema_says() -> None:
    for found in (examined(SAME, *EDGE), examined("kernel.major > 5", case("six", FAIL))):
        text = FORMATS["json"]([found])
        assert schema.faults("policytest", 1, json.loads(text)) == ()
        assert json.loads(text)["good"] is False


def test_junit_counts_and_holds_nothing_that_xml_cannot() -> None:
    hostile = case('name \x1b[2J \u2028 <&>" \ufffe', FAIL)
    found = examined("kernel.major > 5", hostile, UNKNOWN)
    text = FORMATS["junit"]([found, examined(SAME, *EDGE)])
    top = ET.fromstring(text)
    assert top.tag == "testsuites"
    assert {element.tag for element in top.iter()} == {"testsuites", "testsuite", "testcase", "failure"}
    for each in top:
        assert set(each.attrib) == {"name", "tests", "failures", "errors", "skipped"}
        assert int(each.get("tests", "")) == len(each)
        assert int(each.get("failures", "")) == len(each.findall("testcase/failure"))
    assert [each.get("name") for each in top][-2:] == ["demo@1.0.0 coverage", "demo@1.0.0 mutants"]
    assert top[0][0].get("name") == r'name \x1b[2J \u2028 <&>" \ufffe'


@pytest.mark.long
def test_everything_comes_out_the_same_every_time() -> None:
    one, two = examined(SAME, *EDGE), examined(SAME, *EDGE)
    assert all(render([one]) == render([two]) for render in FORMATS.values())


@pytest.mark.long
@pytest.mark.parametrize("file", sorted(POLICIES.glob("*/*/policy.yaml")), ids=lambda file: "@".join(file.parts[-3:-1]))
def test_of_every_shipped_rule_each_branch_is_taken_and_each_mutant_noticed(file: Path) -> None:
    source = policy.load(file.read_bytes(), str(file))
    suite = testing.load((file.parent / "tests.yaml").read_bytes(), "tests.yaml")
    defaults = {each.name: each.default for each in source.parameters}
    found = testing.examine(compile_policy(source), source, suite, defaults, branches=True, mutants=True)
    assert FORMATS["table"]([found]).splitlines()[-1].endswith(" 0 not noticed")
    assert found.good
