"""Every format as a whole: goldens, the report's schema, and harmless output for hostile data."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from goldens import same_as_golden
from hypothesis import given
from hypothesis import strategies as st
from packs import no_parameters, virtnest
from snapshots import snapshot

from passmuster.codec import schema
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.evaluation.node import Given, judge
from passmuster.model.text import INVISIBLE
from passmuster.policy import waivers
from passmuster.report import REPORTERS, Evidence, Reporter, Style
from passmuster.report.names import fold

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict

TERMS = EvaluationCriteria(policies=(virtnest(),), parameters=no_parameters(virtnest()))
OLD_CPU: dict[str, Any] = {"cpu.flags": ["cx16", "lm"], "iommu.groups": None, "iommu.acpi_tables": []}


def node(name: str, number: int, **changes: Any) -> Given:
    return Given(input=f"{name}.json", snapshot=snapshot(name, machine_id=f"sha256:{number:064x}", **changes))


def single(**changes: Any) -> Verdict:
    return judge([node("worker-3", 3, **changes)], TERMS)


def fleet() -> Verdict:
    nodes = [
        node(f"worker-{number:03d}", number, set_=OLD_CPU if number in {3, 4, 5, 9} else {}) for number in range(1, 12)
    ]
    nodes += [
        node("worker-012", 12, unknown={"devices": "denied", "kernel.release": "unreadable"}),
        node("clone", 1),
        node("twin", 50),
        replace(node("twin", 50, set_={"network.ipv6": False}), input="twin-again.json"),
        node("copied", 52),
        replace(node("copied", 52), input="copied-again.json"),
        node("old", 51, collected_at="2020-01-01T00:00:00Z"),
        Given(input="broken.json", snapshot=None, problem="broken.json:1:1: not JSON: unexpected end"),
    ]
    age = MaximumAge(text="30d", span=timedelta(days=30), now=datetime(2026, 11, 23, tzinfo=UTC))
    roster = frozenset({"gpu-1", "gpu-2", "clone", *(f"worker-{number:03d}" for number in range(1, 13))})
    return judge(nodes, replace(TERMS, roster=roster, max_age=age))


WAIVERS = waivers.load(
    b"""\
schema: passmuster.waivers/1
waivers:
  - id: old-racks
    node: {name: "worker-00[1-5]"}
    rule: virtnest/cpu-x86-64-v2
    reason: The last rack of 2008 leaves in March; nothing is scheduled there.
    owner: Ada | <platform>
    ticket: =OPS-1
    expires: 2026-12-31
  - {node: {name: worker-012}, rule: kernel-version, reason: Not readable., owner: Ada, ticket: OPS-2, expires: 2026-11-23}
  - {id: over, node: {name: worker-009}, rule: cpu-x86-64-v2, reason: r, owner: o, ticket: t, expires: 2026-11-22}
  - {id: wide, node: {name: "*"}, rule: iommu-enabled, reason: r, owner: o, ticket: t, expires: 2027-01-01}
  - {id: idle, node: {label: {rack: "7"}}, rule: swap, reason: r, owner: o, ticket: t, expires: 2027-01-01}
