"""Linting as an author meets it: what is asked for, in which format, with which status; and what is not found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from data_here import data
from packs import POLICIES, locked, rule, text

from passmuster.authoring.lint import FORMATS, Finding, Severity
from passmuster.cli import main
from passmuster.codec import schema
from passmuster.errors import Location, Problem

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """\
schema: passmuster.tests/1
bases:
  plain: {description: A node., sections: {network: {ipv6: true, nf_tables: true}}}
cases:
  - name: it is so
    base: plain
    expect: {one: pass}
"""
WORDS = {
    "rationale: r\n": "rationale: Services of this cluster need it.\n",
    "remediation: mend one\n": "remediation: Mend the node and reboot.\n",
    "https://example.org'}]": "https://docs.kernel.org'}]",
    'url: "https://example.org"': 'url: "https://docs.kernel.org"',
}


def write(folder: Path, *rules: str, extra: str = "", version: str = "1.0.0", tests: str | None = TESTS) -> Path:
    """A version of a pack in a folder of packs, with words enough to lint well."""
    policy = text(*rules, extra=extra).replace("version: 1.0.0", f"version: {version}")
    for thin, good in WORDS.items():
        policy = policy.replace(thin, good)
    there = folder / "demo" / version
    there.mkdir(parents=True)
    (there / "policy.yaml").write_text(policy)
    if tests is not None:
        (there / "tests.yaml").write_text(tests)
    return there


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """What linting finds, as JSON."""
    main(["policy", "lint", *arguments, "-o", "json"])
    document = json.loads(capsys.readouterr().out)
    assert schema.faults("lint", 1, document) == ()
    findings: list[dict[str, Any]] = document["findings"]
    return findings


def codes(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The codes of what linting finds."""
    return [finding["code"] for finding in found(capsys, *arguments)]


def test_a_policy_that_is_well_has_no_finding(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    there = write(tmp_path, rule("one", "network.ipv6"))
    for path in (there, there / "policy.yaml", tmp_path):
        assert main(["policy", "lint", str(path), "--fail-on", "warning"]) == 0
        assert capsys.readouterr().out == "0 errors, 0 warnings\n"


STATUSES = [("error", 0), ("warning", 1), ("never", 0)]


@pytest.mark.parametrize(("threshold", "status"), STATUSES)
def test_warnings_count_where_they_are_asked_to(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, threshold: str, status: int
) -> None:
    extra = "constants:\n  words: {description: d, value: 1}\n"
    there = write(tmp_path, rule("one", "network.ipv6"), extra=extra)
    assert main(["policy", "lint", str(there), "--fail-on", threshold]) == status
    assert "warning[constant-unused]" in capsys.readouterr().out


@pytest.mark.parametrize(("threshold", "status"), [("error", 1), ("warning", 1), ("never", 0)])
def test_errors_count_unless_nothing_does(tmp_path: Path, threshold: str, status: int) -> None:
    there = write(tmp_path, rule("one", "network.ipv7"))
    assert main(["policy", "lint", str(there), "--fail-on", threshold]) == status


def test_a_lock_that_does_not_hold_counts_always_and_the_rest_is_linted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(tmp_path, rule("one", "network.ipv6"))
    write(tmp_path, rule("one", "network.ipv6"), version="1.1.0", tests=None)
    (tmp_path / "policies.lock").write_text(f"demo@1.0.0 sha256:{'0' * 64}\n")
    assert main(["policy", "lint", str(tmp_path), "--fail-on", "never"]) == 4
    out = capsys.readouterr().out
    assert "error[lock-digest]" in out
    assert "error[tests-missing]" in out


@pytest.mark.long
def test_a_release_that_is_gone_is_not_passed_over_for_an_older_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, rule("one", "network.ipv6"))
    locked(tmp_path, "demo@1.0.0")
    lock = tmp_path / "policies.lock"
    lock.write_text(lock.read_text() + f"demo@1.1.0 sha256:{'1' * 64}\n")
    monkeypatch.setenv("PASSMUSTER_POLICY_PATH", str(tmp_path))
    for arguments in (
        ["policy", "show", "demo"],
        ["policy", "test"],
        ["policy", "lock", str(tmp_path)],
        ["policy", "lint"],
    ):
        assert main(arguments) == 4
        captured = capsys.readouterr()
        assert "demo@1.1.0 is released and is not there" in captured.out + captured.err
    assert main(["policy", "show", "virtnest"]) == 0


