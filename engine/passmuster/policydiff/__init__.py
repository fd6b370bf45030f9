"""Comparing two versions of a policy: what changed, in which direction, in words that an auditor reads."""

from passmuster.policydiff.compare import compare
from passmuster.policydiff.formats import FORMATS
from passmuster.policydiff.model import Bump, Change, ChangeKind, PolicyDiff, Subject
from passmuster.policydiff.nodes import NodeClaim
from passmuster.policydiff.version import fits, wanted

__all__ = [
    "FORMATS",
    "Bump",
    "Change",
    "ChangeKind",
    "NodeClaim",
    "PolicyDiff",
    "Subject",
    "compare",
    "fits",
    "wanted",
]
