"""Beginning packs and rules: files that load, lint and pass their tests as they stand."""

from passmuster.authoring.scaffold.pack import FIRST_VERSION, Files, begun, demand_name, extended

__all__ = ["FIRST_VERSION", "Files", "begun", "demand_name", "extended"]
