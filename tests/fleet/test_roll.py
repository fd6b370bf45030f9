"""Who was counted: the same whether all of it is in memory or most of it in a file."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from passmuster.fleet import roll
from passmuster.fleet.roll import NOBODY, WHAT, WHO, Roll

# Identities that share their first half, or the byte by which they are parted, or nothing.
_HALVES = st.sampled_from([bytes(8), b"\1" * 8, bytes(7) + b"\xff", b"\xff" * 8, bytes(7) + b"\1"])
_WHOS = st.tuples(_HALVES, _HALVES).map(b"".join)


_WHATS = st.sampled_from([bytes(WHAT), b"\1" * WHAT])


@given(st.lists(st.tuples(_WHOS, _WHATS, st.integers(0, 3))), st.integers(1, 5))
@example([(NOBODY, bytes(WHAT), 1), (NOBODY, bytes(WHAT), 1)], 1)
@example([(b"a" * WHO, bytes(WHAT), 1), (b"b" * WHO, bytes(WHAT), 2), (b"a" * WHO, b"\1" * WHAT, 3)], 1)
def test_numbers_counts_and_who_came_more_than_once(nodes: list[tuple[bytes, bytes, int]], size: int) -> None:
    with mock.patch.object(roll, "RUN", size):
        made = Roll(BytesIO())
        other = Roll(BytesIO())
        for each in nodes:
            made.add(*each)
        other.take(made.whos(), made.numbers())
        many = Counter(who for who, _, _ in nodes if who != NOBODY)
        several = [[each[1:] for each in nodes if each[0] == who] for who in many if many[who] > 1]
        for one in (made, other):
            assert list(one.numbers()) == [number for _, _, number in nodes]
            assert one.whos() == b"".join(who + what for who, what, _ in nodes)
            assert one.counts() == Counter(number for _, _, number in nodes)
            assert sorted(one.repeated()) == sorted(several)


def test_what_does_not_stay_in_memory_is_in_the_file() -> None:
    file = BytesIO()
    with mock.patch.object(roll, "RUN", 10):
        made = Roll(file)
        for at in range(35):
            made.add(at.to_bytes(WHO, "little"), bytes(WHAT), at)
        assert len(file.getvalue()) == 30 * (4 + WHO + WHAT + 8)
        assert made.repeated() == []
        assert list(made.numbers()) == list(range(35))
