"""The fleets of the benchmarks: the same each time, valid, and as mixed as real ones are."""

from __future__ import annotations

import re
import statistics
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import pytest
from data_here import data
from shipped_packs import shipped

CHECKOUT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(CHECKOUT))

from benchmarks import fleets, others, page, plot  # noqa: E402
from benchmarks.hardware import profiles  # noqa: E402
from benchmarks.timing import Series, Taken  # noqa: E402
from passmuster import snapshot  # noqa: E402
from passmuster.codec import json  # noqa: E402
from passmuster.model.outcome import NodeOutcome, node_outcome  # noqa: E402

_NODES = 400


@pytest.fixture(scope="module")
def fleet() -> list[bytes]:
    return list(fleets.realistic(_NODES))


def test_one_seed_gives_the_same_bytes_and_a_smaller_fleet_is_the_beginning(fleet: list[bytes]) -> None:
    assert list(fleets.realistic(100)) == fleet[:100]
    assert list(fleets.realistic(100, seed=8)) != fleet[:100]


def test_the_engines_that_are_compared_come_to_the_same_verdicts(
    fleet: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "installed", lambda name: name == "cel-python")  # the only one that is always here
    judges = others.judges()
    assert len(judges) == 2
    assert others.disagreement(judges, fleet[:3]) == ""
    ours = next(iter(judges.values()))
    assert {outcome for line in fleet[:20] for outcome in ours(line)} >= {True, False}


@pytest.mark.long
def test_every_line_is_a_canonical_snapshot_without_a_problem(fleet: list[bytes]) -> None:
    for line in fleet:
        assert json.canonical(orjson.loads(line)) == line
        snapshot.load(line, "node")


def test_no_two_nodes_share_what_is_a_nodes_own(fleet: list[bytes]) -> None:
    documents = [orjson.loads(line) for line in fleet]
    for own in ("name", "machine_id"):
        assert len({each["node"][own] for each in documents}) == _NODES
    assert len({each["sections"]["memory"]["facts"]["total_bytes"] for each in documents}) > 0.99 * _NODES


def test_a_command_line_is_recorded_as_the_collector_does(fleet: list[bytes]) -> None:
    for line in fleet:
        section = orjson.loads(line)["sections"]["boot"]
        assert section["unknown"]["boot.arguments.root"]["reason"] == "redacted"
        assert "words" not in section["facts"]
        assert section["facts"]["arguments"]["swiotlb"] == ["32768"]


def test_lines_are_of_some_29_kb(fleet: list[bytes]) -> None:
    assert 25_000 < statistics.mean(map(len, fleet)) < 32_000


def test_there_are_forty_machines_of_four_architectures_and_a_few_make_most_of_a_fleet(fleet: list[bytes]) -> None:
    assert len({each.name for each in profiles()}) == len(profiles()) == 40
    assert {each.architecture for each in profiles()} == {"x86_64", "aarch64", "s390x", "ppc64le"}
    kinds = [orjson.dumps(orjson.loads(line)["sections"]["cpu"]) for line in fleet]
    most = sorted((kinds.count(each) for each in set(kinds)), reverse=True)
    assert sum(most[:10]) > _NODES / 2
    assert len(most) > 25


@pytest.mark.long
def test_most_nodes_pass_or_warn_some_fail_and_few_are_unknown(fleet: list[bytes]) -> None:
    packs = [shipped("virtnest", "1.1.0"), shipped("kubevirt", "1.0.0")]
    outcomes = []
    for line in fleet:
        node = snapshot.load(line, "node")
        results = [each for pack in packs for each in pack.results(node)]
        outcomes.append(node_outcome([(each.rule.level, each.outcome) for each in results]))
    share = {each: outcomes.count(each) / _NODES for each in NodeOutcome}
    assert share[NodeOutcome.PASS] + share[NodeOutcome.WARN] > 0.6
    assert min(share[NodeOutcome.PASS], share[NodeOutcome.WARN]) > 0.1
    assert 0.05 < share[NodeOutcome.FAIL] < 0.35
    assert 0 < share[NodeOutcome.UNKNOWN] < 0.1


@pytest.mark.long
def test_where_every_section_is_unique_no_section_is_anywhere_twice_and_all_are_valid(fleet: list[bytes]) -> None:
    lines = list(fleets.every_section_unique(fleet))
    for line in lines:
        snapshot.load(line, "node")
    documents = [orjson.loads(line)["sections"] for line in lines]
    for name in documents[0]:
        assert len({orjson.dumps(each[name]) for each in documents}) == _NODES, name


@pytest.mark.long
def test_real_machines_become_nodes_of_their_own() -> None:
    machines = fleets.collected(data("machines.tar.gz"))
    lines = list(fleets.of_machines(machines, 200))
    assert len({snapshot.load(line, "node").name for line in lines}) == 200


def _series(ratio: float, *, base: Series | None = None, goal: float | None = None) -> Series:
    return Series(
        title="a row", nodes=10, base=base, goal=goal, engine="" if base is None else "an engine & more",
        runs=[Taken(wall=ratio * (1 + noise), cpu=ratio, peak=0) for noise in (0, 0.1, 0.2)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "told"),
    [(0.5, "1 x"), (1.5, "1 x OVER")],
)
def test_a_goal_is_told_beside_the_figure_and_a_missed_one_is_marked(ratio: float, told: str) -> None:
    row = _series(ratio, base=_series(1.0), goal=1.0)
    assert page.cells(row)[-1] == told
    assert row.broken() == ("OVER" in told)


def test_a_goal_that_only_some_runs_miss_is_not_broken() -> None:
    base = _series(1.0)
    row = Series(
        title="a row", nodes=10, base=base, goal=1.0, runs=[Taken(wall=wall, cpu=wall, peak=0) for wall in (0.9, 1.4, 1.5)]
    )  # fmt: skip
    assert page.cells(row)[-1] == "1 x over in some runs"
    assert not row.broken()


def test_table_and_plot_go_between_the_marks_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    base = _series(1.0)
    page.write(tmp_path, [base, _series(3.0, base=base)], date="2026-11-23")
    written = (tmp_path / "benchmarks.md").read_text()
    assert re.search(r"\Abefore\n.*\| a row \| 10 \|.*after\n\Z", written, re.DOTALL)
    assert "old" not in written
    assert "2026-11-23" in written
    ET.fromstring((tmp_path / "benchmarks.svg").read_text())


def test_the_plot_names_every_engine_once_and_has_a_mark_for_each_size() -> None:
    shown = [plot.Point(engine="ours", nodes=nodes, ratio=0.9) for nodes in (1_000, 10_000)]
    drawn = plot.svg([*shown, plot.Point(engine="theirs", nodes=20, ratio=900.0)])
    assert drawn.count("<circle") == 3
    assert drawn.count(">ours<") == drawn.count(">theirs<") == 1
