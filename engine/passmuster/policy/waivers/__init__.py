"""Waivers: exceptions that a site grants, each for a rule, some nodes, and a time that ends."""

from passmuster.policy.waivers.apply import InForce, Seen, findings, waive
from passmuster.policy.waivers.load import SCHEMA, load
from passmuster.policy.waivers.model import ByLabel, ByName, Waiver, Waivers

__all__ = ["SCHEMA", "ByLabel", "ByName", "InForce", "Seen", "Waiver", "Waivers", "findings", "load", "waive"]
