"""Judging a store is judging its latest snapshots: the same bytes as `check` over them, and only what is new is judged."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule, text, virtnest
from snapshots import data, document
from stores import LOOSE, complained, machine, node, rows, said, told

from passmuster import __version__
from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.codec import schema
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.evaluation.node import Given, judge
from passmuster.fleet.store import cut, holes
from passmuster.fleet.store.adding import row
from passmuster.fleet.store.counting import Counts, count
from passmuster.fleet.store.cut import Cutter
from passmuster.fleet.store.database import create, opened
from passmuster.fleet.store.reading import Choice
from passmuster.fleet.store.verdicts import serves
from passmuster.fleet.store.writing import Writer
from passmuster.report import counting
from passmuster.snapshot import load

if TYPE_CHECKING:
    from passmuster.policy.compile import CompiledPolicy

TERMS = EvaluationCriteria(policies=(virtnest(),), parameters=no_parameters(virtnest()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796083200")  # 2026-12-01: a moment in a report is that of judging
    return tmp_path


def _odd() -> list[bytes]:
    """Nodes that are kept whole, or of which something is amiss."""
    return [
        json.dumps(document("pretty", machine_id=machine(900)), indent=1).encode() + b"\n",
        data('quo"te', machine_id=machine(902)),
        data("m13", machine_id=machine(903), collected_at=None),
        data("old", machine_id=machine(904), collected_at="2020-01-01T00:00:00Z"),
        data("twice", machine_id=machine(906)),
        data("twice", machine_id=machine(906), set_={"os.id": "x"}),
        data("twins", machine_id=machine(907)),
        data("twins", machine_id=machine(908)),
        data("clone", machine_id=machine(907)),
        data("nameless", machine_id=None),
    ]


def _fleet() -> list[bytes]:
    releases = ["6.1.0-13-amd64", "4.4.0", "3.10.0-1160.el7"]
    made = []
    for number, release, withheld in zip(
        range(24), itertools.cycle(releases), itertools.cycle([{}, {}, {}, {"devices": "denied"}]), strict=False
    ):
        memory = {"kernel.release": release, "memory.total_bytes": 10**9 + number, "boot.arguments.a": [f"x{number}"]}
        made.append(node(number, set_=memory, unknown=withheld))
    return made + _odd()


OPTIONS: dict[str, list[str]] = {
    "one policy": ["-p", "virtnest@1.0.0"],
    "two policies": ["-p", "virtnest@1.1.0", "-p", "kubevirt@1.0.0"],
    "a roster": ["-p", "virtnest@1.0.0", "--roster", "roster"],
    "an age": ["-p", "virtnest@1.0.0", "--max-age", "30d", "--now", "2026-11-23T00:00:00Z"],
    "waivers": ["-p", "virtnest@1.0.0", "--waivers", "waivers.yaml", "--now", "2026-11-23T00:00:00Z"],
    "one rule": ["-p", "virtnest@1.0.0", "--rule", "kernel-version"],
    "a rule about what each node has for itself": ["-p", "own.yaml"],
    "a rule about names": ["-p", "names.yaml"],
    "every failure counts": ["-p", "virtnest@1.0.0", "--fail-on", "recommended"],
    "no failure counts": ["-p", "virtnest@1.0.0", "--fail-on", "never"],
}
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - node: {name: n*}
    rule: kernel-version
    reason: They leave in March, and nothing runs there until then.
    owner: platform team
    ticket: OPS-17
    expires: 2027-03-31
"""
OWN = text(
    rule("memory", "memory.total_bytes > 1000000010"),
    rule("words", "'a' in boot.arguments && boot.arguments.a.exists(w, w.endsWith('7'))", level="recommended"),
    rule("cluster", "kubernetes.node.startsWith('n')", level="recommended"),
)
NAMES = text(rule("name", "node.name.startsWith('n')"), rule("kind", "collection.kind == 'live'"))


