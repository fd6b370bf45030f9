"""A store in hard times: many writers, kills, a full disk, flipped bytes."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from packs import no_parameters, virtnest
from snapshots import data
from stores import LOOSE, complained, contents, machine, node, said, told

from passmuster.cli import main
from passmuster.codec import resources
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.fleet.store import restating, verifying
from passmuster.fleet.store.adding import row
from passmuster.fleet.store.counting import count
from passmuster.fleet.store.cut import Cutter
from passmuster.fleet.store.database import create, opened
from passmuster.fleet.store.reading import Choice
from passmuster.fleet.store.rejudging import Plan
from passmuster.fleet.store.writing import Writer

HERE = Path(__file__).resolve().parent
WRITERS = 8


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(*arguments: str, limit: int | None = None) -> subprocess.Popen[str]:
    """A command in a process of its own; `limit` is the longest file that it may write, in bytes."""
    child = f"import sys; sys.path[:0] = {sys.path!r}\nfrom passmuster.fleet.store import run\nrun.BATCH = 25\n"
    child += "from passmuster.cli import main\nsys.exit(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", child, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None,  # noqa: PLW1509
    )


@pytest.mark.long
def test_eight_writers_store_every_snapshot_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each writes nodes of its own and nodes of all; they begin together, on a store that is not there."""
    common = [node(number) for number in range(60)]
    own = [[node(1000 + 100 * writer + number) for number in range(60)] for writer in range(WRITERS)]
    for writer in range(WRITERS):
        Path(f"{writer}.ndjson").write_bytes(b"".join(common[writer:] + own[writer] + common[:writer]))
    processes = [start("fleet", "add", "s.db", f"{writer}.ndjson") for writer in range(WRITERS)]
    ends = [process.communicate() for process in processes]
    assert [(process.returncode, err) for process, (_, err) in zip(processes, ends, strict=True)] == [(0, "")] * WRITERS
    new = sum(int(out.split(": ")[1].split(" ")[0]) for out, _ in ends)
    assert new == 60 * (WRITERS + 1)
    assert sorted(contents(folder / "s.db")) == sorted([*common, *(line for some in own for line in some)])
    said(capsys, "fleet", "verify", "s.db")
    assert sorted(each.name for each in folder.iterdir()) == sorted(["s.db", *(f"{each}.ndjson" for each in range(8))])


