"""Folders, archives and rosters as people handed them over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from data_here import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def test_all_of_a_folder_is_judged_or_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["check", str(data("field/folder-skips-files/mix2")), "-o", f"json={out}"]) == 1  # two of them fail
    told = out.read_text()
    assert {each["node"].rpartition("/")[2]: each["outcome"] for each in json.loads(told)["nodes"]} == {
        "docker-opt": "fail",
        "dv-u1": "fail",
        "healthy": "pass",
        "site-b.tar.gz": "unknown",
    }
    assert "site-b.tar.gz:1:1: a tar archive, not snapshots: unpack it, or collect --from it" in told


@pytest.mark.parametrize("name", ["fleet.tar.gz", "fleet.zip"])
def test_an_archive_is_one_unknown_node(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["check", str(data(f"field/archive-given-to-check/{name}")), "-o", f"json={out}"]) == 3
    (node,) = json.loads(out.read_bytes())["nodes"]
    assert node["reason"].endswith("archive, not snapshots: unpack it, or collect --from it")


def test_the_mark_before_a_roster_is_dropped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    home = data("field/roster-with-bom")
    main(["check", str(home / "healthy.json"), "--roster", str(home / "rosterbom.txt"), "-o", f"json={out}"])
    roster = json.loads(out.read_bytes())["roster"]
    assert (roster["unlisted"], roster["missing"]) == ([], ["worker-2"])
    assert main(["check", str(home / "healthy.json"), "--roster", str(home / "roster16.txt")]) == 2
    assert "UTF-16 text (expected UTF-8: save it again)" in capsys.readouterr().err


def test_what_is_nearly_a_snapshot_leaves_no_report(tmp_path: Path) -> None:
    """A letter too many, or keys of an attestation, and the node is unknown: it is never skipped."""
    good = json.loads(data("faults/now.json").read_bytes())
    keys: tuple[dict[str, Any], ...] = (
        {"schema": "passmuster.snapshots/1"},
        {"_type": "https://in-toto.io/Statement/v1"},
        {"payloadType": "x", "signatures": []},
    )
    for at, changes in enumerate(keys):
        (tmp_path / f"{at}.json").write_text(json.dumps({**good, **changes}))
    out = tmp_path / "out"
    assert main(["check", str(tmp_path), "-o", f"json={out}"]) == 3
    found = json.loads(out.read_bytes())
    assert (len(found["nodes"]), found["skipped"]) == (3, [])
