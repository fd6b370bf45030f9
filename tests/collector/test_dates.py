"""The date of a dump is its own, or unknown: never the moment of reading."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from archives import member, of_tree, packed
from host_tree import Entry, plant

from passmuster_collector.cli import collect_bytes
from passmuster_collector.dates import of_name, of_seconds, parse

if TYPE_CHECKING:
    from pathlib import Path

PRINTED: dict[str, str | None] = {
    "Tue Jan  2 10:11:12 UTC 2024": "2024-01-02T10:11:12Z",
    "Tue Jan  2 10:11:12 PM UTC 2024": "2024-01-02T22:11:12Z",
    "Tue 02 Jan 2024 12:11:12 AM UTC": "2024-01-02T00:11:12Z",
    "Tue, 02 Jan 2024 10:11:12 +0200": "2024-01-02T08:11:12Z",
    "Tue 2024-01-02 10:11:12 UTC": "2024-01-02T10:11:12Z",
    "2024-01-02 10:11:12.123456789 +0000 UTC m=+0.1": "2024-01-02T10:11:12Z",
    "2024-01-02T10:11:12+05:30": "2024-01-02T04:41:12Z",
    "2024-01-02 10:11:12 -0500 EST": "2024-01-02T15:11:12Z",
    "Tue Jan  2 10:11:12 CET 2024": None,
    "Di 2. Jan 10:11:12 UTC 2024": None,
    "Tue Feb 30 10:11:12 UTC 2024": None,
    "2024-99-02 10:11:12 UTC": None,
    "Thu Jan  1 00:00:00 UTC 1970": None,
    "9999-12-31 23:59:59 -0100": None,
    "0000-00-00 00:00:00 UTC": None,
    "": None,
}


@pytest.mark.parametrize("text", PRINTED)
def test_a_printed_date(text: str) -> None:
    assert parse(text) == PRINTED[text]


def test_other_forms() -> None:
    assert of_name("insights-w-1.example-20240102101112") == "2024-01-02T10:11:12Z"
    assert of_name("insights-w1-20249902101112") is None
    assert of_name("sosreport-w1-2024-01-02-abc") is None
    assert of_seconds(0) is None


OSRELEASE: dict[str, Entry] = {"/proc/sys/kernel/osrelease": "5.14.0-1.el9.x86_64\n"}
STATUS = "      Local time: Tue 2024-01-02 11:11:12 CET\n  Universal time: Tue 2024-01-02 10:11:12 UTC\n"
DUMPS: dict[str, tuple[dict[str, Entry], str | None]] = {
    "copied files": ({"/proc/uptime": "1.00 2.00\n"}, None),
    "a sosreport's date": ({"/sos_commands/date/date": "Tue Jan  2 10:11:12 UTC 2024\n"}, "2024-01-02T10:11:12Z"),
    "a sosreport's clock": (
        {"/sos_commands/systemd/timedatectl": STATUS, "/date": "Tue Jan  2 11:11:12 CET 2024\n"},
        "2024-01-02T10:11:12Z",
    ),
    "a date in an ambiguous zone": ({"/date": "Tue Jan  2 11:11:12 IST 2024\n"}, None),
}


@pytest.mark.parametrize("name", DUMPS)
def test_the_date_of(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    tree, expected = DUMPS[name]
    found = json.loads(collect_bytes(["--from", str(plant(tmp_path, {**OSRELEASE, **tree}))]))
    assert found["collection"]["collected_at"] == expected


def test_outputs_of_commands_in_an_archive_date_it(tmp_path: Path) -> None:
    outputs = [member("s/sos_commands/kernel/lsmod", b"x", mtime=1704190000 + late) for late in (0, 272, 5)]
    copied = [member("s/etc/x", b"x", mtime=1800000000)]
    path = tmp_path / "s.tar"
    path.write_bytes(packed([*of_tree(OSRELEASE, "s"), *outputs[:2], *copied]))
    assert json.loads(collect_bytes(["--from", str(path)]))["collection"]["collected_at"] == "2024-01-02T10:11:12Z"


def test_a_must_gather_has_its_own(tmp_path: Path) -> None:
    node = "kind: Node\nmetadata:\n  name: w1\n"
    tree: dict[str, Entry] = {
        "/m/timestamp": "2024-01-02 10:11:12.5 +0000 UTC m=+0.2\n2024-01-02 10:20:00 +0000 UTC\n",
        "/m/image/cluster-scoped-resources/core/nodes/w1.yaml": node,
    }
    found = json.loads(collect_bytes(["--from", str(plant(tmp_path, tree))]))
    assert found["collection"]["collected_at"] == "2024-01-02T10:11:12Z"
