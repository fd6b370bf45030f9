"""Parity with `virt-host-validate qemu`: which of its checks each rule answers, and where the two differ on purpose."""

from passmuster.parity.checks import CHECKS, Status, status_of
from passmuster.parity.compare import Comparison, Difference, compare
from passmuster.parity.differences import DIFFERENCES, Row, Side
from passmuster.parity.output import parse

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
