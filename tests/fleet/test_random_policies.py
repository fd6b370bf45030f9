"""Random policies over mutated fleets: every path and every format say what judging each node the plain way says.

`make random` runs a thousand of them, and 200,000 nodes of which the first comes again as the last.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import many_nodes
import packs
import pytest
import random_policies
import read_back
from data_here import data
from random_policies import search
from snapshots import document

from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.report import REPORTERS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_every_format_is_read_back() -> None:
    assert sorted(read_back.FORMATS) == sorted(each.name for each in REPORTERS)
    assert sorted(name for formats in random_policies.WAYS.values() for name in formats) == sorted(read_back.FORMATS)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_every_path_and_format_agrees(seed: int) -> None:
    assert list(search(12, seed)) == []


@pytest.mark.long
def test_every_path_agrees_where_the_memory_forgets_all_the_time() -> None:
    assert list(search(6, 3, limit=2_000)) == []


@pytest.mark.long
@pytest.mark.parametrize("more", [(), ("--jobs", "2")], ids=["one process", "two"])
def test_a_node_that_comes_first_and_last(more: tuple[str, ...]) -> None:
    formats = random_policies.WAYS["counts alone"] + random_policies.WAYS["a pass"] if more else read_back.FORMATS
    assert list(many_nodes.faults(300, formats, more=more)) == []


NAMES = packs.text(
    packs.rule("named", "node.name == 'x'"), packs.rule("uid", "has(collection.uid) && collection.uid == 7")
)
FAULTS = {
    "an outcome that reads nothing, and a message that does": "falsepass-summary.yaml",
    "a message that names the node": "crash-node-in-message.yaml",
}


@pytest.mark.long
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("words", [("summary",), ("matrix",), ("json",), ("summary", "--jobs", "2")], ids=" ".join)
def test_a_failing_rule_fails_on_every_path(
    name: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(data(f"faults/{file}")) for file in ("berlin.json", "tokyo.json", "newer-section.json")]
    policy = str(data(f"faults/{FAULTS[name]}"))
    assert main(["check", *files, "-p", policy, "-o", *words, "--now", "2027-01-01T00:00:00Z"]) == 1
    assert "fail" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["node", "collection"])
def test_a_section_with_the_name_of_what_is_none_shows_no_fact_of_it(name: str, tmp_path: Path) -> None:
    newer = document("n1")
    newer["sections"][name] = {"facts": {"uid": 7, "name": "x"}, "sources": {}, "status": "ok", "unknown": {}}
    (tmp_path / "n.json").write_bytes(_json.canonical(newer))
    (tmp_path / "p.yaml").write_text(NAMES)
    words = ["check", str(tmp_path / "n.json"), "-p", str(tmp_path / "p.yaml"), "-o", f"json={tmp_path}/r.json"]
    assert main(words) == 1
    (node,) = json.loads((tmp_path / "r.json").read_bytes())["nodes"]
    assert [each["path"] for result in node["results"] for each in result["facts"]] == []