@pytest.mark.long
def test_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """PASSMUSTER_KILLS says how many; 200 of them are `python tests/store/kill.py --kills 200`."""
    kills = os.environ.get("PASSMUSTER_KILLS", "12")
    done = subprocess.run(
        [sys.executable, str(HERE / "kill.py"), "--kills", kills, "--seed", "5"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 losses" in done.stdout


@pytest.mark.long
def test_a_full_disk_leaves_what_was_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file may grow beyond a limit, as on a disk that is full: the batches before are kept, and told."""
    assert folder.exists()
    some = [data(f"n{at}", machine_id=machine(at), set_={"os.pretty_name": os.urandom(100).hex()}) for at in range(400)]
    Path("one.ndjson").write_bytes(some[0])
    Path("all.ndjson").write_bytes(b"".join(some))
    said(capsys, "fleet", "add", "s.db", "one.ndjson")
    limited = start("fleet", "add", "s.db", "all.ndjson", "-o", "ndjson", limit=Path("s.db").stat().st_size + 150_000)
    out, err = limited.communicate()
    assert (limited.returncode, err.count("\n")) == (2, 1), err
    assert err.startswith("s.db: cannot be used (")
    kept = contents(folder / "s.db")
    told_ = out.count('"kind":"batch"') * 25
    assert some[0] in kept
    assert len(kept) >= max(told_, 1)
    assert len(kept) < len(some)
    assert set(kept) <= set(some)
    said(capsys, "fleet", "verify", "s.db")
    assert said(capsys, "fleet", "add", "s.db", "all.ndjson").startswith(f"s.db: {400 - len(kept)} new snapshots")


@pytest.mark.long
def test_a_store_cannot_be_made_on_a_full_disk(folder: Path) -> None:
    Path("one.ndjson").write_bytes(node(1))
    limited = start("fleet", "add", "s.db", "one.ndjson", limit=20_000)
    out, err = limited.communicate()
    assert (limited.returncode, out, err.count("\n")) == (2, "", 1), err
    assert [each.name for each in folder.iterdir()] == ["one.ndjson"]


def test_a_waiting_command_gives_up_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.exists()
    Path("a.json").write_bytes(node(1))
    Path("b.json").write_bytes(node(2))
    said(capsys, "fleet", "add", "s.db", "a.json")
    monkeypatch.setattr("passmuster.fleet.store.database.PATIENCE", 0.2)
    with opened("s.db", write=True) as other:
        other.execute("BEGIN IMMEDIATE")
        err = complained(capsys, "fleet", "add", "s.db", "b.json")
        assert err == "s.db: cannot be used (database is locked); nothing that it held is lost\n"
        assert [each["node"] for each in told(capsys, "fleet", "list", "s.db")["nodes"]] == ["n1"]


def _store(path: Path) -> None:
    create(str(path))
    with opened(str(path), write=True) as database:
        cutter = Cutter()
        third = data("n3", machine_id="sha256:" + "5a" * 32, set_={"kernel.release": "4.4.0"})
        lines = [node(1), node(2), third, node(4)[:-1]]
        Writer(database, cutter).write([(row(cutter, line, "f", at), LOOSE) for at, line in enumerate(lines, start=1)])
        count(database, EvaluationCriteria(policies=(virtnest(),), parameters=no_parameters(virtnest())), Choice())
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _found(path: Path) -> list[str]:
    with opened(str(path), write=False) as database:
        return verifying.verify(
            database, Plan(terms=restating.finder([], [resources.policies()]), every=True, seed=0)
        ).broken


BLOBS = {
    "a digest": "SELECT digest FROM snapshot WHERE id = 2",
    "a piece": "SELECT content FROM piece WHERE section = 'cpu'",
    "a head": "SELECT content FROM piece WHERE section = ''",
    "the digest of a piece": "SELECT digest FROM piece WHERE section = 'os'",
    "bytes that are kept whole": "SELECT content FROM whole",
    "a machine id": "SELECT machine FROM node WHERE id = 3",
    "a shape": "SELECT pieces FROM shape",
    "the outcomes of a verdict": "SELECT content FROM class",
    "terms": "SELECT content FROM terms",
}


@pytest.mark.long
@pytest.mark.parametrize("query", BLOBS.values(), ids=BLOBS)
def test_a_flipped_byte_is_found(tmp_path: Path, query: str) -> None:
    store = tmp_path / "s.db"
    _store(store)
    assert _found(store) == []
    database = sqlite3.connect(store)
    (blob,) = database.execute(query).fetchone()
    database.close()
    content = store.read_bytes()
    assert blob in content
    at = content.index(blob) + len(blob) // 2
    store.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
    assert _found(store)


LIES = {
    "a moment": "UPDATE snapshot SET at = at + 1 WHERE id = 1",
    "a name": "UPDATE node SET name = 'n9' WHERE id = 1",
    "an amount of memory": "UPDATE snapshot SET total = total + 1 WHERE id = 1",
    "a shape": "UPDATE snapshot SET shape = 2 WHERE id = 1",
    "a name beside bytes that are kept whole": "UPDATE node SET name = 'n9' WHERE id = 4",
    "a mark": "UPDATE snapshot SET latest = 0 WHERE id = 1",
    "a node that is gone": "DELETE FROM node WHERE id = 1",
    "the checksum of a shape": "UPDATE shape SET checksum = checksum + 1",
    "a piece that is gone": "DELETE FROM piece WHERE section = 'os'",
    "a shape that is gone": "DELETE FROM shape WHERE id = 1",
    "a verdict of other facts": "UPDATE verdict SET class = (SELECT max(class) FROM verdict)",
    "a checksum": "UPDATE verdict SET checksum = checksum + 1",
    "a snapshot that appears twice": (
        "INSERT INTO snapshot SELECT NULL, node, at, latest, shape, digest, total, source, place"
        " FROM snapshot WHERE id = 1"
    ),
    "a source that is gone": "DELETE FROM source",
    "a delivery that is gone": "DELETE FROM delivery",
    "a moment of receipt that makes a snapshot one from the future": "UPDATE delivery SET received = 5",
    "a site that is gone": "DELETE FROM site",
    "a snapshot that nobody set aside": "UPDATE snapshot SET latest = -1 WHERE id = 1",
}


@pytest.mark.long
@pytest.mark.parametrize("change", LIES.values(), ids=LIES)
def test_what_does_not_belong_together_is_found(tmp_path: Path, change: str) -> None:
    store = tmp_path / "s.db"
    _store(store)
    database = sqlite3.connect(store)
    database.execute(change)
    database.commit()
    database.close()
    assert _found(store)


def test_a_snapshot_that_came_from_nowhere_is_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No command leaves a label empty; a file that somebody changed may."""
    _store(folder / "s.db")
    before = told(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", status=1)
    with contextlib.closing(sqlite3.connect("s.db")) as database:
        database.execute("UPDATE snapshot SET place = ''")
        database.execute("UPDATE source SET prefix = ''")
        database.commit()
    after = told(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", status=1)
    assert after["verdict_digest"] == before["verdict_digest"]


def test_a_mark_that_no_store_has_is_damage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _store(folder / "s.db")
    with contextlib.closing(sqlite3.connect("s.db")) as database:
        database.execute("UPDATE snapshot SET latest = 'x'")
        database.commit()
    for arguments in (["history", "s.db", "n1"], ["history", "s.db", "n1", "-o", "json"]):
        assert "damaged: a snapshot has a mark" in complained(capsys, "fleet", *arguments, status=4)


def test_verify_ends_with_4_and_says_what_is_broken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _store(folder / "s.db")
    assert (
        said(capsys, "fleet", "verify", "s.db")
        == "s.db: sound (4 snapshots, 19 pieces, 3 verdicts, all judged again)\n"
    )
    database = sqlite3.connect("s.db")
    database.execute("UPDATE snapshot SET total = 5 WHERE id = 2")
    database.commit()
    database.close()
    out = said(capsys, "fleet", "verify", "s.db", status=4)
    assert out.startswith(
        "s.db: 1 broken (4 snapshots, 19 pieces, 3 verdicts, all judged again)\n  the snapshot f:2 of n2 has other bytes"
    )
    found = told(capsys, "fleet", "verify", "s.db", status=4)
    assert (found["snapshots"], len(found["broken"])) == (4, 1)


@pytest.mark.long
@pytest.mark.parametrize("at", range(0, 40_000, 1_777))
def test_a_torn_page_never_ends_in_a_traceback(folder: Path, capsys: pytest.CaptureFixture[str], at: int) -> None:
    """Noise anywhere: each command ends with a documented status, and verify does not call it sound."""
    _store(folder / "s.db")
    content = (folder / "s.db").read_bytes()
    at %= len(content) - 64
    noise = bytes(each ^ 0x5A for each in content[at : at + 64])
    unused = content[at : at + 64].count(0) == 64
    (folder / "s.db").write_bytes(content[:at] + noise + content[at + 64 :])
    for command in (["verify"], ["list"], ["check", "-p", "virtnest@1.0.0"], ["check", "-o", "summary"], ["verdicts"]):
        shutil.copy("s.db", "t.db")
        from passmuster.cli import main  # noqa: PLC0415

        status = main(["fleet", command[0], "t.db", *command[1:]])
        assert status in {0, 1, 2, 3, 4}
        if command == ["verify"] and not unused:
            assert status in {2, 4}
    capsys.readouterr()


def test_a_schema_that_is_no_text_is_damage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = folder / "s.db"
    _store(store)
    content = store.read_bytes()
    assert b"CREATE TABLE whole" in content
    store.write_bytes(content.replace(b"CREATE TABLE whole", b"CREAT\x85 TABLE whole"))
    for command in (["fleet", "check", "s.db"], ["fleet", "list", "s.db"], ["fleet", "verify", "s.db"]):
        assert main(command) == 4
        assert "s.db: damaged: malformed database schema" in capsys.readouterr().err


def test_a_declaration_that_was_changed_is_damage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = folder / "s.db"
    _store(store)
    with contextlib.closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("UPDATE sqlite_schema SET sql = replace(sql, 'section TEXT NOT NULL', 'section TEXT')")
        database.commit()
    for command in ("list", "verify"):
        err = complained(capsys, "fleet", command, "s.db", status=4)
        assert err.startswith("s.db: damaged: its table piece is not declared as in a store")
