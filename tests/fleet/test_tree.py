"""Finding known texts in a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster.fleet.cache.tree import HIGHEST, Tree, first_difference

# Few different bytes, so that texts have much in common; the last one ends a text, so that none begins with another.
_TEXTS = st.lists(st.text("ab", max_size=8).map(lambda text: text.encode() + b"."), min_size=1, unique=True)


@given(_TEXTS, st.lists(st.text("ab.", max_size=12).map(str.encode)), st.text("ab.", max_size=3).map(str.encode))
def test_what_is_known_is_found_and_nothing_else(texts: list[bytes], others: list[bytes], front: bytes) -> None:
    tree: Tree[bytes] = Tree()
    for count, text in enumerate(texts, 1):
        assert tree.add(text, text)
        for line in [*texts, *others]:
            expected = next((each for each in texts[:count] if line.startswith(each)), None)
            assert tree.find(front + line, len(front)) == expected
            assert tree.find(front + line + b"rest", len(front)) == expected


@given(st.lists(st.text("ab", max_size=6).map(str.encode)))
def test_texts_that_begin_with_each_other_never_give_a_wrong_answer(texts: list[bytes]) -> None:
    tree: Tree[bytes] = Tree()
    taken = [text for text in texts if tree.add(text, text)]
    for text in taken:
        assert tree.find(text, 0) == text
    for one in taken:
        assert not any(other is not one and other.startswith(one) for other in taken)


@pytest.mark.parametrize("order", [1, -1], ids=["each differs later than those before", "each differs earlier"])
def test_texts_that_are_made_up_cannot_make_the_tree_high(order: int) -> None:
    tree: Tree[int] = Tree()
    texts = [b"a" * count + b"b" for count in range(1000)][::order]
    taken = [text for number, text in enumerate(texts) if tree.add(text, number)]
    assert HIGHEST <= len(taken) <= HIGHEST + 1
    assert all(tree.find(text, 0) == texts.index(text) for text in taken)
    assert all(tree.find(text, 0) is None for text in set(texts) - set(taken))


@given(st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_the_first_difference_is_the_first(shared: bytes, one: bytes, other: bytes) -> None:
    one, other = shared + one, shared + other
    at = first_difference(one, other)
    if at < 0:
        assert one.startswith(other) or other.startswith(one)
    else:
        assert one[:at] == other[:at]
        assert one[at] != other[at]
