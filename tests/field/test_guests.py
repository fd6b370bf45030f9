"""Guests on ARM whose firmware names a cloud or a maker that is no maker of machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from field_cases import collected

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("tree", "expected"), [("apple", "apple"), ("alibaba", "other"), ("hetzner", "other")])
def test_a_guest_on_arm_is_no_bare_metal(tmp_path: Path, tree: str, expected: str) -> None:
    assert collected(tmp_path, f"arm-guests/{tree}", "aarch64").facts("virtualization")["hypervisor"] == expected
