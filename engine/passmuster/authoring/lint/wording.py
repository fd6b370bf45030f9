"""Words for people: a rule that does not say why, what to do or where it comes from is no rule to audit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from passmuster.authoring.lint.finding import Lint, Severity, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.authoring.lint.finding import Subject

_WORD = re.compile(r"\w[\w'.-]*")
_PLACEHOLDER = re.compile(r"\b(?:TODO|TBD|TBA|FIXME|XXX)\b|(?i:\blorem ipsum\b|\bplaceholder\b)")
_NOBODYS = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid|test|localhost)")
_LEAST = {"rationale": 5, "remediation": 3}
"""Words that say anything at all."""


def _rationale(subject: Subject) -> Iterator[Spot]:
    yield from _thin(subject, "rationale", "say why this matters, for someone who has to decide whether it does")


def _remediation(subject: Subject) -> Iterator[Spot]:
    yield from _thin(subject, "remediation", "say what a person does about a failure")


def _thin(subject: Subject, what: str, hint: str) -> Iterator[Spot]:
    for number, rule in enumerate(subject.policy.rules):
        text = getattr(rule, what)
        words, left_over = len(_WORD.findall(text)), _PLACEHOLDER.search(text)
        path = ("rules", number, what)
        if left_over is not None:
            message = f"the {what} of {rule.id!r} is not written yet (got {left_over.group()!r})"
            yield Spot(path=path, message=message, hint=hint, key=True)
        elif words < _LEAST[what]:
            message = f"the {what} of {rule.id!r} is too short (got {words} words, expected at least {_LEAST[what]})"
            yield Spot(path=path, message=message, hint=hint, key=True)


def _reference(subject: Subject) -> Iterator[Spot]:
    for number, rule in enumerate(subject.policy.rules):
        for at, reference in enumerate(rule.references):
            path = ("rules", number, "references", at)
            host = urlsplit(reference.url).hostname or ""
            if _NOBODYS.fullmatch(host):
                message = (
                    f"a reference of {rule.id!r} leads nowhere (got the host {host!r}, which is kept for examples)"
                )
                yield Spot(path=(*path, "url"), message=message)
            if left_over := _PLACEHOLDER.search(f"{reference.title} {reference.quote or ''}"):
                message = f"a reference of {rule.id!r} is not written yet (got {left_over.group()!r})"
                yield Spot(path=(*path, "title"), message=message)


def _source(subject: Subject) -> Iterator[Spot]:
    source = subject.policy.source
    host = urlsplit(source["url"]).hostname or ""
    if _NOBODYS.fullmatch(host):
        message = f"the source leads nowhere (got the host {host!r}, which is kept for examples)"
        yield Spot(path=("source", "url"), message=message)
    if left_over := _PLACEHOLDER.search(f"{subject.policy.title} {source['title']}"):
        message = f"the title or the source is not written yet (got {left_over.group()!r})"
        yield Spot(path=("source", "title"), message=message)


LINTS = (
    Lint(
        code="policy-source",
        severity=Severity.WARNING,
        summary="the source of a policy leads nowhere",
        check=_source,
    ),
    Lint(
        code="rule-rationale",
        severity=Severity.WARNING,
        summary="a rule does not say why it matters",
        check=_rationale,
    ),
    Lint(
        code="rule-remediation",
        severity=Severity.WARNING,
        summary="a rule does not say what to do about a failure",
        check=_remediation,
    ),
    Lint(
        code="rule-reference",
        severity=Severity.WARNING,
        summary="a reference of a rule leads nowhere",
        check=_reference,
    ),
)
