"""No rule of any pack fails before a redaction and passes after it: each says the same, or is unknown."""

from __future__ import annotations

import functools
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packs import compiled, rule
from redactions import _PLACES, KEY, PACKS, asked, documents, read

from passmuster.codec.schema.fieldtypes import Kind, ListOf, MapOf, Scalar
from passmuster.errors import PolicyError
from passmuster.evaluation.rule import evaluate
from passmuster.exchange import redaction
from passmuster.exchange.redaction import REMOVABLE, Asked, FieldClass
from passmuster.model.outcome import RuleOutcome
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.codec.schema.fieldtypes import FieldType
    from passmuster.model.fieldpath import FieldPath
    from passmuster.snapshot import Snapshot

HEADER = (
    "'rack' in node.labels",
    "!('rack' in node.labels)",
    "!('zone' in node.labels)",
    "!('x' in node.labels)",
    "!has(node.labels.rack) || node.labels.rack == 'a'",
    "!has(node.labels.zone) || node.labels.zone != 'b'",
    "node.labels[?'rack'].orValue('a') == 'a'",
    "node.labels.size() == 0",
    "size(node.labels) < 2",
    "node.labels.all(key, key != 'rack')",
    "!node.labels.exists(key, key == 'zone')",
    "node.labels == {}",
    "node.labels.all(key, node.labels[key] != 'a')",
    "node.name == 'node-1'",
    "node.name != 'node-1'",
    "node.name.startsWith('node-')",
    "!node.name.endsWith('.org')",
    "node.name.size() < 12",
    "!(node.name in ['node-1'])",
    "!has(node.machine_id)",
    "!has(node.machine_id) || node.machine_id.startsWith('sha256:1')",
    "kubernetes.node == node.name",
    "collection.collector == '0.1.0'",
    "collection.collector != '0.1.0+site'",
    "!('secrets' in collection.recorded)",
    "collection.recorded.size() < 2",
    "collection.recorded.all(each, each != 'secrets')",
    "!has(collection.uid) || collection.uid == 0",
)


def _of(path: FieldPath, kind: FieldType) -> Iterator[str]:
    """Expressions about one field; not all of them compile."""
    for text in (f"has({path})", f"!has({path})"):
        yield text
        yield f"!({text})"
    match kind:
        case Scalar(kind=Kind.INT):
            yield f"!has({path}) || {path} != 1"
            yield f"{path} < 100"
        case Scalar(kind=Kind.BOOL):
            yield f"!{path}"
        case Scalar():
            yield f"!has({path}) || {path} != 'other'"
            yield f"{path} != ''"
        case MapOf():
            for key in ("another", "quiet", "iommu", *(kind.keys or ("cpu", "kvm"))[:3]):
                yield f"'{key}' in {path}"
                yield f"!('{key}' in {path})"
            yield f"{path}.size() == 0"
            yield f"!{path}.exists(key, key == 'another')"
        case ListOf(element=Scalar()):
            yield f"!('other' in {path})"
            yield f"{path}.size() < 3"
        case _:
            pass


@functools.cache
def expressions() -> tuple[str, ...]:
    """Every expression that compiles, about each field and about the head."""
    texts = [*HEADER, *(text for path, kind in _PLACES for text in _of(path, kind))]
    return tuple(text for text in dict.fromkeys(texts) if _compiles(text))


def _compiles(text: str) -> bool:
    try:
        compiled(rule("one", text))
    except PolicyError:
        return False
    return True


def _pack(texts: list[str]) -> Asked:
    return Asked(policy=compiled(*(rule(f"rule-{at}", text) for at, text in enumerate(texts))), parameters={})


def _random(seed: int) -> list[str]:
    """Some expressions, and some made of two."""
    chance = random.Random(seed)
    some = chance.sample(expressions(), 30) + chance.sample(HEADER, 8)
    pairs = [f"({chance.choice(some)}) {chance.choice(['&&', '||'])} !({chance.choice(some)})" for _ in range(12)]
    return [each for each in some + pairs if each in some or _compiles(each)]


def _outcomes(snapshot: Snapshot, pack: Asked) -> dict[str, RuleOutcome]:
    return {each.rule.id: each.outcome for each in evaluate(pack.policy, snapshot, bind(snapshot), pack.parameters)}


classes_ = st.frozensets(st.sampled_from(REMOVABLE))


@st.composite
def nodes(draw: st.DrawFn) -> dict[str, Any]:
    """Snapshots whose head may hold anything, too."""
    made = draw(documents())
    for path in draw(st.lists(st.sampled_from(["boot.arguments", "cgroup.v1", "kernel.misc_devices"]), unique=True)):
        section = made["sections"].get(path.partition(".")[0])
        if section and isinstance(section["facts"].get(path.partition(".")[2]), dict):
            section["unknown"][f"{path}['*']"] = {"detail": "", "reason": draw(st.sampled_from(["redacted", "denied"]))}
            section["status"] = "partial"
    made["collection"]["collector"] = draw(st.sampled_from(["0.1.0", "0.1.0+site"]))
    made["collection"]["recorded"] = draw(st.sampled_from([[], ["uid"], ["secrets"], ["secrets", "uid"]]))
    return made


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(nodes(), st.sampled_from([None, *PACKS]), st.integers(0, 40), st.integers(0, 40), classes_)
def test_a_redaction_turns_outcomes_into_unknown_and_into_nothing_else(
    document: dict[str, Any], shipped: tuple[str, str] | None, own: int, other: int, classes: frozenset[FieldClass]
) -> None:
    before = read(document)
    for_pack = asked(*shipped) if shipped else _random_pack(own)
    plan = redaction.plan([for_pack.policy], classes, KEY if FieldClass.HOST_IDENTIFYING in classes else None)
    once = redaction.redact(before, plan)
    again = redaction.redact(once.snapshot, redaction.plan([_random_pack(other).policy], classes, plan.key))
    judging = _random_pack(other)
    was = _outcomes(before, judging)
    for made in (once, again):
        now = _outcomes(made.snapshot, judging)
        wrong = {
            name: (was[name].value, now[name].value, judging.policy.rules[int(name.split("-")[1])].expression.text)
            for name in was
            if now[name] is not was[name] and now[name] is not RuleOutcome.UNKNOWN
        }
        assert wrong == {}


@functools.cache
def _random_pack(seed: int) -> Asked:
    return _pack(_random(seed))


@pytest.mark.long
def test_there_is_something_to_ask() -> None:
    assert len(expressions()) > 500
    assert set(HEADER) <= set(expressions())


@pytest.mark.parametrize("text", ["'rack' in node.labels", "!('zone' in node.labels)"])
def test_what_a_pack_asks_of_labels_stays_known(text: str) -> None:
    """The redaction for a pack tells whether the labels are there that the pack asks for, and no value."""
    pack = _pack([text, "node.labels[?'rack'].orValue('') == 'a'"])
    document = read({**_document(), "node": {"labels": {"rack": "a", "owner": "x"}, "machine_id": None, "name": "n"}})
    made = redaction.redact(document, redaction.plan([pack.policy], [FieldClass.HOST_IDENTIFYING], KEY))
    assert list(_outcomes(made.snapshot, pack).values()) == [RuleOutcome.PASS, RuleOutcome.UNKNOWN]


def _document() -> dict[str, Any]:
    from snapshots import document  # noqa: PLC0415 - the name is taken above

    return document("n")
