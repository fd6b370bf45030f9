"""Policies: versioned YAML files whose rules are CEL expressions."""

from passmuster.policy.load import LANGUAGE, SCHEMA, digest, load
from passmuster.policy.model import Expression, Policy, Rule, Variable

__all__ = ["LANGUAGE", "SCHEMA", "Expression", "Policy", "Rule", "Variable", "digest", "load"]
