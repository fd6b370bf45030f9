"""Reading verdicts from anywhere: whatever a file holds, it is a verdict or one of our errors."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data

from passmuster.cli import main
from passmuster.codec import schema
from passmuster.codec.schema.compiled import check
from passmuster.errors import PassmusterError
from passmuster.proof import Kind, read
from passmuster.proof.claim import line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRANGE: tuple[Any, ...] = (None, True, -1, 1.5, 2**62, "x", "x" * 300, [], ["x"], {}, {"x": 1})
FORMS = {Kind.REPORT: "json", Kind.STREAM: "ndjson", Kind.ATTESTATION: "attestation"}


@pytest.fixture
def verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Kind, bytes]:
    """A small verdict with something in every field, in each form."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("a", "a", "b")):
        (tmp_path / f"{number}.json").write_bytes(data(name, machine_id=None, unknown={"cpu.flags": "denied"}))
    (tmp_path / "c.json").write_text("{")
    (tmp_path / "roster").write_text("b\nd\n")
    (tmp_path / "waivers").write_text(
        "schema: passmuster.waivers/1\nwaivers:\n"
        "  - {node: {name: '*'}, rule: kernel-version, reason: r, owner: o, ticket: t, expires: 2027-01-01}\n"
    )
    words = ["--rule", "cpu-x86-64-v2", "--roster", "roster", "--waivers", "waivers", "--now", "2026-11-23T00:00:00Z"]
    for form in FORMS.values():
        main(["check", *sorted(str(path) for path in tmp_path.glob("*.json")), *words, "-o", f"{form}=out.{form}"])
    return {kind: (tmp_path / f"out.{form}").read_bytes() for kind, form in FORMS.items()}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _paths(each, (*path, key))


def _spoilt(value: Any) -> Iterator[Any]:
    """The value with each of its parts replaced by strange ones, or left out."""
    for path in list(_paths(value)):
        for strange in STRANGE if path else ():
            changed = copy.deepcopy(value)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = strange
            yield changed
            if isinstance(holder, dict):
                holder.pop(path[-1])
                yield changed


@pytest.mark.long
@pytest.mark.parametrize("kind", Kind)
def test_a_verdict_is_read(verdicts: dict[Kind, bytes], kind: Kind) -> None:
    claim = read(verdicts[kind], "v")
    assert claim.kind is kind
    assert claim.roster == frozenset(("b", "d"))
    assert claim.rules == frozenset(("virtnest/cpu-x86-64-v2",))
    assert {"a", "b", "c.json"} <= {name.rpartition("/")[2] for name in claim.nodes}


@pytest.mark.long
@pytest.mark.parametrize("kind", [Kind.REPORT, Kind.ATTESTATION])
def test_strange_values_are_our_errors_and_never_others(verdicts: dict[Kind, bytes], kind: Kind) -> None:
    refused = 0
    for changed in _spoilt(json.loads(verdicts[kind])):
        try:
            read(line(changed), "v")
        except PassmusterError as error:
            assert len(error.problems) == 1
            refused += 1
    assert refused > 500


@pytest.mark.long
def test_the_quick_way_admits_no_report_that_the_validator_refuses(verdicts: dict[Kind, bytes]) -> None:
    document = schema.document("report", 1)
    quick, validator = check(document, document["$defs"]), schema._validator("report", 1)
    for changed in list(_spoilt(json.loads(verdicts[Kind.REPORT])))[::7]:
        assert not quick(changed) or validator.is_valid(changed)
