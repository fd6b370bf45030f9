"""`passmuster policy ...` as an author and an auditor meet it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from packs import POLICIES, locked, rule, text, write_draft
from snapshots import data

from passmuster import policy
from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """\
schema: passmuster.tests/1
bases:
  plain:
    description: A node.
    sections:
      network: {ipv6: true, nf_tables: true}
cases:
  - name: it speaks IPv6
    base: plain
    expect: {one: pass}
  - name: it does not
    base: plain
    set: {network.ipv6: false}
    expect: {one: fail}
    messages: {one: network.ipv6 is false}
  - name: nobody looked
    base: plain
    unknown: {network.ipv6: denied}
    expect: {one: unknown}
"""


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "packs/demo/1.0.0"
    folder.mkdir(parents=True)
    (folder / "policy.yaml").write_text(text(rule("one", "network.ipv6")))
    (folder / "tests.yaml").write_text(TESTS)
    return tmp_path / "packs"


@pytest.mark.long
def test_list_shows_what_there_is(
    capsys: pytest.CaptureFixture[str], packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSMUSTER_POLICY_PATH", str(packs))
    (packs / "demo/draft-of-something").mkdir()
    assert main(["policy", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    found = [line.split()[:2] for line in lines if line[0] != " "]
    assert found == sorted(found)
    assert ["demo@1.0.0", "draft"] in found
    assert ["virtnest@1.0.0", "released"] in found


def test_a_pack_in_two_places_is_refused(
    capsys: pytest.CaptureFixture[str], packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (packs / "virtnest/7.0.0").mkdir(parents=True)
    (packs / "virtnest/7.0.0/policy.yaml").write_text("")
    monkeypatch.setenv("PASSMUSTER_POLICY_PATH", str(packs))
    assert main(["policy", "list"]) == 2
    assert "virtnest: the pack is in two folders" in capsys.readouterr().err


def test_show_is_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show", "virtnest@1.0.0"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "virtnest 1.0.0 (released): Node prerequisites for installing virtual machines\ndigest  sha256:"
    )
    assert '"The kernel version of all nodes in the target cluster' in " ".join(out.split())
    assert "      kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.11'))" in out


def test_show_one_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show", "virtnest", "--rule", "docker-version"]) == 0
    out = capsys.readouterr().out
    assert "docker-version (required)" in out
    assert "kernel-version" not in out
    assert main(["policy", "show", "virtnest", "--rule", "nothing"]) == 2


def test_show_tells_parameters_and_variables(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    extra = "parameters:\n  level: {type: int, default: 2, description: The level.}\n"
    extra += "variables:\n  both:\n    description: Both of them.\n    expression: |\n      network.ipv6\n"
    file = packs / "demo/1.0.0/policy.yaml"
    file.write_text(text(rule("one", "variables.both", applies_when="params.level > 1"), extra=extra))
    assert main(["policy", "show", str(file)]) == 0
    out = capsys.readouterr().out
    assert "params.level (int, default 2): The level." in out
    assert "variables.both: Both of them." in out
    assert "  applies when\n      params.level > 1" in out


@pytest.mark.long
def test_the_shipped_policies_pass_their_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test"]) == 0
    assert capsys.readouterr().out.endswith(" passed, 0 failed\n")


def test_a_policy_that_passes(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    assert main(["policy", "test", str(packs / "demo/1.0.0")]) == 0
    assert capsys.readouterr().out == "demo@1.0.0: 3 passed, 0 failed\n"


def test_the_folder_of_a_pack_is_no_version(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    for command in (["policy", "test"], ["policy", "show"], ["policy", "diff", str(packs / "demo")]):
        assert main([*command, str(packs / "demo")]) == 2
        assert capsys.readouterr().err == (
            f"{packs}/demo: no policy.yaml in this folder (expected the folder of a version: {packs}/demo/1.0.0)\n"
        )


def test_a_pack_that_is_not_found_says_where_packs_are_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show", "acme"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "acme: no such pack (got 'acme', expected one of: kubevirt, virtnest)"
    assert "PASSMUSTER_POLICY_PATH" in told[1]


BROKEN = {
    "an outcome that is not so": (
        ("expect: {one: pass}", "expect: {one: fail}"),
        1,
        "tests.yaml:8: it speaks IPv6: one: got pass, expected fail",
    ),
    "a message that is not so": (
        ("{one: network.ipv6 is false}", "{one: no IPv6}"),
        1,
        "tests.yaml:11: it does not: one: got 'network.ipv6 is false', expected message 'no IPv6'",
    ),
    "a message where there is none": (
        ("expect: {one: pass}", "expect: {one: pass}\n    messages: {one: no IPv6}"),
        1,
        "tests.yaml:8: it speaks IPv6: one: got no message, expected message 'no IPv6'",
    ),
    "an outcome that nobody tests": (("expect: {one: unknown}", "expect: {}"), 2, "tests.yaml:19:13: too small"),
    "a rule that is not there": (
        ("expect: {one: pass}", "expect: {two: pass}"),
        2,
        "tests.yaml:8:1: no such rule (got 'two', expected one of: one)",
    ),
    "a base that is not there": (
        ("base: plain\n    set", "base: bare\n    set"),
        2,
        "no such base (got 'bare', expected one of: plain)",
    ),
    "a fact that a node cannot have": (
        ("network.ipv6: false", "network.ipv6: maybe"),
        2,
        'wrong type (got "maybe", expected boolean)',
    ),
    "a path that is none": (("network.ipv6: false", "'network ipv6': false"), 2, "not a field path at character 8"),
    "two cases of one name": (("name: it does not", "name: it speaks IPv6"), 2, "two cases named 'it speaks IPv6'"),
    "a base that extends itself": (
        ("    description: A node.", "    description: A node.\n    extends: plain"),
        2,
        "extends a base that is not there, or itself",
    ),
    "broken YAML": (("bases:", "bases: ["), 2, "not YAML"),
    "a parameter that is not there": (
        ("    set: {", "    parameters: {level: 2}\n    set: {"),
        2,
        "no such parameter (got 'level', expected one of: none)",
    ),
}


@pytest.mark.parametrize(("change", "status", "message"), BROKEN.values(), ids=BROKEN)
def test_tests_that_do_not_hold(
    capsys: pytest.CaptureFixture[str], packs: Path, change: tuple[str, str], status: int, message: str
) -> None:
    assert change[0] in TESTS
    (packs / "demo/1.0.0/tests.yaml").write_text(TESTS.replace(*change))
    assert main(["policy", "test", str(packs / "demo/1.0.0")]) == status
    captured = capsys.readouterr()
    assert message in captured.out + captured.err


def test_an_outcome_without_a_case_is_no_success(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    (packs / "demo/1.0.0/tests.yaml").write_text(TESTS.split("  - name: nobody looked", maxsplit=1)[0])
    assert main(["policy", "test", str(packs / "demo/1.0.0")]) == 1
    assert "no case expects one: unknown" in capsys.readouterr().out


def test_bases_build_on_each_other_and_cases_delete(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    more = TESTS.replace(
        "cases:",
        "  other:\n    description: Another.\n    extends: plain\n    sections: {os: {id: debian}}\ncases:\n"
        "  - name: what is deleted was not collected\n    base: other\n    delete: [network.ipv6]\n    expect: {one: unknown}\n"
        "  - name: so is a whole section\n    base: other\n    delete: [network]\n    expect: {one: unknown}\n"
        "  - name: one reason for a whole section\n    base: other\n    unknown: {network: timeout}\n    expect: {one: unknown}\n"
        "    messages: {one: 'network is unknown: timeout'}\n",
    )
    (packs / "demo/1.0.0/tests.yaml").write_text(more)
    assert main(["policy", "test", str(packs / "demo/1.0.0")]) == 0
    assert capsys.readouterr().out == "demo@1.0.0: 6 passed, 0 failed\n"


def test_a_policy_without_tests_is_refused(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    (packs / "demo/1.0.0/tests.yaml").unlink()
    assert main(["policy", "test", str(packs / "demo/1.0.0")]) == 2
    assert "tests.yaml: cannot be read" in capsys.readouterr().err


WHO = ["--approved-by", "Ada <ada@site.org>", "--approved-at", "2026-12-01T10:00:00Z"]


def release(home: Path, *names: str) -> int:
    return main(["policy", "lock", str(home), *(word for name in names for word in ("--release", name)), *WHO])


def test_locking_releases_and_never_changes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = write_draft(tmp_path, "demo")
    assert release(tmp_path, "demo@1.0.0") == 0
    first = (tmp_path / "policies.lock").read_text()
    digest = policy.digest((folder / "policy.yaml").read_bytes())
    assert first.endswith(f"\ndemo@1.0.0 {digest} approved 2026-12-01T10:00:00Z by Ada <ada@site.org>\n")
    assert main(["policy", "lock", str(tmp_path)]) == 0
    assert release(tmp_path, "demo@1.0.0") == 0
    assert (tmp_path / "policies.lock").read_text() == first
    assert release(tmp_path, "demo@2.0.0") == 2
    write_draft(tmp_path, "demo", "1.0.1")
    (tmp_path / "demo/1.0.0/policy.yaml").write_text(text(rule("one", "!network.ipv6")))
    assert main(["policy", "lock", str(tmp_path)]) == 4
    assert release(tmp_path, "demo@1.0.1") == 4
    assert (tmp_path / "policies.lock").read_text() == first
    assert "demo@1.0.0 is released and has changed" in capsys.readouterr().err


def test_a_release_adds_a_line_and_keeps_the_others(tmp_path: Path) -> None:
    write_draft(tmp_path, "demo")
    write_draft(tmp_path, "other")
    locked(tmp_path, "other@1.0.0")
    before = (tmp_path / "policies.lock").read_text().splitlines()
    assert release(tmp_path, "demo@1.0.0") == 0
    assert set(before) < set((tmp_path / "policies.lock").read_text().splitlines())


UNFIT = {
    "a test does not hold": ("tests.yaml", "expect: {demo-example: fail}", "expect: {demo-example: unknown}", "demo-example: got fail"),
    "an outcome has no test": ("tests.yaml", "unknown: {kernel.modules: denied}\n    expect: {demo-example: unknown}", "expect: {demo-example: pass}", "no case expects demo-example: unknown"),
    "a branch is never taken": ("policy.yaml", "'demo_example' in kernel.modules\n", "'demo_example' in kernel.modules || network.ipv6\n", "in no case true: network.ipv6"),
    "lint has something to say": ("policy.yaml", "https://man7.org/", "https://man7.example/../x.example.org/", "leads nowhere"),
    "it does not compile": ("policy.yaml", "kernel.modules\n", "kernel.modulez\n", "modulez"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("change", UNFIT.values(), ids=UNFIT)
def test_what_is_not_fit_is_not_released(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, change: tuple[str, str, str, str]
) -> None:
    name, old, new, told = change
    file = write_draft(tmp_path, "demo") / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    assert release(tmp_path, "demo@1.0.0") == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "policies.lock").exists()


def test_what_policy_new_wrote_is_not_released_as_it_stands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["policy", "new", "demo", "--in", str(tmp_path)]) == 0
    assert release(tmp_path, "demo@0.1.0") == 2
    told = capsys.readouterr().err
    assert "the title or the source is not written yet (got 'TODO')" in told
    assert "the source leads nowhere" in told
    assert "the rationale of 'demo-example' is not written yet" in told
    assert "demo@0.1.0 cannot be released (got 3 findings, expected none)" in told
    assert not (tmp_path / "policies.lock").exists()


APPROVALS = {
    "nobody approves": (["--release", "demo@1.0.0"], "a release names who approved it"),
    "nobody, in words": (["--release", "demo@1.0.0", "--approved-by", " "], "not one line of visible text"),
    "two lines": (["--release", "demo@1.0.0", "--approved-by", "a\nb@1.0.0 sha256:"], "not one line of visible text"),
    "no moment": (["--release", "demo@1.0.0", "--approved-by", "Ada", "--approved-at", "now"], "--approved-at: "),
    "nothing to approve": (["--approved-by", "Ada"], "--approved-by: nothing is released"),
    "no time to note": (["--approved-at", "2026-12-01T10:00:00Z"], "--approved-at: nothing is released"),
}


@pytest.mark.parametrize(("arguments", "told"), APPROVALS.values(), ids=APPROVALS)
def test_a_release_says_who_approved_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], told: str
) -> None:
    write_draft(tmp_path, "demo")
    assert main(["policy", "lock", str(tmp_path), *arguments]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "policies.lock").exists()


def test_without_a_moment_the_clock_says_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    write_draft(tmp_path, "demo")
    assert main(["policy", "lock", str(tmp_path), "--release", "demo@1.0.0", "--approved-by", "Ada"]) == 0
    assert " approved 1970-01-01T00:00:00Z by Ada\n" in (tmp_path / "policies.lock").read_text()


def test_a_release_names_itself_as_its_folder_does(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    (packs / "demo/1.0.0").rename(packs / "demo/1.1.0")
    assert release(packs, "demo@1.1.0") == 2
    assert "names itself demo@1.0.0 (expected demo@1.1.0" in capsys.readouterr().err


def test_a_lock_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], packs: Path) -> None:
    (packs / "policies.lock").write_text("what\n")
    assert main(["policy", "test", str(packs / "demo/1.0.0")]) == 2
    assert "policies.lock:1:1: not a line of a lock" in capsys.readouterr().err


@pytest.mark.long
def test_a_lock_that_somebody_put_beside_a_pack_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node.json").write_bytes(data())
    foreign = tmp_path / "packs" / "virtnest" / "9.0.0"
    foreign.mkdir(parents=True)
    shipped = (POLICIES / "virtnest" / "1.1.0" / "policy.yaml").read_text()
    (foreign / "policy.yaml").write_text(shipped.replace("version: 1.1.0", "version: 9.0.0"))
    digest = "sha256:" + hashlib.sha256((foreign / "policy.yaml").read_bytes()).hexdigest()
    lock = f"virtnest@9.0.0 {digest}\n".encode()
    (tmp_path / "packs" / "policies.lock").write_bytes(lock)
    locked = "sha256:" + hashlib.sha256(lock).hexdigest()
    told = {}
    for pack in ("virtnest@1.1.0", str(foreign), str(POLICIES / "virtnest" / "1.1.0")):
        main(["check", "node.json", "-p", pack, "-o", "json=r.json", "-o", "table"])
        (policy,) = json.loads((tmp_path / "r.json").read_bytes())["policies"]
        told[pack] = (
            policy["released"],
            policy["lock"],
            "released by another lock" in " ".join(capsys.readouterr().out.split()),
        )
        assert main(["report", "verify", "r.json", "--snapshots", "node.json", "-p", pack]) == 0
        capsys.readouterr()
    assert list(told.values()) == [(True, "passmuster", False), (True, locked, True), (True, "passmuster", False)]
