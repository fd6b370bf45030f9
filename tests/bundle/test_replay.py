"""Nothing older comes in again."""

from __future__ import annotations

from typing import Any

import bundles
import pytest

from passmuster.errors import IntegrityError, UsageError
from passmuster.exchange.bundle import create, replay
from passmuster.exchange.bundle.unpack import unpack


def _state(*made: dict[str, Any]) -> replay.State:
    state = replay.State()
    for each in made:
        state = _after(state, each)
    return state


def _after(state: replay.State, changes: dict[str, Any]) -> replay.State:
    packs = [
        create.Pack(pack="demo", version=each, data=f"{each}{changes.get('text', '')}\n".encode())
        for each in changes.get("packs", ())
    ]
    fields = {name: value for name, value in changes.items() if name not in {"packs", "text"}}
    return replay.newer(state, unpack(bundles.made(packs=packs, **fields), "site.pmb"), bundles.NOW)


REFUSED = {
    "a sequence that is lower": ([{"sequence": 7}, {"sequence": 6}], "older than the last bundle of 'dc-1' (got sequence 6, last 7)"),
    "one sequence for two bundles": ([{"sequence": 7}, {"sequence": 7, "expires": bundles.NOW}], "another bundle of 'dc-1' had the same sequence"),
    "a pack that falls back": ([{"packs": ["1.10.0"]}, {"sequence": 8, "packs": ["1.9.0"]}], "demo 1.9.0 is older than the last version of this pack (last 1.10.0)"),
    "a pack that falls back to a draft": ([{"packs": ["1.0.0"]}, {"sequence": 8, "packs": ["1.0.0-rc.1"]}], "is older than"),
    "a pack from another site that falls back": ([{"packs": ["1.1.0"]}, {"site": "dc-2", "packs": ["1.0.0"]}], "is older than"),
    "a version that changed": ([{"packs": ["1.0.0"]}, {"sequence": 8, "packs": ["1.0.0"], "text": "!"}], "differs from the same version seen before"),
    "the highest sequence there is, first": ([{"sequence": 2**63 - 1}], f"the sequence number is too high for 'dc-1' (got {2**63 - 1}, expected at most {1795392300 * 10**9}; last none)"),
    "the highest sequence there is, after a counter": ([{"sequence": 7}, {"sequence": 2**63 - 1}], "expected at most 1795392300; last 7)"),
    "the clock of next year": ([{"sequence": 1795392000}, {"sequence": 1826928000}], "expected at most 1795392300; last 1795392000)"),
    "the clock of tomorrow, after today's": ([{"sequence": 1795392000}, {"sequence": 1795392000 + 86_400}], "expected at most 1795392300"),
    "nanoseconds after seconds": ([{"sequence": 1795392000}, {"sequence": 1795392001 * 10**9}], "expected at most 1795392300"),
    "a bundle of nobody": ([{"site": None}], "it names no site"),
}  # fmt: skip


@pytest.mark.parametrize(("history", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_older_is_refused(history: list[dict[str, Any]], message: str) -> None:
    before = _state(*history[:-1])
    with pytest.raises(IntegrityError) as caught:
        _after(before, history[-1])
    assert message in str(caught.value)
    assert caught.value.status == 4


TAKEN = {
    "a higher sequence": [{"sequence": 7}, {"sequence": 8}],
    "a counter that becomes a clock": [{"sequence": 7}, {"sequence": 1795392000}],
    "a clock of seconds, years later": [{"sequence": 1500000000}, {"sequence": 1795392000}],
    "a clock of milliseconds": [{"sequence": 1500000000123}, {"sequence": 1795392000123}],
    "a clock of nanoseconds": [{"sequence": 1795000000 * 10**9}, {"sequence": 1795392000 * 10**9}],
    "dates as numbers": [{"sequence": 202512312359}, {"sequence": 202611222359}],
    "the same bundle again": [{"sequence": 7}, {"sequence": 7}],
    "a lower sequence of another site": [{"sequence": 7}, {"site": "dc-2", "sequence": 1}],
    "a bundle without the pack": [{"packs": ["1.0.0"]}, {"sequence": 8}],
    "an older version beside the newest": [{"packs": ["1.1.0"]}, {"sequence": 8, "packs": ["1.0.0", "1.1.0"]}],
    "a newer version": [{"packs": ["1.9.0"]}, {"sequence": 8, "packs": ["1.10.0"]}],
}


@pytest.mark.parametrize("history", TAKEN.values(), ids=TAKEN)
def test_what_is_as_new_is_taken_and_the_state_is_kept_whole(history: list[dict[str, Any]]) -> None:
    state = _state(*history)
    assert replay.read(replay.write(state), "state.json") == state
    assert state.sites["dc-1"].mark == str(max(each.get("sequence", 7) for each in history if "site" not in each))


def test_the_highest_version_is_remembered() -> None:
    assert _state({"packs": ["1.9.0", "1.10.0", "1.2.0"]}).packs["demo"].mark == "1.10.0"


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"{}",
    b'{"schema":"passmuster.bundlestate/2","sites":{},"packs":{}}',
    b'{"schema":"passmuster.bundlestate/1","sites":{"a":{}},"packs":{}}',
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_state_that_cannot_be_read_is_not_an_empty_one(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"state\.json"):
        replay.read(data, "state.json")
