"""Results of fleet rules in every format: goldens, the schema, and nothing harmful from hosts."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from goldens import same_as_golden
from packs import rule
from pool_rules import compiled, fleet_rule, judged, vendors

from passmuster.codec import schema
from passmuster.report import REPORTERS, Evidence, Style

INTEL, AMD = "GenuineIntel", "AuthenticAMD"
BY_NAME = {reporter.name: reporter for reporter in REPORTERS}
POLICY = compiled(
    rule("node", "cpu.architecture == 'x86_64'"),
    fleet_rule("vendor", group_by="cpu.architecture", message_expression="'vendors: ' + fleet.values.join(', ')"),
    fleet_rule("flags", value="cpu.flags", level="recommended"),
    fleet_rule("mode", value="cgroup.mode"),
    fleet_rule("mainframes", applies_when="cpu.architecture == 's390x'"),
    fleet_rule("shape", "fleet.size > 100", value="cpu.logical_count", level="informational"),
)
FLEET: list[dict[str, Any]] = [
    *vendors(INTEL, INTEL, AMD),
    {"set_": {"cpu.flags": ["cx16", "svm"]}},
    {"unknown": {"cpu.vendor": "denied", "cgroup": "timeout"}},
    {"unknown": {"cpu": "denied"}},
]
VERDICTS = {
    "pools": judged(POLICY, *FLEET),
    "pools of one": judged(POLICY, {}),
    "pools alone": judged(POLICY, *FLEET, rules=frozenset({"demo/mode", "demo/vendor"})),
}


@pytest.mark.parametrize("format_", ["table", "markdown", "csv", "json"])
@pytest.mark.parametrize("name", VERDICTS)
def test_a_report_with_fleet_rules_as_a_whole(name: str, format_: str) -> None:
    text = BY_NAME[format_].render(VERDICTS[name], Style())
    same_as_golden(f"report/{name.replace(' ', '-')}.{format_}", text)


@pytest.mark.parametrize("name", VERDICTS)
@pytest.mark.parametrize("evidence", Evidence)
def test_json_is_what_its_schema_says(name: str, evidence: Evidence) -> None:
    document = json.loads(BY_NAME["json"].render(VERDICTS[name], Style(evidence=evidence)))
    assert schema.faults("report", 1, document) == ()
    shown = [value for result in document["fleet_results"] for value in result["values"]]
    assert bool(shown) == (evidence is not Evidence.NONE)


def test_a_table_can_say_what_passes_too() -> None:
    text = BY_NAME["table"].render(VERDICTS["pools of one"], Style(verbose=True))
    assert "PASS     mode holds [mode], required, 1 node\n           v2 on 1 node\n" in text


def test_what_hosts_say_harms_no_reader() -> None:
    hostile = "=cmd|'/c calc'!A1 <b>\x1b[31m"
    verdict = judged(POLICY, *vendors(hostile, "-x"))
    table, markdown, told = (BY_NAME[name].render(verdict, Style()) for name in ("table", "markdown", "csv"))
    assert "\x1b" not in table + markdown + told
    assert "<b>" not in markdown
    rows = list(csv.reader(io.StringIO(told)))
    assert not any(cell.startswith(("=", "-", "+", "@")) for row in rows for cell in row)
