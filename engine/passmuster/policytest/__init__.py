"""Testing policies: the examples of `tests.yaml`, judged as any snapshot is."""

from passmuster.policytest.cases import Case, Suite, load
from passmuster.policytest.run import Mismatch, Outcome, run

__all__ = ["Case", "Mismatch", "Outcome", "Suite", "load", "run"]
