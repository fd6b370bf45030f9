"""Comparing two versions of a policy: what changed, in which direction, in words that an auditor reads."""

from passmuster.authoring.diff.compare import compare
from passmuster.authoring.diff.formats import FORMATS
from passmuster.authoring.diff.model import Bump, Change, ChangeKind, PolicyDiff, Subject, fits, wanted
from passmuster.authoring.diff.nodes import NodeClaim

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
