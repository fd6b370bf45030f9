"""A rule that was not asked has no outcome, and no path gives a verdict then: a silence must not read as a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fleets import counted, passed, plain, results
from packs import compiled, no_parameters, rule
from snapshots import data, document

from passmuster.cli import main
from passmuster.codec import json
from passmuster.evaluation import node as judging
from passmuster.evaluation import rule as evaluating
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.fleet import Tally, class_of
from passmuster.fleet.cache import answers, groups
from passmuster.model.outcome import RuleOutcome, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

POLICY = compiled(
    rule("kernel", "kernel.release != '4.4.0'"),
    rule("nothing", "size('abc') == 3", message_expression="os.id"),
    rule("two", "kernel.release != os.id"),
)
TERMS = EvaluationCriteria(policies=(POLICY,), parameters=no_parameters(POLICY))
LINES = [data("n1"), data("n2", set_={"kernel.release": "4.4.0"})]


def _first_left_out(whole: Callable[..., Any]) -> Callable[..., Any]:
    def less(*arguments: Any, **named: Any) -> Any:
        return whole(*arguments, **named)[1:]

    return less


def _group_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "grouped", _first_left_out(groups.grouped))


def _rule_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups.Group, "answers", _first_left_out(groups.Group.answers))


LEFT_OUT = {"a group of rules": _group_left_out, "one rule of a group": _rule_left_out}


@pytest.mark.parametrize("way", [passed, counted], ids=["as a report has it", "counts alone"])
@pytest.mark.parametrize("leave", LEFT_OUT.values(), ids=LEFT_OUT)
def test_from_memory(
    monkeypatch: pytest.MonkeyPatch, leave: Callable[[pytest.MonkeyPatch], None], way: Callable[..., Any]
) -> None:
    leave(monkeypatch)
    with pytest.raises(UnansweredError, match="was not asked"):
        way(LINES, TERMS)


def test_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "evaluate", _first_left_out(evaluating.evaluate))
    with pytest.raises(UnansweredError, match="not asked: demo/kernel"):
        plain(LINES, TERMS)


RESULTS = [(each.header, RuleOutcome.PASS) for each in POLICY.rules]
NOT_ALL = {"none": [], "two of three": RESULTS[1:], "another order": RESULTS[::-1], "one twice": [*RESULTS, RESULTS[0]]}


@pytest.mark.parametrize("results", NOT_ALL.values(), ids=NOT_ALL)
def test_what_another_process_or_machine_counted(results: list[Any]) -> None:
    other = Tally(EvaluationCriteria(policies=(), parameters={}))
    other._members = [class_of(results)]
    with pytest.raises(UnansweredError):
        Tally(TERMS).add(other.portion())


def test_a_command_ends_without_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _group_left_out(monkeypatch)
    (tmp_path / "a.json").write_bytes(LINES[0])
    assert main(["check", str(tmp_path / "a.json"), "-p", "virtnest@1.0.0", "-o", "summary"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert "was not asked" in err


def labelled(name: str, **labels: str) -> bytes:
    made = document(name)
    made["node"]["labels"] = labels
    return json.canonical(made)


LABELLED = compiled(rule("pool", "node.name == 'n9' && 'pool' in node.labels"))


def test_what_would_change_an_outcome_is_said_of_each_node_where_the_rest_is_the_same() -> None:
    lines = [labelled("n1"), labelled("n2", pool="a"), labelled("n3")]
    known, plainly = results(lines, EvaluationCriteria(policies=(LABELLED,), parameters=no_parameters(LABELLED)))
    wanted = [[each.wanted for result in some for each in result.because] for some in known]
    assert wanted[0] != wanted[1]
    assert known == plainly
