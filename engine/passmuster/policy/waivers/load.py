"""Reading waivers from the bytes of their file; every mistake at once, each with its place."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Any

from passmuster.codec import schema, yaml
from passmuster.errors import PolicyError
from passmuster.policy.waivers.apply import ByLabel, ByName, Waiver, Waivers

if TYPE_CHECKING:
    from passmuster.errors import Problem
    from passmuster.policy.waivers.apply import Selector

SCHEMA = "passmuster.waivers/1"


def load(data: bytes, file: str) -> Waivers:
    """Read waivers; raises PolicyError with every mistake found."""
    try:
        document = yaml.load(data, file)
    except yaml.YAMLProblems as error:
        raise PolicyError(error.problems) from None
    problems = _schema_problems(document) or _meaning_problems(document)
    if problems:
        raise PolicyError(problems)
    return Waivers(
        digest="sha256:" + hashlib.sha256(data).hexdigest(),
        waivers=tuple(_waiver(number, waiver) for number, waiver in enumerate(document.value["waivers"])),
    )


def _schema_problems(document: yaml.Document) -> list[Problem]:
    value = document.value
    declared = value.get("schema") if isinstance(value, dict) else None
    if declared != SCHEMA:
        message = f"no waivers of a known version (got schema {declared!r}, expected {SCHEMA!r})"
        return [document.problem(("schema",), message, code="waivers-schema")]
    return [
        document.problem(fault.path, _where(fault.path) + fault.message, code="waivers-invalid", key=fault.at_key)
        for fault in schema.faults("waivers", 1, value)
    ]


def _where(path: tuple[str | int, ...]) -> str:
    names = [str(step) for step in path if isinstance(step, str)]
    return f"{names[-1]}: " if names else ""


def _meaning_problems(document: yaml.Document) -> list[Problem]:
    """What the schema cannot say: days that the calendar has, and ids that differ."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, waiver in enumerate(document.value["waivers"]):
        try:
            date.fromisoformat(waiver["expires"])
        except ValueError:
            message = f"expires: no such day (got {waiver['expires']!r}, expected YYYY-MM-DD)"
            problems.append(document.problem(("waivers", number, "expires"), message, code="waivers-expires"))
        if "id" in waiver:
            if waiver["id"] in seen:
                message = f"duplicate id {waiver['id']!r} (expected each once)"
                problems.append(document.problem(("waivers", number, "id"), message, code="waivers-id"))
            seen.add(waiver["id"])
    return problems


def _waiver(number: int, waiver: dict[str, Any]) -> Waiver:
    return Waiver(
        id=waiver.get("id", f"#{number + 1}"),
        node=_selector(waiver["node"]),
        rule=waiver["rule"],
        reason=" ".join(waiver["reason"].split()),
        owner=waiver["owner"],
        ticket=waiver["ticket"],
        expires=date.fromisoformat(waiver["expires"]),
    )


def _selector(node: dict[str, Any]) -> Selector:
    return ByName(glob=node["name"]) if "name" in node else ByLabel(labels=node["label"])
