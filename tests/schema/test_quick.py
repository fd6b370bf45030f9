"""The quick way says yes only where the validator does, and to everything that a collector writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import document

from passmuster.codec import schema
from passmuster.codec.schema.compiled import check

DOCUMENT = schema.document("snapshot", 1)
QUICK = check(DOCUMENT, DOCUMENT["$defs"])


def plain_faults(value: Any) -> bool:
    return any(schema._validator("snapshot", 1).iter_errors(value))


def test_what_a_collector_writes_is_said_yes_to() -> None:
    assert QUICK(document())
    assert QUICK(document(unknown={"cpu.flags": "denied", "runtime": "timeout"}))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in members for found in _paths(each, (*path, key)))]


PATHS = [path for path in _paths(document(unknown={"network.ipv6": "denied"})) if path]
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=8)
)
values: st.SearchStrategy[Any] = (
    scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=4), scalars, max_size=3)
)
extremes = st.sampled_from(
    ["x" * 300, "0777", "0777\n", "sha256:" + "0" * 64, ["x"] * 1100, 2**32, -1, 65536, "x86_64", 1.0, True]
)


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(st.sampled_from(PATHS), values | extremes, st.sampled_from(["set", "delete", "add"])),
        min_size=1,
        max_size=3,
    )
)
def test_yes_is_never_said_to_what_the_validator_refuses(edits: list[tuple[tuple[Any, ...], Any, str]]) -> None:
    changed = document(unknown={"network.ipv6": "denied"})
    for path, value, how in edits:
        holder: Any = changed
        for step in path[:-1]:
            usable = (isinstance(holder, dict) and step in holder) or (
                isinstance(holder, list) and isinstance(step, int) and step < len(holder)
            )
            holder = holder[step] if usable else None
        if isinstance(holder, dict):
            if how == "set":
                holder[path[-1]] = value
            elif how == "delete":
                holder.pop(path[-1], None)
            else:
                holder["added"] = value
    if QUICK(changed):
        assert not plain_faults(changed)


def test_a_keyword_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown keywords"):
        check({"type": "integer", "multipleOf": 2}, {})
