"""One file that any Python 3 runs: the same bytes each time, and nothing but the standard library."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from snapshot_rules import problems

import passmuster_collector
from passmuster_collector import zipapp

PACKAGE = Path(passmuster_collector.__file__).parent


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zipapp") / "collector.pyz"
    target.parent.chmod(0o755)
    assert zipapp.main([str(target)]) == 0
    return target


def test_two_builds_are_the_same(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "passmuster_collector"
    shutil.copytree(PACKAGE, copy)
    (copy / "note.txt").write_text("x")
    for path in copy.rglob("*"):
        os.utime(path, (0, 0))
    assert zipapp.build(str(copy)) == archive.read_bytes()


def test_members_are_sorted_plain_python(archive: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as members:
        infos = members.infolist()
    names = [info.filename for info in infos]
    assert names == sorted(names)
    assert all(name.endswith(".py") for name in names)
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert archive.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert archive.stat().st_mode & 0o777 == 0o755


def test_it_runs_isolated(archive: Path) -> None:
    done = subprocess.run([sys.executable, "-I", "-S", str(archive)], check=True, capture_output=True)
    assert problems(done.stdout) == []
    assert done.stderr == b""


def _interpreter() -> str:
    """A Python that another user may run."""
    for python in (sys.executable, "/usr/bin/python3"):
        command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", python, "-I", "-c", ""]
        if shutil.which("setpriv") and subprocess.run(command, check=False, capture_output=True).returncode == 0:
            return python
    pytest.skip("another user cannot run a Python here")


@pytest.mark.long
def test_another_user_collects_and_is_told_what_was_denied(archive: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    host = tmp_path / "host"
    for path in ("proc/sys", "sys/kernel", "etc"):
        (host / path).mkdir(parents=True)
    (host / "proc/version").write_text("Linux version 5.4.0\n")
    (host / "proc/cmdline").write_text("iommu=pt\n")
    (host / "proc/cmdline").chmod(0)
    (host / "etc").chmod(0)
    python = _interpreter()
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    shared = Path("/var/tmp") / f"passmuster-test-{os.getpid()}.pyz"
    shutil.copy(archive, shared)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", python, "-I", "-S", str(shared)]
    try:
        live = subprocess.run(user, check=True, capture_output=True, cwd="/")
        root = subprocess.run([*user, "--root", str(host)], check=True, capture_output=True, cwd="/")
    finally:
        shared.unlink()
    assert problems(live.stdout) == problems(root.stdout) == []
    assert b'"uid":65534' in live.stdout
    assert b'"boot.words":{"detail":"permission denied: /proc/cmdline","reason":"denied"}' in root.stdout
    assert b'"os.id":{"detail":"permission denied: /etc/os-release","reason":"denied"}' in root.stdout


@pytest.mark.parametrize("argv", [[], ["a", "b"], ["/nowhere/x.pyz"]])
def test_what_cannot_be_built_is_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert zipapp.main(argv) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_from_an_archive_it_cannot_build_itself(archive: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "passmuster_collector.zipapp", str(tmp_path / "x")]
    done = subprocess.run(command, check=False, capture_output=True, env={**os.environ, "PYTHONPATH": str(archive)})
    assert done.returncode == 2
    assert b"from a folder" in done.stderr


def test_it_imports_the_standard_library_only(archive: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import passmuster_collector.cli as c; c.collect_bytes();"
        "print([m for m, v in sys.modules.items() if 'site-packages' in str(getattr(v, '__file__', ''))])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(archive)], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
