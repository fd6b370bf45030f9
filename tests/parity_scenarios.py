"""Comparing `virt-host-validate qemu` with collector and policy: `make parity SCENARIOS=DIR`, or on this machine without one.

A scenario is a folder: `tree` (fake /proc and /sys), `devices.tsv`, `scenario.json` (who ran the tool, what bpf(2) said,
the machine) and `expected.json` (version of the tool -> its lines).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hostvalidate import CHECKS, Comparison, Status, compare, parse
from packs import virtnest

from passmuster import snapshot
from passmuster.evaluation.rule import evaluate
from passmuster.snapshot.activation import bind
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    pairs = [
        f"machine={scenario.get('machine', 'x86_64')}",
        f"uid={uid}",
        f"gid={gid}",
        f"devices={folder / 'devices.tsv'}",
    ]
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


def live() -> Compared | None:
    """This machine, with the tool that is installed on it; None where there is none."""
    tool = shutil.which("virt-host-validate")
    if tool is None:
        return None
    environment = {**os.environ, "LC_ALL": "C"}
    version = subprocess.run(
        [tool, "--version"], capture_output=True, text=True, check=False, env=environment
    ).stdout.strip()
    said = subprocess.run([tool, "qemu"], capture_output=True, text=True, check=False, env=environment).stdout
    node = snapshot.load(collect_bytes([]), "this machine")
    numbers = [int(part) for part in re.findall(r"\d+", version)[:3]]
    results = evaluate(virtnest(), node, bind(node), {})
    comparison = compare(results, node, parse(said), (numbers[0], numbers[1], numbers[2]))
    return Compared(scenario=node.name, version=".".join(map(str, numbers)), comparison=comparison)


def main(arguments: list[str]) -> int:
    """Print a line for each difference, and the counts; 1 where one is not explained."""
    if not arguments:
        here = live()
        if here is None:
            sys.stderr.write("virt-host-validate is not installed here (expected SCENARIOS=DIR, or the tool on PATH)\n")
            return 2
        return _told([[here]])
    folders = sorted(path.parent for path in Path(arguments[0]).glob("*/scenario.json"))
    if not folders:
        sys.stderr.write(f"{arguments[0]}: no scenario here (expected folders with scenario.json)\n")
        return 2
    return _told([list(compared(folder)) for folder in folders])


def _told(nodes: list[list[Compared]]) -> int:
    failed = 0
    for node in nodes:
        for each in node:
            for one in each.comparison.differences:
                reason = one.row.name if one.row else "NOT EXPLAINED"
                said = f"{one.tool.value} ours {one.ours.value}"
                sys.stdout.write(f"{each.scenario} {each.version} {one.check}: {said}: {reason}\n")
        failed += any(each.comparison.unexplained for each in node)
    sys.stdout.write(f"{len(nodes) - failed} passed, {failed} failed\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
