"""Redaction: a snapshot with only the facts that packs read, pseudonyms for names, and every verdict unchanged.

`redact` makes it; `changes` says whether it is judged as before. Whoever writes one must have asked both.
"""

from __future__ import annotations

from passmuster.exchange.redaction.account import SectionAccount, account
from passmuster.exchange.redaction.compare import Asked, Change, RedactionError, changes, demand_same
from passmuster.exchange.redaction.fields import FieldClass
from passmuster.exchange.redaction.header import Pseudonyms
from passmuster.exchange.redaction.pseudonyms import KEY_BYTES, Map, MapError, SiteKey, read_map, write_map
from passmuster.exchange.redaction.redaction import REMOVABLE, Plan, Redacted, plan, redact

__all__ = [
    "KEY_BYTES",
    "REMOVABLE",
    "Asked",
    "Change",
    "FieldClass",
    "Map",
    "MapError",
    "Plan",
    "Pseudonyms",
    "Redacted",
    "RedactionError",
    "SectionAccount",
    "SiteKey",
    "account",
    "changes",
    "demand_same",
    "plan",
    "read_map",
    "redact",
    "write_map",
]
