"""Assessments: one file that says by what nodes are judged, so that one review and one digest cover all of it."""

from passmuster.policy.profile.apply import Assessment, Attached, Settled, settle
from passmuster.policy.profile.load import SCHEMA, load

__all__ = ["SCHEMA", "Assessment", "Attached", "Settled", "load", "settle"]
