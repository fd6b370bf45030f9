"""Expressions in a normal form, and what follows from what: for comparing rules by meaning and not by text."""

from passmuster.normalform.build import Normalizer
from passmuster.normalform.form import FALSE, TRUE, Form, Kind, TooLargeError, conjunction, disjunction, negated
from passmuster.normalform.implication import follows, impossible
from passmuster.normalform.write import written

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
