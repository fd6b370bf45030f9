"""Judging on a real cluster: the bytes of `check`, whatever the strategy, and whoever dies in mid-job."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet
from snapshots import data
from spark_cluster import Cluster, Job, events, run

from passmuster.cli import main
from passmuster.errors import UsageError
from passmuster.fleet.spark import session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKS = ("-p", "virtnest@1.0.0", "-p", "kubevirt@1.1.0")
NODES = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder)
    try:
        made.start(2)
        yield made
    finally:
        made.stop()
        assert made.processes() == []


def _fleet() -> list[bytes]:
    """Some kinds of nodes, and what goes wrong in fleets."""
    kinds: list[dict[str, object]] = [
        {"cpu.flags": ["lm", "vmx"] + [f"flag{flag}" for flag in range(40)], "memory.swap_bytes": swap}
        for swap in range(12)
    ]
    made = [
        data(
            f"worker-{number:05d}",
            machine_id="sha256:" + hashlib.sha256(b"%d" % number).hexdigest(),
            set_={**kinds[number % len(kinds)], "memory.total_bytes": 10**9 + number * 4096},
            unknown={"cgroup": "denied"} if number % 7 == 0 else {},
        )
        for number in range(NODES)
    ]
    return [*made, made[5], data("worker-00007", machine_id="sha256:" + "f" * 64), data("no-id", machine_id=None)]


@pytest.fixture(scope="module")
def lines(folder: Path) -> Path:
    """Files of lines: a long one without a line feed at its end, one with what cannot be read, an empty one."""
    made = folder / "lines"
    (made / "more").mkdir(parents=True)
    fleet = _fleet()
    (made / "fleet.ndjson").write_bytes(b"".join(fleet[:-1]).removesuffix(b"\n"))
    (made / "more" / "odd ones.ndjson").write_bytes(b"\n" + fleet[-1] + b"junk\n" + fleet[11][:700])
    (made / "none.json").touch()
    return made


@pytest.fixture(scope="module")
def rows(folder: Path) -> Path:
    """The same nodes in Parquet, two files of several groups, as `fleet export` has them in its column."""
    made = folder / "rows"
    made.mkdir()
    fleet = _fleet()
    for number, part in enumerate((fleet[:500], fleet[500:])):
        table = pa.table({"name": [str(at) for at in range(len(part))], "snapshot": pa.array(part, pa.binary())})
        parquet.write_table(table, made / f"part-{number}.parquet", row_group_size=150)
    return made


@pytest.fixture(scope="module")
def checked(folder: Path, lines: Path) -> bytes:
    out = folder / "checked.json"
    main(["check", str(lines), *PACKS, "-o", f"json={out}"])
    return out.read_bytes()


def _ended(job: Job) -> tuple[int, dict[str, object]]:
    status, out, err = job.end()
    assert out.count(b"\n") == 1, (out, err.decode()[-3000:])
    return status, json.loads(out)


SMALL = {"spark.sql.files.maxPartitionBytes": "400k", "spark.sql.files.openCostInBytes": "1"}
"""So that there are many tasks, and many blocks of one file."""


def test_the_report_is_that_of_check_when_a_worker_is_killed_and_when_none_is(
    cluster: Cluster, folder: Path, lines: Path, checked: bytes
) -> None:
    common = (str(lines), "--master", cluster.url, *PACKS)
    alive = run(cluster, common[0], str(folder / "alive"), *common[1:], "--strategy", "partitions", conf=SMALL)
    status, summary = _ended(alive)
    assert (folder / "alive" / "report.json").read_bytes() == checked
    assert (status, summary["outcome"]) == (1, "fail")
    assert summary["summary"] == json.loads(checked)["summary"]

    logs = folder / "events"
    logs.mkdir()
    recorded = {
        **SMALL,
        "spark.sql.files.maxPartitionBytes": "80k",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{logs}",
    }
    job = run(cluster, common[0], str(folder / "killed"), *common[1:], "--strategy", "distinct", conf=recorded)
    victim = _busy(cluster, job)
    assert cluster.kill(0) >= 3  # the worker, its executor, Python
    assert _ended(job)[0] == 1
    assert (folder / "killed" / "report.json").read_bytes() == checked
    assert [each.name for each in (folder / "killed").iterdir()] == ["report.json"]
    _assert_killed_in_mid_job(events(logs), victim)


def _busy(cluster: Cluster, job: Job) -> str:
    """Wait until the first worker's executor has done tasks and has one in hand."""
    until = time.monotonic() + 120
    while time.monotonic() < until and job.process.poll() is None:
        told = job.active()
        for number in cluster.executors(0):
            if number in told and told[number]["completedTasks"] >= 2 and told[number]["activeTasks"] >= 1:
                return number
        time.sleep(0.05)
    raise AssertionError(f"no task ran on the first worker: {job.end()}")


