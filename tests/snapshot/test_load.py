"""Loading a snapshot: what it becomes, and what is refused and where."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import data, document, every_path, snapshot

from passmuster.errors import MAX_PROBLEMS, ExitStatus, SnapshotError
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason
from passmuster.snapshot import load


def test_a_snapshot_keeps_its_facts_its_unknowns_and_its_bytes() -> None:
    bytes_ = data(unknown={"kernel.config": "denied"})
    loaded = load(bytes_, "f.json")
    assert loaded.digest == "sha256:" + hashlib.sha256(bytes_).hexdigest()
    assert (loaded.name, loaded.machine_id) == ("node-1", "sha256:" + "0" * 64)
    assert loaded.value(FieldPath.parse("kernel.release")) == "6.1.0-13-amd64"
    assert loaded.source(FieldPath.parse("kernel.release")) == "/proc/kernel"
    config = FieldPath.parse("kernel.config")
    assert loaded.sections["kernel"].unknown[config].reason is Reason.DENIED
    assert loaded.value(config) is None


def test_a_section_may_be_wholly_unknown() -> None:
    loaded = snapshot(unknown={"runtime": "timeout"})
    assert loaded.sections["runtime"].reason is Reason.TIMEOUT
    assert not loaded.sections["runtime"].facts


def test_another_layout_is_the_same_snapshot_with_another_digest() -> None:
    pretty = json.dumps(document(), indent=2).encode()
    assert load(pretty, "f").sections == snapshot().sections
    assert load(pretty, "f").digest != snapshot().digest


def test_what_this_engine_does_not_know_is_kept() -> None:
    changed = document()
    changed["sections"]["weather"] = {"status": "ok", "facts": {"rain": 1.5}, "unknown": {}, "sources": {}}
    changed["sections"]["cpu"]["facts"]["colour"] = "red"
    loaded = load(json.dumps(changed).encode(), "f")
    assert loaded.sections["weather"].facts == {"rain": 1.5}
    assert loaded.sections["cpu"].facts["colour"] == "red"


@pytest.mark.parametrize(
    "section",
    [
        {},
        {"status": "stormy", "facts": {}, "unknown": {}, "sources": {}},
        {"status": ["ok"], "facts": [1], "unknown": 5, "sources": [1]},
        {"facts": None, "unknown": {"rain": "why"}, "sources": {"a": 5}},
    ],
    ids=["empty", "another status", "lists and numbers", "other members"],
)
def test_of_a_section_that_nobody_knows_no_more_is_asked_than_that_it_is_an_object(section: dict[str, Any]) -> None:
    changed = document()
    changed["sections"]["weather"] = section
    loaded = load(json.dumps(changed).encode(), "x.json")
    assert (loaded.sections["weather"].facts, loaded.sections["weather"].reason) == ({}, None)


def _changed(path: list[str], value: Any) -> bytes:
    changed = document()
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return json.dumps(changed, separators=(",", ":")).encode()


CPU = ["sections", "cpu"]
WHY = {"reason": "denied", "detail": ""}
REFUSED: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"hello", "f:1:1: not JSON: unexpected character, expected a JSON value"),
    "a list": (
        b"[]",
        'f:1:1: not a snapshot: no schema named (expected a JSON object with "schema":"passmuster.snapshot/1")',
    ),
    "no schema": (
        b"{}",
        'f:1:1: not a snapshot: no schema named (expected a JSON object with "schema":"passmuster.snapshot/1")',
    ),
    "an unknown version": (
        b'{"schema":"passmuster.snapshot/7"}',
        "f:1:11: unknown schema version (got 'passmuster.snapshot/7', expected 'passmuster.snapshot/1')",
    ),
    "a duplicate key": (b'{"schema":"x",\n"schema":"y"}', "f:2:1: duplicate key 'schema' (expected each key once)"),
    "a wrong type": (
        _changed([*CPU, "facts", "logical_count"], "4"),
        'sections.cpu.facts.logical_count: wrong type (got "4", expected integer)',
    ),
    "a float for an integer": (
        _changed([*CPU, "facts", "logical_count"], 4.0),
        "sections.cpu.facts.logical_count: wrong type (got 4.0, expected integer)",
    ),
    "true for an integer": (
        _changed([*CPU, "facts", "logical_count"], value=True),
        "sections.cpu.facts.logical_count: wrong type (got true, expected integer)",
    ),
    "a value that is not of the list": (
        _changed([*CPU, "facts", "architecture"], "x86-64"),
        'sections.cpu.facts.architecture: not one of the values (got "x86-64", expected "aarch64" or',
    ),
    "a null where the schema has none": (
        _changed([*CPU, "facts", "flags"], None),
        "sections.cpu.facts.flags: wrong type (got null, expected array)",
    ),
    "no node": (_changed(["node"], {}), "node: missing 'labels', 'machine_id', 'name'"),
    "unknown beside ok": (
        _changed([*CPU, "unknown"], {"cpu.colour": WHY}),
        "sections.cpu.status: wrong status (got 'ok' with 1 unknown, expected 'partial')",
    ),
    "facts beside a reason": (
        _changed([*CPU, "status"], "denied"),
        "sections.cpu.status: wrong status (got 'denied' beside facts, expected none)",
    ),
    "a path both a fact and unknown": (
        _changed(CPU, {**document()["sections"]["cpu"], "status": "partial", "unknown": {"cpu.flags": WHY}}),
        "sections.cpu.unknown.cpu.flags: both a fact and unknown (got 'cpu.flags' in both, expected it in one)",
    ),
    "a path inside a list": (
        _changed(CPU, {**document()["sections"]["cpu"], "status": "partial", "unknown": {"cpu.flags.vmx": WHY}}),
        "sections.cpu.unknown.cpu.flags.vmx: inside a fact that has no members (got 'cpu.flags.vmx', expected 'cpu.flags'",
    ),
    "a path inside nothing": (
        _changed(CPU, {**document()["sections"]["cpu"], "status": "partial", "unknown": {"cpu.facilities.x": WHY}}),
        "inside a fact that has no members (got 'cpu.facilities.x', expected 'cpu.facilities' as a whole, or nothing)",
    ),
    "a path that is none": (
        _changed(CPU, {**document()["sections"]["cpu"], "status": "partial", "unknown": {"cpu flags": WHY}}),
        "not a field path at character 4",
    ),
    "a path spelled another way": (
        _changed(CPU, {**document()["sections"]["cpu"], "status": "partial", "unknown": {"cpu['colour']": WHY}}),
        "not the canonical spelling of a path (got \"cpu['colour']\", expected 'cpu.colour')",
    ),
    "a path of another section": (
        _changed(CPU, {**document()["sections"]["cpu"], "status": "partial", "unknown": {"os.id": WHY}}),
        "not a path of this section (got 'os.id', expected one below 'cpu')",
    ),
    "a reason that does not exist": (
        _changed(
            CPU,
            {
                **document()["sections"]["cpu"],
                "status": "partial",
                "unknown": {"cpu.x": {"reason": "lazy", "detail": ""}},
            },
        ),
        'not one of the values (got "lazy"',
    ),
    "a month that the calendar does not have": (
        _changed(["collection", "collected_at"], "2026-99-99T10:00:00Z"),
        "collection.collected_at: no such moment (got '2026-99-99T10:00:00Z', expected a moment in UTC such as",
    ),
    "a moment with a newline behind it": (
        _changed(["collection", "collected_at"], "2026-11-22T10:11:12Z\n"),
        'collection.collected_at: wrong form (got "2026-11-22T10:11:12Z\\n", expected the pattern',
    ),
    "a machine id with a newline behind it": (
        _changed(["node", "machine_id"], "sha256:" + "0" * 64 + "\n"),
        "node.machine_id: wrong form",
    ),
    "a node without a name": (_changed(["node", "name"], ""), "node.name: too small (got 0, expected at least 1)"),
    "a list beyond its limit": (
        _changed([*CPU, "facts", "flags"], ["x"] * 1025),
        "sections.cpu.facts.flags: too large (got 1025, expected at most 1024)",
    ),
}


@pytest.mark.parametrize(("bytes_", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(bytes_: bytes, message: str) -> None:
    with pytest.raises(SnapshotError) as caught:
        load(bytes_, "f")
    assert caught.value.status is ExitStatus.INCOMPLETE
    assert message in str(caught.value)
    assert all(problem.location.line and problem.location.column for problem in caught.value.problems)


def test_the_place_of_a_mistake_is_the_place_in_the_file() -> None:
    text = json.dumps(document(), indent=1).replace('"logical_count": 4', '"logical_count": "4"')
    lines = text.splitlines()
    line = next(number for number, each in enumerate(lines, 1) if "logical_count" in each and ": " in each)
    with pytest.raises(SnapshotError) as caught:
        load(text.encode(), "f", line=11)
    where = caught.value.problems[0].location
    assert (where.line, where.column) == (line + 10, lines[line - 1].index('"4"') + 1)


def test_a_moment_of_collection_may_be_unknown() -> None:
    assert snapshot(collected_at=None).collection["collected_at"] is None


@given(st.sampled_from(every_path()), st.sampled_from(Reason))
def test_any_fact_may_be_unknown_for_any_reason(path: str, reason: Reason) -> None:
    parsed = FieldPath.parse(path)
    loaded = snapshot(unknown={path: reason.value})
    section = loaded.sections[parsed.parts[0]]
    assert reason in {section.reason, *(fact.reason for fact in section.unknown.values())}


@given(st.binary(max_size=60))
def test_no_bytes_give_anything_but_a_snapshot_or_an_error(bytes_: bytes) -> None:
    with pytest.raises(SnapshotError):
        load(bytes_, "f")


def test_many_mistakes_take_the_time_of_one_pass_and_the_first_hundred_are_told() -> None:
    def taken(count: int) -> float:
        wrong = document()
        wrong["sections"]["cpu"]["facts"]["flags"] = [1] * count
        bytes_ = json.dumps(wrong).encode()
        start = time.process_time()
        with pytest.raises(SnapshotError) as caught:
            load(bytes_, "x.json")
        assert len(caught.value.problems) == MAX_PROBLEMS + 1
        return time.process_time() - start

    taken(200)
    # A square would be 64 times as much; asked again, for what else runs on the processor slows it down.
    assert any(taken(24_000) < 24 * max(taken(3_000), 0.05) for _ in range(4))
