"""Random policies over mutated fleets: every path and every format against judging each node the plain way.

    python tests/random_policies.py --policies 1000 [--seed N]

Outcomes that read nothing, messages that read what no outcome reads, `node.*` and `collection.*`, parameters, variables,
rules over pools, waivers; nodes with withheld facts, sections of newer collectors, other layouts, and broken lines.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import random
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import packs
from snapshots import document

from passmuster import policy, waivers
from passmuster.cli import inputs, main
from passmuster.compile import compile_policy
from passmuster.fleet import remember
from passmuster.judge import judge
from passmuster.outcome import NodeOutcome
from passmuster.policy.parameters import effective
from passmuster.report import REPORTERS, Style, counting
from passmuster.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.verdict import Verdict

NOW = "2026-11-23T00:00:00Z"
STATUS = {NodeOutcome.PASS: 0, NodeOutcome.WARN: 0, NodeOutcome.FAIL: 1, NodeOutcome.UNKNOWN: 3}
CONDITIONS = (
    "true",
    "false",
    "!params.strict",
    "params.limit > 4",
    "constants.four == 4",
    "variables.new_kernel",
    "!variables.named",
    "kernel.major > params.limit",
    "kernel.minor == 1 || kernel.major == 4",
    "'vmx' in cpu.flags",
    "cpu.flags.exists(f, f.startsWith('ss'))",
    "'net.ipv4.ip_forward' in kernel.sysctl && kernel.sysctl['net.ipv4.ip_forward'] == '1'",
    "has(iommu.groups) && iommu.groups > 2",
    "devices['/dev/kvm'].exists",
    "memory.total_bytes > 4294967296",
    "node.name == 'n3'",
    "'pool' in node.labels",
    "has(collection.uid) && collection.uid == 0",
    "collection.kind == 'live' && os.id == 'debian'",
    "kernel.modules[99] == 'x'",
    "has(runtime.name) && runtime.name == 'containerd'",
)
MESSAGES = (
    "'no'",
    "'kernel ' + kernel.release",
    "node.name + ' has ' + string(memory.total_bytes)",
    "collection.kind + (has(collection.uid) ? string(collection.uid) : '')",
    "has(cpu.model_name) ? cpu.model_name : cpu.architecture",
    "os.id + ' ' + constants.word",
    "kernel.modules[98]",
    "variables.new_kernel ? 'new' : os.id",
    "security.selinux",
)
EXTRA = """\
parameters:
  strict: {type: bool, default: true, description: d}
  limit: {type: int, default: 5, description: d}
constants:
  four: {description: d, value: 4}
  word: {description: d, value: w}
variables:
  new_kernel: {description: d, expression: EXPRESSION1}
  named: {description: d, expression: EXPRESSION2}
