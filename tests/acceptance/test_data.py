"""The shipped policy over third-party data: CPUs by their raw bits, kernel and runtime versions as seen in the wild."""

from __future__ import annotations

import csv
from typing import Any

import data_here
from packs import virtnest
from snapshots import snapshot

from passmuster.evaluation.rule import evaluate
from passmuster.model.outcome import RuleOutcome
from passmuster.snapshot.activation import bind

P, F, U, N = RuleOutcome.PASS, RuleOutcome.FAIL, RuleOutcome.UNKNOWN, RuleOutcome.NOT_APPLICABLE


def _rows(name: str) -> list[dict[str, str]]:
    with data_here.data(name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def outcome(rule: str, facts: dict[str, Any]) -> RuleOutcome:
    node = snapshot(set_=facts)
    return next(result.outcome for result in evaluate(virtnest(), node, bind(node), {}) if result.rule.id == rule)


def test_a_cpu_passes_exactly_where_its_bits_give_level_2() -> None:
    rows = _rows("cpuid_levels.tsv")
    wrong = []
    for row in rows:
        words = sorted(set(row["derived_linux_flags"].split()))
        architecture = "x86_64" if row["long_mode"] == "True" else "i686"
        got = outcome("cpu-x86-64-v2", {"cpu.flags": words, "cpu.flags_any": words, "cpu.architecture": architecture})
        level = int(row["level_from_raw_bits"]) if architecture == "x86_64" else 0
        if got is not (P if level >= 2 else F):
            wrong.append((row["name"], level, got))
    assert wrong == []
    assert len(rows) >= 269


def test_kernel_releases_are_read_as_listed() -> None:
    rows = _rows("kernel_releases.tsv")
    wrong = []
    for row in rows:
        if row["major"]:
            numbers = tuple(int(row[part]) for part in ("major", "minor", "patch"))
            expected = P if numbers > (4, 11, 0) else F
        else:
            expected = U
        got = outcome("kernel-version", {"kernel.release": row["release"]})
        if got is not expected:
            wrong.append((row["release"], expected, got))
    assert wrong == []
    assert len(rows) >= 36


def test_runtime_versions_are_read_as_listed() -> None:
    rows = _rows("runtime_versions.tsv")
    wrong = []
    for row in rows:
        runtime = row["runtime"] or "docker"
        facts: dict[str, Any] = {
            "runtime.installed": [runtime],
            "runtime.name": runtime,
            "runtime.docker": {"version": row["string"]},
        }
        if runtime != "docker":
            expected = N
        elif row["numeric"]:
            expected = P if tuple(int(part) for part in row["numeric"].split(".")) > (20, 10, 10) else F
        else:
            expected = U
        got = outcome("docker-version", facts)
        if got is not expected:
            wrong.append((row["string"], expected, got))
    assert wrong == []
    assert len(rows) >= 30
