"""Judging made fleets twice: all nodes at once the plain way, and in one pass."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

from passmuster.errors import SnapshotError
from passmuster.evaluation.node import Given, judge, judge_one
from passmuster.fleet.runner import OnePass
from passmuster.report import Evidence, Style
from passmuster.report.json_v1 import render
from passmuster.snapshot import load

if TYPE_CHECKING:
    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet.conclusion import Conclusion
    from passmuster.model.verdict import Result


def _given(line: bytes, label: str) -> Given:
    try:
        return Given(input=label, snapshot=load(line, label))
    except SnapshotError as error:
        return Given(input=label, snapshot=None, problem=str(error.problems[0]))


def plain(lines: list[bytes], terms: EvaluationCriteria) -> str:
    return render(judge([_given(line, f"f:{at}") for at, line in enumerate(lines)], terms), Style())


def passed(lines: list[bytes], terms: EvaluationCriteria) -> tuple[str, int]:
    """The report of one pass, and how many nodes were judged from memory."""
    onepass, written = OnePass(terms, Style(), written=True, journal=BytesIO()), []
    remembered = 0
    for at, line in enumerate(lines):
        known = onepass.known(line) or onepass.known_otherwise(line)
        remembered += known is not None
        written.append(
            onepass.plain(_given(line, f"f:{at}")) if known is None else onepass.remembered(known, b'"f:%d"' % at)
        )
    return b"".join(onepass.whole(onepass.conclude(), written)).decode(), remembered


def counted(lines: list[bytes], terms: EvaluationCriteria) -> Conclusion:
    """The same for its counts alone."""
    onepass = OnePass(terms, Style(), written=False, journal=BytesIO() if OnePass.needs_journal(terms) else None)
    for at, line in enumerate(lines):
        known = onepass.known(line) or onepass.known_otherwise(line)
        if known is None:
            onepass.plain(_given(line, f"f:{at}"))
        else:
            onepass.remembered(known, b'"label"')
    return onepass.conclude()


def results(lines: list[bytes], terms: EvaluationCriteria) -> tuple[list[tuple[Result, ...]], list[tuple[Result, ...]]]:
    """All that is said of each line, from memory and the plain way, the words for people included."""
    full = Style(evidence=Evidence.FULL)
    onepass = OnePass(terms, full, written=True, journal=BytesIO())
    known = [onepass.known(line) for line in lines]
    return (
        [onepass.remembered_verdict(each, "label").results for each in known if each is not None],
        [judge_one(_given(line, "label"), terms).results for line in lines],
    )


def fast(lines: list[bytes], terms: EvaluationCriteria) -> tuple[str, int]:
    text, remembered = passed(lines, terms)
    report, conclusion = json.loads(text), counted(lines, terms)
    assert conclusion.counts == report["summary"]
    assert conclusion.verdict.outcome.value == report["outcome"]
    return text, remembered
