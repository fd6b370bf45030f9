"""However a snapshot is laid out, and whatever it holds that this engine does not know: the same verdict, its own digest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fleets import fast, plain
from packs import compiled, no_parameters, rule
from shipped_packs import shipped
from snapshots import data, document
from stores import machine

from passmuster.codec import json as _json
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.fleet.cache.restate import restated

if TYPE_CHECKING:
    from collections.abc import Callable

KUBEVIRT = shipped("kubevirt", "1.1.0")
TERMS = EvaluationCriteria(policies=(KUBEVIRT.policy,), parameters={"kubevirt": dict(KUBEVIRT.defaults)})


def laid_out(number: int, **layout: Any) -> bytes:
    return json.dumps(document(f"n{number}", machine_id=machine(number)), **layout).encode()


def changed(number: int, change: Callable[[dict[str, Any]], object]) -> bytes:
    made = document(f"n{number}", machine_id=machine(number), set_={"kernel.release": f"{number}.1.0"})
    change(made)
    return _json.canonical(made)


SAME: dict[str, Callable[[int], bytes]] = {
    "blanks after commas": laid_out,
    "several lines": lambda number: laid_out(number, indent=2) + b"\n",
    "no newline at the end": lambda number: laid_out(number, separators=(",", ":"), sort_keys=True),
    "a newline of another system": lambda number: data(f"n{number}").replace(b"\n", b"\r\n"),
    "escapes that need not be": lambda number: data(f"n{number}").replace(b'"GenuineIntel"', b'"\\u0047enuineIntel"'),
    "a section of a newer collector": lambda number: changed(
        number, lambda made: made["sections"].update(gpu={"facts": {"n": number}, "status": "ok"})
    ),
    "sections of a newer collector at both ends": lambda number: changed(
        number, lambda made: made["sections"].update(aaa={}, zzz={"x": [1.5, {"y": None}]})
    ),
    "more about the collection and the node": lambda number: changed(
        number, lambda made: (made["collection"].update(took=5), made["node"].update(zone="a"), made.update(note="x"))
    ),
    "what was recorded": lambda number: changed(
        number, lambda made: made["collection"].update(recorded=["uname -a", "lsmod"], kind="dump")
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("make", SAME.values(), ids=SAME)
def test_it_is_judged_from_memory_and_says_the_same(make: Callable[[int], bytes]) -> None:
    lines = [make(at) for at in range(6)]
    text, remembered = fast(lines, TERMS)
    assert remembered == len(lines)
    assert text == plain(lines, TERMS)


WRONG: dict[str, Callable[[int], bytes]] = {
    "a key twice": lambda number: data(f"n{number}").replace(b'"status":"ok"', b'"status":"ok","status":"ok"', 1),
    "a section of a newer collector that is none": lambda number: changed(
        number, lambda made: made["sections"].update(gpu=[])
    ),
    "no sections": lambda number: changed(number, lambda made: made.update(sections=[])),
    "no node": lambda number: changed(number, lambda made: made.pop("node")),
    "a node that is none": lambda number: changed(number, lambda made: made.update(node=None)),
    "a collection without a kind": lambda number: changed(number, lambda made: made["collection"].pop("kind")),
    "recorded what is no text": lambda number: changed(number, lambda made: made["collection"].update(recorded=[1])),
    "another schema": lambda number: changed(number, lambda made: made.update(schema="passmuster.snapshot/2")),
    "a list": lambda number: b"[" + data(f"n{number}").rstrip() + b"]\n",
    "a number": lambda number: b"%d\n" % number,
    "half a snapshot": lambda number: data(f"n{number}")[: 700 + number],
}


@pytest.mark.long
@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_what_is_wrong_stays_wrong(make: Callable[[int], bytes]) -> None:
    lines = [make(at) for at in range(3)]
    text, remembered = fast(lines, TERMS)
    assert remembered == 0
    assert text == plain(lines, TERMS)
    assert json.loads(text)["outcome"] == "unknown"


def test_rules_about_what_was_recorded_are_not_asked_from_memory() -> None:
    policy = compiled(rule("recorded", "'lsmod' in collection.recorded"))
    terms = EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))
    lines = [SAME["what was recorded"](at) for at in range(3)]
    text, remembered = fast(lines, terms)
    assert remembered == 0
    assert text == plain(lines, terms)


def test_a_canonical_line_is_restated_as_it_is() -> None:
    assert restated(data("n1")) == data("n1")
