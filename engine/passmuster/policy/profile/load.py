"""Reading an assessment from the bytes of its file; every mistake at once, each with its place."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from passmuster.codec import schema, yaml
from passmuster.errors import PolicyError
from passmuster.model.durations import parse_duration, parse_moment
from passmuster.model.outcome import Level
from passmuster.policy.profile.apply import Assessment, Attached

if TYPE_CHECKING:
    from passmuster.errors import Problem

SCHEMA = "passmuster.assessment/1"


def load(data: bytes, file: str) -> Assessment:
    """Read an assessment; raises PolicyError with every mistake found."""
    try:
        document = yaml.load(data, file)
    except yaml.YAMLProblems as error:
        raise PolicyError(error.problems) from None
    problems = _schema_problems(document) or _meaning_problems(document)
    if problems:
        raise PolicyError(problems)
    return _read(document, "sha256:" + hashlib.sha256(data).hexdigest())


def _schema_problems(document: yaml.Document) -> list[Problem]:
    value = document.value
    declared = value.get("schema") if isinstance(value, dict) else None
    if declared != SCHEMA:
        message = f"no assessment of a known version (got schema {declared!r}, expected {SCHEMA!r})"
        return [document.problem(("schema",), message, code="assessment-schema")]
    return [
        document.problem(fault.path, _worded(document, fault), code="assessment-invalid", key=fault.at_key)
        for fault in schema.faults("assessment", 1, value)
    ]


def _worded(document: yaml.Document, fault: schema.Fault) -> str:
    """What is wrong, in other words than a pattern where a policy is not pinned."""
    if fault.path[:1] == ("policies",) and len(fault.path) == 2:
        got = str(document.value["policies"][fault.path[1]])[:80]
        return f"policies: no version with its digest (got {got!r}, expected PACK@VERSION#sha256: and 64 digits)"
    return _where(fault.path) + fault.message


def _where(path: tuple[str | int, ...]) -> str:
    names = [str(step) for step in path if isinstance(step, str)]
    return f"{names[-1]}: " if names else ""


def _meaning_problems(document: yaml.Document) -> list[Problem]:
    """What the schema cannot say: spans and moments that there are, and paths that hold elsewhere too."""
    problems: list[Problem] = []
    for name, parse in (("max_age", parse_duration), ("now", parse_moment)):
        try:
            if name in document.value:
                parse(document.value[name])
        except (ValueError, OverflowError) as error:
            problems.append(document.problem((name,), f"{name}: {error}", code=f"assessment-{name.replace('_', '-')}"))
    for name in ("waivers", "roster"):
        file = document.value.get(name, {}).get("file", "")
        if file.startswith("/"):
            message = f"file: an absolute path (got {file!r}, expected one relative to the assessment)"
            problems.append(document.problem((name, "file"), message, code="assessment-path"))
    return problems


def _read(document: yaml.Document, digest: str) -> Assessment:
    value: dict[str, Any] = document.value
    span = value.get("max_age")
    return Assessment(
        digest=digest,
        title=value["title"],
        policies=tuple(value["policies"]),
        parameters=value.get("parameters", {}),
        levels={name: Level(level) for name, level in value.get("levels", {}).items()},
        waivers=_attached(value.get("waivers")),
        roster=_attached(value.get("roster")),
        max_age=None if span is None else (span, parse_duration(span)),
        now=parse_moment(value["now"]) if "now" in value else None,
        fail_on=value.get("fail_on"),
        document=document,
    )


def _attached(value: dict[str, str] | None) -> Attached | None:
    return None if value is None else Attached(file=value["file"], digest=value.get("digest"))
