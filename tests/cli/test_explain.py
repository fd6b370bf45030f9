"""`passmuster explain`: the expression as written, what decided it, facts with their sources, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from goldens import same_as_golden
from packs import rule, text
from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

EXTRA = """\
parameters:
  wanted: {type: list, default: [vmx, ssse3], description: Words wanted.}
variables:
  debian:
    description: The system is Debian.
    expression: |
      os.id == 'debian'
"""
RULES = {
    "which side of &&": ("network.ipv6 && kernel.major > 9", {}),
    "which side of ||": ("kernel.major > 9 || network.ipv6", {}),
    "no side of ||": ("kernel.major > 9 || !network.ipv6", {}),
    "which element of all": ("['vmx', 'avx'].all(f, f in cpu.flags)", {}),
    "every element of all": ("['vmx', 'lm'].all(f, f in cpu.flags)", {}),
    "which element of exists": ("cpu.flags.exists(f, f == 'vmx')", {}),
    "a filter": ("params.wanted.filter(f, !(f in cpu.flags)).size() == 0", {"cpu.flags": ["vmx"]}),
    "the taken arm": ("network.ipv6 ? kernel.major > 9 : os.id == 'x'", {}),
    "a variable": ("!variables.debian", {}),
    "a fact that could not be looked at": ("os.id == 'debian' && network.ipv6", {}),
    "a long list": ("'vmx' in cpu.flags", {"cpu.flags": [f"flag_{number:03d}" for number in range(120)]}),
    "an error": ("kernel.modules[99] == 'x'", {}),
}


def explained(folder: Path, expression: str, **changes: Any) -> int:
    (folder / "node.json").write_bytes(data(**changes))
    (folder / "demo.yaml").write_text(text(rule("it", expression, applies_when="kernel.minor >= 0"), extra=EXTRA))
    return main(["explain", "node.json", "it", "-p", "./demo.yaml"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.mark.parametrize("name", RULES)
def test_explaining(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    expression, facts = RULES[name]
    unknown = {"network.ipv6": "denied"} if "could not" in name else {}
    assert explained(folder, expression, set_=facts, unknown=unknown) == 0
    same_as_golden(
        f"explain/{name.replace(' ', '-').replace('&&', 'and').replace('||', 'or')}.txt", capsys.readouterr().out
    )


def test_what_is_not_applicable_is_explained_by_its_condition(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "node.json").write_bytes(data())
    assert main(["explain", "node.json", "ppc-kvm-hv"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("NOT APPLICABLE  node-1  virtnest/ppc-kvm-hv (informational)\n")
    assert "\nexpression, line" not in out
    assert 'cpu.architecture is "x86_64"' in out


def test_a_parameter_may_be_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explained(folder, "sets.contains(cpu.flags, params.wanted)")
    assert capsys.readouterr().out.startswith("PASS")
    assert main(["explain", "node.json", "it", "-p", "./demo.yaml", "--set", "wanted=avx"]) == 0
    assert capsys.readouterr().out.startswith("FAIL")


def test_a_fact_that_nobody_asked_for_is_unknown_and_has_no_value(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(folder, "'net.ipv4.ip_forward' in kernel.sysctl", set_={"kernel.sysctl": {}}) == 0
    out = capsys.readouterr().out
    assert "\n  kernel.sysctl['net.ipv4.ip_forward'] is unknown: not_collected (not requested)\n" in out
    assert "kernel.sysctl['net.ipv4.ip_forward'] =" not in out


def test_what_would_change_the_outcome_is_all_that_stands_in_the_way(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(folder, "(kernel.major > 9 && !variables.debian && network.ipv6) || cpu.logical_count > 99") == 0
    assert capsys.readouterr().out.endswith(
        "what would change the outcome (each line alone)\n"
        "  kernel.major > 9 && !variables.debian\n"
        "  cpu.logical_count > 99\n"
    )


def test_what_would_change_a_variable_is_told_only_where_the_variable_alone_would(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(folder, "!variables.debian && network.ipv6") == 0
    assert capsys.readouterr().out.endswith("what would change the outcome\n  os.id != 'debian'\n")
    assert explained(folder, "!variables.debian && kernel.major > 9") == 0
    assert capsys.readouterr().out.endswith("what would change the outcome\n  !variables.debian && kernel.major > 9\n")


REFUSED = {
    "no such rule": (
        ["node.json", "nothing"],
        2,
        "nothing: no such rule in virtnest@1.1.0 (expected one of: kernel-version,",
    ),
    "no such file": (["absent.json", "kernel-version"], 2, "absent.json: cannot be read"),
    "many snapshots": (["many.ndjson", "kernel-version"], 2, "2 snapshots (expected one)"),
    "no snapshot": (["bad.json", "kernel-version"], 3, "bad.json:1:1: not JSON"),
}


@pytest.mark.parametrize(("arguments", "status", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_explained_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, message: str
) -> None:
    (folder / "node.json").write_bytes(data())
    (folder / "many.ndjson").write_bytes(data() * 2)
    (folder / "bad.json").write_bytes(b"hello")
    assert main(["explain", *arguments]) == status
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
