"""Facts withheld for any reason make an outcome unknown, and never another one; more by hand: tests/masking.py."""

from __future__ import annotations

from collections import Counter

import pytest
from masking import faults


@pytest.mark.long
def test_masking_turns_an_outcome_into_unknown_and_nothing_else() -> None:
    seen: Counter[str] = Counter()
    assert list(faults(8_000, 1, seen)) == []
    assert seen["unknown"] > 200, "masking hides what rules need"
