"""Verdicts in which every text that can come from outside carries one more text: what a hostile node would write."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, TypeVar

from passmuster.model.fieldpath import FieldPath

T = TypeVar("T")

_OWN = {"kind", "digest", "line", "column"}
"""Fields whose values are words or numbers of ours."""


def spoiled(value: T, text: str) -> T:
    """The same value with the text at the end of each string in it, at any depth; keys of maps, too."""
    found: Any = value
    if isinstance(value, str):
        found = value + text
    elif isinstance(value, FieldPath):
        found = FieldPath(tuple(part + text for part in value.parts))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        found = dataclasses.replace(
            value, **{name: each if name in _OWN else spoiled(each, text) for name, each in fields.items()}
        )
    elif isinstance(value, tuple | list):
        found = type(value)(spoiled(each, text) for each in value)
    elif isinstance(value, Mapping):
        found = {spoiled(key, text): spoiled(each, text) for key, each in value.items()}
    assert isinstance(found, type(value)) or isinstance(value, Mapping | enum.Enum)
    return found  # type: ignore[no-any-return]
