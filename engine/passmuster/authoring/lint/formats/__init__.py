"""Findings as text; one module a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.lint.formats import github, json_v1, sarif, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from passmuster.authoring.lint.finding import Finding

FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "table": table.render,
    "json": json_v1.render,
    "sarif": sarif.render,
    "github": github.render,
}
"""Renderers by name."""
