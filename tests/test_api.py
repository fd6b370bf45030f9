"""The API: every way to hand over snapshots is the same judge, and one call knows nothing of another."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from packs import rule, text
from snapshots import data

from passmuster import check, check_stream, explain, impact, load_policy, load_snapshot
from passmuster.errors import PassmusterError, PolicyError, SnapshotError, UsageError
from passmuster.evaluation.explain import Contributed, Explanation
from passmuster.fleet.judging import Sinks
from passmuster.fleet.source import Source
from passmuster.intake.criteria import CriteriaOptions, criteria
from passmuster.model.outcome import NodeOutcome
from passmuster.policy import load, waivers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from passmuster.model.verdict import Verdict
    from passmuster.policy import Policy


def loaded(*rules: str) -> Policy:
    return load(text(*rules).encode(), "policy.yaml", released=False)


POLICY = loaded(rule("one", "kernel.major >= 5"), rule("two", "'lm' in cpu.flags"))
CRITERIA = criteria([POLICY])
NOW = datetime(2026, 12, 1, tzinfo=UTC)
OTHER = "sha256:" + "1" * 64
OLD = data("b", machine_id=OTHER, set_={"kernel.major": 4})
LINES = [data("a"), OLD, b'{"schema": 1}\n', data("a")]


def told(verdict: Verdict) -> list[tuple[str, NodeOutcome]]:
    return [(node.node, node.outcome) for node in verdict.nodes]


def test_bytes_snapshots_and_files_are_judged_alike(tmp_path: Path) -> None:
    lines = [data("a"), OLD]
    (tmp_path / "fleet.ndjson").write_bytes(b"".join(lines))
    found = [
        check(iter(lines), CRITERIA),
        check([load_snapshot(each) for each in lines], CRITERIA),
        check(Source(paths=[str(tmp_path)]), CRITERIA),
    ]
    assert {each.digest for each in found} == {found[0].digest}
    assert told(found[0]) == told(found[1]) == [("a", NodeOutcome.PASS), ("b", NodeOutcome.FAIL)]
    assert (
        [node.input for node in found[0].nodes]
        == [node.input for node in found[1].nodes]
        == ["snapshot 1", "snapshot 2"]
    )


def test_bytes_that_are_no_snapshot_are_a_node_that_is_unknown() -> None:
    verdict = check(LINES, CRITERIA)
    assert told(verdict) == [("a", NodeOutcome.PASS), ("b", NodeOutcome.FAIL), ("snapshot 3", NodeOutcome.UNKNOWN)]
    assert [each.inputs for each in verdict.duplicates] == [("snapshot 1", "snapshot 4")]


def test_a_stream_is_the_same_verdict() -> None:
    file = io.BytesIO()
    with check_stream(LINES, CRITERIA, Sinks(lines=[file])) as found:
        conclusion = found.conclusion
    assert conclusion.verdict.digest == check(LINES, CRITERIA).digest
    assert len(file.getvalue().splitlines()) == len(LINES) + 1


def test_the_newest_of_each_node_is_judged_where_that_is_asked_for() -> None:
    times = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"]
    lines = [data("a", collected_at=at, set_={"kernel.major": 4 + number}) for number, at in enumerate(times)]
    latest = criteria([POLICY], CriteriaOptions(latest=True, now=NOW))
    verdicts = [check(lines[::step], latest) for step in (1, -1)]
    verdicts.append(check([load_snapshot(each) for each in lines], latest))
    assert [told(each) for each in verdicts] == [[("a", NodeOutcome.PASS)]] * 3
    assert [each.superseded for each in verdicts] == [1, 1, 1]


def test_how_far_it_is_is_told() -> None:
    done: list[tuple[int, int]] = []
    check(LINES, CRITERIA, lambda size, nodes: done.append((size, nodes)))
    assert sum(nodes for _, nodes in done) == len(LINES)
    assert sum(size for size, _ in done) == sum(map(len, LINES))


def test_one_call_knows_nothing_of_another(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(b'{"schema":"passmuster.report/1"}\n')
    (tmp_path / "node.json").write_bytes(data("a"))
    assert [each.why for each in check(Source(paths=[str(tmp_path)]), CRITERIA).skipped] == ["a report, not a snapshot"]
    assert check(Source(paths=[str(tmp_path / "node.json")]), CRITERIA).skipped == ()


def test_a_rule_about_all_nodes_is_explained_by_what_the_node_contributes() -> None:
    policy = load_policy("kubevirt")
    snapshot = load_snapshot(data("a"))
    pooled = next(each.id for each in policy.rules if each.value is not None)
    single = next(each.id for each in policy.rules if each.value is None)
    assert isinstance(explain(snapshot, policy, pooled), Contributed)
    assert isinstance(explain(snapshot, policy, f"{policy.pack}/{single}"), Explanation)


def test_two_versions_are_compared_over_snapshots_and_over_two_collections() -> None:
    new = criteria([loaded(rule("one", "kernel.major >= 6"))])
    old = criteria([loaded(rule("one", "kernel.major >= 5"))])
    fresh = load_snapshot(data("a", set_={"kernel.major": 6}))
    stale = load_snapshot(data("a", set_={"kernel.major": 5}))
    assert [each.node for each in impact(old, new, [stale]).broken] == ["a"]
    assert impact(old, new, [fresh], [stale]).broken == ()
    assert [
        each.node
        for each in impact(old, old, [load_snapshot(OLD)], [load_snapshot(data("b", machine_id=OTHER))]).broken
    ] == ["b"]


MISTAKES: dict[str, tuple[Callable[[], object], type[PassmusterError], str]] = {
    "no snapshot": (lambda: load_snapshot(b"[]", "n.json"), SnapshotError, "n.json:1:1: "),
    "no policy": (lambda: load_policy("nowhere"), UsageError, "nowhere: "),
    "no rule": (lambda: explain(load_snapshot(data("a")), POLICY, "three"), UsageError, "three: no such rule in "),
    "no parameter": (lambda: criteria([POLICY], CriteriaOptions(parameters=["x=1"])), UsageError, "--set x"),
    "no moment for an age": (lambda: criteria([POLICY], CriteriaOptions(max_age="7d")), UsageError, "--max-age: it depends on the time"),
    "no moment for waivers": (lambda: criteria([POLICY], CriteriaOptions(waivers=waivers.Waivers(digest="", waivers=()))), UsageError, "--waivers: it depends on"),
    "no age": (lambda: criteria([POLICY], CriteriaOptions(max_age="old", now=NOW)), UsageError, "--max-age: "),
    "a policy that does not compile": (lambda: criteria([loaded(rule("one", "nowhere == 1"))]), PolicyError, "policy.yaml:"),
    "two packs": (lambda: impact(CRITERIA, criteria([load_policy("virtnest")]), []), UsageError, "impact: two packs (got "),
    "two policies on a side": (lambda: impact(criteria([POLICY, load_policy("virtnest")]), CRITERIA, []), UsageError, "impact: 2 policies (expected one"),
    "no standard input": (lambda: check(Source(paths=["-"]), CRITERIA), UsageError, "-: no standard input was given"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told(name: str) -> None:
    call, kind, sentence = MISTAKES[name]
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).startswith(sentence)
