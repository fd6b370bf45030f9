"""What several tests of remembering need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from passmuster.fleet.cache import facts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What differs on every node is looked for after a few nodes, not after hundreds."""
    monkeypatch.setattr(facts, "MANY", 8)
    monkeypatch.setattr(facts, "FIRST", 4)
    yield  # noqa: PT022 - hypothesis wants the patch to hold for the whole test
