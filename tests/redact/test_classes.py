"""Every field of a snapshot has a class, and the command, the documentation and the schema name the same ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from passmuster.cli.arguments import CLASSES
from passmuster.codec import schema
from passmuster.exchange.redaction import REMOVABLE, FieldClass
from passmuster.exchange.redaction.fields import Keyed, Leaf, Record, field, sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.exchange.redaction.fields import Field

DOCUMENT = schema.document("snapshot", 1)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "redaction.md"
_BELOW = ("properties", "$defs")
_INSIDE = ("items", "additionalProperties", "propertyNames")


def leaves(node: dict[str, Any], path: str, inherited: str | None) -> Iterator[tuple[str, str | None]]:
    """Every value and every key of a map that can stand in a snapshot, with its class."""
    own = node.get("x-class", inherited)
    below = [(f"{path}/{name}", each) for word in _BELOW for name, each in node.get(word, {}).items()]
    below += [(f"{path}/{word}", node[word]) for word in _INSIDE if isinstance(node.get(word), dict)]
    if not below and "$ref" not in node:
        yield path, own
    for name, each in below:
        yield from leaves(each, name, own)


def test_every_field_has_a_class() -> None:
    found = dict(leaves(DOCUMENT, "", None))
    assert len(found) > 100
    assert {path for path, of in found.items() if of is None} == set()
    assert set(found.values()) <= {each.value for each in FieldClass}


def test_a_field_without_a_class_is_a_mistake_in_the_schema() -> None:
    with pytest.raises(ValueError, match="a field without a class"):
        field({"properties": {"a": {"type": "string"}}}, None)


def test_the_command_offers_every_class_but_public() -> None:
    assert [each.value for each in REMOVABLE] == list(CLASSES)


def beyond_public(of: Field, path: str) -> Iterator[tuple[str, str]]:
    """The facts that are not public, as the documentation lists them."""
    match of:
        case Leaf():
            if of.of is not FieldClass.PUBLIC:
                yield path, of.of.value
        case Keyed():
            found = set(beyond_public(of.value, path)) | {(path, of.keys.value)}
            yield from (each for each in found if each[1] != FieldClass.PUBLIC.value)
        case Record():
            for name, each in of.fields.items():
                yield from beyond_public(each, f"{path}.{name}")


def test_the_documentation_lists_the_facts_that_are_not_public() -> None:
    rows = re.findall(r"^\| `([\w.-]+)` \| ([\w-]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    facts = {each for name, of in sections(1).items() for each in beyond_public(of, name)}
    header = {("node.name", "host-identifying"), ("node.machine_id", "host-identifying")}
    assert set(rows) == facts | header | {("node.labels", "host-identifying")}
