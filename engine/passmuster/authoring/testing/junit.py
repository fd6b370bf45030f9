"""Results of tests as JUnit XML, as Jenkins reads it: testsuites, testsuite, testcase, failure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from passmuster.authoring.testing import wording
from passmuster.model.text import escape, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.authoring.testing.run import Tested


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    name: str
    failure: str | None


def render(tested: Sequence[Tested]) -> str:
    """One suite for the cases of a policy, and one for each requested check."""
    top = ET.Element("testsuites")
    for policy in tested:
        _suite(top, policy.name, list(_cases(policy)))
        if policy.coverage is not None:
            _suite(top, f"{policy.name} coverage", list(_coverage(policy)))
        if policy.mutation is not None:
            _suite(top, f"{policy.name} mutants", list(_mutants(policy)))
    ET.indent(top)
    text: str = ET.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(top: ET.Element, name: str, cases: Sequence[_Case]) -> None:
    failures = sum(case.failure is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": "0"}
    suite = ET.SubElement(top, "testsuite", {"name": _legal(name), **counts})
    for case in cases:
        element = ET.SubElement(suite, "testcase", {"classname": _legal(name), "name": _legal(case.name)})
        if case.failure is not None:
            text = _legal(case.failure)
            ET.SubElement(element, "failure", {"message": text, "type": "expectation"}).text = text


def _legal(text: str) -> str:
    """Text that XML 1.0 can hold (section 2.2, Char), and in which nothing is unseen."""
    shown = "\n".join(visible(line) for line in text.split("\n"))
    return re.sub("[\ufffe\uffff]", lambda match: escape(match.group()), shown)


def _cases(tested: Tested) -> Iterator[_Case]:
    for case in tested.suite.every_case:
        messages = [wording.mismatch(mismatch) for mismatch in tested.outcome.mismatches if mismatch.case is case]
        text = f"{tested.suite.file}:{case.line}: " + "; ".join(messages) if messages else None
        yield _Case(name=case.name, failure=text)
    for untested in tested.outcome.untested:
        yield _Case(name=f"some case expects {untested}", failure="no case expects it")


def _coverage(tested: Tested) -> Iterator[_Case]:
    assert tested.coverage is not None
    for rule in tested.coverage.rules:
        text = f"{rule.taken} of {rule.total} branches taken ({rule.percent} %)"
        yield _Case(name=f"every branch of {rule.rule} is taken", failure=None if rule.taken == rule.total else text)
    for branch in tested.coverage.uncovered:
        place = f"{tested.file}:{branch.line}:{branch.column}"
        yield _Case(name=f"{place}: {branch.owner}: {branch.text}", failure=wording.uncovered(branch))


def _mutants(tested: Tested) -> Iterator[_Case]:
    assert tested.mutation is not None
    mutation = tested.mutation
    noticed = mutation.total - len(mutation.survivors)
    yield _Case(name=f"{noticed} mutants are noticed, or listed as equivalent", failure=None)
    for mutant, killer in zip(mutation.survivors, tested.killers, strict=True):
        place = f"{tested.file}:{mutant.line}:{mutant.column}"
        yield _Case(name=f"{place}: {mutant.owner}: {mutant.name}", failure=wording.killer(killer))
    for entry, why in mutation.stray:
        yield _Case(name=f"{tested.suite.file}:{entry.line}: {entry.rule}: {entry.mutant}", failure=why)
