"""A difference as text: for a terminal, for programs, for a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from passmuster.authoring.diff.cases import noted
from passmuster.authoring.diff.model import Bump, Detail, PolicyDiff, Subject, wanted
from passmuster.authoring.diff.nodes import NodeClaim
from passmuster.codec import json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from passmuster.model.verdict import PolicyHeader
    from passmuster.policy.version import Version

SCHEMA = "passmuster.policydiff/1"
_NODES = {
    NodeClaim.SAME: "every node keeps its outcome",
    NodeClaim.NO_WORSE: "no node gets a worse outcome",
    NodeClaim.KEPT: "each node that passed or warned still passes or warns",
    NodeClaim.NO_NEW_FAIL: "no node that passed or warned comes to fail, but unclear whether one becomes unknown",
    NodeClaim.UNPROVEN: "unclear whether each node that passed still passes",
}


def _table(diff: PolicyDiff, version: Version) -> str:
    return "\n".join(_lines(diff, version)) + "\n"


def _lines(diff: PolicyDiff, version: Version) -> Iterator[str]:
    yield f"{_named(diff.old)} -> {_named(diff.new)}"
    for subject in diff.subjects:
        yield ""
        yield _head(subject)
        for change in subject.changes:
            yield f"  {change.sentence}"
            yield from (f"    {detail}" for detail in change.details)
    yield ""
    yield _sum(diff)
    if diff.subjects:
        yield _nodes(diff)
    yield _verdict(diff, version)


def _head(subject: Subject) -> str:
    if subject.level is None:
        return f"{subject.kind} {subject.name}"
    return f"{subject.name} ({subject.level.value}): {subject.title}"


def _named(header: PolicyHeader) -> str:
    return f"{header.pack}@{header.version}{'' if header.released else ' (draft)'}"


def _sum(diff: PolicyDiff) -> str:
    touched = sum(subject.kind == "rule" for subject in diff.subjects)
    return f"rules that differ: {touched}; as they were: {diff.same}"


def _nodes(diff: PolicyDiff) -> str:
    return f"nodes: {_NODES[diff.nodes]}{noted(diff.given)}"


def _verdict(diff: PolicyDiff, version: Version) -> str:
    if diff.bump is Bump.NONE:
        return "no difference"
    return f"{diff.bump.name.lower()} change: the version must be at least {wanted(version, diff.bump)}"


def _document(diff: PolicyDiff, version: Version) -> str:
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "old": _header(diff.old),
        "new": _header(diff.new),
        "bump": diff.bump.name.lower(),
        "least_version": wanted(version, diff.bump),
        "nodes": diff.nodes.value,
        "nodes_given": list(diff.given),
        "same": diff.same,
        "subjects": [_subject(subject) for subject in diff.subjects],
    }
    return json.canonical(document).decode()


def _header(header: PolicyHeader) -> dict[str, Any]:
    return {"pack": header.pack, "version": header.version, "digest": header.digest, "released": header.released}


def _subject(subject: Subject) -> dict[str, Any]:
    changes = [
        {
            "kind": change.kind.value,
            "sentence": change.sentence,
            "details": [{"words": detail.words, "now": detail.now, "was": detail.was} for detail in change.details],
            "bump": change.bump.name.lower(),
        }
        for change in subject.changes
    ]
    level = subject.level.value if subject.level else None
    return {
        "kind": subject.kind,
        "name": subject.name,
        "title": subject.title or None,
        "level": level,
        "changes": changes,
    }


def _markdown(diff: PolicyDiff, version: Version) -> str:
    return "\n".join(_page(diff, version)) + "\n"


def _page(diff: PolicyDiff, version: Version) -> Iterator[str]:
    yield f"# {_escaped(_named(diff.new))}, compared with {_escaped(_named(diff.old))}"
    yield ""
    about = f" {_escaped(_nodes(diff)).capitalize()}." if diff.subjects else ""
    yield f"{_sum(diff)}.{about} {_verdict(diff, version).capitalize()}."
    for subject in diff.subjects:
        yield ""
        kind = "" if subject.level else f"{subject.kind} "
        yield f"## {kind}`{subject.name}`"
        yield ""
        if subject.level:
            yield f"{_escaped(subject.title)} ({subject.level.value})"
            yield ""
        for change in subject.changes:
            yield f"* {_escaped(change.sentence)}"
            yield from (f"  * {_quoted(detail)}" for detail in change.details)


def _quoted(detail: Detail) -> str:
    was = "" if detail.was is None else f", was {_code(detail.was)}"
    return f"{_escaped(detail.words)}: {_code(detail.now)}{was}"


def _code(text: str) -> str:
    """Text as code, between more backticks than it has in a row."""
    runs = re.findall("`+", text)
    fence = "`" * (max(map(len, runs), default=0) + 1)
    pad = " " if runs else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _escaped(text: str) -> str:
    return "".join("\\" + c if c in "\\`*_[]<>#|" else c for c in text)


FORMATS: Mapping[str, Callable[[PolicyDiff, Version], str]] = {
    "table": _table,
    "json": _document,
    "markdown": _markdown,
}
"""Renderers by name; the version is the old policy's."""
