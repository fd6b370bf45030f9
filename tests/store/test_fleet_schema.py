"""What the commands over a store write is of the form that schemas/fleet/1.json describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from snapshots import data
from stores import machine, node, said

from passmuster.cli import main
from passmuster.fleet.store import order

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "schemas/fleet/1.json").read_text())
NODE = data("n1", machine_id=machine(2), collected_at="2026-11-22T10:11:12Z")
CHANGED = node(1, collected_at="2026-11-23T00:00:00Z", set_={"kernel.release": "4.4.0"}, unknown={"cpu": "denied"})

COMMANDS: dict[str, tuple[list[str], int, list[str]]] = {
    "add": (["add", "t.db", "a.ndjson", "-o", "ndjson"], 3, ["batch", "added"]),
    "list": (["list", "s.db", "-o", "json"], 0, ["list"]),
    "list as lines": (["list", "s.db", "-o", "ndjson"], 0, ["node", "node", "node"]),
    "an empty list": (["list", "s.db", "--name", "nobody", "-o", "json"], 0, ["list"]),
    "history": (["history", "s.db", "n1", "-o", "json"], 0, ["history"]),
    "history with a policy": (["history", "s.db", "n1", "-p", "virtnest@1.0.0", "-o", "json"], 0, ["history"]),
    "verdicts": (["verdicts", "s.db", "-o", "json"], 0, ["verdicts"]),
    "verify": (["verify", "s.db", "-o", "json"], 0, ["verified"]),
}


@pytest.mark.long
@pytest.mark.parametrize(("arguments", "status", "kinds"), COMMANDS.values(), ids=COMMANDS)
def test_every_record_is_described(  # noqa: PLR0913, PLR0917 - a row of the table, and where it runs
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    kinds: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    never = data("m13", machine_id=None, collected_at=None)
    Path("a.ndjson").write_bytes(node(1) + NODE + CHANGED + never + b"{}\n")
    assert main(["fleet", "add", "s.db", "a.ndjson"]) == 3
    said(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary", status=1)
    records: list[Any] = [json.loads(line) for line in said(capsys, "fleet", *arguments, status=status).splitlines()]
    assert [each["kind"] for each in records] == kinds
    for each in records:
        Draft202012Validator(SCHEMA).validate(each)


def test_the_schema_lists_what_a_snapshot_can_be_among_those_of_its_node() -> None:
    marks = (
        order.LATEST,
        order.OLDER,
        order.TIED,
        order.BACK,
        order.DISPUTED,
        order.FUTURE,
        order.NAMELESS,
        order.DISMISSED,
    )
    step = next(each for each in _objects(SCHEMA) if "standing" in each.get("properties", {}))
    assert step["properties"]["standing"]["enum"] == [order.worded(mark) for mark in marks]


def _objects(value: Any) -> list[dict[str, Any]]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) and isinstance(value.get("properties", {}), dict) else []
    return own + [found for each in below for found in _objects(each)]
