"""Comparing policies: every kind of change in its words, and directions that hold on every node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from goldens import same_as_golden
from hypothesis import HealthCheck, given, settings
from packs import POLICIES, rule, text
from small_expressions import pairs
from small_world import form, nodes, value

from passmuster import policy, schema
from passmuster.cli import main
from passmuster.compile import compile_policy
from passmuster.policy.version import Version
from passmuster.policydiff import (
    FORMATS,
    Bump,
    Change,
    ChangeKind,
    Direction,
    PolicyDiff,
    compare,
    direction,
    fits,
    wanted,
)

CONSTANTS = "constants:\n  words: {description: d, value: [a, b]}\n  limit: {description: d, value: 4}\n"
FOLDER = Path(__file__).resolve().parent.parent / "data" / "packs" / "diff"


def diff(old: str, new: str) -> PolicyDiff:
    one, other = (policy.load(each.encode(), "demo.yaml") for each in (old, new))
    return compare((one, compile_policy(one)), (other, compile_policy(other)))


def changes(old: str, new: str) -> tuple[Change, ...]:
    """The changes of the only thing that differs."""
    (subject,) = diff(old, new).subjects
    return subject.changes


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_change_is_told(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    assert main(["policy", "diff", "./old", "./new", "-o", name]) == 0
    same_as_golden(f"policydiff/every-kind.{name}", capsys.readouterr().out)


def test_the_pair_has_every_kind_of_change_and_keeps_the_schema(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    main(["policy", "diff", "./old", "./new", "-o", "json"])
    document = json.loads(capsys.readouterr().out)
    assert schema.faults("policydiff", 1, document) == ()
    told = {change["kind"] for subject in document["subjects"] for change in subject["changes"]}
    assert told == {kind.value for kind in ChangeKind}


def test_a_policy_does_not_differ_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "diff", "virtnest@1.0.0", str(POLICIES / "virtnest/1.0.0")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "no difference"


def test_what_does_not_compile_is_told_of_both(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / f"{name}.yaml").write_text(text(rule("one", f"network.{name}")))
    assert main(["policy", "diff", str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")]) == 2
    told = capsys.readouterr().err
    assert "there is no field 'old'" in told
    assert "there is no field 'new'" in told


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pair=pairs())
def test_a_direction_holds_on_every_node(pair: tuple[str, str]) -> None:
    old, new = pair
    found = direction(form(old), form(new))
    for roots in nodes(old, new) if found is not Direction.UNCLEAR else ():
        before, after = value(old, roots), value(new, roots)
        assert before == after or found is not Direction.SAME
        assert after != "true" or before == "true" or found is Direction.LOOSER
        assert before != "true" or after == "true" or found is Direction.STRICTER


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pair=pairs(1), condition=pairs(1))
def test_the_words_for_a_rule_hold_where_it_applies(pair: tuple[str, str], condition: tuple[str, str]) -> None:
    old, new = pair
    before, after = condition
    found = diff(
        text(rule("one", old, applies_when=before), extra=CONSTANTS),
        text(rule("one", new, applies_when=after), extra=CONSTANTS),
    )
    kinds = {change.kind for subject in found.subjects for change in subject.changes}
    for roots in nodes(old, new, before, after):
        if value(before, roots) == value(after, roots) == "true":
            one, other = value(old, roots) == "true", value(new, roots) == "true"
            assert one or not other or kinds & {ChangeKind.LOOSER, ChangeKind.UNCLEAR}
            assert other or not one or kinds & {ChangeKind.STRICTER, ChangeKind.UNCLEAR}
        applied, applies = value(before, roots) == "true", value(after, roots) == "true"
        assert applied or not applies or kinds & {ChangeKind.APPLIES_WIDER, ChangeKind.APPLIES_UNCLEAR}
        assert applies or not applied or kinds & {ChangeKind.APPLIES_NARROWER, ChangeKind.APPLIES_UNCLEAR}


BUMPS = {
    "a new required rule": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6") + rule("two", "network.nf_tables"),
        Bump.MAJOR,
    ),
    "a new recommended rule": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6") + rule("two", "network.nf_tables", level="recommended"),
        Bump.MINOR,
    ),
    "a rule less": (
        rule("one", "network.ipv6") + rule("two", "network.nf_tables"),
        rule("one", "network.ipv6"),
        Bump.MINOR,
    ),
    "a stricter required rule": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6 && network.nf_tables"),
        Bump.MAJOR,
    ),
    "a stricter recommended rule": (
        rule("one", "network.ipv6", level="recommended"),
        rule("one", "network.ipv6 && network.nf_tables", level="recommended"),
        Bump.MINOR,
    ),
    "a looser rule": (rule("one", "network.ipv6"), rule("one", "network.ipv6 || network.nf_tables"), Bump.MINOR),
    "a direction that cannot be told": (rule("one", "network.ipv6"), rule("one", "network.nf_tables"), Bump.MAJOR),
    "a raised level": (
        rule("one", "network.ipv6", level="informational"),
        rule("one", "network.ipv6", level="recommended"),
        Bump.MAJOR,
    ),
    "a lowered level": (rule("one", "network.ipv6"), rule("one", "network.ipv6", level="recommended"), Bump.MINOR),
    "a stricter rule of a lowered level": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6 && network.nf_tables", level="recommended"),
        Bump.MINOR,
    ),
    "a wider applicability": (
        rule("one", "network.ipv6", applies_when="network.nf_tables"),
        rule("one", "network.ipv6"),
        Bump.MAJOR,
    ),
    "a narrower applicability": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6", applies_when="network.nf_tables"),
        Bump.MINOR,
    ),
    "other words": (rule("one", "network.ipv6"), rule("one", "network.ipv6", message_expression="'no'"), Bump.PATCH),
    "the same in other words": (rule("one", "network.ipv6"), rule("one", "!!network.ipv6"), Bump.PATCH),
    "nothing": (rule("one", "network.ipv6"), rule("one", "network.ipv6"), Bump.NONE),
}


@pytest.mark.parametrize(("old", "new", "bump"), BUMPS.values(), ids=BUMPS)
def test_what_a_change_demands_of_the_version(old: str, new: str, bump: Bump) -> None:
    assert diff(text(old), text(new)).bump is bump


PARAMETER = "parameters:\n  least: {{type: {0}, default: {1}, description: d}}\n"


def test_a_default_that_moves_a_bound_is_told_in_the_rule() -> None:
    old, new = (text(rule("one", "kernel.major >= params.least"), extra=PARAMETER.format("int", n)) for n in (4, 5))
    rules, parameter = diff(old, new).subjects
    assert [change.sentence for change in rules.changes] == [
        "stricter: what passes now passed before (with the default values of parameters)"
    ]
    assert [str(detail) for detail in rules.changes[0].details] == ["now: kernel.major >= 5, was kernel.major >= 4"]
    assert [change.sentence for change in parameter.changes] == ["default changed from 4 to 5"]


def test_a_constant_that_becomes_a_parameter_means_the_same_by_default() -> None:
    old = text(rule("one", "kernel.major >= 4"))
    new = text(rule("one", "kernel.major >= params.least"), extra=PARAMETER.format("int", 4))
    found = diff(old, new)
    assert [change.kind for change in found.subjects[0].changes] == [ChangeKind.REWORDED]
    assert found.bump is Bump.MINOR


def test_where_a_parameter_stays_a_direction_holds_for_all_its_values() -> None:
    extra = PARAMETER.format("int", 4)
    old = text(rule("one", "kernel.major >= params.least"), extra=extra)
    new = text(rule("one", "kernel.major > params.least"), extra=extra)
    (change,) = changes(old, new)
    assert (change.kind, "default" in change.sentence) == (ChangeKind.STRICTER, False)


def test_a_parameter_of_another_type_breaks_command_lines() -> None:
    old = text(rule("one", "params.least != 'b'", level="informational"), extra=PARAMETER.format("string", "a"))
    new = text(rule("one", "params.least", level="informational"), extra=PARAMETER.format("bool", "true"))
    rules, parameter = diff(old, new).subjects
    assert [change.kind for change in rules.changes] == [ChangeKind.REWORDED]
    assert (parameter.changes[0].sentence, parameter.bump) == ("type changed from string to bool", Bump.MAJOR)


def test_what_is_too_large_to_compare_has_no_direction() -> None:
    def doubled(first: str) -> str:
        extra = "variables:\n"
        for number in range(20):
            each = first if number == 0 else f"variables.v{number - 1} == variables.v{number - 1}"
            extra += f"  v{number}:\n    description: d\n    expression: |\n      {each}\n"
        return text(rule("one", "variables.v19"), extra=extra)

    rules, *_ = diff(doubled("network.ipv6"), doubled("network.nf_tables")).subjects
    assert rules.changes[0].kind is ChangeKind.UNCLEAR


VERSIONS = {
    ("1.2.3", Bump.NONE): "1.2.3",
    ("1.2.3", Bump.PATCH): "1.2.4",
    ("1.2.3", Bump.MINOR): "1.3.0",
    ("1.2.3", Bump.MAJOR): "2.0.0",
    ("0.2.3", Bump.MAJOR): "0.3.0",
    ("0.2.3", Bump.MINOR): "0.2.4",
}


@pytest.mark.parametrize(("old", "bump", "least"), [(*key, least) for key, least in VERSIONS.items()])
def test_the_lowest_version_for_a_change(old: str, bump: Bump, least: str) -> None:
    before = Version.parse(old)
    assert wanted(before, bump) == least
    assert fits(before, Version.parse(least), bump)
    assert fits(before, Version.parse("2.0.0-rc.1"), bump)
    assert fits(before, before, bump) is (bump is Bump.NONE)


def test_virtnest_1_1_0_differs_from_1_0_0_as_its_changelog_says(capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (str(POLICIES / "virtnest" / version) for version in ("1.0.0", "1.1.0"))
    assert main(["policy", "diff", old, new, "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    told = {
        subject["name"]: [
            change["sentence"] if change["kind"] in {"text", "reads"} else change["kind"]
            for change in subject["changes"]
        ]
        for subject in document["subjects"]
    }
    assert told == {
        "kernel-version": [
            "looser",
            "newly reads kernel.sysctl['net.ipv4.ip_unprivileged_port_start']",
            "title changed",
            "deviation changed",
            "remediation changed",
            "message changed",
        ],
        "cpu-x86-64-v2": [
            "reworded",
            "title changed",
            "deviation changed",
            "message written otherwise, the same words (with the default values of parameters)",
        ],
        "docker-version": ["looser", "title changed", "deviation changed", "message changed"],
        "x86_64_level": ["added"],
        "x86_64_v3": ["added"],
        "x86_64_v4": ["added"],
        "missing_words": ["reworded", "description changed"],
        "x86_64_words": ["added"],
    }
    assert (document["bump"], document["least_version"]) == ("minor", "1.1.0")
