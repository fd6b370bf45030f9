"""Time as a value: work asks for it in its own thread, and ends where it is over."""

from __future__ import annotations

import itertools
import threading

import pytest

from passmuster_collector.budget import Budget, Job, OutOfTimeError, ask, asking, in_time
from passmuster_collector.reading import UnreadableError, each_line


def ticking(ticks: int) -> Budget:
    """A budget of so many questions."""
    clock = itertools.count()
    return Budget(lambda: next(clock), ticks)


def test_work_without_a_limit_has_all_the_time() -> None:
    ask()
    assert sum(asking(range(1000))) == 499_500


def test_a_loop_ends_with_the_time() -> None:
    seen: list[int] = []
    with pytest.raises(OutOfTimeError):
        in_time(ticking(3), lambda: seen.extend(asking(itertools.count())))
    assert len(seen) == 3 * 256
    ask()  # what comes after it has all the time again


def test_the_limit_is_that_of_the_thread() -> None:
    ended = threading.Event()

    def other() -> None:
        ask()
        ended.set()

    def work() -> None:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    in_time(ticking(0), work)
    assert ended.is_set()


def test_a_job_that_has_no_time_left_has_no_result() -> None:
    job = Job(lambda: in_time(ticking(0), lambda: list(each_line("a\n"))))
    job.start().join()
    assert job.result is None


def test_lines_end_with_the_time_and_are_no_longer_than_most_files_may_be() -> None:
    for text in ("", "\n", "a", "a\n", "a\n\nb", "\n\na\r\n"):
        for before in ("", "b" * 100_000 + "\n", "b\n" * 100_000, "\n" * 16_383, "\n" * 16_384):
            whole = before + text
            assert list(each_line(whole)) == whole.split("\n")[: -1 if whole.endswith("\n") or not whole else None]
    with pytest.raises(OutOfTimeError):
        in_time(ticking(2), lambda: list(each_line("a\n" * 50_000)))
    assert len(list(each_line("a" * (1 << 20) + "\n"))) == 1
    with pytest.raises(UnreadableError, match=r"a line of 1048577 characters \(limit 1048576\)"):
        list(each_line("b\n" + "a" * ((1 << 20) + 1)))
    for longest in ((1 << 20) + 1, (1 << 20) + 16 * 1024, (1 << 20) + 16 * 1024 + 1, 1 << 22):
        found = each_line("b\n" * 20_000 + "a" * longest + "\nb")
        assert all(next(found) == "b" for _ in range(20_000))
        with pytest.raises(UnreadableError, match=f"a line of {longest} characters"):
            next(found)
