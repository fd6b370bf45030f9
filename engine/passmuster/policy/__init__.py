"""Policies: versioned YAML files whose rules are CEL expressions."""

from passmuster.policy.load import LANGUAGE, SCHEMA, UnsoundPolicyError, digest, load
from passmuster.policy.model import Expression, Policy, Rule, Scope, Variable

__all__ = [
    "LANGUAGE",
    "SCHEMA",
    "Expression",
    "Policy",
    "Rule",
    "Scope",
    "UnsoundPolicyError",
    "Variable",
    "digest",
    "load",
]
