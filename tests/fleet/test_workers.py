"""Several processes over one input: what goes wrong in one of them is told, and none stays behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING

import pytest

from passmuster.errors import UsageError
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.fleet import parallel
from passmuster.fleet.runner import OnePass
from passmuster.fleet.source import Source
from passmuster.report import Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from passmuster.fleet.source import Found


def passed(path: Path, judge: object) -> list[object]:
    def make() -> OnePass:
        return OnePass(EvaluationCriteria(policies=(), parameters={}), Style(), written=False, journal=None)

    crew = parallel.Crew(make=make, judge=judge, numbered=False)  # type: ignore[arg-type]
    return list(parallel.passed(Source(paths=[str(path)], workers=2), crew))


def killed(_found: Iterable[Found], _onepass: OnePass) -> Iterator[tuple[int, bytes]]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield 0, b""


def broken(_found: Iterable[Found], _onepass: OnePass) -> Iterator[tuple[int, bytes]]:
    message = "broken"
    raise ZeroDivisionError(message)
    yield 0, b""


def test_a_worker_that_is_killed_is_told(tmp_path: Path) -> None:
    tmp_path.joinpath("n.json").write_bytes(b"{}")
    with pytest.raises(UsageError, match="--jobs: a worker process was killed"):
        passed(tmp_path, killed)
    assert multiprocessing.active_children() == []


def test_what_a_worker_raises_is_raised(tmp_path: Path) -> None:
    tmp_path.joinpath("n.json").write_bytes(b"{}")
    with pytest.raises(ZeroDivisionError, match="broken"):
        passed(tmp_path, broken)
    assert multiprocessing.active_children() == []


def test_nobody_works_after_the_end(tmp_path: Path) -> None:
    tmp_path.joinpath("n.json").write_bytes(b"{}")
    assert len(passed(tmp_path, lambda _found, _onepass: iter(()))) == 1
    assert multiprocessing.active_children() == []