def test_what_is_not_there_is_a_mistake_of_the_caller(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["policy", "lint", str(tmp_path)]) == 2
    assert "no policy here" in capsys.readouterr().err
    assert main(["policy", "lint", str(tmp_path / "policy.yaml")]) == 2
    assert main(["policy", "lint", "nothing"]) == 2


def test_a_folder_of_packs_may_be_named_without_a_slash(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "mine", rule("one", "network.ipv7"))
    monkeypatch.chdir(tmp_path)
    assert main(["policy", "lint", "mine"]) == 1
    assert capsys.readouterr().out.startswith("mine/demo/1.0.0/policy.yaml:13:")


def test_a_pack_is_linted_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(codes(capsys, "virtnest@1.0.0")) == {"message-reads-more"}


NOT_FOUND = {
    "a base that another extends is used": (
        [rule("one", "network.ipv6")],
        TESTS.replace("cases:", "  more: {description: d, extends: plain, sections: {}}\ncases:").replace(
            "base: plain", "base: more"
        ),
        "",
    ),
    "a rule that may be unknown can fail": ([rule("one", "network.ipv6 || !network.nf_tables")], TESTS, ""),
    "rules that differ in where they apply": (
        [rule("one", "network.ipv6"), rule("two", "network.ipv6", applies_when="network.nf_tables")],
        TESTS.replace("{one: pass}", "{one: pass, two: pass}"),
        "",
    ),
    "a constant that a variable uses": (
        [rule("one", "variables.new")],
        TESTS,
        "constants:\n  limit: {description: d, value: 4}\nvariables:\n  new:\n    description: d\n    expression: |\n      kernel.major > constants.limit\n",
    ),
    "a message that says what the rule reads": (
        [rule("one", "kernel.major > 4", message_expression="'kernel ' + kernel.release + ' is too old'")],
        TESTS,
        "",
    ),
    "a message that looks first": (
        [
            rule(
                "one",
                "'a' in cpu.flags",
                message_expression="size(cpu.flags) > 0 ? 'no a, the first is ' + cpu.flags[0] : 'no flags'",
            )
        ],
        TESTS,
        "",
    ),
    "a message that reads a version as its rule does": (
        [
            rule(
                "one",
                "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.11'))",
                message_expression="'major ' + string(kernelVersion(kernel.release).major())",
            )
        ],
        TESTS,
        "",
    ),
}


