"""Waivers: exceptions that a site grants, each for a rule, some nodes, and a time that ends."""

from passmuster.policy.waivers.apply import ByLabel, ByName, InForce, Seen, Waiver, Waivers, findings, waive
from passmuster.policy.waivers.load import SCHEMA, load

__all__ = ["SCHEMA", "ByLabel", "ByName", "InForce", "Seen", "Waiver", "Waivers", "findings", "load", "waive"]
