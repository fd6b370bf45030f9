"""Which snapshot of a node is the newest: what is delivered later and claims to be earlier hides nothing."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import data
from stores import complained, contents, node, rows, said, told

from passmuster.cli import main
from passmuster.fleet.store.cut import NO_MOMENT
from passmuster.fleet.store.order import (
    BACK,
    DISPUTED,
    FUTURE,
    LATEST,
    NAMELESS,
    OLDER,
    TIED,
    Held,
    dismissed,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD: dict[str, Any] = {}
BAD: dict[str, Any] = {"set_": {"kernel.release": "4.4.0"}}
DAY = [f"2026-11-{day:02d}T00:00:00Z" for day in range(31)]
NOW = ("--now", "2026-12-01T00:00:00Z")
FAR = "2099-01-01T00:00:00Z"


def held(  # noqa: PLR0913 - one for each word of a case
    id_: int, at: int | None, delivery: int, sequence: int | None = None, *, received: int = 50, future: bool = False
) -> Held:
    moment = NO_MOMENT if at is None else at
    return Held(id=id_, at=moment, sequence=sequence, delivery=delivery, received=received, future=future)


CASES: dict[str, tuple[list[Held], list[int]]] = {
    "one": ([held(1, 5, 1)], [LATEST]),
    "a later one": ([held(1, 5, 1), held(2, 6, 2)], [OLDER, LATEST]),
    "several of one delivery": ([held(1, 6, 1), held(2, 5, 1), held(3, 4, 1)], [LATEST, OLDER, OLDER]),
    "several of one moment": ([held(1, 5, 1), held(2, 5, 2), held(3, 4, 1)], [TIED, TIED, OLDER]),
    "a clock that went back": ([held(1, 6, 1), held(2, 5, 2)], [BACK, DISPUTED]),
    "a clock that went back and is right again": (
        [held(1, 6, 1), held(2, 5, 2), held(3, 7, 3)],
        [OLDER, OLDER, LATEST],
    ),
    "bundles in their order": ([held(1, 5, 1, 1), held(2, 6, 2, 2)], [OLDER, LATEST]),
    "bundles that came in another order": ([held(2, 6, 1, 2), held(1, 5, 2, 1)], [LATEST, OLDER]),
    "a later bundle with an earlier moment": ([held(1, 6, 1, 1), held(2, 5, 2, 2)], [BACK, DISPUTED]),
    "later bundles of one moment": ([held(1, 5, 1, 1), held(2, 5, 2, 2)], [OLDER, LATEST]),
    "a loose file after a bundle": ([held(1, 5, 1, 9), held(2, 6, 2)], [OLDER, LATEST]),
    "one without a moment, received before another was collected": (
        [held(1, None, 1, received=4), held(2, 5, 2)],
        [OLDER, LATEST],
    ),
    "one without a moment, received after another was collected": (
        [held(1, None, 1, received=5), held(2, 5, 2)],
        [DISPUTED, BACK],
    ),
    "one without a moment, of the same delivery": ([held(1, None, 1), held(2, 5, 1)], [DISPUTED, BACK]),
    "one without a moment, delivered after": ([held(1, 5, 1), held(2, None, 2)], [BACK, DISPUTED]),
    "several without a moment": ([held(1, None, 1), held(2, None, 2)], [TIED, TIED]),
    "one from the future": ([held(1, 5, 1), held(2, 99, 2, future=True)], [LATEST, FUTURE]),
    "one from the future, and another after it": ([held(1, 99, 1, future=True), held(2, 5, 2)], [OLDER, LATEST]),
    "only from the future": ([held(1, 98, 1, future=True), held(2, 99, 2, future=True)], [DISPUTED, FUTURE]),
}


@pytest.mark.parametrize(("some", "expected"), CASES.values(), ids=CASES)
def test_what_each_is(some: list[Held], expected: list[int]) -> None:
    for order in itertools.permutations(some):
        found = standing(order, one=True)
        assert [found[each.id] for each in some] == expected


def test_without_a_machine_id_several_are_one_only_where_somebody_says_so() -> None:
    some = [held(1, 5, 1), held(2, 6, 2)]
    assert standing(some, one=False) == {1: DISPUTED, 2: NAMELESS}
    assert standing(some, one=True) == {1: OLDER, 2: LATEST}
    assert standing(some[:1], one=False) == {1: LATEST}


_HELD = st.builds(
    Held,
    id=st.integers(1, 10**6),
    at=st.sampled_from([NO_MOMENT, 1, 2, 3, 4]),
    sequence=st.sampled_from([None, 1, 2, 3]),
    delivery=st.integers(1, 4),
    received=st.integers(0, 5),
    future=st.booleans(),
)
_SOME = st.lists(_HELD, min_size=1, max_size=6, unique_by=lambda each: each.id)


@given(_SOME, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_held_changes_nothing(some: list[Held], one: bool, random: Any) -> None:  # noqa: FBT001
    again = list(some)
    random.shuffle(again)
    assert standing(some, one=one) == standing(again, one=one)


@given(_SOME, st.booleans())
def test_nothing_is_hidden_silently(some: list[Held], one: bool) -> None:  # noqa: FBT001
    """Of each node something stands; where it is judged, nothing contradicts it, and nothing that might is dropped."""
    found = standing(some, one=one)
    shown = [each for each in some if found[each.id] > 0]
    assert shown
    for latest in (each for each in shown if found[each.id] == LATEST):
        others = [each for each in some if each is not latest]
        assert [each for each in shown if each is not latest] == [each for each in shown if found[each.id] == FUTURE]
        for each in others:
            if not each.future:
                assert one
                assert each.at <= latest.at
                assert each.at == latest.at or not each.is_after(latest)
                assert each.at != NO_MOMENT or latest.at == NO_MOMENT or each.received < latest.at
            elif not latest.is_after(each):
                assert any(found[one_.id] == FUTURE for one_ in some) or any(
                    one_.is_after(each) for one_ in others if not one_.future
                )
    if any(found[each.id] in {BACK, NAMELESS, TIED} for each in some):
        assert not any(found[each.id] == LATEST for each in some)


@given(_SOME, st.data())
def test_what_an_operator_accepts_is_the_latest(some: list[Held], draw: Any) -> None:
    present = [each for each in some if not each.future]
    if present:
        accepted = draw.draw(st.sampled_from(present))
        gone = dismissed(some, accepted)
        left = [each for each in some if each.id not in gone]
        assert standing(left, one=True)[accepted.id] == LATEST
        assert all(each.at < accepted.at and not each.is_after(accepted) for each in left if each is not accepted)


# The same through the commands


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796083200")  # 2026-12-01
    return tmp_path


def add(capsys: Any, *snapshots: bytes, site: str = "", now: str = NOW[1]) -> dict[str, Any]:
    Path("in.ndjson").write_bytes(b"".join(snapshots))
    out = said(capsys, "fleet", "add", "s.db", "in.ndjson", "--site", site, "--now", now, "-o", "ndjson")
    last: dict[str, Any] = json.loads(out.splitlines()[-1])
    return last


def judged(capsys: Any, *options: str) -> list[tuple[Any, ...]]:
    """Site, name, outcome and reason of each node; all ways of judging a store have the same counts."""
    capsys.readouterr()
    command = ["fleet", "check", "s.db", "-p", "virtnest@1.0.0", *options]
    status = main([*command, "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    for form in ("summary", "ndjson"):
        assert main([*command, "-o", form]) == status
        last = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert last["summary"]["nodes"] == report["summary"]["nodes"]
    assert main(["fleet", "verify", "s.db"]) == 0, capsys.readouterr().out
    found = [(each["site"], each["node"], each["outcome"], each["reason"]) for each in report["nodes"]]
    return sorted(found, key=lambda each: (each[1], each[0] or "", each[2]))


def brief(found: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [each[:3] for each in found]


@pytest.mark.long
def test_one_name_at_two_sites_is_two_nodes(capsys: Any) -> None:
    one, other = data("worker-1", machine_id=None, collected_at=DAY[1], **BAD), data("worker-1", machine_id=None)
    add(capsys, one, site="berlin")
    add(capsys, other, site="tokyo")
    assert brief(judged(capsys)) == [("berlin", "worker-1", "fail"), ("tokyo", "worker-1", "pass")]
    assert brief(judged(capsys, "--site", "tokyo")) == [("tokyo", "worker-1", "pass")]
    assert brief(judged(capsys, "--as-of", "2026-11-23")) == [
        ("berlin", "worker-1", "fail"),
        ("tokyo", "worker-1", "pass"),
    ]
    assert sorted(each["site"] for each in told(capsys, "fleet", "list", "s.db")["nodes"]) == ["berlin", "tokyo"]
    assert [each["site"] for each in told(capsys, "fleet", "history", "s.db", "worker-1")["nodes"]] == [
        "berlin",
        "tokyo",
    ]


def test_the_same_bytes_at_two_sites_are_two_nodes(capsys: Any) -> None:
    add(capsys, node(1), site="berlin")
    assert add(capsys, node(1), site="tokyo")["new"] == 1
    assert add(capsys, node(1), site="tokyo")["new"] == 0
    assert brief(judged(capsys)) == [("berlin", "n1", "pass"), ("tokyo", "n1", "pass")]


@pytest.mark.long
@pytest.mark.parametrize("site", ["", "berlin"])
@pytest.mark.parametrize("days", [(1, 2), (2, 1)], ids=["in their order", "the later one first"])
def test_without_a_machine_id_nothing_is_merged_until_an_operator_says_so(
    site: str, days: tuple[int, int], capsys: Any
) -> None:
    for day in days:
        changes = BAD if day == 1 else GOOD
        found = add(capsys, data("a", machine_id=None, collected_at=DAY[day], **changes), site=site)
    assert [each["kind"] for each in found["conflicts"]] == ["no_machine_id"]
    ((_, _, outcome, reason),) = judged(capsys)
    assert outcome == "unknown"
    assert reason.startswith("several snapshots of this name have no machine id")
    said(capsys, "fleet", "gc", "s.db", "--keep", "1s", *NOW)
    assert len(contents(Path("s.db"))) == 2
    assert said(capsys, "fleet", "accept", "s.db", "a", "--one-machine") == "a: its snapshots are of one machine\n"
    outcome = "pass" if days == (1, 2) else "unknown"  # delivered later, and claiming to be earlier
    assert brief(judged(capsys)) == [(site or None, "a", outcome)]
    add(capsys, data("a", machine_id=None, collected_at=DAY[3], **BAD), site=site)
    assert brief(judged(capsys)) == [(site or None, "a", "fail")]


@pytest.mark.long
@pytest.mark.parametrize("order", [1, -1], ids=["the true one first", "the true one last"])
def test_a_snapshot_from_the_future_hides_nothing(order: int, capsys: Any) -> None:
    for each in [node(1, collected_at=DAY[20], **BAD), node(1, collected_at=FAR)][::order]:
        add(capsys, each)
    found = judged(capsys)
    assert found[0][2] == "fail"
    if order == 1:
        assert found[1][2:] == ("unknown", f"the snapshot is from the future (collected {FAR})")
    assert len(found) == (2 if order == 1 else 1)
    said(capsys, "fleet", "gc", "s.db", "--keep", "1s", "--now", "2100-01-01T00:00:00Z")
    assert node(1, collected_at=DAY[20], **BAD) in contents(Path("s.db"))
    assert brief(judged(capsys))[0] == (None, "n1", "fail")
    add(capsys, node(1, collected_at=DAY[21]))
    assert brief(judged(capsys)) == [(None, "n1", "pass")]


@pytest.mark.long
def test_what_is_from_the_future_is_so_by_the_moment_of_receipt_and_the_tolerance_of_the_site(capsys: Any) -> None:
    late = node(1, collected_at="2026-11-20T00:30:00Z")
    assert add(capsys, late, now=DAY[20])["conflicts"][0]["kind"] == "from_the_future"
    assert judged(capsys)[0][2] == "unknown"  # whenever it is judged
    add(capsys, node(2, collected_at="2026-11-20T00:05:00Z"), now=DAY[20])
    Path("b.json").write_bytes(node(3, collected_at="2026-11-20T00:30:00Z"))
    said(capsys, "fleet", "add", "s.db", "b.json", "--now", DAY[20], "--clock-tolerance", "1h")
    assert [each[2] for each in judged(capsys)] == ["unknown", "pass", "pass"]


@pytest.mark.long
def test_a_clock_that_went_back_leaves_the_node_unknown_until_one_is_accepted(capsys: Any) -> None:
    fast, true = node(1, collected_at=DAY[25]), node(1, collected_at=DAY[21], **BAD)
    add(capsys, node(1, collected_at=DAY[1]))
    add(capsys, fast)
    assert add(capsys, true)["conflicts"][0]["kind"] == "clock_back"
    ((_, _, outcome, reason),) = judged(capsys)
    assert outcome == "unknown"
    assert reason.startswith("its clock went back: a later delivery has an earlier collection time")
    assert "fleet accept" in reason
    said(capsys, "fleet", "gc", "s.db", "--keep", "1s", *NOW)
    assert sorted(contents(Path("s.db"))) == sorted([fast, true])
    steps = told(capsys, "fleet", "history", "s.db", "n1")["nodes"][0]["snapshots"]
    assert [each["standing"] for each in steps] == [
        "contradicts another",
        "newest, but a later delivery has an earlier collection time",
    ]
    digest = steps[0]["digest"]
    assert digest in said(capsys, "fleet", "history", "s.db", "n1")
    assert said(capsys, "fleet", "accept", "s.db", "n1", "--snapshot", digest) == (
        f"n1: {digest[:19]} is accepted, 1 set aside\n"
    )
    assert brief(judged(capsys)) == [(None, "n1", "fail")]
    assert brief(judged(capsys, "--as-of", "2026-11-30")) == [(None, "n1", "fail")]
    said(capsys, "fleet", "gc", "s.db", "--keep", "1s", *NOW)
    assert contents(Path("s.db")) == [true]
    add(capsys, node(1, collected_at=DAY[22]))
    assert brief(judged(capsys)) == [(None, "n1", "pass")]


@pytest.mark.long
def test_a_newer_snapshot_ends_the_dispute(capsys: Any) -> None:
    for day in (25, 21, 26):
        add(capsys, node(1, collected_at=DAY[day]))
    assert brief(judged(capsys)) == [(None, "n1", "pass")]
    assert brief(judged(capsys, "--as-of", "2026-11-25")) == [(None, "n1", "unknown")]


ACCEPT: dict[str, tuple[list[str], str]] = {
    "no such node": (["nobody", "--snapshot", "sha256:00"], "nobody: no such snapshot"),
    "no such snapshot": (["n1", "--snapshot", "sha256:00ffee"], "n1: no such snapshot"),
    "no digits": (["n1", "--snapshot", "sha256:"], "n1: no such snapshot"),
    "one that has a machine id": (["n*", "--one-machine"], "n*: no node of this name is without a machine id"),
}


@pytest.mark.parametrize(("arguments", "message"), ACCEPT.values(), ids=ACCEPT)
def test_what_cannot_be_accepted(arguments: list[str], message: str, capsys: Any) -> None:
    add(capsys, node(1))
    assert complained(capsys, "fleet", "accept", "s.db", *arguments).startswith(message)


def test_one_from_the_future_cannot_be_accepted(capsys: Any) -> None:
    add(capsys, node(1, collected_at=FAR))
    digest = told(capsys, "fleet", "list", "s.db")["nodes"][0]["digest"]
    assert "it is from the future" in complained(capsys, "fleet", "accept", "s.db", "n1", "--snapshot", digest)


def test_a_store_keeps_when_and_by_which_delivery_each_snapshot_came(capsys: Any) -> None:
    add(capsys, node(1), node(2), site="berlin", now=DAY[25])
    add(capsys, node(1), node(3), site="berlin", now=DAY[26])
    assert rows(Path("s.db"), "SELECT received, tolerance, sequence, bundle, assurance, keys FROM delivery") == [
        (1795564800, 300, None, None, None, "[]"),
        (1795651200, 300, None, None, None, "[]"),
    ]
    found = told(capsys, "fleet", "list", "s.db")["nodes"]
    assert [each["received_at"] for each in found] == [DAY[25], DAY[25], DAY[26]]


def test_reports_of_a_store_are_verified_with_their_sites_and_doubts(capsys: Any) -> None:
    add(capsys, node(1, collected_at=DAY[25]), node(2), site="berlin")
    add(capsys, node(1, collected_at=DAY[21], **BAD), node(3), site="berlin")
    add(capsys, node(2), site="tokyo")
    said(capsys, "fleet", "export", "s.db", "-o", "ndjson=all.ndjson")
    main(["fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "json=report.json"])
    report = json.loads(Path("report.json").read_bytes())
    judged_ = {each["snapshot"]["digest"] for each in report["nodes"]}
    lines = Path("all.ndjson").read_bytes().splitlines(keepends=True)

    chosen = {line for line in lines if "sha256:" + hashlib.sha256(line).hexdigest() in judged_}
    Path("judged.ndjson").write_bytes(b"".join(sorted(chosen)))
    capsys.readouterr()
    assert main(["report", "verify", "report.json", "--snapshots", "judged.ndjson", "--unsigned"]) == 0, (
        capsys.readouterr()
    )
    assert "1 of its nodes are unknown because of other snapshots in a store" in "".join(capsys.readouterr())


@given(st.permutations(range(5)))
def test_in_whatever_order_bundles_come_the_same_is_current(order: Sequence[int]) -> None:
    """The sequence says what is later; only what claims an earlier moment than its predecessor is in doubt."""
    some = [held(at, at // 2, delivery, at) for delivery, at in enumerate(order)]
    found = standing(some, one=True)
    assert {id_ for id_, mark in found.items() if mark > 0} == {4}
    assert found[4] == LATEST
    assert standing([replace(each, delivery=1) for each in some], one=True) == found
