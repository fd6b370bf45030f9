"""Judging fleets: sections that were seen before are remembered by their bytes, and so is what was said of them."""

from passmuster.fleet.remember import Class, Memory, Remembered
from passmuster.fleet.tally import Tally, Totals

__all__ = ["Class", "Memory", "Remembered", "Tally", "Totals"]
