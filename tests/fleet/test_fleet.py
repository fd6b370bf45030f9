"""The fast path is the same judge: totals of remembered nodes equal those of judging all of them at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fleets import fast, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule, virtnest
from snapshots import data, document

from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.fleet import Memory, roll
from passmuster.intake import inputs
from passmuster.intake.bundle_input import InputRecord

if TYPE_CHECKING:
    from pathlib import Path

TERMS = EvaluationCriteria(policies=(virtnest(),), parameters=no_parameters(virtnest()))
AGE = MaximumAge(text="30d", span=timedelta(days=30), now=datetime(2026, 11, 23, tzinfo=UTC))


def machine(number: int) -> str:
    return f"sha256:{number:064x}"


def _changed(**changes: Any) -> bytes:
    """A snapshot with changes above its sections."""
    whole = document()
    for path, value in changes.items():
        holder = whole
        *above, last = path.split("__")
        for step in above:
            holder = holder[step]
        holder[last] = value
    return _json.canonical(whole)


LINES: dict[str, tuple[bytes, bool]] = {
    "a node": (data("n1", machine_id=machine(1)), True),
    "a like node": (data("n2", machine_id=machine(2)), True),
    "more memory": (data("n3", machine_id=machine(3), set_={"memory.total_bytes": 1}), True),
    "no machine id": (data("n4", machine_id=None), True),
    "another kernel": (data("n5", machine_id=machine(5), set_={"kernel.release": "4.4.0"}), True),
    "unknown facts": (data("n6", machine_id=machine(6), unknown={"devices": "denied", "cgroup.v2": "failed"}), True),
    "labels": (_changed(node__labels={"pool": "gpu", "zone": "a"}, node__name="n7", node__machine_id=machine(7)), True),
    "collected by a user": (_changed(collection__uid=1000, node__name="n8", node__machine_id=machine(8)), True),
    "the same node again": (data("n1", machine_id=machine(1), set_={"os.id": "x"}), True),
    "too old": (data("n9", machine_id=machine(9), collected_at="2020-01-01T00:00:00Z"), True),
    "no real moment": (data("n10", machine_id=machine(10), collected_at="2026-13-41T00:00:00Z"), False),
    "from the future": (data("n33", machine_id=machine(33), collected_at="2099-01-01T00:00:00Z"), True),
    "the same node from the future": (data("n1", machine_id=machine(1), collected_at="2099-01-01T00:00:00Z"), True),
    "no moment at all": (data("n22", machine_id=machine(22), collected_at=None), True),
    "another layout": (json.dumps(document("n11", machine_id=machine(11)), indent=1).encode() + b"\n", True),
    "keys in another order": (json.dumps(document("n12", machine_id=machine(12))).encode() + b"\n", True),
    "a name with a quotation mark": (data('n"13', machine_id=machine(13)), False),
    "an empty name": (data("", machine_id=machine(44)), False),
    "a name that is not ASCII": (data("n\u00e914", machine_id=machine(14)), False),
    "text that is not ASCII in a section": (
        data("n15", machine_id=machine(15), set_={"cpu.model_name": "\u00e9"}),
        True,
    ),
    "what was recorded": (
        _changed(collection__recorded=["uid"], node__name="n16", node__machine_id=machine(16)),
        True,
    ),
    "no newline": (data("n17", machine_id=machine(17))[:-1], True),
    "an unknown section": (
        _changed(sections__weather={"facts": {}, "sources": {}, "status": "ok", "unknown": {}}),
        True,
    ),
    "a section that is wrong and that nobody reads": (data("n18", machine_id=machine(18), set_={"os.id": 3}), False),
    "two sections of one name": (
        data("n19").replace(
            b'"cpu":{"facts"', b'"cpu":{"facts":{},"sources":{},"status":"ok","unknown":{}},"cpu":{"facts"'
        ),
        False,
    ),
    "a duplicate key inside a section": (data("n20").replace(b'"ipv6":true', b'"ipv6":true,"ipv6":true'), False),
    "a number out of range": (data("n21").replace(b'"swap_bytes":0', b'"swap_bytes":99999999999999999999'), False),
    "memory out of range": (
        data("n22", machine_id=machine(22), set_={"memory.total_bytes": 0}).replace(
            b'"total_bytes":0', b'"total_bytes":9999999999999999999'
        ),
        False,
    ),
    "no number where one was cut out before": (
        data("n31").replace(b'"total_bytes":8589934592', b'"total_bytes":'),
        False,
    ),
    "a mark where a number was cut out before": (
        data("n32").replace(b'"total_bytes":8589934592', b'"total_bytes":\x00'),
        False,
    ),
    "a leading zero": (data("n23").replace(b'"swap_bytes":0', b'"swap_bytes":00'), False),
    "cut off": (data("n24")[:900] + b"\n", False),
    "nothing": (b"{}\n", False),
    "another version": (data("n25").replace(b"snapshot/1", b"snapshot/2"), False),
    "a word that looks like a cut": (
        data("n26", machine_id=machine(26), set_={"cpu.model_name": ',"iommu":{"facts":'}),
        True,
    ),
    "a section again, out of order": (
        data("n28")[:-3] + b',"boot":{"facts":{},"sources":{},"status":"ok","unknown":{}}}}\n',
        False,
    ),
    "sections that stand elsewhere": (
        data("n29").replace(b',"cgroup":{"facts"', b'},"extra":{"z":1,"cgroup":{"facts"'),
        True,
    ),
    "another member at the top": (data("n30", machine_id=machine(30))[:-2] + b',"extra":{"a":1}}\n', True),
    "labels twice": (data("n27").replace(b'"labels":{}', b'"labels":{"a":"b","a":"c"}'), False),
}


def _without(section: str) -> bytes:
    whole = document(f"no-{section}", machine_id=machine(99))
    del whole["sections"][section]
    return _json.canonical(whole)


@pytest.mark.long
@pytest.mark.parametrize(
    "terms",
    [
        TERMS,
        replace(TERMS, max_age=AGE),
        replace(TERMS, roster=frozenset({"n1", "n2", "gone"})),
        replace(TERMS, received=datetime(2026, 12, 1, tzinfo=UTC)),
    ],
    ids=["plain", "age", "roster", "a moment of receipt"],
)
def test_a_fleet_of_everything_has_the_same_totals(terms: EvaluationCriteria) -> None:
    lines = [line for line, _ in LINES.values()] + [_without(name) for name in document()["sections"]]
    assert fast(lines, terms)[0] == plain(lines, terms)


def test_most_of_a_fleet_in_a_file_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll, "RUN", 4)
    lines = [line for line, _ in LINES.values()] * 2
    assert fast(lines, TERMS)[0] == plain(lines, TERMS)


@pytest.mark.long
@pytest.mark.parametrize("name", LINES)
def test_what_is_remembered(name: str) -> None:
    line, remembered = LINES[name]
    known = data("known", machine_id=machine(600))
    got, count = fast([known, line], TERMS)
    assert got == plain([known, line], TERMS)
    assert count - 1 == int(remembered)


@pytest.mark.parametrize("section", document()["sections"])
def test_a_section_that_is_not_there(section: str) -> None:
    assert fast([_without(section)], TERMS) == (plain([_without(section)], TERMS), 1)


def test_a_rule_that_reads_volatile_numbers_sees_each_of_them() -> None:
    policy = compiled(rule("enough", "memory.total_bytes >= 5"), rule("swap", "memory.swap_bytes == 0"))
    terms = EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))
    lines = [data(f"n{at}", machine_id=machine(at), set_={"memory.total_bytes": at}) for at in range(10)]
    assert fast(lines, terms) == (plain(lines, terms), 10)


def test_rules_that_read_more_than_sections_are_told() -> None:
    named = compiled(rule("it", "node.name == 'n1'"))
    assert not Memory.serves_sections(EvaluationCriteria(policies=(named,), parameters=no_parameters(named)))
    assert Memory.serves(TERMS)


def test_several_policies_and_a_choice_of_rules() -> None:
    other = compiled(
        rule("one", "os.id == 'debian'"), rule("two", "cpu.logical_count > 2 && network.ipv6", level="recommended")
    )
    terms = EvaluationCriteria(policies=(virtnest(), other), parameters=no_parameters(virtnest(), other))
    lines = [line for line, _ in LINES.values()]
    assert fast(lines, terms)[0] == plain(lines, terms)
    chosen = replace(terms, rules=frozenset({"demo/two", "virtnest/kernel-version"}))
    assert fast(lines, chosen)[0] == plain(lines, chosen)


def test_forgetting_changes_nothing() -> None:
    lines = [data(f"n{at}", machine_id=machine(at), set_={"kernel.release": f"4.{at % 17}.0"}) for at in range(60)]
    forgetful, other = Memory(TERMS, limit=3000), Memory(TERMS)
    for line in lines:
        one, two = forgetful.judge(line), other.judge(line)
        assert one is not None
        assert two is not None
        assert one.judged.alike == two.judged.alike


def test_no_node_at_all() -> None:
    assert fast([], TERMS)[0] == plain([], TERMS)


NODES = [line for line, _ in LINES.values()]


@pytest.mark.long
@settings(max_examples=150)
@given(
    st.sampled_from(NODES),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(list(b'"{}[],:0a\\ \n')), st.booleans()), max_size=3),
)
def test_no_change_of_bytes_makes_a_difference(line: bytes, edits: list[tuple[float, int, bool]]) -> None:
    for place, byte, insert in edits:
        at = int(place * (len(line) - 1))
        line = line[:at] + bytes([byte]) + line[at + (not insert) :]
    healthy = data("first", machine_id=machine(500))
    assert fast([healthy, line], TERMS)[0] == plain([healthy, line], TERMS)


@pytest.mark.long
def test_the_command_streams_and_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.ndjson").write_bytes(b"".join(NODES[:8]) + b"\n" + NODES[11] + NODES[16])
    (tmp_path / "one.json").write_bytes(NODES[1])
    (tmp_path / "bad.json").write_bytes(b"hello")
    arguments = ["check", "fleet.ndjson", "one.json", "bad.json", "--fail-on", "recommended"]
    status = main([*arguments, "-o", "summary"])
    streamed = capsys.readouterr().out
    assert main([*arguments, "-o", "summary=whole", "-o", "json=report"]) == status
    assert (tmp_path / "whole").read_text() == streamed
    assert main([*arguments, "-o", "summary=file"]) == status
    assert (tmp_path / "file").read_text() == streamed
    labels = [each.input for each in inputs.read(InputRecord(), ["fleet.ndjson", "one.json"])]
    assert labels[:2] == ["fleet.ndjson:1", "fleet.ndjson:2"]
    assert labels[-1] == "one.json"
