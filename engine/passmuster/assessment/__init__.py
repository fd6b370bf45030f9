"""Assessments: one file that says by what nodes are judged, so that one review and one digest cover all of it."""

from passmuster.assessment.load import SCHEMA, load
from passmuster.assessment.model import Assessment, Attached
from passmuster.assessment.settle import Settled, settle

__all__ = ["SCHEMA", "Assessment", "Attached", "Settled", "load", "settle"]
