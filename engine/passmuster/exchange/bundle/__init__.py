"""Bundles: snapshots and policies across an air gap, in one file that can be checked to the last byte.

Values in, values out: files, clocks and ssh-keygen are in `cli`.
"""

from passmuster.exchange.bundle.container import NotABundleError
from passmuster.exchange.bundle.model import Bundle, Carried, CarriedPolicy
from passmuster.exchange.bundle.read import Assurance, Reading, Terms, read
from passmuster.exchange.bundle.trust import Trust
from passmuster.exchange.bundle.trust import load as load_trust

__all__ = [
    "Assurance",
    "Bundle",
    "Carried",
    "CarriedPolicy",
    "NotABundleError",
    "Reading",
    "Terms",
    "Trust",
    "load_trust",
    "read",
]