def _write(name: str) -> None:
    Path(f"{name}.ndjson").write_bytes(b"".join(_fleet()))
    Path("roster").write_text("n1\nn2\nmissing-1\nmissing-2\n")
    Path("waivers.yaml").write_text(WAIVERS)
    Path("own.yaml").write_text(OWN)
    Path("names.yaml").write_text(NAMES)


@pytest.mark.long
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_store_says_what_check_says(folder: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert folder.exists()
    _write("fleet")
    assert main(["fleet", "add", "s.db", "fleet.ndjson"]) == 0
    status = main(["check", "fleet.ndjson", *options, "-o", "json=files.json", "-o", "summary=files.summary"])
    for _ in range(2):
        assert main(["fleet", "check", "s.db", *options, "-o", "json=store.json"]) == status
        assert main(["fleet", "check", "s.db", *options, "-o", "summary=store.summary"]) == status
        assert Path("store.json").read_bytes() == Path("files.json").read_bytes()
        assert Path("store.summary").read_bytes() == Path("files.summary").read_bytes()
    capsys.readouterr()


@pytest.mark.long
def test_all_formats_of_check_are_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    lines = sorted(_fleet()[:6], key=lambda line: _json.loads(line)["node"]["name"])
    Path("fleet.ndjson").write_bytes(b"".join(lines))
    said(capsys, "fleet", "add", "s.db", "fleet.ndjson")
    for form in ("table", "csv", "markdown", "matrix", "ndjson"):
        options = ["-p", "virtnest@1.0.0", "-o", form]
        assert main(["check", "fleet.ndjson", *options]) == 1
        wanted = capsys.readouterr().out
        assert said(capsys, "fleet", "check", "s.db", *options, status=1) == wanted


@pytest.mark.long
def test_only_the_latest_snapshot_is_judged_and_as_of_goes_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.exists()
    some = [
        node(1, collected_at="2026-11-20T10:00:00Z", set_={"kernel.release": "4.4.0"}),
        node(1, collected_at="2026-11-22T10:00:00Z"),
        node(2, collected_at="2026-11-21T10:00:00Z"),
        node(2, collected_at="2026-11-23T10:00:00Z", unknown={"kernel.release": "denied"}),
    ]
    Path("all.ndjson").write_bytes(b"".join(some))
    said(capsys, "fleet", "add", "s.db", "all.ndjson")
    moments: dict[str, list[int]] = {
        "2026-11-19": [],
        "2026-11-20": [0],
        "2026-11-21T09:59:59Z": [0],
        "2026-11-21T10:00:00Z": [0, 2],
        "2026-11-22": [1, 2],
        "2026-11-23": [1, 3],
    }
    for moment, places in moments.items():
        Path("some.ndjson").write_bytes(b"".join(some[place] for place in places))
        wanted = main(["check", "some.ndjson", "-p", "virtnest@1.0.0", "-o", "summary=w"]) if places else 3
        for form in ("summary", "json"):
            arguments = ["fleet", "check", "s.db", "-p", "virtnest@1.0.0", "--as-of", moment, "-o", f"{form}=g.{form}"]
            assert main(arguments) == wanted, moment
        if places:
            assert Path("g.summary").read_bytes() == Path("w").read_bytes()
        found = json.loads(Path("g.json").read_bytes())["nodes"]
        got = [each["snapshot"]["digest"] for each in found]
        assert sorted(got) == sorted(load(some[place], "").digest for place in places)


@pytest.mark.long
def test_a_site_by_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    Path("a.json").write_bytes(node(1, set_={"kernel.release": "4.4.0"}))
    Path("b.json").write_bytes(node(2))
    Path("r").write_text("n2\nn3\n")
    said(capsys, "fleet", "add", "s.db", "a.json", "--site", "berlin")
    said(capsys, "fleet", "add", "s.db", "b.json", "--site", "paris", "--roster", "r")

    def nodes(*options: str, status: int) -> dict[str, int]:
        out = said(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", *options, "-o", "summary", status=status)
        return {outcome: many for outcome, many in json.loads(out)["summary"]["nodes"].items() if many}

    assert nodes("--site", "berlin", status=1) == {"fail": 1}
    assert nodes("--site", "paris", status=3) == {"pass": 1, "unknown": 1}
    assert nodes(status=1) == {"fail": 1, "pass": 1, "unknown": 1}
    Path("r2").write_text("n1\n")
    assert nodes("--site", "paris", "--roster", "r2", status=3) == {"pass": 1, "unknown": 1}
    report = told(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", status=1)
    assert report["roster"] == {"listed": 2, "missing": ["n3"], "source": "store", "unlisted": ["n1"]}


def test_kept_verdicts_are_listed_and_dropped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    Path("a.ndjson").write_bytes(b"".join(_fleet()[:12]))
    Path("p.yaml").write_text(OWN)
    said(capsys, "fleet", "add", "s.db", "a.ndjson")
    assert said(capsys, "fleet", "verdicts", "s.db") == "no stored verdicts\n"
    said(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary", status=1)
    said(capsys, "fleet", "check", "s.db", "-p", "p.yaml", "--rule", "memory", "-o", "summary", status=1)
    found = told(capsys, "fleet", "verdicts", "s.db")["terms"]
    assert [(each["policies"], each["rules"], each["verdicts"]) for each in found] == [
        (["virtnest@1.0.0"], None, 6),
        (["demo@1.0.0"], ["demo/memory"], 12),
    ]
    assert said(capsys, "fleet", "verdicts", "s.db") == (
        f"1: virtnest@1.0.0, all rules, by engine {__version__}: 6 verdicts\n"
        f"2: demo@1.0.0, demo/memory, by engine {__version__}: 12 verdicts\n"
    )
    said(capsys, "fleet", "verdicts", "s.db", "--drop", "1")
    assert [each["id"] for each in told(capsys, "fleet", "verdicts", "s.db")["terms"]] == [2]
    said(capsys, "fleet", "verdicts", "s.db", "--drop", "all")
    assert rows(Path("s.db"), "SELECT (SELECT count(*) FROM verdict), (SELECT count(*) FROM class)") == [(0, 0)]


def _counted(path: Path, terms: EvaluationCriteria, choice: Choice | None = None) -> Counts:
    with opened(str(path), write=False) as database:
        return count(database, terms, choice or Choice())


def _put(path: Path, lines: list[bytes], *, start: int = 1) -> None:
    if not path.exists():
        create(str(path))
    with opened(str(path), write=True) as database:
        cutter = Cutter()
        Writer(database, cutter).write(
            [(row(cutter, line, "f", at), LOOSE) for at, line in enumerate(lines, start=start)]
        )


def test_only_what_is_new_is_judged(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    _put(store, [node(1), node(2), node(3, set_={"kernel.release": "4.4.0"})])
    first = _counted(store, TERMS)
    assert (first.facts, first.judged, first.kept) == (2, 2, True)
    assert _counted(store, TERMS).judged == 0
    _put(store, [node(4), node(5, set_={"kernel.release": "3.10.0"}), node(6, set_={"memory.total_bytes": 5})])
    assert _counted(store, TERMS).judged == 1
    only = replace(TERMS, rules=frozenset({"virtnest/kernel-version"}))
    assert _counted(store, only).judged == 3
    assert _counted(store, replace(only, roster=frozenset({"n1", "other"}))).judged == 0
    age = MaximumAge(text="1d", span=timedelta(days=1), now=datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert _counted(store, replace(only, max_age=age)).judged == 0


def test_facts_that_no_rule_reads_make_no_difference(tmp_path: Path) -> None:
    policy = compiled(rule("one", "os.id == 'debian'"))
    terms = EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))
    _put(tmp_path / "s.db", [node(number, set_={"kernel.release": f"6.{number}.0"}) for number in range(20)])
    assert _counted(tmp_path / "s.db", terms).judged == 1


def test_a_rule_that_reads_nothing_is_judged_once(tmp_path: Path) -> None:
    policy = compiled(rule("one", "1 + 1 == 2"))
    terms = EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))
    _put(tmp_path / "s.db", [node(1), node(2, set_={"os.id": "x"})])
    counts = _counted(tmp_path / "s.db", terms)
    assert (counts.judged, counts.nodes) == (1, judged([node(1), node(2)], terms)[0])


def test_an_empty_choice_is_unknown(tmp_path: Path) -> None:
    _put(tmp_path / "s.db", [node(1)])
    counts = _counted(tmp_path / "s.db", TERMS, Choice(as_of=0))
    assert (counts.outcome.value, counts.whole, sum(counts.nodes.values())) == ("unknown", True, 0)


@pytest.mark.parametrize("choice", [Choice(), Choice(as_of=2**40)], ids=["the newest", "as of a day"])
def test_several_snapshots_of_one_moment_are_unknown(tmp_path: Path, choice: Choice) -> None:
    same = [node(1, set_={"os.id": name}) for name in "abc"]
    _put(tmp_path / "s.db", [*same, node(2)])
    counts = _counted(tmp_path / "s.db", TERMS, choice)
    assert (counts.nodes, counts.whole) == (judged([*same, node(2)], TERMS)[0], True)


def judged(lines: list[bytes], terms: EvaluationCriteria) -> tuple[Any, Any, bool, Any]:
    """What judging every snapshot comes to."""
    verdict = judge([Given(input=f"f:{at}", snapshot=load(line, "f")) for at, line in enumerate(lines)], terms)
    return counting.nodes(verdict), counting.rules(verdict), verdict.incomplete, verdict.outcome


@st.composite
def _nodes(draw: st.DrawFn) -> bytes:
    number = draw(st.integers(1, 5))
    second = draw(st.integers(0, 3))
    changes: dict[str, Any] = {
        "kernel.release": draw(st.sampled_from(["6.1.0", "4.4.0"])),
        "memory.total_bytes": draw(st.sampled_from([1, 10**12, 2**62])),
        "boot.arguments.a": draw(st.sampled_from([[], ["a=1"], ["a=1", "b=7"]])),
        "kubernetes.node": draw(st.sampled_from([f"n{number}", "other"])),
    }
    unknown = draw(st.sampled_from([{}, {"memory": "denied"}, {"boot.arguments.a": "failed"}]))
    line = node(number, set_=changes, unknown=unknown, collected_at=f"2026-11-2{second}T00:00:00Z")
    return json.dumps(_json.loads(line)).encode() if draw(st.integers(0, 5)) == 0 else line


POLICIES: list[CompiledPolicy] = [
    virtnest(),
    compiled(rule("own", "memory.total_bytes > 5 && 'a' in boot.arguments && boot.arguments.a.exists(w, w == 'b=7')")),
    compiled(
        rule(
            "cluster", "kubernetes.node == 'n1'", message_expression="'a' in boot.arguments ? boot.arguments.a[0] : ''"
        )
    ),
    compiled(rule("swap", "memory.swap_bytes == 0"), rule("kind", "kernel.major > 5", level="recommended")),
]


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(
    lines=st.lists(_nodes(), min_size=1, max_size=12, unique=True),
    policy=st.sampled_from(POLICIES),
    as_of=st.sampled_from([None, "2026-11-21T00:00:00Z"]),
    old=st.booleans(),
)
def test_counts_are_those_of_judging_each(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    policy: CompiledPolicy,
    as_of: str | None,
    old: bool,  # noqa: FBT001
) -> None:
    age = MaximumAge(text="1d", span=timedelta(days=1), now=datetime(2026, 11, 22, tzinfo=UTC)) if old else None
    terms = EvaluationCriteria(
        policies=(policy,), parameters=no_parameters(policy), max_age=age, roster=frozenset({"n1", "n9"})
    )
    assert serves(terms)
    home = tmp_path_factory.mktemp("counts")
    _put(home / "s.db", lines)
    limit = None if as_of is None else int(datetime.fromisoformat(as_of).timestamp())
    wanted = judged(_latest(lines, as_of), terms)
    for _ in range(2):
        got = _counted(home / "s.db", terms, Choice(as_of=limit))
        assert (got.nodes, got.rules, got.whole, got.outcome) == wanted
    shutil.rmtree(home)


def _latest(lines: list[bytes], as_of: str | None) -> list[bytes]:
    """The newest of each node; all of them where several are of one moment."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for line in lines:
        read = _json.loads(line)
        at = read["collection"]["collected_at"]
        if as_of is None or at <= as_of:
            found.setdefault(read["node"]["name"], []).append((at, line))
    return [line for some in found.values() for at, line in some if at == max(each for each, _ in some)]


DAMAGE = {
    "a piece of another node's": (
        "UPDATE piece SET content = (SELECT max(content) FROM piece WHERE section = 'devices') WHERE section = 'kernel'",
        "piece 7 has other bytes",
    ),
    "a piece that is called otherwise": (
        "UPDATE piece SET section = 'cgroup' WHERE section = 'cpu'",
        "piece 4 has other bytes",
    ),
    "a piece of no section": ("UPDATE piece SET section = 'cpv' WHERE section = 'cpu'", "piece 4 has other bytes"),
    "a piece that is gone": ("DELETE FROM piece WHERE section = 'cpu'", "a piece is missing"),
    "a shape of other pieces": (
        "UPDATE shape SET pieces = CAST((SELECT pieces || x'00' FROM shape WHERE id = 2) AS BLOB) WHERE id = 1",
        "shape 1 has other pieces",
    ),
    "a shape that is text": ("UPDATE shape SET pieces = 'text' WHERE id = 1", "shape 1 has other pieces"),
    "a piece that is text": ("UPDATE piece SET content = 'text' WHERE section = 'cpu'", "piece 4 has other bytes"),
    "a checksum": ("UPDATE shape SET checksum = checksum + 1 WHERE id = 1", "shape 1 has other pieces"),
}


def test_a_section_that_a_newer_engine_cut_is_ignored(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = document("n1")
    newer["sections"]["weather"] = {"facts": {"rain": [1]}, "sources": {}, "status": "ok", "unknown": {}}
    Path("a.ndjson").write_bytes(_json.canonical(newer) + node(2, set_={"kernel.release": "4.4.0"}))
    with monkeypatch.context() as patch:
        names = {**schema.sections(1), "weather": None}
        patch.setattr(cut, "schema", SimpleNamespace(sections=lambda _: names))
        patch.setattr(cut, "holds", lambda name, body: name == b"weather" or holes.holds(name, body))
        said(capsys, "fleet", "add", "s.db", "a.ndjson")
    assert rows(folder / "s.db", "SELECT count(*) FROM piece WHERE section = 'weather'") == [(1,)]
    said(capsys, "fleet", "verify", "s.db")
    found = json.loads(said(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary", status=1))
    assert found["summary"]["nodes"] == {"fail": 1, "pass": 1, "unknown": 0, "warn": 0}


@pytest.mark.long
@pytest.mark.parametrize(("change", "words"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_and_nothing_is_judged(
    folder: Path, capsys: pytest.CaptureFixture[str], change: str, words: str
) -> None:
    Path("a.ndjson").write_bytes(node(1) + node(2, set_={"kernel.release": "4.4.0"}))
    said(capsys, "fleet", "add", "s.db", "a.ndjson")
    with contextlib.closing(sqlite3.connect(folder / "s.db")) as database:
        database.execute(change)
        database.commit()
    err = complained(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary", status=4)
    assert err.startswith(f"s.db: damaged: {words}")
    assert "hint: `passmuster fleet verify s.db` lists all that is damaged" in err


def test_a_snapshot_that_is_read_whole_must_have_its_digest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.json").write_bytes(node(1))
    said(capsys, "fleet", "add", "s.db", "a.json")
    content = (folder / "s.db").read_bytes()
    digest = bytes.fromhex(load(node(1), "").digest.removeprefix("sha256:"))
    at = content.index(digest) + 9
    (folder / "s.db").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    err = complained(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "json", status=4)
    assert err.startswith("s.db: damaged: the snapshot a.json of n1 has other bytes")