def _assert_killed_in_mid_job(found: list[dict[str, object]], victim: str) -> None:
    kinds = [each["Event"] for each in found]
    gone = next(at for at, each in enumerate(found) if each["Event"] == "SparkListenerExecutorRemoved")
    assert found[gone]["Executor ID"] == victim
    ended = [each for each in found if each["Event"] == "SparkListenerTaskEnd"]
    lost = [each for each in ended if each["Task End Reason"]["Reason"] == "ExecutorLostFailure"]  # type: ignore[index]
    assert lost
    assert "SparkListenerTaskEnd" in kinds[gone:]


def test_rows_of_parquet_are_judged_and_written_as_parquet(
    cluster: Cluster, folder: Path, rows: Path, checked: bytes
) -> None:
    job = run(
        cluster,
        str(rows),
        str(folder / "out"),
        "--master",
        cluster.url,
        *PACKS,
        "-o",
        "parquet",
        "-o",
        "json",
        conf=SMALL,
    )
    assert _ended(job)[0] == 1
    report = json.loads((folder / "out" / "report.json").read_bytes())
    wanted = [node for node in json.loads(checked)["nodes"] if node["snapshot"]]
    told = {(node["node"], node["snapshot"]["digest"]): node for node in report["nodes"]}
    # One snapshot stands without its line feed in the file of lines: another digest, the same verdict.
    assert sum(told.get((node["node"], node["snapshot"]["digest"])) == node for node in wanted) == len(wanted) - 1
    written = parquet.read_table(folder / "out" / "nodes.parquet")
    assert [json.loads(each) for each in written["node"].to_pylist()] == report["nodes"]
    assert written.column_names == ["name", "machine_id", "digest", "node"]
    duplicate = next(each for each in report["duplicates"] if each["kind"] == "same_snapshot")
    assert duplicate["inputs"] == [f"{rows}/part-0.parquet:6", f"{rows}/part-1.parquet:{NODES - 499}"]


SEVERAL = """
import os
import sys
from passmuster.errors import PassmusterError
from passmuster.fleet.spark import session, sink, source

def broken():
    yield b"torn"
    raise ValueError("no more")

with session.started("local[1]", {"spark.ui.enabled": "false"}, os.environ) as started:
    for given in sys.argv[2:]:
        try:
            source.read(started, given)
        except PassmusterError as error:
            print(error)
    url = f"file://{sys.argv[1]}/report.json"
    sink.write_remote(started, url, [b"first"])
    sink.write_remote(started, url, [b"the ", b"second"])
    try:
        sink.write_remote(started, url, broken())
    except ValueError as error:
        print(error)
"""


def test_what_cannot_be_judged_is_said_and_what_is_written_is_whole(folder: Path) -> None:
    for name in ("packed", "bare", "both", "other", "remote"):
        (folder / name).mkdir()
    (folder / "packed" / "a.ndjson.gz").touch()
    (folder / "both" / "a.json").touch()
    for name in ("both", "other"):
        parquet.write_table(pa.table({"name": ["a"]}), folder / name / "a.parquet")
    given = [str(folder / name) for name in ("packed", "bare", "both", "other")]
    command = [sys.executable, "-c", SEVERAL, str(folder / "remote"), *given]
    done = subprocess.run(command, env=Cluster(folder).environment, capture_output=True, text=True, check=True)
    files = "expected files that end with .parquet, or with .json or .ndjson"
    assert done.stdout.splitlines() == [
        f"{given[0]}: packed files are not read by spark (got a.ndjson.gz, expected .json, .ndjson or .parquet)",
        f"{given[1]}: no input for spark (got neither, {files})",
        f"{given[2]}: no input for spark (got both, {files})",
        f"{given[3]}: no column with snapshots (got name, expected 'snapshot', binary or string)",
        "no more",
    ]
    assert (folder / "remote" / "report.json").read_bytes() == b"the second"
    assert sorted(each.name for each in (folder / "remote").iterdir() if not each.name.startswith(".")) == [
        "report.json"
    ]


def test_a_failure_of_spark_is_one_line_and_status_2(folder: Path) -> None:
    alone = Cluster(folder)
    status, out, err = run(alone, str(folder / "nowhere"), str(folder / "out2"), "--master", "local[1]").end()
    said = [line for line in err.decode().splitlines() if line.startswith("--engine")]
    assert (status, out, len(said)) == (2, b"", 1), err.decode()
    assert "Path does not exist" in said[0]
    assert not (folder / "out2").exists()
    assert alone.processes() == []


@pytest.mark.parametrize(
    ("environment", "library", "expected"),
    [
        ({"PATH": "/nowhere"}, "pyspark", "no java on PATH, and JAVA_HOME is not set (expected Java 17 or newer)"),
        ({"JAVA_HOME": "/nowhere"}, "pyspark", "no java in JAVA_HOME, /nowhere (expected Java 17 or newer)"),
        ({}, "no_such_one", "no_such_one is not installed (expected the extra: pip install 'passmuster[spark]')"),
    ],
    ids=["no Java", "no Java where it is said to be", "a library"],
)
def test_what_is_not_installed_is_said_in_a_line(
    environment: dict[str, str], library: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        session.demand(os.environ, [library])
    assert str(caught.value) == f"--engine spark: {expected}"
