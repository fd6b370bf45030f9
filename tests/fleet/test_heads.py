"""Rules about the node itself and its collection are asked from memory, and say what they say of each node alone."""

from __future__ import annotations

from typing import Any

import pytest
from fleets import fast, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import no_parameters, rule
from pool_rules import compiled, fleet_rule
from snapshots import document
from stores import machine

from passmuster.codec import json
from passmuster.evaluation.criteria import EvaluationCriteria

POOL = "has(node.labels.pool) && node.labels.pool == 'gpu'"
POLICIES = {
    "a label": [rule("one", POOL)],
    "a label decides whether": [rule("one", "kernel.release.startsWith('6')", applies_when=POOL)],
    "a label and a name, apart": [
        rule("one", POOL),
        rule("two", "node.name.endsWith('1')", message_expression="'it is ' + node.name"),
    ],
    "a name and a fact": [rule("one", "node.name == 'n3' || kernel.release == '6.1.0'", level="recommended")],
    "the machine's id": [rule("one", "has(node.machine_id) && node.machine_id.endsWith('3')")],
    "all labels": [rule("one", "node.labels.all(key, node.labels[key] != 'gpu')")],
    "where and how it was collected": [
        rule("one", "collection.context == 'host'"),
        rule("two", "collection.kind == 'live'", level="informational"),
    ],
    "who collected it": [rule("one", "has(collection.uid) && collection.uid == 0 && collection.collector == '0.1.0'")],
    "what was recorded": [rule("one", "'lsmod' in collection.recorded || size(collection.recorded) == 0")],
    "facts alone, beside one about the node": [
        rule("one", "os.id == 'debian' || node.name == 'n2'"),
        rule("two", "kernel.release == '6.1.0'", message_expression="'it runs ' + kernel.release"),
        rule("three", "cpu.architecture == 'x86_64'", applies_when=POOL),
    ],
    "a pool by a label": [
        rule("one", "os.id == 'debian'"),
        fleet_rule("vendor", group_by="has(node.labels.pool) ? node.labels.pool : 'none'"),
    ],
    "a pool by a name": [rule("one", POOL), fleet_rule("vendor", group_by="node.name")],
}


def node(number: int, labels: dict[str, str], collection: dict[str, Any], **more: Any) -> bytes:
    made = document(f"n{number}", machine_id=None if number == 7 else machine(number), **more)
    made["node"]["labels"] = labels
    made["collection"].update(collection)
    return json.canonical(made)


_NODES = st.builds(
    lambda number, labels, collection, release, unknown: node(
        number, labels, collection, set_={} if "kernel" in unknown else {"kernel.release": release}, unknown=unknown
    ),
    st.integers(0, 8),
    st.sampled_from([{}, {"pool": "gpu"}, {"pool": "cpu", "zone": "a"}, {"zone": "gpu"}]),
    st.sampled_from(
        [{}, {"uid": 1000}, {"uid": None}, {"context": "container"}, {"kind": "dump", "recorded": ["lsmod", "uname"]}]
    ),
    st.sampled_from(["6.1.0", "4.4.0"]),
    st.sampled_from([{}, {}, {"kernel": "denied"}, {"os.id": "failed"}]),
)


@pytest.mark.long
@pytest.mark.parametrize("rules", POLICIES.values(), ids=POLICIES)
@settings(max_examples=25)
@given(lines=st.lists(_NODES, min_size=1, max_size=12))
def test_any_fleet(rules: list[str], lines: list[bytes]) -> None:
    policy = compiled(*rules)
    terms = EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))
    text, remembered = fast(lines, terms)
    assert text == plain(lines, terms)
    # What was recorded is no part of a line that is remembered, where rules look at the collection.
    recorded = sum(b'"recorded":["' in line for line in lines) if "collection." in "".join(rules) else 0
    assert remembered == len(lines) - recorded
