"""Files that a command reads, changes and writes again, changed by eight processes at once: no entry is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
from typing import TYPE_CHECKING

import bundles
import pytest
from bundles import EVERY, SITE
from packs import write_draft
from snapshots import data

from passmuster.cli import main
from passmuster.cli.exclusive import exclusive
from passmuster.errors import UsageError
from passmuster.exchange.bundle.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

WRITERS = range(8)
NOW = ["--now", "2026-11-23T00:00:00Z"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _at_once(commands: Iterable[Sequence[str]]) -> list[int | None]:
    """Run commands in processes at the same time; the status of each."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(WRITERS))

    def run(command: Sequence[str]) -> None:
        barrier.wait(60)
        os._exit(main(list(command)))

    running = [context.Process(target=run, args=(command,)) for command in commands]
    for process in running:
        process.start()
    for process in running:
        process.join(120)
    return [process.exitcode for process in running]


def test_the_state_of_bundles_keeps_every_site(tmp_path: Path) -> None:
    (tmp_path / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY)))
    for at in WRITERS:
        (tmp_path / f"{at}.pmb").write_bytes(bundles.made(f"node-{at}", site=f"dc-{at}"))
    verify = ["--trust", "trust.yaml", "--state", "seen.json", *NOW]
    assert _at_once(["bundle", "verify", f"{at}.pmb", *verify] for at in WRITERS) == [0] * 8
    assert sorted(json.loads((tmp_path / "seen.json").read_bytes())["sites"]) == [f"dc-{at}" for at in WRITERS]
    assert not list(tmp_path.glob(".*.lock"))


def test_of_one_sequence_in_eight_bundles_one_is_taken(tmp_path: Path) -> None:
    (tmp_path / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY)))
    for at in WRITERS:
        (tmp_path / f"{at}.pmb").write_bytes(bundles.made(f"node-{at}"))
    verify = ["--trust", "trust.yaml", "--state", "seen.json", *NOW]
    statuses = _at_once(["bundle", "verify", f"{at}.pmb", *verify] for at in WRITERS)
    assert statuses.count(0) == 1, statuses
    assert statuses.count(4) == 7, statuses


@pytest.mark.long
def test_the_lock_of_policies_keeps_every_release(tmp_path: Path) -> None:
    for at in WRITERS:
        write_draft(tmp_path, f"demo{at}")
    assert (
        _at_once(
            ["policy", "lock", ".", "--release", f"demo{at}@1.0.0", "--approved-by", f"Ada {at}"] for at in WRITERS
        )
        == [0] * 8
    )
    lines = [line for line in (tmp_path / "policies.lock").read_text().splitlines() if not line.startswith("#")]
    assert [line.split("@")[0] for line in lines] == [f"demo{at}" for at in WRITERS]


@pytest.mark.long
def test_a_bundle_keeps_every_signature(tmp_path: Path) -> None:
    (tmp_path / "site.pmb").write_bytes(bundles.made(keys=()))
    for at in WRITERS:
        (tmp_path / f"{at}.key").write_bytes(bundles.key(at + 1).pem(None))
    assert _at_once(["bundle", "sign", "site.pmb", "--key", f"{at}.key"] for at in WRITERS) == [0] * 8
    assert len(unpack((tmp_path / "site.pmb").read_bytes(), "site.pmb").signatures) == 8


@pytest.mark.long
def test_the_map_of_pseudonyms_keeps_every_name(tmp_path: Path) -> None:
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_bytes(b"k" * 32)
    for at in WRITERS:
        (tmp_path / f"{at}.json").write_bytes(data(f"node-{at}"))
    how = ["--for", "virtnest", "--class", "host-identifying", "--allow-unknown", "--key", "key", "--map", "map.json"]
    redact = ["snapshot", "redact", *how]
    assert _at_once([*redact, f"{at}.json", "-o", f"out-{at}.json"] for at in WRITERS) == [0] * 8
    assert sorted(json.loads((tmp_path / "map.json").read_bytes())["names"].values()) == [
        f"node-{at}" for at in WRITERS
    ]


def test_annotations_of_one_file_keep_each_other(tmp_path: Path) -> None:
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "all.ndjson").write_bytes(b"".join(data(f"node-{at}") for at in WRITERS))
    for at in WRITERS:
        node = {
            "kind": "Node",
            "metadata": {"name": f"node-{at}", "labels": {"topology.kubernetes.io/zone": f"z{at}"}},
            "status": {},
        }
        (tmp_path / f"{at}.nodes").write_text(json.dumps({"kind": "List", "items": [node]}))
    _at_once(["snapshot", "annotate", "snapshots", "--nodes", f"{at}.nodes"] for at in WRITERS)
    found = [json.loads(line) for line in (tmp_path / "snapshots" / "all.ndjson").read_bytes().splitlines()]
    labels = [each["sections"].get("kubernetes", {}).get("facts", {}).get("labels") for each in found]
    assert all(labels), labels


def test_whoever_waits_too_long_is_told(tmp_path: Path) -> None:
    wanted = pytest.raises(UsageError, match="another command is still changing it")
    with exclusive("state.json"), wanted, exclusive("state.json", seconds=0.1):
        pass
    with exclusive("state.json", seconds=0.1):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told() -> None:
    with pytest.raises(UsageError, match="cannot be locked"), exclusive("none/state.json"):
        pass
