"""Proving verdicts: what a report says it was made from, made again, and compared; who signed it.

Values in, values out: files, clocks and the re-run itself are in `cli`.
"""

from passmuster.proof.claim import Claim, Kind, read
from passmuster.proof.compare import MOST, WORDED, Remade, differences

__all__ = ["MOST", "WORDED", "Claim", "Kind", "Remade", "differences", "read"]
