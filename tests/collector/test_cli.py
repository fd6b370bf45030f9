"""The command line: what it accepts, where it writes, and how it ends."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from host_tree import MOUNTED, plant
from snapshot_rules import problems

import passmuster_collector
from passmuster_collector import __version__
from passmuster_collector.cli import collect_bytes, file_name, main
from passmuster_collector.facts import SECTIONS
from passmuster_collector.usage import UsageError


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(plant(tmp_path / "host", {**MOUNTED, "/etc/hostname": "worker-3\n"}))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_snapshot_goes_to_stdout(root: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["--root", root]) == 0
    out, err = capfdbinary.readouterr()
    assert problems(out) == []
    assert err == b""


def test_a_file_is_written_whole(root: str, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    assert main(["--root", root, "-o", str(target)]) == 0
    assert problems(target.read_bytes()) == []
    assert target.stat().st_mode & 0o777 == 0o644
    assert names(tmp_path) == ["host", "out.json"]


@pytest.mark.parametrize("end", ["", "/"])
def test_a_folder_gets_a_file_of_the_nodes_name(root: str, tmp_path: Path, end: str) -> None:
    (tmp_path / "out").mkdir()
    assert main(["--root", root, "-o", str(tmp_path / "out") + end]) == 0
    assert names(tmp_path / "out") == ["worker-3.json"]


def test_a_device_is_written_to_and_not_replaced(root: str) -> None:
    assert main(["--root", root, "-o", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


FILES = {
    "worker-3": "worker-3.json",
    "node.example.org": "node.example.org.json",
    "../../etc/x": "_._.._etc_x-",
    "..": "_.-",
    "-o": "_o-",
    "nœud": "n_ud-",
    "a/b": "a_b-",
    "x" * 253: "x" * 200 + "-",
}


@pytest.mark.parametrize("name", FILES)
def test_names_of_files_are_safe(name: str) -> None:
    made = file_name(name)
    assert made.startswith(FILES[name])
    assert "/" not in made
    assert len(made) < 255


def test_names_that_differ_have_files_that_differ() -> None:
    assert file_name("a/b") != file_name("a_b") != file_name("a b")


def test_a_folder_that_is_not_there_is_told_by_the_name_of_the_command(
    root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", root, "-o", "new/"], "passmuster collect") == 2
    expected = "passmuster collect: -o: no such folder (got 'new', expected one that exists: mkdir -p)\n"
    assert capsys.readouterr().err == expected


UNWRITABLE = {
    "a folder that is not there": "/nowhere/x.json",
    "a folder that is not there, for a name": "/nowhere/",
    "a full device": "/dev/full",
    "a file as a folder": "/etc/passwd/",
    "a name with a zero byte": "a\0b",
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_cannot_be_written_is_one_line(root: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", root, "-o", UNWRITABLE[name]]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("passmuster-collector: ")
    assert err.count("\n") == 1


def test_a_failed_write_leaves_nothing_behind(root: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "worker-3.json").mkdir()
    assert main(["--root", root, "-o", str(target)]) == 2
    assert names(target) == ["worker-3.json"]


def test_a_disk_that_is_full_leaves_nothing_behind(
    root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert main(["--root", root, "-o", str(tmp_path / "x.json")]) == 2
    assert capsys.readouterr().err.endswith("x.json: No space left on device\n")
    assert names(tmp_path) == ["host"]


def _run(*argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    package = Path(passmuster_collector.__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(package), **options.pop("env", {})}
    command = [sys.executable, "-m", "passmuster_collector", *argv]
    return subprocess.run(command, check=False, stderr=subprocess.PIPE, env=environment, **options)


def test_a_full_stdout_is_one_line(root: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _run("--root", root, stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"passmuster-collector: standard output: No space left on device\n"


def test_a_closed_pipe_is_one_line(root: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = _run("--root", root, stdout=writing)
    os.close(writing)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


USAGE = {
    "an unknown option": (["--nope"], "unrecognized arguments"),
    "two sources": (["--root", "/", "--from", "/"], "not allowed with"),
    "a root that is not there": (["--root", "/nowhere"], "'/nowhere': No such file or directory (expected a folder)"),
    "a root that is a file": (["--root", "/etc/passwd"], "'/etc/passwd': Not a directory (expected a folder)"),
    "an empty root": (["--root", ""], "'': No such file or directory (expected a folder)"),
    "a root with a zero byte": (["--root", "a\0b"], "(expected a folder)"),
    "an empty name": (["--name", ""], "--name: 1 to 253 characters"),
    "a name too long": (["--name", "x" * 254], "(got 254)"),
    "a label without a value": (["--label", "a"], "--label: not a label (got 'a', expected KEY=VALUE)"),
    "a label without a key": (["--label", "=a"], "--label: not a label"),
    "a label twice": (["--label", "a=1", "--label", "a=2"], "--label: 'a' is given twice"),
    "a label too long": (["--label", "a=" + "x" * 257], "--label: not a label"),
    "too many labels": ([word for n in range(129) for word in ("--label", f"k{n}=")], "too many (got 129, limit 128)"),
    "a section that is none": (["--only", "disks"], "no such section (got 'disks', expected one of boot, cgroup,"),
    "sections and no sections": (["--only", "cpu", "--skip", "cpu"], "not allowed with"),
    "no time": (["--timeout", "0"], "--timeout: not a time (got '0', expected seconds above 0)"),
    "endless time": (["--timeout", "inf"], "--timeout: not a time"),
    "a recorded key that is none": (["--recorded", "x=1"], "--recorded: no such key"),
    "a line break in what was given": (["--only", "a\nb"], "no such section"),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage_is_one_line_and_status_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv, words = USAGE[name]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("passmuster-collector: ")
    assert words in err
    assert err.count("\n") == 1


def test_programs_get_an_exception() -> None:
    with pytest.raises(UsageError, match="no such section"):
        collect_bytes(["--only", "disks"])


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"passmuster-collector {__version__}\n"


def test_only_and_skip(root: str) -> None:
    only = json.loads(collect_bytes(["--root", root, "--only", "os", "--only", "boot"]))["sections"]
    assert len(only) == len(SECTIONS)
    assert only["os"]["status"] == "ok"
    assert only["cpu"]["status"] == "not_collected"
    assert only["cpu"]["unknown"]["cpu.flags"] == {"reason": "not_collected", "detail": "not asked for"}
    skipped = collect_bytes(["--root", root, "--skip", "os"])
    assert problems(skipped) == []
    assert json.loads(skipped)["sections"]["os"]["status"] == "not_collected"


def test_the_name_that_is_given_counts(root: str) -> None:
    assert json.loads(collect_bytes(["--root", root, "--name", "n\udcff"]))["node"]["name"] == "n\\xff"


def test_the_folder_names_a_host_that_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "archive" / "etc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "archive")
    assert json.loads(collect_bytes(["--from", "."]))["node"]["name"] == "archive"


EPOCHS = {"0": "1970-01-01T00:00:00Z", "1774483872": "2026-03-26T00:11:12Z", "253402300799": "9999-12-31T23:59:59Z"}


@pytest.mark.parametrize("epoch", EPOCHS)
def test_the_time_may_be_given(root: str, epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    data = collect_bytes(["--root", root])
    assert json.loads(data)["collection"]["collected_at"] == EPOCHS[epoch]
    assert collect_bytes(["--root", root]) == data


@pytest.mark.parametrize("epoch", ["", "x", "-1", "1.5", "999999999999"])
def test_a_time_that_is_none_is_refused(
    epoch: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert main([]) == 2
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}]
)
def test_locale_zone_and_hashes_change_no_byte(root: str, environment: dict[str, str]) -> None:
    fixed = {"SOURCE_DATE_EPOCH": "1774483872", "PYTHONHASHSEED": "0"}
    done = _run("--root", root, stdout=subprocess.PIPE, env={**fixed, **environment})
    assert done.stdout == _run("--root", root, stdout=subprocess.PIPE, env=fixed).stdout
    assert problems(done.stdout) == []


@pytest.mark.parametrize(("columns", "widest"), [("100", 98), ("0", 78), ("wide", 78)])
def test_help_is_as_wide_as_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str, widest: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(os, "get_terminal_size", lambda: os.terminal_size((80, 24)))
    with pytest.raises(SystemExit):
        main(["--help"])
    assert widest - 8 < max(map(len, capsys.readouterr().out.splitlines())) <= widest


def test_a_running_node_does_not_load_what_it_does_not_need() -> None:
    unneeded = {
        "bz2",
        "lzma",
        "shutil",
        "subprocess",
        "tempfile",
        "passmuster_collector.dump",
        "passmuster_collector.seal",
    }
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from passmuster_collector.cli import collect_bytes\n"
        "collect_bytes(['--only', 'memory', '--only', 'devices']); print(*sys.modules)"
    )
    package = str(Path(passmuster_collector.__file__).parent.parent)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, package], check=True, capture_output=True, text=True)
    assert unneeded.isdisjoint(done.stdout.split())
