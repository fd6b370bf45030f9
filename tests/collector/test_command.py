"""Asking a program: in time, within limits, and only one that root alone can have written."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from host_tree import host_of, plant

from passmuster_collector.budget import Budget, budget, watched
from passmuster_collector.command import run
from passmuster_collector.facts.runtime import collect
from passmuster_collector.reading import Reason, Text, Unknown
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only programs of root are run")


def script(folder: Path, body: str, mode: int = 0o755) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(mode)
    return str(path)


def limit(seconds: float = 20) -> Budget:
    return budget(time.monotonic, seconds)


@needs_root
def test_what_a_program_prints(tmp_path: Path) -> None:
    assert run([script(tmp_path, 'echo "$1 $LC_ALL $HOME"; pwd; echo no >&2'), "--version"], limit()) == Text(
        "--version C \n/\n"
    )


@needs_root
def test_output_is_cut_at_the_limit(tmp_path: Path) -> None:
    look = run([script(tmp_path, "yes")], limit())
    assert isinstance(look, Text)
    assert len(look.text) == 65536


@needs_root
def test_a_program_that_does_not_end_is_left(tmp_path: Path) -> None:
    began = time.monotonic()
    look = run([script(tmp_path, "sleep 600")], limit(0.3))
    assert isinstance(look, Unknown)
    assert look.reason is Reason.TIMEOUT
    assert time.monotonic() - began < 60


@needs_root
def test_a_program_that_prints_nothing_failed(tmp_path: Path) -> None:
    look = run([script(tmp_path, "exit 3")], limit())
    assert isinstance(look, Unknown)
    assert look.reason is Reason.FAILED


@needs_root
def test_a_program_of_another_format_fails(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\0\1\2")
    (tmp_path / "program").chmod(0o755)
    assert isinstance(run([str(tmp_path / "program")], limit()), Unknown)


@needs_root
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_program_that_others_may_write_is_not_run(tmp_path: Path, mode: int) -> None:
    witness = tmp_path / "ran"
    look = run([script(tmp_path, f"touch {witness}; echo 1", mode)], limit())
    assert isinstance(look, Unknown)
    assert look.reason is Reason.NOT_COLLECTED
    assert not witness.exists()


def test_a_program_that_is_not_there() -> None:
    assert run(["/nowhere/program"], limit()) == Unknown(
        Reason.NOT_COLLECTED, "/nowhere/program: No such file or directory"
    )


def test_without_time_nothing_is_run() -> None:
    look = run(["/bin/true"], limit(0))
    assert isinstance(look, Unknown)
    assert look.reason in (Reason.TIMEOUT, Reason.NOT_COLLECTED)


def test_no_program_of_a_mounted_host_is_run(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {"/usr/bin/dockerd": "#!/bin/sh\n"}), Kind.ROOT)
    results = {one.path: one.result for one in collect(host)}
    assert results[("docker", "version")] == Unknown(Reason.NOT_COLLECTED, "known only to the running host")


def test_work_in_time_gives_its_result() -> None:
    assert watched(lambda: "x", 5) == "x"


def test_stuck_work_is_left_behind() -> None:
    began = time.monotonic()
    assert watched(lambda: time.sleep(600), 0.05) is None
    assert time.monotonic() - began < 60


def test_a_budget_is_spent_by_its_clock() -> None:
    ticks = iter([10.0, 11.0, 12.0, 12.5])
    mine = budget(lambda: next(ticks), 2.0)
    assert mine.until == 12.0
    assert mine.left() == 1.0
    assert mine.spent()
