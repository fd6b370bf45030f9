"""Comparing recorded scenarios of `virt-host-validate qemu` with collector and policy: `make parity SCENARIOS=DIR`.

A scenario is a folder: `tree` (fake /proc and /sys), `devices.tsv`, `scenario.json` (who ran the tool, what bpf(2) said,
the machine) and `expected.json` (version of the tool -> its lines).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packs import virtnest
from passmuster import snapshot
from passmuster.binding import bind
from passmuster.evaluate import evaluate
from passmuster.parity import CHECKS, Comparison, Status, compare
from passmuster_collector.cli import collect_bytes


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One scenario under one version of the tool."""

    scenario: str
    version: str
    comparison: Comparison


def recorded(folder: Path) -> list[str]:
    """The collector's options for what only the recorded host's kernel could have said."""
    scenario: dict[str, Any] = json.loads((folder / "scenario.json").read_text())
    uid, gid = scenario.get("run_as") or (0, 0)
    bpf = str((scenario.get("cgroup") or {}).get("bpf") or "").lower()
    if bpf == "real":  # recorded on a kernel that answers root, and refuses everyone else
        bpf = "eperm" if uid else "ok"
    pairs = [f"machine={scenario.get('machine', 'x86_64')}", f"uid={uid}", f"gid={gid}", f"devices={folder / 'devices.tsv'}"]
    pairs += [f"devices_bpf={bpf}"] if bpf else []
    return [part for pair in pairs for part in ("--recorded", pair)]


def compared(folder: Path) -> Iterator[Compared]:
    """One scenario under every version that was recorded."""
    data = collect_bytes(["--root", str(folder / "tree"), "--name", folder.name, *recorded(folder)])
    node = snapshot.load(data, folder.name)
    results = evaluate(virtnest(), node, bind(node), {})
    for version, said in json.loads((folder / "expected.json").read_text()).items():
        lines = {each["check"]: each["status"] for each in said["results"] if each["check"] in CHECKS.values()}
        tool = {check: Status.NO_LINE if status == "NOTE" else Status(status) for check, status in lines.items()}
        numbers = tuple(int(part) for part in version.split("."))
        comparison = compare(results, node, tool, (numbers[0], numbers[1], numbers[2]))
        yield Compared(scenario=folder.name, version=version, comparison=comparison)


def main(arguments: list[str]) -> int:
    """Print a line for each difference, and the counts; 1 where one is not explained."""
    folders = sorted(path.parent for path in Path(arguments[0]).glob("*/scenario.json"))
    if not folders:
        sys.stderr.write(f"{arguments[0]}: no scenario here (expected folders with scenario.json)\n")
        return 2
    passed = failed = 0
    for folder in folders:
        unexplained = 0
        for each in compared(folder):
            for one in each.comparison.differences:
                reason = one.row.name if one.row else "NOT EXPLAINED"
                unexplained += one.row is None
                sys.stdout.write(f"{each.scenario} {each.version} {one.check}: {one.tool.value} ours {one.ours.value}: {reason}\n")
        passed, failed = passed + (not unexplained), failed + bool(unexplained)
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
