"""Who was counted: the same whether all of it is in memory or most of it in a file."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from passmuster.fleet import roll
from passmuster.fleet.roll import NOBODY, WHO, Roll

# Identities that share their first half, or the byte by which they are parted, or nothing.
_HALVES = st.sampled_from([bytes(8), b"\1" * 8, bytes(7) + b"\xff", b"\xff" * 8, bytes(7) + b"\1"])
_WHOS = st.tuples(_HALVES, _HALVES).map(b"".join)


@given(st.lists(st.tuples(_WHOS, st.integers(0, 3))), st.integers(1, 5))
@example([(NOBODY, 1), (NOBODY, 1)], 1)
@example([(b"a" * WHO, 1), (b"b" * WHO, 2), (b"a" * WHO, 3)], 1)
def test_numbers_counts_and_who_came_more_than_once(nodes: list[tuple[bytes, int]], size: int) -> None:
    with mock.patch.object(roll, "RUN", size):
        made = Roll(BytesIO())
        for who, number in nodes:
            made.add(who, number)
        assert list(made.numbers()) == [number for _, number in nodes]
        assert made.whos() == b"".join(who for who, _ in nodes)
        assert made.counts() == Counter(number for _, number in nodes)
        many = Counter(who for who, _ in nodes if who != NOBODY)
        assert sorted(made.repeated()) == sorted(number for who, number in nodes if many[who] > 1)


def test_what_does_not_stay_in_memory_is_in_the_file() -> None:
    file = BytesIO()
    with mock.patch.object(roll, "RUN", 10):
        made = Roll(file)
        for at in range(35):
            made.add(at.to_bytes(WHO, "little"), at)
        assert len(file.getvalue()) == 30 * (4 + WHO + 8)
        assert made.repeated() == []
        assert list(made.numbers()) == list(range(35))
