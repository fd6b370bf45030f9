"""Cutting: whatever is taken apart is put together byte for byte, and what is not a valid snapshot is never taken apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import data, document
from stores import machine

from passmuster.codec import json as _json
from passmuster.errors import SnapshotError
from passmuster.fleet.store.cut import Cut, Cutter, join, moment, moment_text
from passmuster.fleet.store.packing import pack, unpack
from passmuster.snapshot import load

FROZEN = sorted(
    file
    for file in (Path(__file__).resolve().parents[1] / "data/snapshots").rglob("*.json")
    if not file.name.endswith(".verdict.json")
)


def joined(cutter: Cutter, cut: Cut) -> bytes:
    return join([cutter.contents[each] for each in cut.pieces], cut.own)


def changed(name: str = "n1", **changes: Any) -> bytes:
    """A snapshot with other values above its sections."""
    whole = document(name)
    for path, value in changes.items():
        holder: Any = whole
        *above, last = path.split("__")
        for step in above:
            holder = holder[step]
        holder[last] = value
    return _json.canonical(whole)


LINES: dict[str, tuple[bytes, bool]] = {
    "a node": (data("n1", machine_id=machine(1)), True),
    "no machine id": (data("n1", machine_id=None), True),
    "no moment of collection": (data("n1", machine_id=machine(1), collected_at=None), True),
    "neither a moment nor a machine id": (data("n1", machine_id=None, collected_at=None), True),
    "another collector's words": (changed(collection__collector="9.9", collection__recorded=["uid"]), True),
    "labels": (changed(node__labels={"host": "n1", "pool": "gpu"}), True),
    "a section that this engine does not know": (
        changed(sections__weather={"facts": {"rain": [1]}, "sources": {}, "status": "ok", "unknown": {}}),
        False,
    ),
    "one section alone": (
        _json.canonical({**document(), "sections": {"os": document()["sections"]["os"]}}),
        True,
    ),
    "facts that nobody could look at": (data(unknown={"memory": "denied", "boot.arguments.a": "failed"}), True),
    "a command line that is empty": (data(set_={"boot.arguments.a": []}), True),
    "a command line with quotation marks": (data(set_={"boot.arguments.a": ['a="b c"']}), True),
    "text that is not ASCII": (data(set_={"os.pretty_name": "\u00e9\u4e2d\U0001f600"}), True),
    "a name that stands in the cluster's words": (data("n7", set_={"kubernetes.node": "n7"}), True),
    "a name that is a common word": (data("host"), True),
    "no sections at all": (_json.canonical({**document(), "sections": {}}), False),
    "a moment that never was": (data(collected_at="2026-13-41T00:00:00Z"), False),
    "a name with a quotation mark": (data('n"1'), False),
    "an empty name": (data(""), False),
    "another layout": (json.dumps(document(), indent=1).encode() + b"\n", False),
    "keys in another order": (json.dumps(document()).encode() + b"\n", False),
    "no newline": (data()[:-1], False),
    "two newlines": (data() + b"\n", False),
    "a fact of the wrong type": (data(set_={"os.id": 3}), False),
    "a fact that appears twice": (data().replace(b'"ipv6":true', b'"ipv6":true,"ipv6":true'), False),
    "a section that appears twice": (
        data().replace(
            b'"cpu":{"facts"', b'"cpu":{"facts":{},"sources":{},"status":"denied","unknown":{}},"cpu":{"facts"'
        ),
        False,
    ),
    "memory beyond all numbers": (
        data().replace(b'"total_bytes":8589934592', b'"total_bytes":9999999999999999999'),
        False,
    ),
    "no number where one was": (data().replace(b'"total_bytes":8589934592', b'"total_bytes":'), False),
    "a brace too many": (data().replace(b'"unknown":{}},"cgroup"', b'"unknown":{}}},"cgroup"'), False),
    "another version": (data().replace(b"snapshot/1", b"snapshot/2"), False),
    "bytes that are no text": (data().replace(b"Debian", b"\xff\xfe"), False),
    "a byte that stands for a value": (data().replace(b'Z",', b'Z"\0', 1), False),
    "a byte that stands for a name": (data().replace(b"Debian", b"\1"), False),
    "nothing": (b"", False),
}


@pytest.mark.parametrize("first", [True, False], ids=["at first sight", "after a good one"])
@pytest.mark.parametrize(("line", "fits"), LINES.values(), ids=LINES)
def test_a_line_is_taken_apart_where_it_has_the_form(line: bytes, fits: bool, first: bool) -> None:  # noqa: FBT001
    cutter = Cutter()
    if not first:
        assert cutter.cut(data("other", machine_id=machine(9))) is not None
    cut = cutter.cut(line)
    assert (cut is not None) is fits
    if cut is not None:
        assert joined(cutter, cut) == line
        assert cutter.cut(line) == cut


@pytest.mark.parametrize("file", FROZEN, ids=lambda file: file.stem)
def test_frozen_snapshots_come_back(file: Path) -> None:
    cutter = Cutter()
    cut = cutter.cut(file.read_bytes())
    assert cut is not None
    assert joined(cutter, cut) == file.read_bytes()


def test_like_nodes_share_every_piece() -> None:
    cutter = Cutter()
    some = [
        data(
            f"n{number}",
            machine_id=machine(number),
            collected_at=f"2026-11-22T10:11:{number:02d}Z",
            set_={
                "memory.total_bytes": 10**9 + number,
                "kubernetes.node": f"n{number}",
            },
        )
        for number in range(1, 20)
    ]
    cuts = [cutter.cut(line) for line in some]
    assert None not in cuts
    assert len({cut.pieces for cut in cuts if cut is not None}) == 1
    assert [joined(cutter, cut) for cut in cuts if cut is not None] == some


def test_a_value_elsewhere_is_not_taken_for_the_fact() -> None:
    """A key of that name inside a map that keeps any key: taking it out would let another value in there unseen."""
    cutter = Cutter()
    odd = data("n1", set_={"memory.hugepages": {"total_bytes": 5}, "memory.total_bytes": 7})
    with_odd = cutter.cut(odd)
    if with_odd is not None:
        assert joined(cutter, with_odd) == odd
        assert with_odd.own.total is None or with_odd.own.total == 7


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(
    name=TEXT,
    cmdline=st.lists(TEXT, max_size=4),
    total=st.integers(0, 2**63 - 1),
    pretty=TEXT,
    labels=st.dictionaries(TEXT, TEXT, max_size=3),
    number=st.one_of(st.none(), st.integers(0, 2**256 - 1)),
)
def test_any_node_comes_back(  # noqa: PLR0913, PLR0917 - what a node has for itself
    name: str, cmdline: list[str], total: int, pretty: str, labels: dict[str, str], number: int | None
) -> None:
    whole = document(
        name,
        machine_id=None if number is None else machine(number),
        set_={
            "boot.arguments.a": cmdline,
            "memory.total_bytes": total,
            "os.pretty_name": pretty,
            "kubernetes.node": name,
        },
    )
    whole["node"]["labels"] = labels
    line = _json.canonical(whole)
    cutter = Cutter()
    cut = cutter.cut(line)
    assert cut is None or joined(cutter, cut) == line


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(data()) - 1), byte=st.integers(0, 255), warm=st.booleans())
def test_what_is_taken_apart_is_a_valid_snapshot(at: int, byte: int, warm: bool) -> None:  # noqa: FBT001
    line = bytearray(data())
    line[at] = byte
    cutter = Cutter()
    if warm:
        cutter.cut(data())
    cut = cutter.cut(bytes(line))
    if cut is not None:
        assert joined(cutter, cut) == bytes(line)
        try:
            load(bytes(line), "")
        except SnapshotError as error:
            raise AssertionError(f"byte {at} as {byte}: kept, and not valid: {error}") from error


@given(st.lists(st.integers(1, 2**40)))
def test_ids_are_packed_and_unpacked(ids: list[int]) -> None:
    assert unpack(pack(ids)) == tuple(ids)
    assert b"\0" not in pack(ids)


@given(st.integers(0, 4102444800))
def test_moments_are_numbers_and_back(at: int) -> None:
    assert moment(moment_text(at)) == at


def test_a_cutter_forgets_and_goes_on() -> None:
    cutter = Cutter(limit=1000)
    one = cutter.cut(data("n1"))
    assert one is not None
    assert cutter.trim()
    assert not cutter.contents
    two = cutter.cut(data("n1"))
    assert two is not None
    assert not set(one.pieces) & set(two.pieces)
