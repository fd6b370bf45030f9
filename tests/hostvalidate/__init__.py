"""Parity with `virt-host-validate qemu`: which of its checks each rule answers, and where the two differ on purpose."""

from hostvalidate.checks import CHECKS, Status, status_of
from hostvalidate.compare import Comparison, Difference, compare
from hostvalidate.differences import DIFFERENCES, Row, Side
from hostvalidate.output import parse

__all__ = [
    "CHECKS",
    "DIFFERENCES",
    "Comparison",
    "Difference",
    "Row",
    "Side",
    "Status",
    "compare",
    "parse",
    "status_of",
]
