"""Expressions in a normal form, and what follows from what: for comparing rules by meaning and not by text."""

from passmuster.authoring.diff.simplify.build import Normalizer
from passmuster.authoring.diff.simplify.entailment import follows, impossible
from passmuster.authoring.diff.simplify.form import (
    FALSE,
    TRUE,
    Form,
    Kind,
    TooLargeError,
    conjunction,
    disjunction,
    negated,
)
from passmuster.authoring.diff.simplify.write import written

__all__ = [
    "FALSE",
    "TRUE",
    "Form",
    "Kind",
    "Normalizer",
    "TooLargeError",
    "conjunction",
    "disjunction",
    "follows",
    "impossible",
    "negated",
    "written",
]
