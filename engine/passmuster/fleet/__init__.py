"""Judging fleets. Results are cached by the bytes of the facts, so equal facts are judged once."""

from passmuster.fleet.cache.remember import Memory, Remembered
from passmuster.fleet.classes import Class, class_of
from passmuster.fleet.journal import Entry, Journal, Spool
from passmuster.fleet.tally import Portion, Tally, Totals
from passmuster.fleet.waiving import Waiving

__all__ = [
    "Class",
    "Entry",
    "Journal",
    "Memory",
    "Portion",
    "Remembered",
    "Spool",
    "Tally",
    "Totals",
    "Waiving",
    "class_of",
]
