"""Comparing policies: every kind of change in its words, and directions that hold on every node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from goldens import same_as_golden
from packs import POLICIES, rule, text
from policy_edits import attempt

from passmuster import policy
from passmuster.authoring.diff import FORMATS, Bump, Change, ChangeKind, NodeClaim, PolicyDiff, compare, fits, wanted
from passmuster.cli import main
from passmuster.codec import schema
from passmuster.policy.compile import compile_policy
from passmuster.policy.version import Version

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


@pytest.mark.long
def test_no_node_refutes_what_is_claimed_of_an_edited_policy() -> None:
    """Values of facts and parameters, and unknown facts: rules and nodes alike; by hand, many more."""
    count: dict[str, int] = {}
    assert [claim for seed in range(40) for claim in attempt(seed, count, most=150)] == []
    assert count.keys() >= {"same", "no_worse", "unproven", "stricter", "looser", "reworded"}


ALWAYS = rule("always", "kernel.major >= 3")
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
    "a level raised to one that only warns": (
        rule("one", "network.ipv6", level="informational"),
        rule("one", "network.ipv6", level="recommended"),
        Bump.MINOR,
    ),
    "a level raised to required": (
        rule("one", "network.ipv6", level="recommended"),
        rule("one", "network.ipv6"),
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
    "a narrower applicability, which may be unknown": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6", applies_when="network.nf_tables"),
        Bump.MAJOR,
    ),
    "a narrower applicability of what was asked anyway, beside a rule that always counts": (
        ALWAYS + rule("one", "network.ipv6", applies_when="network.nf_tables || cpu.architecture == 'x86_64'"),
        ALWAYS + rule("one", "network.ipv6", applies_when="network.nf_tables && cpu.architecture == 'x86_64'"),
        Bump.MAJOR,
    ),
    "a condition that moves into applies_when: where it does not hold, nothing is asked any more": (
        ALWAYS + rule("one", "!network.nf_tables || network.ipv6"),
        ALWAYS + rule("one", "network.ipv6", applies_when="network.nf_tables"),
        Bump.MAJOR,
    ),
    "a choice that may be unknown": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6 && (network.nf_tables || !network.nf_tables)"),
        Bump.MAJOR,
    ),
    "a new required rule that no node fails": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6") + rule("two", "true"),
        Bump.MINOR,
    ),
    "the only rule that counts becomes information": (
        rule("one", "network.ipv6"),
        rule("one", "network.ipv6", level="informational"),
        Bump.MAJOR,
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
    assert [change.sentence for change in rules.changes] == ["stricter: what passes now passed before"]
    assert [str(detail) for detail in rules.changes[0].details] == ["now: kernel.major >= 5, was kernel.major >= 4"]
    assert [change.sentence for change in parameter.changes] == ["default changed from 4 to 5"]


@pytest.mark.parametrize("use", ["params.on", "params['on']", "params.?on.orValue(false)"])
def test_a_default_and_its_polarity_that_move_together_mean_something_else_where_it_is_set(use: str) -> None:
    old = text(rule("one", use), extra=PARAMETER.format("bool", "true").replace("least", "on"))
    new = text(rule("one", f"!{use}"), extra=PARAMETER.format("bool", "false").replace("least", "on"))
    found = diff(old, new)
    assert [change.kind for change in found.subjects[0].changes] == [ChangeKind.UNCLEAR]
    assert (found.nodes, found.bump) == (NodeClaim.UNPROVEN, Bump.MAJOR)


@pytest.mark.parametrize("use", ["params.on", "params['on']", "params.?on.orValue(false)"])
def test_a_default_that_moves_alone_is_seen_however_the_parameter_is_named(use: str) -> None:
    old, new = (
        text(rule("one", use), extra=PARAMETER.format("bool", n).replace("least", "on")) for n in ("true", "false")
    )
    assert diff(old, new).nodes is NodeClaim.NO_NEW_FAIL or diff(old, new).nodes is NodeClaim.UNPROVEN


def test_a_constant_that_becomes_a_parameter_means_the_same_by_default() -> None:
    old = text(rule("one", "kernel.major >= 4"))
    new = text(rule("one", "kernel.major >= params.least"), extra=PARAMETER.format("int", 4))
    found = diff(old, new)
    assert [change.sentence for change in found.subjects[0].changes] == [
        "same meaning, written otherwise (while least is 4, by default)"
    ]
    assert (found.nodes, found.given, found.bump) == (NodeClaim.SAME, ("least is 4",), Bump.MINOR)


def test_a_rule_that_is_as_it_was_only_by_default_is_listed() -> None:
    extra = "variables:\n  new:\n    description: d\n    expression: |\n      kernel.major >= {}\n"
    old = text(rule("one", "variables.new"), extra=PARAMETER.format("int", 4) + extra.format("params.least"))
    new = text(rule("one", "variables.new"), extra=extra.format("4"))
    assert [change.sentence for change in diff(old, new).subjects[0].changes] == [
        "same meaning (while least is 4, by default)"
    ]


def test_what_holds_for_every_value_of_a_new_parameter_needs_no_condition() -> None:
    old = text(rule("one", "network.ipv6"))
    new = text(rule("one", "network.ipv6 || kernel.major >= params.least"), extra=PARAMETER.format("int", 4))
    found = diff(old, new)
    assert found.subjects[0].changes[0].sentence == "looser: what passed before passes now"
    assert (found.nodes, found.given) == (NodeClaim.NO_WORSE, ())


def test_a_condition_that_moves_into_applies_when_turns_pass_into_not_applicable() -> None:
    old = text(ALWAYS, rule("one", "!network.nf_tables || network.ipv6"))
    new = text(ALWAYS, rule("one", "network.ipv6", applies_when="network.nf_tables"))
    assert [change.kind for change in changes(old, new)] == [ChangeKind.APPLIES_NARROWER, ChangeKind.STRICTER]
    assert diff(old, new).nodes is NodeClaim.NO_NEW_FAIL


def test_where_the_last_rule_may_stop_counting_that_is_said() -> None:
    old = text(rule("one", "true"), rule("two", "network.ipv6"))
    new = text(rule("one", "true", applies_when="cpu.architecture == 'x86_64'", level="recommended"))
    found = diff(old, new)
    assert (found.nodes, found.bump) == (NodeClaim.NO_NEW_FAIL, Bump.MAJOR)
    assert found.subjects[-1].kind == "policy"


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
            "message written otherwise, the same words (while x86_64_level is 2, by default)",
        ],
        "docker-version": ["looser", "title changed", "deviation changed", "message changed"],
        "x86_64_level": ["added"],
        "x86_64_v3": ["added"],
        "x86_64_v4": ["added"],
        "missing_words": ["reworded", "description changed"],
        "x86_64_words": ["added"],
    }
    assert (document["bump"], document["least_version"]) == ("minor", "1.1.0")


def test_changed_words_are_shown_now_and_was() -> None:
    one = rule("one", "network.ipv6", message_expression="'no'")
    other = one.replace("'no'", "'none'").replace("https://example.org", "https://example.com")
    told = {change.sentence: [str(each) for each in change.details] for change in changes(text(one), text(other))}
    assert told["message changed"] == ["now: 'none', was 'no'"]
    assert [words.partition(":")[0] for words in told["references changed"]] == ["added", "removed"]
    old, new = (text(rule("one", "network.ipv6"), extra=CONSTANTS.replace("d,", f"{name},")) for name in ("old", "new"))
    assert [str(each) for each in diff(old, new).subjects[0].changes[0].details] == ['now: "new", was "old"']