"""
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"set_": {"kernel.release": "4.4.0", "kernel.major": 4, "kernel.minor": 4}},
    {"set_": {"cpu.flags": [], "cpu.flags_any": ["vmx"]}},
    {"set_": {"iommu.groups": None}},
    {"set_": {"memory.total_bytes": 2147483648}},
    {"set_": {"os.id": "rocky", "security.selinux": "enforcing"}},
    {"set_": {"devices['/dev/kvm'].exists": False, "devices['/dev/kvm'].accessible": None}},
    {"unknown": {"kernel": "denied"}},
    {"unknown": {"cpu.flags": "unreadable", "kernel.sysctl['net.ipv4.ip_forward']": "redacted"}},
    {"unknown": {"memory.total_bytes": "timeout", "devices['/dev/kvm'].exists": "not_collected"}},
    {"unknown": {"runtime": "failed", "os.id": "unsupported"}},
)


def written_policy(choice: random.Random) -> str:
    """A policy of one to six rules, some over pools of nodes."""
    rules = []
    for number in range(choice.randint(1, 6)):
        more = {}
        if choice.random() < 0.4:
            more["applies_when"] = choice.choice(CONDITIONS)
        if choice.random() < 0.7:
            more["message_expression"] = choice.choice(MESSAGES)
        level = choice.choice(("required", "required", "recommended", "informational"))
        rules.append(packs.rule(f"r{number}", choice.choice(CONDITIONS), level=level, **more))
    if choice.random() < 0.25:
        value = choice.choice(("os.id", "kernel.release", "cpu.flags"))
        pool = packs.rule("pool", "size(fleet.values) <= 1", level="recommended", value=value, group_by="os.id")
        rules.append(pool.replace("level:", "scope: fleet\n    level:", 1))
    block = "variables:\n"
    for name, expression in (("new_kernel", "kernel.major >= 5"), ("named", "node.name == 'n7'")):
        block += f"  {name}:\n    description: d\n    expression: |\n{textwrap.indent(expression, '      ')}\n"
    return packs.text(*rules, extra=EXTRA.partition("variables:")[0] + block)


def written_waivers(choice: random.Random) -> str | None:
    """Waivers of a few rules on a few nodes, or none."""
    if choice.random() < 0.7:
        return None
    row = "  - {id: w%d, node: {name: %s}, rule: r%d, reason: r, owner: o, ticket: t, expires: 2027-01-01}\n"
    rows = (row % (at, json.dumps(f"n{choice.choice('123*')}"), choice.randrange(3)) for at in range(2))
    return "schema: passmuster.waivers/1\nwaivers:\n" + "".join(rows)


def fleet(choice: random.Random, size: int) -> bytes:
    """Lines of a fleet, mutated: other facts, withheld ones, newer collectors, other layouts, and what is no snapshot."""
    lines = []
    for number in range(size):
        made = document(f"n{number}", machine_id=f"sha256:{number:064x}", **choice.choice(CHANGES))
        if choice.random() < 0.3:
            made["node"]["labels"] = {"pool": choice.choice("ab")}
        made["collection"]["uid"] = choice.choice((0, 0, 1000, None))
        if choice.random() < 0.1:
            section = {"facts": {"depth": 4}, "sources": {}, "status": "ok", "unknown": {}}
            made["sections"]["newer"] = section
        if choice.random() < 0.1:
            made["sections"]["kernel"]["facts"]["newer"] = {"a": [1]}
        canonical = choice.random() < 0.85
        text = json.dumps(made, sort_keys=canonical, ensure_ascii=False, separators=(",", ":") if canonical else None)
        lines.append(text.encode() + b"\n")
    if choice.random() < 0.3:
        lines.append(choice.choice((lines[0], lines[0].replace(b'"uid":', b'"uid": '), b"{}\n", b"broken\n")))
    choice.shuffle(lines)
    return b"".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One policy over one fleet, in a folder of its own."""

    folder: Path
    words: tuple[str, ...]
    """What `check` is told beside the snapshots and the formats."""
    expected: Verdict


def case(folder: Path, policy_text: str, waivers_text: str | None, data: bytes) -> Case:
    """Write the files, and judge each node the plain way."""
    (folder / "policy.yaml").write_text(policy_text)
    (folder / "fleet.ndjson").write_bytes(data)
    words: tuple[str, ...] = ("-p", "policy.yaml", "--now", NOW)
    loaded = policy.load(policy_text.encode(), "policy.yaml")
    in_force = None
    now = datetime(2026, 11, 23, tzinfo=UTC)
    if waivers_text is not None:
        (folder / "waivers.yaml").write_text(waivers_text)
        words += ("--waivers", "waivers.yaml")
        in_force = waivers.InForce(waivers=waivers.load(waivers_text.encode(), "waivers.yaml"), now=now)
    terms = Terms(
        policies=(compile_policy(loaded),), parameters=effective([loaded], []), waivers=in_force, received=now
    )
    return Case(folder=folder, words=words, expected=judge(inputs.read(["fleet.ndjson"]), terms))


