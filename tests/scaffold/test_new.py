"""`policy new`: what it writes is whole as it stands, and it never writes over what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import locked

from passmuster import policy
from passmuster.authoring import scaffold, testing
from passmuster.cli import main
from passmuster.errors import PolicyError
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "policies"


def whole(capsys: pytest.CaptureFixture[str], folder: Path) -> str:
    """Assert that a version has no error, and passes its tests; what `policy test` says."""
    assert main(["policy", "lint", str(folder)]) == 0
    capsys.readouterr()
    assert main(["policy", "test", str(folder)]) == 0
    return capsys.readouterr().out


def test_a_pack_begins_whole(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "policies/ours/0.1.0/policy.yaml",
        "policies/ours/0.1.0/tests.yaml",
    ]
    assert "ours@0.1.0: 5 passed, 0 failed" in whole(capsys, home / "ours/0.1.0")


def test_rules_are_added_whole(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours", "--in", "policies"]) == 0
    for rule in ("kvm-intel", "nf-tables"):
        assert main(["policy", "new", "ours", "--in", "policies", "--rule", rule]) == 0
    assert "ours@0.1.0: 15 passed, 0 failed" in whole(capsys, home / "ours/0.1.0")
    assert main(["policy", "show", str(home / "ours/0.1.0"), "--rule", "nf-tables"]) == 0


def test_a_pack_is_never_begun_twice(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours"]) == 0
    before = (home / "ours/0.1.0/policy.yaml").read_bytes()
    assert main(["policy", "new", "ours"]) == 2
    assert "policies/ours: the pack already exists" in capsys.readouterr().err
    assert (home / "ours/0.1.0/policy.yaml").read_bytes() == before


def test_a_rule_is_never_added_twice(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours"]) == 0
    assert main(["policy", "new", "ours", "--rule", "ours-example"]) == 2
    assert "'ours-example' already exists" in capsys.readouterr().err
    assert "5 passed" in whole(capsys, home / "ours/0.1.0")


def test_a_release_is_never_changed(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours"]) == 0
    locked(home, "ours@0.1.0")
    assert main(["policy", "new", "ours", "--rule", "kvm"]) == 2
    assert "got 0.1.0 (released), expected a version that is not released" in capsys.readouterr().err


def test_a_rule_goes_to_the_newest_draft(home: Path) -> None:
    assert main(["policy", "new", "ours"]) == 0
    newer = home / "ours/0.10.0"
    newer.mkdir()
    for name in ("policy.yaml", "tests.yaml"):
        text = (home / "ours/0.1.0" / name).read_text().replace("version: 0.1.0", "version: 0.10.0")
        (newer / name).write_text(text)
    assert main(["policy", "new", "ours", "--rule", "kvm"]) == 0
    assert "id: kvm\n" in (newer / "policy.yaml").read_text()
    assert "id: kvm\n" not in (home / "ours/0.1.0/policy.yaml").read_text()


def test_a_draft_that_is_broken_stays_as_it_is(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours"]) == 0
    file = home / "ours/0.1.0/policy.yaml"
    file.write_text(file.read_text().replace("kernel.modules", "kernel.modulos"))
    before = file.read_bytes()
    assert main(["policy", "new", "ours", "--rule", "kvm"]) == 2
    assert "there is no field 'modulos'" in capsys.readouterr().err
    assert file.read_bytes() == before


NAMES = ["Ours", "true", "null", "1st", "", "a" * 64, "a_b", "a b", "ö"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], home: Path, name: str) -> None:
    assert main(["policy", "new", name]) == 2
    assert main(["policy", "new", "ours", "--rule", name]) == 2
    assert capsys.readouterr().err.count("expected lower-case letters, digits and hyphens") == 2
    assert not home.exists()


def test_a_pack_that_is_not_there_gets_no_rule(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours", "--rule", "kvm"]) == 2
    assert "no draft of ours to add a rule to (got none at all" in capsys.readouterr().err
    assert not home.exists()


def test_a_folder_that_cannot_be_made_is_said(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    home.write_text("a file")
    assert main(["policy", "new", "ours"]) == 2
    assert "cannot be created" in capsys.readouterr().err


def _passes(files: scaffold.Files) -> int:
    """How many cases there are, all of which hold."""
    compiled = compile_policy(policy.load(files.policy.encode(), "policy.yaml"))
    outcome = testing.run(compiled, testing.load(files.tests.encode(), "tests.yaml"), {})
    assert outcome.good
    return outcome.cases


NAMED = st.from_regex(r"[a-z][a-z0-9-]{0,62}", fullmatch=True).filter(lambda name: name not in NAMES)


@pytest.mark.long
@settings(max_examples=50, deadline=None)
@given(NAMED, NAMED)
def test_whatever_the_names_are_the_files_are_whole(pack: str, rule: str) -> None:
    files = scaffold.begun(pack)
    assert _passes(files) == 5
    if f"id: {rule}\n" not in files.policy:
        assert _passes(scaffold.extended(files, rule, ("policy.yaml", "tests.yaml"))) == 10


LAYOUTS = {
    "items at the margin": ("rules:\n  - id", "rules:\n- id"),
    "a comment at the end": ("proc_modules.5.html\n", "proc_modules.5.html\n# the end\n\n"),
    "no line break at the end": ("proc_modules.5.html\n", "proc_modules.5.html"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_rule_is_added_to_files_of_another_layout(layout: str) -> None:
    files = scaffold.begun("ours")
    old, new = LAYOUTS[layout]
    assert old in files.policy
    text = files.policy.replace(old, new)
    if layout == "items at the margin":
        head, rules = text.split("rules:\n")
        text = head + "rules:\n" + "\n".join(line.removeprefix("  ") for line in rules.split("\n"))
    assert _passes(scaffold.extended(scaffold.Files(policy=text, tests=files.tests), "kvm", ("p", "t"))) == 10


def test_cases_may_stand_before_bases() -> None:
    files = scaffold.begun("ours")
    head, rest = files.tests.split("bases:\n")
    bases, cases = rest.split("cases:\n")
    turned = f"{head}cases:\n{cases}\nbases:\n{bases.rstrip()}\n"
    assert _passes(scaffold.extended(scaffold.Files(policy=files.policy, tests=turned), "kvm", ("p", "t"))) == 10


def test_flow_style_is_not_guessed_at() -> None:
    files = scaffold.begun("ours")
    head, rest = files.tests.split("bases:\n")
    flow = f"{head}bases: {{plain: {{description: d, sections: {{}}}}}}\ncases:\n{rest.split('cases:' + chr(10))[1]}"
    flow = flow.replace("base: ours-example", "base: plain")
    with pytest.raises(PolicyError, match="`bases` is not written with one item below the other"):
        scaffold.extended(scaffold.Files(policy=files.policy, tests=flow), "kvm", ("p", "t"))


def test_rules_in_flow_style_are_not_guessed_at_either() -> None:
    files = scaffold.begun("ours")
    flow = files.policy.split("rules:")[0] + "rules: [{id: one}]\n"
    with pytest.raises(PolicyError, match="`rules` is not written with one item below the other"):
        scaffold.extended(scaffold.Files(policy=flow, tests=files.tests), "kvm", ("p", "t"))


def test_tests_that_are_no_yaml_are_told(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["policy", "new", "ours"]) == 0
    (home / "ours/0.1.0/tests.yaml").write_text("bases: [\n")
    assert main(["policy", "new", "ours", "--rule", "kvm"]) == 2
    assert "tests.yaml:2:1: not YAML" in capsys.readouterr().err
