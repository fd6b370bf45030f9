"""Facts that a snapshot holds only if its collector was asked for more than usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.lint.finding import Lint, Severity, Spot
from passmuster.codec import schema
from passmuster.codec.schema.fieldtypes import MapOf, Object
from passmuster.policy.compile import CompiledRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.authoring.lint.finding import Subject
    from passmuster.model.fieldpath import FieldPath


def _only_in_full(subject: Subject) -> Iterator[Spot]:
    numbers = {rule.id: number for number, rule in enumerate(subject.policy.rules)}
    for rule in () if subject.compiled is None else subject.compiled.every_rule:
        paths = rule.touches if isinstance(rule, CompiledRule) else rule.reads
        for path in filter(_unlisted, paths):
            message = f"a default snapshot does not tell about {path}: there this rule is unknown"
            yield Spot(path=("rules", numbers[rule.source.id], "expression"), message=message, hint=_HINT)


_HINT = "collect with --full"


def _unlisted(path: FieldPath) -> bool:
    """Whether it is a key of a long map, and not one that every snapshot tells about."""
    kind = schema.sections(1).get(path.parts[0])
    for at, part in enumerate(path.parts[1:], 1):
        if isinstance(kind, MapOf):
            return kind.full and at == len(path.parts) - 1 and part not in kind.listed
        kind = kind.fields.get(part) if isinstance(kind, Object) else None
    return False


LINTS = (
    Lint(
        code="only-in-full",
        severity=Severity.WARNING,
        summary="a rule reads a fact that a default snapshot does not hold",
        check=_only_in_full,
    ),
)
