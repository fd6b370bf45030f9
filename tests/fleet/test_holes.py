"""Where each node has a value of its own, what is round it is remembered, and every value is looked at."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fleets import fast, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule
from shipped_packs import shipped
from snapshots import FACTS, data, document, every_path
from stores import machine

from passmuster import _json, schema
from passmuster.fieldpath import FieldPath
from passmuster.fleet import holes
from passmuster.fleet.facts import Look
from passmuster.terms import Terms

pytestmark = pytest.mark.usefixtures("impatient")
KUBEVIRT = shipped("kubevirt", "1.1.0")
TERMS = Terms(policies=(KUBEVIRT.policy,), parameters={"kubevirt": dict(KUBEVIRT.defaults)})


def value_at(path: FieldPath) -> Any:
    value: Any = FACTS
    for part in path.parts:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def own(value: Any, number: int) -> Any:
    """Another value of the kind for each node."""
    match value:
        case bool() | None:
            return [True, False, None][number % 3]
        case int():
            return value + number
        case str():
            return f"{value}{number}"
        case list():
            return [*value, f"own{number}"]
        case _:
            return {**value, f"own{number}": None}


BELOW = [text for text in every_path() if isinstance(value_at(FieldPath(FieldPath.parse(text).parts[:-1])), dict)]


@pytest.mark.long
@pytest.mark.parametrize("text", BELOW)
def test_a_fleet_in_which_each_node_has_its_own(text: str) -> None:
    value = value_at(FieldPath.parse(text))
    lines = [data(f"n{at}", machine_id=machine(at), set_={text: own(value, at)}) for at in range(9)]
    assert fast(lines, TERMS)[0] == plain(lines, TERMS)


SMALL = compiled(
    rule(
        "version",
        "has(runtime.kubelet) && has(runtime.kubelet.version) && runtime.kubelet.version.startsWith('v')",
        message_expression="has(runtime.kubelet) && has(runtime.kubelet.version) ? runtime.kubelet.version : 'none'",
    ),
    rule(
        "driver",
        "has(runtime.kubelet) && has(runtime.kubelet.cgroup_driver) && runtime.kubelet.cgroup_driver == 'systemd'",
    ),
    rule("group", "has(devices['/dev/kvm'].gid) && devices['/dev/kvm'].gid > 3"),
    rule("model", "has(cpu.model_name) && cpu.model_name != 'M 3'", level="recommended"),
    rule("memory", "memory.total_bytes > 5"),
)
OWN = Terms(policies=(SMALL,), parameters=no_parameters(SMALL))
KUBELET = FACTS["runtime"]["kubelet"]
DEVICE = FACTS["devices"]["/dev/kvm"]
PLACES: dict[str, Any] = {
    "runtime.kubelet": lambda value: {**KUBELET, "version": value},
    "devices['/dev/kvm']": lambda value: {**DEVICE, "gid": value},
    "cpu.model_name": lambda value: value,
    "memory.total_bytes": lambda value: value,
    "boot.arguments.a": lambda value: value,
    "kernel.version": lambda value: value,
}
GOOD: dict[str, Any] = {
    "runtime.kubelet": lambda at: f"v1.{at}",
    "devices['/dev/kvm']": lambda at: at,
    "cpu.model_name": lambda at: f"M {at}",
    "memory.total_bytes": lambda at: at,
    "boot.arguments.a": lambda at: [f"a={at}", "b"],
    "kernel.version": lambda at: f"#{at}",
}
ODD = [
    *("", "v\u00e9", 'v"', "v\\", "v\n", "\0", "v" * 300, "v" * 100_000, "v},"),
    *(-1, 0, 3, 2**32 - 1, 2**32, 10**18 - 1, 10**18, 2**63 - 1, 2**63),
    *(None, True, {}, [], [""], ["a", 1], ["a", None], ["x"] * 2000, [["a"]], {"a": 1}, 1.5, -0.0),
]


@pytest.mark.long
@pytest.mark.parametrize("path", PLACES)
def test_whatever_stands_where_each_node_has_its_own(path: str) -> None:
    put, good = PLACES[path], GOOD[path]
    values = [good(at) for at in range(12)] + ODD + [good(at) for at in range(8, 16)]
    lines = [data(f"n{at}", machine_id=machine(at), set_={path: put(value)}) for at, value in enumerate(values)]
    for terms in (OWN, TERMS):
        assert fast(lines, terms)[0] == plain(lines, terms)


WRONG_BESIDE: dict[str, Any] = {
    "a member of the fact that rules look into": {"runtime.kubelet": {**KUBELET, "version": "v1.99", "endpoint": 5}},
    "a fact beside it": {"runtime.kubelet": {**KUBELET, "version": "v1.99"}, "runtime.name": 5},
    "another section": {"runtime.kubelet": {**KUBELET, "version": "v1.99"}, "os.id": 5},
    "what rules look at beside it": {"runtime.kubelet": {**KUBELET, "version": "v1.99", "cgroup_driver": "cgroupfs"}},
    "a member that nobody knows": {"runtime.kubelet": {**KUBELET, "version": "v1.99", "own": {"a": [1]}}},
}


@pytest.mark.long
@pytest.mark.parametrize("changes", WRONG_BESIDE.values(), ids=WRONG_BESIDE)
def test_what_is_wrong_beside_it_is_seen(changes: dict[str, Any]) -> None:
    usual = [{"runtime.kubelet": {**KUBELET, "version": f"v1.{at}"}} for at in range(12)]
    every = [*usual, changes, changes, *usual]
    lines = [data(f"n{at}", machine_id=machine(at), set_=each) for at, each in enumerate(every)]
    for terms in (OWN, TERMS):
        assert fast(lines, terms)[0] == plain(lines, terms)


def outside(at: int) -> bytes:
    """A node whose sources and whose words for what is unknown are its own."""
    made = document(f"n{at}", machine_id=machine(at), unknown={"cpu.model_name": "denied", "memory": "failed"})
    made["sections"]["network"]["sources"]["/proc/modules"] = ["nf_tables", f"own{at}"]
    made["sections"]["cpu"]["unknown"]["cpu.model_name"]["detail"] = f"refused {at} times"
    return _json.canonical(made)


def test_sources_and_words_of_its_own() -> None:
    lines = [outside(at) for at in range(20)]
    for terms in (OWN, TERMS):
        text, remembered = fast(lines, terms)
        assert text == plain(lines, terms)
        assert remembered == 20


@pytest.mark.long
@settings(max_examples=60)
@given(st.data())
def test_any_byte_of_a_fleet_with_holes_may_change(draw: st.DataObject) -> None:
    some = {"boot.arguments.a": 0, "cpu.model_name": 0, "memory.total_bytes": 0, "runtime.kubelet": 0}
    lines = [
        data(f"n{at}", machine_id=machine(at), set_={path: PLACES[path](GOOD[path](at)) for path in some})
        for at in range(14)
    ]
    changed = bytearray(lines[-1])
    at = draw.draw(st.integers(0, len(changed) - 2))
    changed[at] = draw.draw(st.sampled_from(b'"\\{}[],:0129ax\xc3'))
    lines += [bytes(changed), lines[0]]
    assert fast(lines, OWN)[0] == plain(lines, OWN)


def _pieces(section: str, changes: list[dict[str, Any]]) -> list[bytes]:
    documents = [orjson.loads(data("n", set_=each)) for each in changes]
    return [_json.canonical(each["sections"][section])[:-1] for each in documents]


def test_holes_are_found_by_path_and_told_whether_rules_look_into_them() -> None:
    changes = [{"cpu.model_name": f"M {at}", "cpu.logical_count": at % 4} for at in range(20)]
    pieces = _pieces("cpu", changes)
    for read, fact in (
        ({}, None),
        ({"vendor": None}, None),
        ({"model_name": None}, "model_name"),
        (None, "model_name"),
    ):
        (hole,) = holes.find(pieces, "cpu", read, sources=True)
        assert (hole.path, hole.fact) == (("facts", "model_name"), fact)
    only_there = {"model_name": (Look((), presence=True),)}
    (hole,) = holes.find(pieces, "cpu", only_there, sources=True)
    assert hole.fact == "model_name", "it may be null, and then it is not there"


def test_what_most_nodes_share_is_no_hole() -> None:
    changes = [{"kernel.release": f"6.{at % 10}.0", "kernel.modules": [f"m{at % 12}"]} for at in range(20)]
    assert holes.find(_pieces("kernel", changes), "kernel", None, sources=False) == ()


def test_a_section_is_cut_at_its_holes_and_no_byte_is_lost() -> None:
    changes = [{"cpu.model_name": f"M {at}", "cpu.logical_count": at} for at in range(20)]
    pieces = _pieces("cpu", changes)
    found = holes.find(pieces, "cpu", None, sources=False)
    assert [hole.path[-1] for hole in found] == ["logical_count", "model_name"]
    for at, piece in enumerate(pieces):
        cut = holes.cut(piece, found)
        assert cut is not None
        assert cut.values == (b"%d" % at, b'"M %d"' % at)
        assert cut.texts[0] + cut.values[0] + cut.texts[1] + cut.values[1] + cut.texts[2] == piece
        assert holes.filled(cut.facts, cut.holes, (b"7", b'"x"')) == {"logical_count": 7, "model_name": "x"}


NOT_CUT = {
    "blanks": lambda piece: piece.replace(b":", b": ", 1),
    "another order": lambda piece: b'{"status":"ok",' + piece[1:].replace(b',"status":"ok"', b""),
    "half of it": lambda piece: piece[: len(piece) // 2],
    "a list": lambda piece: b"[" + piece + b"]",
    "no facts": lambda piece: piece.replace(b'"facts"', b'"fakts"'),
    "our own mark in it": lambda piece: piece.replace(b"GenuineIntel", b"\\u0000"),
}


@pytest.mark.parametrize("change", NOT_CUT.values(), ids=NOT_CUT)
def test_what_is_not_canonical_is_not_cut(change: Any) -> None:
    pieces = _pieces("cpu", [{"cpu.model_name": f"M {at}"} for at in range(20)])
    found = holes.find(pieces, "cpu", None, sources=False)
    assert holes.cut(pieces[0], found) is not None
    assert holes.cut(change(pieces[0]), found) is None


def test_no_value_hangs_on_another_in_the_schema_of_a_snapshot() -> None:
    """Or `schema.below` gives None for its path, and no hole is made there."""
    assert schema.below(1, "cpu", ("facts", "model_name")) is not None
    assert schema.below(1, "devices", ("facts", "/dev/kvm", "gid")) is not None
    assert schema.below(1, "network", ("sources", "/proc/modules")) is not None
    assert schema.below(1, "cpu", ("unknown", "cpu.vendor", "detail")) is not None
    assert schema.below(1, "cpu", ("facts", "nobody_knows_it")) is None
    assert schema.below(1, "cpu", ("facts", "model_name", "deeper")) is None
