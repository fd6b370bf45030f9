"""Waivers: exceptions that a site grants, each for a rule, some nodes, and a time that ends."""

from passmuster.waivers.apply import InForce, Seen, findings, waive
from passmuster.waivers.load import SCHEMA, load
from passmuster.waivers.model import ByLabel, ByName, Waiver, Waivers

__all__ = ["SCHEMA", "ByLabel", "ByName", "InForce", "Seen", "Waiver", "Waivers", "findings", "load", "waive"]
