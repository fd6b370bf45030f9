"""`report verify --with cel-cpp`: another implementation of CEL is asked, and what cannot be asked is counted."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packs import compiled, no_parameters, rule
from shipped_packs import shipped
from snapshots import data, snapshot

from passmuster.cli import main
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.proof.celcpp import Oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.policy.compile import CompiledPolicy

FROZEN = Path(__file__).parents[1] / "data" / "snapshots" / "1"
needs = pytest.mark.skipif(
    importlib.util.find_spec("cel_expr_python") is None, reason="cel-expr-python is not installed"
)


def terms(policy: CompiledPolicy) -> EvaluationCriteria:
    return EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))


@needs
@pytest.mark.parametrize(("name", "version"), [("virtnest", "1.0.0"), ("virtnest", "1.1.0"), ("kubevirt", "1.0.0")])
def test_the_shipped_packs_have_the_same_meaning_there(name: str, version: str) -> None:
    pack = shipped(name, version)
    oracle = Oracle(EvaluationCriteria(policies=(pack.policy,), parameters={name: dict(pack.defaults)}))
    for changes in ({}, {"set_": {"cpu.architecture": "s390x", "cpu.flags": []}}, {"set_": {"cgroup.v2": None}}):
        oracle.ask(snapshot(**changes))
    opinion = oracle.opinion()
    assert opinion.differing == ()
    assert opinion.compared >= 20
    assert opinion.compared + sum(opinion.skipped.values()) == 3 * len(pack.policy.rules)


@needs
def test_what_cannot_be_compared_is_counted_with_its_reason() -> None:
    policy = compiled(
        rule("plain", "kernel.major >= 6"),
        rule("ours", "!kernelVersion(kernel.release).isLessThan(kernelVersion('4.11'))"),
        rule("sets", "sets.contains(cpu.flags, ['lm'])"),
        rule("unknown", "os.id == 'debian' || kernel.major >= 6"),
        rule("nobody-asked", "kernel.major >= 6 || 'net.ipv4.ip_unprivileged_port_start' in kernel.sysctl"),
        rule("through-a-variable", "variables.low"),
        extra="variables:\n  low:\n    description: d\n    expression: |\n      kernel.minor < 5 || os.id == 'x'\n",
    )
    oracle = Oracle(terms(policy))
    oracle.ask(snapshot(unknown={"os.id": "denied"}))
    opinion = oracle.opinion()
    assert (opinion.compared, opinion.differing) == (1, ())
    assert opinion.skipped == {
        "a fact that the rule reads is unknown": 3,
        "cel-cpp has no contains of sets": 1,
        "cel-cpp has no isLessThan, kernelVersion": 1,
    }


AGREED = {
    "a pass": "kernel.major >= 6",
    "a failure": "kernel.major > 60",
    "a key that is not there": "!('x' in kernel.misc_devices)",
    "an error that nothing hides": "1 / (kernel.major - 6) == 1",
    "an error that does not matter": "1 / (kernel.major - 6) == 1 || kernel.major >= 6",
    "a null fact": "!has(memory.ksm_run) || memory.ksm_run == 0",
    "a list": "cpu.flags.exists(f, f == 'lm') && cpu.flags.all(f, f != '')",
    "a map of objects": "devices['/dev/kvm'].exists",
    "a text": "kernel.release.startsWith('6') && os.id.matches('^deb')",
    "the node": "node.name == 'node-1' && !('a' in node.labels)",
    "a constant": "kernel.major in constants.good",
    "a variable that fails": "kernel.major >= 6 || variables.fails",
}


@needs
@pytest.mark.parametrize("expression", AGREED.values(), ids=AGREED)
def test_both_agree_on(expression: str) -> None:
    extra = (
        "constants:\n  good: {description: d, value: [6, 7]}\n"
        "variables:\n  fails:\n    description: d\n    expression: |\n      1 / (kernel.major - 6) == 1\n"
    )
    oracle = Oracle(terms(compiled(rule("r", expression), extra=extra)))
    oracle.ask(snapshot())
    assert (oracle.opinion().compared, oracle.opinion().differing) == (1, ())


@needs
def test_a_rule_on_which_they_differ_is_named() -> None:
    one, other = compiled(rule("r", "kernel.major >= 6")), compiled(rule("r", "kernel.major >= 7"))
    lying = replace(
        one,
        rules=(
            replace(one.rules[0], expression=replace(one.rules[0].expression, _run=other.rules[0].expression._run)),
        ),
    )
    oracle = Oracle(terms(lying))
    oracle.ask(snapshot())
    assert oracle.opinion().differing == ("demo/r on node-1: passmuster gives fail, cel-cpp gives pass",)


@pytest.mark.long
@needs
def test_the_command_tells_what_came_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = sorted(str(path) for path in FROZEN.glob("*.json") if ".verdict" not in path.name)
    main(["check", *paths, "-o", "json=v.json"])
    assert main(["report", "verify", "v.json", "--snapshots", *paths, "--with", "cel-cpp"]) == 0
    told = capsys.readouterr().out
    assert "results are the same there\n" in told
    assert "not compared: a fact that the rule reads is unknown\n" in told


def test_a_library_that_is_missing_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node.json").write_bytes(data())
    main(["check", "node.json", "-o", "json=v.json"])
    find: Callable[..., object] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if "cel_expr" in name else find(name, *more)
    )
    assert main(["report", "verify", "v.json", "--snapshots", "node.json", "--with", "cel-cpp"]) == 2
    told = capsys.readouterr().err
    assert "needs the library cel-expr-python, which is not installed" in told
    assert "pip install 'passmuster[cel-cpp]'" in told
