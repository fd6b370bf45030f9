"""What waivers do to verdicts: fail and unknown become waived, nothing else changes, nothing gets worse."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule
from snapshots import document

from passmuster.codec import json as _json
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.model.outcome import NodeOutcome, RuleOutcome
from passmuster.policy import waivers
from passmuster.snapshot import load

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict

POLICY = compiled(
    rule("debian", "os.id == 'debian'"),
    rule("six", "kernel.major >= 6", level="recommended"),
    rule("index", "[1][kernel.minor] == 1"),
    rule("intel", "'vmx' in cpu.flags", applies_when="cpu.architecture == 'x86_64'"),
)
TERMS = EvaluationCriteria(policies=(POLICY,), parameters=no_parameters(POLICY))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD_INDEX = {"kernel.minor": 0}


def node(name: str, labels: dict[str, str] | None = None, **changes: Any) -> Given:
    changes["set_"] = {**GOOD_INDEX, **changes.get("set_", {})}
    made = document(name, machine_id=None, **changes)
    made["node"]["labels"] = labels or {}
    return Given(input=f"{name}.json", snapshot=load(_json.canonical(made), name))


def waiver(rule: str = "debian", name: str = "a", expires: str = "2026-12-31", **more: Any) -> dict[str, Any]:
    return {
        "node": {"name": name},
        "rule": rule,
        "reason": "r",
        "owner": "o",
        "ticket": "t",
        "expires": expires,
        **more,
    }


def in_force(*entries: dict[str, Any], now: datetime = NOW) -> waivers.InForce:
    file = {"schema": waivers.SCHEMA, "waivers": list(entries)}
    return waivers.InForce(waivers=waivers.load(json.dumps(file).encode(), "w.yaml"), now=now)


def judged(*nodes: Given, by: waivers.InForce | None) -> Verdict:
    return judge(nodes, replace(TERMS, waivers=by))


def outcomes(verdict: Verdict) -> list[list[RuleOutcome]]:
    return [[result.outcome for result in each.results] for each in verdict.nodes]


FAILING = {"os.id": "x"}
COVERING = {
    "by its name": waiver(),
    "by a glob": waiver(name="[ab]*"),
    "by the rule's whole name": waiver("demo/debian"),
    "by a label": waiver(node={"label": {"rack": "7"}}),
    "on its last day": waiver(expires="2026-11-23"),
}
NOT_COVERING = {
    "another name": waiver(name="A"),
    "part of a name": waiver(name="aa"),
    "another rule": waiver("six"),
    "a rule of another pack": waiver("other/debian"),
    "another value of the label": waiver(node={"label": {"rack": "8"}}),
    "one label too many": waiver(node={"label": {"rack": "7", "zone": "a"}}),
    "a day too late": waiver(expires="2026-11-22"),
}


@pytest.mark.parametrize("entry", COVERING.values(), ids=COVERING)
def test_a_failure_is_waived(entry: dict[str, Any]) -> None:
    verdict = judged(node("a", {"rack": "7"}, set_=FAILING), by=in_force(entry))
    (only,) = verdict.nodes
    waived = only.results[0]
    assert waived.outcome is RuleOutcome.WAIVED
    assert waived.message == "os.id == 'debian' is false"
    assert waived.because
    assert waived.waived is not None
    assert (waived.waived.outcome, waived.waived.waiver.ticket) == (RuleOutcome.FAIL, "t")
    assert (only.outcome, verdict.now) == (NodeOutcome.PASS, "2026-11-23T12:00:00Z")
    assert verdict.waivers is not None
    assert (verdict.waivers.applied, verdict.waivers.unused, verdict.waivers.expired) == (1, (), ())


@pytest.mark.parametrize("entry", NOT_COVERING.values(), ids=NOT_COVERING)
def test_what_is_not_covered_fails_as_before(entry: dict[str, Any]) -> None:
    verdict = judged(node("a", {"rack": "7"}, set_=FAILING), by=in_force(entry))
    assert outcomes(verdict) == outcomes(judged(node("a", {"rack": "7"}, set_=FAILING), by=None))
    assert verdict.waivers is not None
    assert verdict.waivers.applied == 0
    assert len(verdict.waivers.expired) + len(verdict.waivers.unused) == 1


def test_an_unknown_is_waived_and_keeps_what_stood_in_the_way() -> None:
    verdict = judged(node("a", unknown={"os.id": "denied"}), by=in_force(waiver()))
    waived = verdict.nodes[0].results[0]
    assert waived.outcome is RuleOutcome.WAIVED
    assert [str(fact.path) for fact in waived.unknown] == ["os.id"]
    assert verdict.outcome is NodeOutcome.PASS


def test_errors_passes_and_what_does_not_apply_are_never_waived() -> None:
    entries = [waiver("debian"), waiver("index"), waiver("intel")]
    verdict = judged(node("a", set_={"kernel.minor": 7, "cpu.architecture": "s390x"}), by=in_force(*entries))
    assert outcomes(verdict) == [[RuleOutcome.PASS, RuleOutcome.PASS, RuleOutcome.ERROR, RuleOutcome.NOT_APPLICABLE]]
    assert verdict.waivers is not None
    assert [each.id for each in verdict.waivers.unused] == ["#1", "#2", "#3"]


def test_a_node_with_everything_waived_is_vouched_for_by_nothing() -> None:
    only = replace(TERMS, rules=frozenset({"demo/debian"}), waivers=in_force(waiver()))
    verdict = judge([node("a", set_=FAILING)], only)
    assert verdict.outcome is NodeOutcome.UNKNOWN
    assert verdict.nodes[0].reason == "no required or recommended rule applies"


def test_the_first_that_holds_is_shown_and_none_that_covers_is_unused() -> None:
    entries = [waiver(expires="2020-01-01", id="old"), waiver(id="one"), waiver(id="two", name="?")]
    verdict = judged(node("a", set_=FAILING), by=in_force(*entries))
    assert verdict.waivers is not None
    assert verdict.nodes[0].results[0].waived is not None
    assert verdict.nodes[0].results[0].waived.waiver.id == "one"
    assert ([each.id for each in verdict.waivers.expired], verdict.waivers.unused) == (["old"], ())


def test_what_covers_everything_is_too_wide() -> None:
    entries = [waiver(name=glob, id=f"w{at}") for at, glob in enumerate(("*", "?*", "**", "???", "a*", "[ab]"))]
    verdict = judged(node("a"), node("b"), by=in_force(*entries))
    assert verdict.waivers is not None
    assert [each.id for each in verdict.waivers.wide] == ["w0", "w1", "w2", "w5"]
    assert [each.id for each in judged(node("a"), by=in_force(*entries)).waivers.wide] == ["w0", "w1", "w2"]  # type: ignore[union-attr]


def test_the_digest_depends_on_the_waivers_and_on_the_moment() -> None:
    nodes = (node("a"),)
    bare, one = judged(*nodes, by=None), judged(*nodes, by=in_force(waiver()))
    later = judged(*nodes, by=in_force(waiver(), now=datetime(2026, 11, 24, tzinfo=UTC)))
    other = judged(*nodes, by=in_force(waiver("six")))
    assert len({bare.digest, one.digest, later.digest, other.digest}) == 4
    assert bare.now is None


SEVERITY = [NodeOutcome.FAIL, NodeOutcome.UNKNOWN, NodeOutcome.WARN, NodeOutcome.PASS]
ENTRIES = st.lists(
    st.builds(
        waiver,
        st.sampled_from(["debian", "six", "index", "demo/intel", "nothing"]),
        st.sampled_from(["a", "b", "*", "x", "[ab]"]),
        st.dates(date(2026, 11, 20), date(2026, 11, 26)).map(str),
    ),
    min_size=1,
    max_size=5,
)
NODES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "set_": st.sampled_from([FAILING, {"kernel.major": 4}, {"kernel.minor": 7}, {"cpu.architecture": "s390x"}]),
            "unknown": st.sampled_from([{"os.id": "denied"}, {"kernel": "timeout"}]),
        },
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(entries=ENTRIES, changes=NODES)
def test_waivers_never_make_an_outcome_worse(entries: list[dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    nodes = [node(name, **change) for name, change in zip("abc", changes, strict=False)]
    without, with_ = judged(*nodes, by=None), judged(*nodes, by=in_force(*entries))
    for before, after in zip(without.nodes, with_.nodes, strict=True):
        for one, other in zip(before.results, after.results, strict=True):
            if other.outcome is RuleOutcome.WAIVED:
                assert one.outcome in {RuleOutcome.FAIL, RuleOutcome.UNKNOWN}
                assert replace(other, outcome=one.outcome, waived=None) == one
            else:
                assert other == one
        unvouched = after.reason is not None and after.reason.startswith("nothing applied")
        assert SEVERITY.index(after.outcome) >= SEVERITY.index(before.outcome) or unvouched
    found = with_.waivers
    assert found is not None
    assert found.applied == sum(outcome is RuleOutcome.WAIVED for each in outcomes(with_) for outcome in each)
    assert not {each.id for each in found.expired} & {each.id for each in (*found.unused, *found.wide)}


@settings(max_examples=20, deadline=None)
@given(changes=NODES)
def test_a_waiver_that_covers_nothing_changes_nothing_but_its_report(changes: list[dict[str, Any]]) -> None:
    nodes = [node(name, **change) for name, change in zip("abc", changes, strict=False)]
    without, with_ = judged(*nodes, by=None), judged(*nodes, by=in_force(waiver(name="nobody")))
    same = replace(with_, waivers=None, now=None, digest=without.digest)
    assert same == without
    assert with_.digest != without.digest
