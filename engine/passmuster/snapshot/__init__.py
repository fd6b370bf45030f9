"""Snapshots: what a collector saw of a node, read strictly from bytes and kept as received."""

from passmuster.snapshot.load import SCHEMA, load, load_section, section_holds
from passmuster.snapshot.model import Section, Snapshot

__all__ = ["SCHEMA", "Section", "Snapshot", "load", "load_section", "section_holds"]
