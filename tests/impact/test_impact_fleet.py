"""Impact over a store, and by the bytes of snapshots: the same as over each snapshot by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from packs import rule, text
from snapshots import data

from passmuster.cli import main
from passmuster.comparison import Alike

if TYPE_CHECKING:
    from pathlib import Path

OLD = text(rule("release", "kernel.release.startsWith('4')"), rule("memory", "memory.total_bytes >= 5"))
NEW = text(
    rule("release", "kernel.release.startsWith('4') || kernel.release.startsWith('5')"),
    rule("memory", "memory.total_bytes >= 7", level="recommended"),
    rule("swap", "memory.swap_bytes == 0"),
)


def node(number: int, day: int = 22, **options: Any) -> bytes:
    return data(f"n{number}", machine_id=f"sha256:{number:064x}", collected_at=f"2026-11-{day}T10:00:00Z", **options)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "new.yaml").write_text(NEW.replace("version: 1.0.0", "version: 1.1.0"))
    lines = [
        node(at, set_={"kernel.release": f"{at % 4 + 3}.1", "memory.total_bytes": at % 9, "memory.swap_bytes": at % 2})
        for at in range(60)
    ]
    lines += [node(60, unknown={"memory": "denied"}), node(3), b"hello\n"]
    (tmp_path / "now.ndjson").write_bytes(b"".join(lines))
    (tmp_path / "then.ndjson").write_bytes(b"".join(node(at, 20) for at in range(50)))
    return tmp_path


def impact(place: Path, *arguments: str) -> tuple[int, Any]:
    status = main(["impact", "old.yaml", "new.yaml", *arguments, "-o", "json=out"])
    return status, json.loads((place / "out").read_bytes())


@pytest.mark.long
def test_what_is_known_by_its_bytes_changes_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = impact(place, "now.ndjson")
    monkeypatch.setattr(Alike, "serves", lambda _old, _new: False)
    assert impact(place, "now.ndjson") == quick
    assert quick[1]["nodes"] == 60


@pytest.mark.long
def test_a_store_is_compared_as_its_files_are(place: Path) -> None:
    lines = (place / "now.ndjson").read_bytes().splitlines(keepends=True)[:61]
    (place / "good.ndjson").write_bytes(b"".join(lines))
    assert main(["fleet", "add", "store.db", "good.ndjson", "then.ndjson"]) == 0
    by_files = impact(place, "good.ndjson")
    assert impact(place, "--fleet", "store.db") == by_files
    assert main(["impact", "--fleet", "store.db", "old.yaml", "new.yaml", "-o", "json=first.json"]) == by_files[0]
    assert json.loads((place / "first.json").read_bytes()) == by_files[1]


@pytest.mark.long
def test_two_moments_of_a_store(place: Path) -> None:
    lines = (place / "now.ndjson").read_bytes().splitlines(keepends=True)[:61]
    (place / "good.ndjson").write_bytes(b"".join(lines))
    assert main(["fleet", "add", "store.db", "good.ndjson", "then.ndjson"]) == 0
    by_files = impact(place, "good.ndjson", "--before", "then.ndjson")
    assert impact(place, "--fleet", "store.db", "--before-as-of", "2026-11-21") == by_files
    assert by_files[1]["terms"] is not None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--fleet", "a", "b"], "--fleet: contradicts SNAPSHOT and --before (expected a store alone)"),
        ([], "impact: nothing to judge (expected SNAPSHOT, a folder, - or --fleet)"),
        (["now.ndjson", "--as-of", "2026-11-21"], "--as-of: files have no history (expected --fleet STORE)"),
        (["--fleet", "now.ndjson"], "now.ndjson"),
        (["--fleet", "gone.db"], "gone.db"),
    ],
    ids=["two stores", "nothing", "files as of a day", "a store that is none", "a store that is not there"],
)
def test_what_cannot_be_compared(arguments: list[str], told: str, place: Path, capsys: Any) -> None:
    del place
    assert main(["impact", "old.yaml", "new.yaml", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_nodes_of_one_name_at_two_sites_are_two_and_what_a_store_doubts_is_not_compared(place: Path) -> None:
    for site, day in (("berlin", 20), ("tokyo", 21), ("tokyo", 20)):
        (place / "one.json").write_bytes(node(1, day, set_={"kernel.release": "5.1"}))
        assert main(["fleet", "add", "store.db", "one.json", "--site", site]) == 0
    _, found = impact(place, "--fleet", "store.db")
    assert (found["nodes"], found["doubled"]) == (1, [])
    assert ["its clock went back" in each["problem"] for each in found["unreadable"]] == [True]
    assert main(["fleet", "add", "store.db", "now.ndjson", "--site", "paris"]) == 3
    assert [each["node"] for each in impact(place, "--fleet", "store.db")[1]["doubled"]] == ["n3"]
