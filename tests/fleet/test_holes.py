"""Where each node has a value of its own, what is round it is remembered, and every value is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from fleets import fast, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule
from shipped_packs import shipped
from snapshots import FACTS, data, document, every_path
from stores import machine

from passmuster.codec import json, schema
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.fleet.cache import holes
from passmuster.fleet.cache.cut import END
from passmuster.fleet.cache.facts import Look
from passmuster.fleet.cache.lines import Lines
from passmuster.fleet.cache.shelf import Found, Shelf
from passmuster.model.fieldpath import FieldPath

if TYPE_CHECKING:
    from passmuster.fleet.cache.groups import Reads

pytestmark = pytest.mark.usefixtures("impatient")
KUBEVIRT = shipped("kubevirt", "1.1.0")
TERMS = EvaluationCriteria(policies=(KUBEVIRT.policy,), parameters={"kubevirt": dict(KUBEVIRT.defaults)})


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
OWN = EvaluationCriteria(policies=(SMALL,), parameters=no_parameters(SMALL))
KUBELET = FACTS["runtime"]["kubelet"]
DEVICE = FACTS["devices"]["/dev/kvm"]
PLACES: dict[str, Any] = {
    "runtime.kubelet": lambda value: {**KUBELET, "version": value},
    "devices['/dev/kvm']": lambda value: {**DEVICE, "gid": value},
    "cpu.model_name": lambda value: value,
    "memory.total_bytes": lambda value: value,
    "boot.arguments.a": lambda value: value,
    "boot.words": lambda value: value,
    "kernel.version": lambda value: value,
}
GOOD: dict[str, Any] = {
    "runtime.kubelet": lambda at: f"v1.{at}",
    "devices['/dev/kvm']": lambda at: at,
    "cpu.model_name": lambda at: f"M {at}",
    "memory.total_bytes": lambda at: at,
    "boot.arguments.a": lambda at: [f"a={at}", "b"],
    "boot.words": lambda at: [{"name": "a", "value": f"{at}"}, {"name": "b", "value": None}],
    "kernel.version": lambda at: f"#{at}",
}
ODD: list[Any] = [
    *("", "v\u00e9", 'v"', "v\\", "v\n", "\0", "v" * 300, "v" * 100_000, "v},"),
    *(-1, 0, 3, 2**32 - 1, 2**32, 10**18 - 1, 10**18, 2**63 - 1, 2**63),
    *(None, True, {}, [], [""], ["a", 1], ["a", None], ["x"] * 2000, [["a"]], {"a": 1}, 1.5, -0.0),
    *(
        [{}],
        [{"name": "a"}],
        [{"name": "a", "value": 1}],
        [{"name": None, "value": "b"}],
        [{"name": "a", "value": "é"}],
    ),
    *([{"name": "a", "value": "b", "z": 1}], [{"name": "n" * 513, "value": ""}], [{"name": "a", "value": "b"}] * 513),
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
    return json.canonical(made)


def test_sources_and_words_of_its_own() -> None:
    lines = [outside(at) for at in range(20)]
    for terms in (OWN, TERMS):
        text, remembered = fast(lines, terms)
        assert text == plain(lines, terms)
        assert remembered == 20


def command_line(at: int) -> dict[str, Any]:
    """Words of each node's own, which stand in two facts; some of them have few values, and go together in many ways."""
    given = {"amd_iommu": ["on"], "hugepages": [f"{at}"], "isolcpus": [f"{at % 7}-9"], "nohz_full": [f"{at % 7}-9"]}
    return {
        "boot.arguments": given,
        "boot.words": [{"name": name, "value": value} for name, (value,) in given.items()],
    }


WATCHING = compiled(
    rule("iommu", "!('amd_iommu' in boot.arguments) || !('off' in boot.arguments.amd_iommu)"),
    rule("pages", "!('hugepagesz' in boot.arguments)", level="recommended"),
    rule("last", "boot.words.all(word, word.name != 'off')", level="recommended"),
)
LOOKS = {"at single names": WATCHING.rules[:2], "at all words, too": WATCHING.rules}


@pytest.mark.parametrize("rules", LOOKS.values(), ids=LOOKS)
def test_a_command_line_of_its_own_in_two_facts(rules: Any) -> None:
    policy = replace(WATCHING, rules=rules)
    lines = [data(f"n{at}", machine_id=machine(at), set_=command_line(at)) for at in range(40)]
    changes: list[dict[str, Any]] = [
        {"boot.arguments.amd_iommu": ["off"]},
        {"boot.arguments.hugepagesz": ["1G"]},
        {"boot.words": [{"name": "off", "value": None}]},
        {"boot.arguments.hugepages": ["off", "1"]},
        {"boot.arguments.hugepages": "off"},
        {"boot.arguments.isolcpus": [5]},
        {"boot.words": [{"name": "hugepages", "value": 7}]},
    ]
    lines += [
        data(f"n{at}", machine_id=machine(at), set_={**command_line(at), **each})
        for at, each in enumerate([*changes, *changes], 40)
    ]
    terms = EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))
    assert fast(lines, terms)[0] == plain(lines, terms)


@pytest.mark.long
@settings(max_examples=60)
@given(st.data())
def test_any_byte_of_a_fleet_with_holes_may_change(draw: st.DataObject) -> None:
    some = {"boot.arguments.a": 0, "boot.words": 0, "cpu.model_name": 0, "memory.total_bytes": 0, "runtime.kubelet": 0}
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
    return [json.canonical(each["sections"][section])[:-1] for each in documents]


def test_holes_are_found_by_path_and_told_whether_rules_look_into_them() -> None:
    changes = [{"cpu.model_name": f"M {at}", "cpu.logical_count": at % 2} for at in range(20)]
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


def test_where_no_rule_looks_less_is_enough() -> None:
    pieces = _pieces("boot", [command_line(at) for at in range(40)])
    own: list[holes.Path] = [("facts", "arguments", "hugepages"), ("facts", "words")]
    varied: list[holes.Path] = [("facts", "arguments", "isolcpus"), ("facts", "arguments", "nohz_full")]
    few = {"arguments": (Look(("amd_iommu",), presence=False),)}
    assert [hole.path for hole in holes.find(pieces, "boot", few, sources=True)] == sorted(own + varied)
    assert [hole.path for hole in holes.find(pieces, "boot", None, sources=True)] == own
    assert [hole.path for hole in holes.find(pieces, "boot", {"arguments": None}, sources=True)] == own


def test_of_too_many_holes_those_are_left_that_vary_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "_MOST", 3)
    (first, *_, last) = holes.find(_pieces("boot", [command_line(at) for at in range(40)]), "boot", {}, sources=True)
    assert (first.path, last.path) == (("facts", "arguments", "hugepages"), ("facts", "words"))


def test_command_lines_of_which_only_the_values_are_new_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rules look at one argument that all nodes share."""
    few: Reads = {"boot": {"arguments": (Look(("amd_iommu",), presence=False),)}}
    read, asked = Lines(("boot",), few, lambda _size: None, sources=True), []
    find = Shelf.find

    def counting(shelf: Shelf, piece: bytes, lines: int) -> Found | None:
        asked.append(piece)
        return find(shelf, piece, lines)

    monkeypatch.setattr(Shelf, "find", counting)
    for piece in _pieces("boot", [command_line(at) for at in range(60)]):
        assert read.parts(b'"boot":' + piece + END, 0) is not None
    assert len(asked) < 20, "seven are different but for two facts of each node's own"


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