@pytest.mark.parametrize(("rules", "tests", "extra"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_is_well_is_not_found(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, rules: list[str], tests: str, extra: str
) -> None:
    there = write(tmp_path, *rules, extra=extra, tests=tests)
    wording = {"rule-remediation", "rule-rationale", "rule-reference"}
    assert set(codes(capsys, str(there))) <= wording


MESSAGES = {
    "an element of a list": ("'a' in cpu.flags", "cpu.flags[0]", "is an error for some values of cpu.flags"),
    "a division": ("kernel.major > 3", "string(10 / kernel.minor)", "is an error for some values of kernel.minor"),
    "a number out of a text": ("kernel.release == 'a'", "string(int(kernel.release))", "some values of kernel.release"),
    "another section": ("network.ipv6", "kernel.release", "reads kernel, which the outcome does not rest on"),
    "another entry of an open map": (
        "devices['/dev/kvm'].exists",
        "devices['/dev/net/tun'].exists ? 'a' : 'b'",
        "reads devices['/dev/net/tun'], which the outcome",
    ),
}


@pytest.mark.parametrize(("expression", "message", "told"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_that_can_fail(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, expression: str, message: str, told: str
) -> None:
    there = write(tmp_path, rule("one", expression, message_expression=message))
    (finding,) = found(capsys, str(there))
    assert finding["code"] == (
        "message-reads-more" if "does not rest on" in told or "which the outcome" in told else "message-can-fail"
    )
    assert told in finding["message"]


def test_a_message_through_a_variable_is_placed_where_it_begins(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    extra = "variables:\n  told:\n    description: d\n    expression: |\n      kernel.release\n"
    there = write(tmp_path, rule("one", "network.ipv6", message_expression="'on ' + variables.told"), extra=extra)
    (finding,) = found(capsys, str(there))
    line = (there / "policy.yaml").read_text().splitlines()[finding["line"] - 1]
    assert line[finding["column"] - 1 :].startswith("message_expression") or "variables.told" in line


def test_all_that_is_wrong_is_found_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    there = write(tmp_path, rule("one", "network.ipv7"), rule("two", "network.ipv8"))
    assert sorted(set(codes(capsys, str(there)))) == ["cel-unknown-field", "rule-remediation", "rule-untested"]


@pytest.mark.parametrize(
    ("version", "expression", "low"),
    [
        ("1.0.1", "network.ipv6 && network.nf_tables", True),
        ("1.1.0", "network.ipv6 && network.nf_tables", True),
        ("2.0.0", "network.ipv6 && network.nf_tables", False),
        ("1.0.1", "network.ipv6 || network.nf_tables", True),
        ("1.1.0", "network.ipv6 || network.nf_tables", False),
        ("1.0.1", "!!network.ipv6", False),
        ("2.0.0-rc.1", "network.nf_tables", False),
    ],
)
def test_a_version_must_be_high_enough_for_what_changed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, version: str, expression: str, *, low: bool
) -> None:
    write(tmp_path, rule("one", "network.ipv6"))
    write(tmp_path, rule("one", "network.nf_tables"), version="0.9.0")
    there = write(tmp_path, rule("one", expression), version=version)
    assert codes(capsys, str(there)) == (["version-bump"] if low else [])


def test_a_version_is_not_compared_with_one_that_does_not_load(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(tmp_path, rule("one", "network.ipv7"))
    there = write(tmp_path, rule("one", "network.nf_tables"), version="1.0.1")
    assert codes(capsys, str(there)) == []


def test_what_is_not_written_yet_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    there = write(tmp_path, rule("one", "network.ipv6"))
    file = there / "policy.yaml"
    file.write_text(
        file.read_text().replace("title: t,", "title: TODO find it,").replace("it.\n    dev", "it, TBD.\n    dev")
    )
    assert codes(capsys, str(there)) == ["rule-rationale", "rule-reference"]


def test_a_rule_that_is_too_large_to_reason_about_is_left_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    extra = "variables:\n"
    for number in range(20):
        each = "network.ipv6" if number == 0 else f"variables.v{number - 1} == variables.v{number - 1}"
        extra += f"  v{number}:\n    description: d\n    expression: |\n      {each}\n"
    there = write(tmp_path, rule("one", "variables.v19"), extra=extra)
    assert codes(capsys, str(there)) == []


def _finding(message: str, file: str = "a b/policy.yaml", hint: str | None = None) -> Finding:
    problem = Problem(
        code="rule-untested", message=message, location=Location(file=file, line=3, column=5), excerpt="x: y", hint=hint
    )
    return Finding(problem=problem, severity=Severity.ERROR)


def test_github_commands_are_escaped() -> None:
    told = FORMATS["github"]([_finding("100 % wrong,\nreally: yes", "a,b:c%.yaml", hint="mend it")])
    assert told == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,col=5,title=rule-untested::"
        "100 %25 wrong,%0Areally: yes%0Ahint: mend it\n"
    )


def test_a_finding_of_a_whole_file_has_no_line() -> None:
    problem = Problem(code="lock-digest", message="m", location=Location(file="/a/ö.yaml"))
    finding = Finding(problem=problem, severity=Severity.WARNING)
    assert FORMATS["github"]([finding]) == "::warning file=/a/ö.yaml,title=lock-digest::m\n"
    (result,) = json.loads(FORMATS["sarif"]([finding]))["runs"][0]["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "file:///a/%C3%B6.yaml"}}}]


def _bad(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(POLICIES.parent / "tests/data/packs/bad")
    main(["policy", "lint", "./rule-never-fails", "./cel-enum", "./base-unused", "./lock-digest", "-o", "sarif"])
    log: dict[str, Any] = json.loads(capsys.readouterr().out)
    return log


def test_sarif_names_each_code_once_and_points_into_the_files(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = _bad(capsys, monkeypatch)["runs"]
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert rules == ["base-unused", "cel-enum", "lock-digest", "rule-never-fails"]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [each["ruleId"] for each in run["results"]]
    place = next(each for each in run["results"] if each["ruleId"] == "cel-enum")["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "cel-enum/policy.yaml"},
        "region": {"startLine": 13, "startColumn": 27},
    }


def test_sarif_is_sarif(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    official = json.loads(data("report-schemas/sarif-schema-2.1.0.json").read_bytes())
    for log in (_bad(capsys, monkeypatch), json.loads(FORMATS["sarif"]([]))):
        jsonschema.validate(log, official)