""",
    "waivers.yaml",
)


def waived() -> Verdict:
    nodes = [
        node(f"worker-{number:03d}", number, set_=OLD_CPU if number in {3, 4, 5, 9} else {}) for number in range(1, 12)
    ]
    nodes.append(node("worker-012", 12, unknown={"kernel.release": "unreadable"}))
    in_force = waivers.InForce(waivers=WAIVERS, now=datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    return judge(nodes, replace(TERMS, waivers=in_force))


VERDICTS = {
    "one node that passes": single(),
    "one node that fails": single(set_=OLD_CPU | {"kernel.release": "4.4.0"}),
    "one node that is unknown": single(
        unknown={"devices['/dev/kvm'].accessible": "denied", "cgroup.v2": "denied", "iommu": "timeout"}
    ),
    "a fleet": fleet(),
    "a fleet with waivers": waived(),
    "nothing": judge([], TERMS),
}
BY_NAME = {reporter.name: reporter for reporter in REPORTERS}


@pytest.mark.parametrize("reporter", REPORTERS, ids=BY_NAME)
@pytest.mark.parametrize("name", VERDICTS)
def test_a_report_as_a_whole(name: str, reporter: Reporter) -> None:
    same_as_golden(f"report/{name.replace(' ', '-')}.{reporter.name}", reporter.render(VERDICTS[name], Style()))


@pytest.mark.parametrize("name", VERDICTS)
def test_json_is_what_its_schema_says(name: str) -> None:
    text = BY_NAME["json"].render(VERDICTS[name], Style(evidence=Evidence.FULL))
    assert schema.faults("report", 1, json.loads(text)) == ()
    assert text.endswith("}\n")
    assert text.count("\n") == 1


def test_evidence_can_be_had_for_all_results_or_for_none() -> None:
    def shown(evidence: Evidence) -> int:
        document = json.loads(BY_NAME["json"].render(VERDICTS["one node that fails"], Style(evidence=evidence)))
        return sum(bool(result["facts"]) for result in document["nodes"][0]["results"])

    assert shown(Evidence.NONE) == 0 < shown(Evidence.NEEDED) < shown(Evidence.FULL)


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize("name", VERDICTS)
def test_a_table_keeps_to_the_width(name: str, width: int) -> None:
    for line in BY_NAME["table"].render(VERDICTS[name], Style(width=width)).splitlines():
        assert len(line) <= width or len(line.split()[-1]) > width - 30, line


@pytest.mark.parametrize(
    ("sites", "called"),
    [(("berlin", "bonn"), "berlin/n1, bonn/n1"), (("berlin", None), "/n1, berlin/n1"), (("bonn", "bonn"), "n1")],
    ids=("two nodes of one name at two sites", "the site of one is not known", "two machines of one name at one site"),
)
@pytest.mark.parametrize("format_", ["table", "markdown", "html"])
def test_nodes_of_one_name_are_counted_and_told_apart(format_: str, sites: tuple[str, ...], called: str) -> None:
    nodes = [replace(node("n1", number, set_=OLD_CPU), site=site) for number, site in enumerate(sites)]
    text = BY_NAME[format_].render(judge(nodes, TERMS), Style(width=80))
    assert called in text
    assert ("/n1" in text) == ("/n1" in called)
    assert format_ == "markdown" or re.search(r"required, 2\s+nodes", text)


def test_csv_has_the_site_of_each_node() -> None:
    nodes = [replace(node("n1", number), site=site) for number, site in enumerate(("berlin", "bonn", None))]
    rows = list(csv.DictReader(io.StringIO(BY_NAME["csv"].render(judge(nodes, TERMS), Style()))))
    assert {(row["node"], row["site"]) for row in rows} == {("n1", "berlin"), ("n1", "bonn"), ("n1", "")}


def test_a_table_has_colours_only_where_they_are_wanted() -> None:
    plain = BY_NAME["table"].render(VERDICTS["a fleet"], Style())
    colored = BY_NAME["table"].render(VERDICTS["a fleet"], Style(color=True))
    assert "\x1b" not in plain
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain
    assert "\x1b[1;31mFAIL" in colored


def test_a_verbose_table_names_what_passes() -> None:
    text = BY_NAME["table"].render(VERDICTS["one node that passes"], Style(verbose=True))
    assert "Every CPU supports x86-64-v2 [cpu-x86-64-v2]" in text


HOSTILE = (
    "=1+1\x1b[2J\x1b]0;pwn\x07\u202e|<script>alert(1)</script>\u2028`[x](y)\x9b31m\x7f"
    "a\u200bb\u2060c\u00add\ufe0f\u3164\u034f\U000e0041\U000e0100\U0001d173"
)


@pytest.mark.parametrize("reporter", REPORTERS, ids=BY_NAME)
def test_nothing_from_a_host_drives_a_terminal_or_becomes_markup(reporter: Reporter) -> None:
    text = reporter.render(
        judge([node(HOSTILE, 1, set_={"kernel.release": HOSTILE, "cpu.flags": [HOSTILE[:60], HOSTILE[-60:]]})], TERMS),
        Style(),
    )
    assert not re.search(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{INVISIBLE}]", text)
    if reporter.name == "markdown":
        assert "<script" not in text
        assert "[x](" not in text
    if reporter.name == "csv":
        assert all(not cell.startswith(("=", "+", "-", "@")) for row in csv.reader(io.StringIO(text)) for cell in row)


def test_json_means_the_same_however_harmless() -> None:
    document = json.loads(BY_NAME["json"].render(judge([node(HOSTILE, 1)], TERMS), Style()))
    assert document["nodes"][0]["node"] == HOSTILE


FOLDS = {
    "a run": (["worker-011", "worker-012", "worker-013"], ["worker-[011-013]"]),
    "runs and gaps": (["n1", "n2", "n4", "n7", "n8"], ["n[1-2,4,7-8]"]),
    "widths that differ": (["n9", "n10", "n009", "n010"], ["n[009-010]", "n[9-10]"]),
    "a number in the middle": (["rack1-a", "rack2-a", "rack3-b"], ["rack3-b", "rack[1-2]-a"]),
    "no number": (["a", "b", "a"], ["a", "b"]),
    "nothing": ([], []),
    "one": (["n7"], ["n7"]),
    "a long number": (["i-0123456789abcdef0", "i-0123456789abcdef1"], ["i-0123456789abcdef[0-1]"]),
}


@pytest.mark.parametrize(("names", "folded"), FOLDS.values(), ids=FOLDS)
def test_folding(names: list[str], folded: list[str]) -> None:
    assert fold(names) == folded


def _unfold(text: str) -> list[str]:
    match = re.fullmatch(r"(.*?)\[([\d,-]+)\](.*)", text)
    if match is None:
        return [text]
    head, inner, tail = match.groups()
    names = []
    for part in inner.split(","):
        first, _, last = part.partition("-")
        names += [
            f"{head}{str(number).zfill(len(first))}{tail}" for number in range(int(first), int(last or first) + 1)
        ]
    return names


@given(st.sets(st.from_regex(r"[a-z-]{1,3}[0-9]{0,3}[a-z]{0,1}", fullmatch=True), max_size=30))
def test_no_name_is_lost_or_made_up_by_folding(names: set[str]) -> None:
    assert sorted(name for text in fold(names) for name in _unfold(text)) == sorted(names)