def run(*words: str) -> int:
    """A command, quietly; its status."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main(list(words))


def faults(found: Case, *, workers: bool, store: bool) -> Iterator[str]:
    """Where a path or a format says something else than the plain verdict."""
    expected, words = found.expected, found.words
    by_name = {each.name: each for each in REPORTERS}
    status = STATUS[expected.outcome] or (3 if expected.incomplete else 0)
    ways: dict[str, tuple[str, ...]] = {
        "counts alone": ("summary", "matrix"),
        "a pass": ("json", "ndjson"),
        "all at once": ("csv", "markdown", "html", "table"),
    }
    for way, formats in ways.items():
        outputs = [word for name in formats for word in ("-o", f"{name}=out.{name}")]
        for more in ((), ("--jobs", "2")) if workers and way != "all at once" else ((),):
            got = run("check", "fleet.ndjson", *words, *outputs, *more)
            if got != status:
                yield f"{way} {more}: status {got}, not {status}"
            for name in formats:
                text = Path(f"out.{name}").read_bytes().decode()
                wanted = by_name[name].render(expected, Style(width=80))
                if name == "ndjson":
                    text, wanted = _unordered(text, expected), _unordered(wanted, expected)
                if text != wanted:
                    yield f"{way} {more}: {name} differs"
                if (counts := counted(name, text)) is not None and counts != _nodes(expected):
                    yield f"{way} {more}: {name} counts {counts}, not {_nodes(expected)}"
    if store and "--waivers" not in words:
        yield from _stored(found)


def _stored(found: Case) -> Iterator[str]:
    """The same from a store, twice: the second time from verdicts that were kept."""
    with contextlib.suppress(FileNotFoundError):
        os.remove("fleet.db")  # noqa: PTH107 - a file of this folder
    run("fleet", "add", "fleet.db", "fleet.ndjson")
    readable = [node for node in found.expected.nodes if node.snapshot is not None]
    plain = run("fleet", "check", "fleet.db", *found.words[:2], "-o", "json=stored.json")
    whole = json.loads(Path("stored.json").read_bytes())
    outcomes = {
        node["node"]: (node["outcome"], [each["outcome"] for each in node["results"]]) for node in whole["nodes"]
    }
    wanted = {node.node: (node.outcome.value, [each.outcome.value for each in node.results]) for node in readable}
    if outcomes != wanted and not found.expected.duplicates:
        yield "the store: other outcomes"
    for time in ("first", "again"):
        got = run(
            "fleet", "check", "fleet.db", *found.words[:2], "-o", "summary=stored.summary", "-o", "matrix=stored.matrix"
        )
        if got != plain or json.loads(Path("stored.summary").read_bytes())["summary"] != whole["summary"]:
            yield f"the store: counts alone, {time}"


def _unordered(text: str, expected: Verdict) -> str:
    """A stream without its order; of a node that came twice only the last line knows when the first is written."""
    *lines, last = text.split("\n")[:-1]
    return "\n".join([*(sorted(lines) if not expected.duplicates else ()), last])


def _nodes(verdict: Verdict) -> dict[str, int]:
    return {outcome.value: count for outcome, count in counting.nodes(verdict).items() if count}


class _Tally(HTMLParser):
    """The list of outcomes of an HTML report: a number in <strong>, then the word of an outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self._inside = False
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside |= tag == "ul" and ("class", "tally") in attrs

    def handle_endtag(self, tag: str) -> None:
        if tag == "li" and self._inside:
            number, word = self._words[0], self._words[1]
            self.counts[word.strip()] = int(number.replace(",", ""))
            self._words = []
        self._inside &= tag != "ul"

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self._words.append(data)


def counted(name: str, text: str) -> dict[str, int] | None:
    """How many nodes came to each outcome, read back from a format; None where it does not say."""
    if name in {"json", "summary"}:
        return {key: count for key, count in json.loads(text)["summary"]["nodes"].items() if count}
    if name == "ndjson":
        return {key: count for key, count in json.loads(text.splitlines()[-1])["summary"]["nodes"].items() if count}
    if name == "csv":
        rows = {
            (row["node"], row["snapshot"]): row["node_outcome"]
            for row in csv.DictReader(io.StringIO(text))
            if row["node"]
        }
        return _tallied(rows.values())
    if name == "html":
        parser = _Tally()
        parser.feed(text)
        return parser.counts or None
    line = next((each for each in text.splitlines() if " nodes" in each and ": " in each), None)
    if name == "matrix" and line is not None:
        pairs = (part.split(" ") for part in line.partition(": ")[2].split(", "))
        return {word: int(number) for number, word in pairs}
    return None


def _tallied(outcomes: Any) -> dict[str, int]:
    found = [outcome.value for outcome in NodeOutcome]
    every = list(outcomes)
    return {outcome: every.count(outcome) for outcome in found if every.count(outcome)}


def search(policies: int, seed: int, *, nodes: int = 20, limit: int | None = None) -> Iterator[str]:
    """Faults of so many policies; `limit`: bytes that the memory may hold, to have it forget all the time."""
    choice = random.Random(seed)
    here = Path.cwd()
    defaults = dict(remember.Memory.__init__.__kwdefaults__ or {})
    if limit is not None:
        remember.Memory.__init__.__kwdefaults__["limit"] = limit  # type: ignore[index]
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            data = b""
            for number in range(policies):
                data = fleet(choice, nodes) if number % 5 == 0 else data
                text, waived = written_policy(choice), written_waivers(choice)
                found = case(Path(folder), text, waived, data)
                for fault in faults(found, workers=number % 25 == 0, store=number % 3 == 0):
                    yield f"policy {number} of seed {seed}: {fault}\n{text}"
    finally:
        os.chdir(here)
        remember.Memory.__init__.__kwdefaults__ = defaults


def cli() -> None:
    """Print the faults; the status says whether there was one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policies", type=int, default=1000)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    found = 0
    for fault in search(options.policies, options.seed, nodes=options.nodes, limit=options.limit):
        found += 1
        sys.stdout.write(fault + "\n")
    sys.stdout.write(f"seed {options.seed}: {options.policies} policies, {found} faults\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    cli()
