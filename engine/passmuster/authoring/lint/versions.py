"""Versions that promise less than what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.lint.finding import Lint, Severity, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.authoring.lint.finding import Subject


def _bump(subject: Subject) -> Iterator[Spot]:
    since = subject.since
    if since is not None:
        text = f"got {subject.policy.version}, expected {since.wanted} or higher"
        message = f"the version is too low for what changed since {since.version} ({text}): {'; '.join(since.because)}"
        hint = f"passmuster policy diff {subject.policy.pack}@{since.version} {subject.policy.document.file}"
        yield Spot(path=("version",), message=message, hint=hint)


LINTS = (
    Lint(
        code="version-bump",
        severity=Severity.ERROR,
        summary="a version is too low for what changed since the one before",
        check=_bump,
    ),
)
