"""Linting policies: what loads and compiles, and still is not as an author or an auditor would want it."""

from passmuster.authoring.lint.finding import Finding, Lint, Severity, Since, Subject
from passmuster.authoring.lint.formats import FORMATS
from passmuster.authoring.lint.run import LINTS, lint

__all__ = ["FORMATS", "LINTS", "Finding", "Lint", "Severity", "Since", "Subject", "lint"]
