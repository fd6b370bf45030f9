"""Proving verdicts: what a report says it was made from, made again, and compared; who signed it.

Values in, values out: files, clocks and trust are read by whoever asks. `replay` is judging again, `restore_paths` and
`provenance` say how snapshots came then and now.
"""

from passmuster.proof.claim import Claim, Kind, read
from passmuster.proof.compare import MOST, WORDED, Remade, differences

__all__ = ["MOST", "WORDED", "Claim", "Kind", "Remade", "differences", "read"]
