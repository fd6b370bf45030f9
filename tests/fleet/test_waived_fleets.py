"""Waivers over a fleet that is judged from memory say what they say of each node by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fleets import fast, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule
from shipped_packs import shipped
from snapshots import document

from passmuster.codec import json as _json
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.policy import waivers

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SMALL = compiled(
    rule("debian", "os.id == 'debian'", message_expression="'it is ' + os.id"),
    rule("six", "kernel.major >= 6", level="recommended"),
    rule("memory", "memory.total_bytes > 5"),
)
KUBEVIRT = shipped("kubevirt", "1.1.0")
PACKS = {
    "a small policy": EvaluationCriteria(policies=(SMALL,), parameters=no_parameters(SMALL)),
    "a pack with fleet rules": EvaluationCriteria(
        policies=(KUBEVIRT.policy,), parameters={"kubevirt": dict(KUBEVIRT.defaults)}
    ),
}


def node(number: int, labels: dict[str, str], changes: dict[str, Any], **more: Any) -> bytes:
    made = document(f"n{number}", machine_id=f"sha256:{number:064x}", set_=changes, **more)
    made["node"]["labels"] = labels
    return _json.canonical(made)


def in_force(entries: list[dict[str, Any]]) -> waivers.InForce:
    file = {"schema": waivers.SCHEMA, "waivers": entries}
    return waivers.InForce(waivers=waivers.load(json.dumps(file).encode(), "w.yaml"), now=NOW)


def waiver(node: dict[str, Any], rule: str, expires: str = "2026-12-31") -> dict[str, Any]:
    return {"node": node, "rule": rule, "reason": "r", "owner": "o", "ticket": "t", "expires": expires}


_LABELS = st.sampled_from([{}, {"rack": "7"}, {"rack": "7", "pool": "gpu"}, {"rack": "8"}])
_CHANGES = st.fixed_dictionaries(
    {
        "os.id": st.sampled_from(["debian", "x"]),
        "kernel.major": st.sampled_from([4, 6]),
        "kernel.release": st.sampled_from(["4.4.0", "6.1.0"]),
        "memory.total_bytes": st.sampled_from([3, 10**10]),
    }
)
_UNKNOWN = st.sampled_from([{}, {}, {"os": "denied"}, {"devices": "failed"}])
_NODES = st.builds(
    lambda number, labels, changes, unknown, day: node(
        number,
        labels,
        {path: each for path, each in changes.items() if path.split(".")[0] not in unknown},
        unknown=unknown,
        collected_at=f"2026-11-{day}T00:00:00Z",
    ),
    st.integers(0, 12),
    _LABELS,
    _CHANGES,
    _UNKNOWN,
    st.sampled_from([10, 22]),
)
_WAIVERS = st.builds(
    waiver,
    st.sampled_from(
        [{"name": "*"}, {"name": "n1*"}, {"name": "n3"}, {"label": {"rack": "7"}}, {"label": {"pool": "gpu"}}]
    ),
    st.sampled_from(["debian", "demo/six", "memory", "other/debian", "kernel-modules", "kubevirt/kvm-device"]),
    st.sampled_from(["2026-12-31", "2026-11-23", "2026-11-22"]),
)


@pytest.mark.long
@pytest.mark.parametrize("terms", PACKS.values(), ids=PACKS)
@settings(max_examples=40)
@given(
    lines=st.lists(_NODES, min_size=1, max_size=14),
    entries=st.lists(_WAIVERS, min_size=1, max_size=4),
    old=st.booleans(),
)
def test_any_fleet_and_any_waivers(
    terms: EvaluationCriteria,
    lines: list[bytes],
    entries: list[dict[str, Any]],
    old: bool,  # noqa: FBT001
) -> None:
    age = MaximumAge(text="5d", span=timedelta(days=5), now=NOW) if old else None
    whole = replace(terms, waivers=in_force(entries), max_age=age)
    text, remembered = fast(lines, whole)
    assert text == plain(lines, whole)
    assert remembered == len(lines)


def test_a_waiver_that_covers_every_node_is_told_as_too_wide() -> None:
    labels = [{"rack": "7"}, {"rack": "7", "pool": "gpu"}, {"rack": "7"}]
    lines = [node(at, each, {"os.id": "x"}) for at, each in enumerate(labels)]
    entries = [waiver({"label": {"rack": "7"}}, "debian"), waiver({"label": {"pool": "gpu"}}, "debian")]
    text, _ = fast(lines, replace(PACKS["a small policy"], waivers=in_force(entries)))
    told = json.loads(text)["waivers"]
    assert ([each["id"] for each in told["wide"]], told["applied"], told["unused"]) == (["#1"], 3, [])
    text, _ = fast([*lines, node(9, {}, {})], replace(PACKS["a small policy"], waivers=in_force(entries)))
    assert json.loads(text)["waivers"]["wide"] == []
