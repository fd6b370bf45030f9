"""Field cases: trees of hosts that people reported, collected and judged through the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_here import data

from passmuster.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A case's snapshot, and where it lies."""

    path: Path
    snapshot: dict[str, Any]

    def facts(self, section: str) -> dict[str, Any]:
        """The facts of one of its sections."""
        facts: dict[str, Any] = self.snapshot["sections"][section]["facts"]
        return facts

    def reason(self, path: str) -> str | None:
        """Why a fact is unknown; None where it is not."""
        unknown = self.snapshot["sections"][path.split(".", maxsplit=1)[0]]["unknown"].get(path)
        return None if unknown is None else unknown["reason"]


def collected(folder: Path, tree: str, machine: str = "x86_64") -> Collected:
    """Collect from the tree of a case as its README says; skips the test where the data are not there."""
    devices = data("field/devices.tsv")
    path = folder / "node.json"
    options = [f"devices={devices}", f"machine={machine}", "uid=0", "devices_bpf=ok"]
    recorded = [word for each in options for word in ("--recorded", each)]
    assert main(["collect", "--root", str(data(f"field/{tree}")), *recorded, "--name", "n", "-o", str(path)]) == 0
    return Collected(path=path, snapshot=json.loads(path.read_text(encoding="utf-8")))


def outcomes(node: Collected, *arguments: str) -> dict[str, str]:
    """The outcome of each rule, by its name."""
    return {rule: each["outcome"] for rule, each in results(node.path, *arguments).items()}


def results(path: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """The result of each rule about the first node, by its name."""
    report = path.parent / "report.json"
    main(["check", str(path), *arguments, "-o", f"json={report}"])
    (node, *_) = json.loads(report.read_text(encoding="utf-8"))["nodes"]
    return {each["rule"]: each for each in node["results"]}
