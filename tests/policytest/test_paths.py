"""Paths of a suite against the schema, what stands above the sections, and the cases that a rule needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from packs import rule, text
from small_suites import SECTIONS, case, examined

from passmuster import policy
from passmuster.authoring import testing
from passmuster.errors import PolicyError
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    from passmuster.authoring.testing import Tested

HEAD = """\
schema: passmuster.tests/1
bases:
  plain:
    description: A node.
    sections: {BASE}
cases:
  - name: one
    base: plain
    expect: {one: pass}
    CHANGE
"""
MISSPELT = {
    "a field that is set": ("set: {cpu.flgas: []}", "10:11: no such field of cpu (got 'flgas')", "did you mean 'flags'?"),
    "a field that is unknown": ("unknown: {kernel.relase: denied}", "10:15: no such field of kernel (got 'relase')", "did you mean 'release'?"),
    "a section": ("set: {kernal.release: x}", "10:11: no such section (got 'kernal'", "did you mean 'kernel'?"),
    "a field that is deleted": ("delete: [os.idd]", "10:14: no such field of os (got 'idd')", "did you mean 'id'?"),
    "a fact that is shown": ("facts: {one: [os.idd]}", "10:19: no such field of os (got 'idd')", "did you mean 'id'?"),
    "a fact that is missing": ("missing: {one: [oss.id]}", "10:21: no such section (got 'oss'", "did you mean 'os'?"),
    "a field within a value": ("set: {\"devices['/dev/kvm']\": {exsits: true}}", "10:35: no such field of devices['/dev/kvm'] (got 'exsits')", "did you mean 'exists'?"),
    "what stands in a list": ("set: {cpu.flags.vmx: true}", "10:11: cpu.flags has no members (got 'vmx' below it)", None),
    "a name that the kernel writes otherwise": ("set: {\"boot.arguments['kvm-intel.nested']\": ['1']}", "10:11: the kernel writes '-' as '_' in boot.arguments", None),
    "no path at all": ("set: {cpu..flags: []}", "10:11: not a field path at character 4", None),
    "a label that is unknown": ("unknown: {node.name: denied}", "10:15: what stands above the sections is always known (got node.name", None),
    "the time of collecting": ("set: {collection.collected_at: x}", "10:11: no policy reads when a snapshot was collected (got collection.collected_at)", None),
    "the whole node": ("set: {node: {}}", "10:11: set its members one by one (got node", None),
    "a fact that is set and unknown": ("set: {cpu.flags: []}\n    unknown: {cpu: denied}", "11:15: a fact is set and unknown (got cpu.flags and cpu", None),
    "a fact that is set twice": ("set: {cpu.flags: [], \"cpu['flags']\": [vmx]}", "10:26: a fact is set twice (got cpu.flags and cpu.flags", None),
}  # fmt: skip


def told(text: str) -> list[tuple[str, str | None]]:
    with pytest.raises(PolicyError) as caught:
        testing.load(text.encode(), "tests.yaml")
    return [
        (f"{each.location}: {each.message}".removeprefix("tests.yaml:"), each.hint) for each in caught.value.problems
    ]


@pytest.mark.parametrize(("change", "message", "hint"), MISSPELT.values(), ids=MISSPELT)
def test_a_path_that_no_snapshot_has_is_refused_with_its_place(change: str, message: str, hint: str | None) -> None:
    ((got, proposed),) = told(HEAD.replace("CHANGE", change).replace("{BASE}", "{}"))
    assert got.startswith(message)
    assert proposed == hint


BROKEN = {
    "a key too many": "set: {cpu.flgas: []}\n    surplus: 1",
    "a wrong type beside": "set: {cpu.flgas: []}\n    unknown: [cpu.flags]",
    "a list of other things": "set: {cpu.flgas: []}\n    delete: [1, {a: b}]",
    "no mapping of facts": "set: {cpu.flgas: []}\n    facts: {one: 1}\n    missing: {one: [1]}",
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_fault_of_the_form_hides_no_misspelt_path(change: str) -> None:
    got = [message for message, _ in told(HEAD.replace("CHANGE", change).replace("{BASE}", "{}"))]
    assert len(got) > 1
    assert any(message.startswith("10:11: no such field of cpu (got 'flgas')") for message in got)


@pytest.mark.parametrize(
    "text",
    [
        "schema: passmuster.tests/1\nbases: 1\ncases: {}\n",
        "- 1\n",
        "bases: {a: 1, b: {sections: [1]}}\n",
        "fleet_cases: [1, {nodes: 1}, {nodes: [1]}]\n",
    ],
)
def test_any_form_is_told_and_nothing_else(text: str) -> None:
    assert told(text)


BASES = {
    "a section": ("{kernal: {release: x}}", "5:16: no such section (got 'kernal'", "did you mean 'kernel'?"),
    "a field": ("{cpu: {flgas: []}}", "5:22: no such field of cpu (got 'flgas')", "did you mean 'flags'?"),
    "a field below": ("{runtime: {docker: {verison: '1'}}}", "5:35: no such field of runtime.docker (got 'verison')", "did you mean 'version'?"),
    "a field of an element": ("{boot: {words: [{nmae: quiet}]}}", "5:32: no such field of an element of boot.words (got 'nmae')", "did you mean 'name'?"),
}  # fmt: skip


@pytest.mark.parametrize(("sections", "message", "hint"), BASES.values(), ids=BASES)
def test_so_is_one_in_a_base(sections: str, message: str, hint: str | None) -> None:
    ((got, proposed),) = told(HEAD.replace("CHANGE", "").replace("{BASE}", sections))
    assert got.startswith(message)
    assert proposed == hint


def test_every_misspelt_path_is_told_at_once() -> None:
    change = "set: {cpu.flgas: [], os.idd: x}\n    unknown: {kernel.relase: denied}"
    assert len(told(HEAD.replace("CHANGE", change).replace("{BASE}", "{cpu: {flgas: []}}"))) == 4


ABOVE = {
    "node.name": ("node.name == 'gpu-1'", {"node.name": "gpu-1"}),
    "a label": ("'rack' in node.labels && node.labels['rack'] == '7'", {"node.labels['rack']": "7"}),
    "all labels": ("node.labels.size() == 2", {"node.labels": {"a": "b", "c": "d"}}),
    "machine_id": ("has(node.machine_id)", {"node.machine_id": "sha256:" + "0" * 64}),
    "collection.context": ("collection.context == 'host'", {"collection.context": "host"}),
    "collection.uid": ("has(collection.uid) && collection.uid == 0", {"collection.uid": 0}),
    "collection.kind": ("collection.kind == 'live'", {"collection.kind": "live"}),
}


@pytest.mark.parametrize(("expression", "change"), ABOVE.values(), ids=ABOVE)
def test_what_stands_above_the_sections_can_be_set_and_needs_no_unknown_case(
    expression: str, change: dict[str, Any]
) -> None:
    found = outcome_of(expression, case("set", {"one": "pass"}, set=change), case("not set", {"one": "fail"}))
    assert found.outcome.good, (found.outcome.mismatches, found.outcome.untested)


NEEDED = {
    "facts": ("network.ipv6", "", ["fail", "pass", "unknown"]),
    "a name": ("node.name == 'a'", "", ["fail", "pass"]),
    "a version in a name": ("semver(node.name).major() > 1", "", ["fail", "pass", "unknown"]),
    "a version by a variable": (
        "variables.v > 1",
        "variables:\n  v: {description: d, expression: EXPRESSION}\n",
        ["fail", "pass", "unknown"],
    ),
    "a name and facts": ("node.name == 'a' || network.ipv6", "", ["fail", "pass", "unknown"]),
    "nothing": ("true", "", ["pass"]),
    "facts, whatever they are": ("true || network.ipv6", "", ["pass"]),
    "what contradicts itself": ("kernel.major > 5 && kernel.major < 3", "", ["fail", "unknown"]),
}


@pytest.mark.parametrize(("expression", "extra", "needed"), NEEDED.values(), ids=NEEDED)
def test_a_rule_that_cannot_be_unknown_needs_no_case_of_it(expression: str, extra: str, needed: list[str]) -> None:
    extra = extra.replace(
        "{description: d, expression: EXPRESSION}",
        "\n    description: d\n    expression: |\n      semver(node.name).major()",
    )
    found = outcome_of(expression, case("nothing of it", {"two": "pass"}), extra=extra)
    assert sorted(found.outcome.untested) == [f"one: {each}" for each in needed] + ["two: fail", "two: unknown"]


def test_a_value_that_no_node_has_is_refused_at_its_case() -> None:
    with pytest.raises(PolicyError) as caught:
        examined("kernel.major > 5", case("it", {"one": "pass"}, set={"kernel.major": "six"}))
    (problem,) = caught.value.problems
    assert problem.message == 'it: sections.kernel.facts.major: wrong type (got "six", expected integer)'
    assert (problem.location.file, problem.location.column) == ("tests.yaml", 1)


def outcome_of(expression: str, *cases: dict[str, Any], extra: str = "") -> Tested:
    if all("one" in each["expect"] for each in cases):
        return examined(expression, *cases, extra=extra)
    source = policy.load(text(rule("one", expression), rule("two", "network.ipv6"), extra=extra).encode(), "demo.yaml")
    document = {
        "schema": "passmuster.tests/1",
        "bases": {"plain": {"description": "A node.", "sections": SECTIONS}},
        "cases": list(cases),
    }
    made = testing.load(json.dumps(document).encode(), "tests.yaml")
    return testing.examine(compile_policy(source), source, made, {})
