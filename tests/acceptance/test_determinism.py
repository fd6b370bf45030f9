"""One verdict, to the byte: whatever the hash seed, the locale, the time zone and the order of the input."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from snapshots import data

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENTS = {
    "another hash seed": {"PYTHONHASHSEED": "1"},
    "yet another hash seed": {"PYTHONHASHSEED": "4242"},
    "the C locale": {"LC_ALL": "C", "LANG": "C"},
    "a Turkish locale": {"LC_ALL": "tr_TR.UTF-8"},
    "a time zone": {"TZ": "Pacific/Kiritimati"},
    "Python's UTF-8 mode off": {"PYTHONUTF8": "0", "LC_ALL": "POSIX"},
    "a narrow terminal": {"COLUMNS": "20", "FORCE_COLOR": "1"},
}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nodes")
    changes: list[dict[str, dict[str, object]]] = [
        {},
        {"set_": {"kernel.release": "4.4.0", "cpu.flags": ["lm"]}},
        {"unknown": {"devices": "denied", "cgroup.v2": "failed", "kernel.config": "not_collected"}},
        {"set_": {"cpu.architecture": "s390x", "iommu.pci_devices": 0}},
        {"set_": {"cpu.model_name": "Prozessör \u202e ß"}},
    ]
    for number, each in enumerate(changes):
        (folder / f"{number}.json").write_bytes(data(f"node-{number}", machine_id=f"sha256:{number:064x}", **each))
    (folder / "broken.json").write_bytes(b"{")
    return folder


def _report(nodes: Path, environment: dict[str, str], files: list[str]) -> bytes:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "passmuster",
            "check",
            *files,
            "-o",
            "json",
            "--max-age",
            "9999w",
            "--now",
            "2026-11-23T00:00:00Z",
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        cwd=nodes,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def expected(nodes: Path) -> bytes:
    return _report(nodes, {"PYTHONHASHSEED": "0"}, sorted(path.name for path in nodes.iterdir()))


@pytest.mark.long
@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_report_is_the_same_under(nodes: Path, expected: bytes, environment: dict[str, str]) -> None:
    files = sorted((path.name for path in nodes.iterdir()), reverse=True)
    assert _report(nodes, environment, files) == expected
