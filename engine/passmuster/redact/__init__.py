"""Least disclosure: a snapshot with only what packs read, names as pseudonyms, and every verdict as it was.

`redact` makes it; `changes` says whether it is judged as before. Whoever writes one must have asked both.
"""

from __future__ import annotations

from passmuster.redact.account import SectionAccount, account
from passmuster.redact.compare import Asked, Change, changes
from passmuster.redact.fields import FieldClass
from passmuster.redact.header import Pseudonyms
from passmuster.redact.map_v1 import Map, MapError, read_map, write_map
from passmuster.redact.pseudonyms import KEY_BYTES, SiteKey
from passmuster.redact.redaction import REMOVABLE, Plan, Redacted, plan, redact
from passmuster.redact.refusal import RedactionError, demand_same

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
