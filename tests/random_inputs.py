"""Random policies, waivers and fleets, for tests that compare several ways of judging.

Outcomes that read nothing, messages that read what no outcome reads, `node.*` and `collection.*`, parameters, constants,
variables, rules over pools, waivers; nodes with withheld facts, what newer collectors say at every depth, other layouts,
and what is no snapshot.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import packs
from snapshots import document

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

BLIND = (
    "true",
    "false",
    "!params.strict",
    "params.limit > 4",
    "constants.four == 4",
    "constants.word in ['v', 'w']",
)
"""Conditions that read nothing of a node."""
CONDITIONS = (
    *BLIND,
    "variables.new_kernel",
    "!variables.named",
    "variables.both",
    "kernel.major > params.limit",
    "kernel.minor == 1 || kernel.major == 4",
    "kernel.release.startsWith('6')",
    "'vmx' in cpu.flags",
    "cpu.flags.exists(f, f.startsWith('ss'))",
    "cpu.flags_any.all(f, f in cpu.flags)",
    "'net.ipv4.ip_forward' in kernel.sysctl && kernel.sysctl['net.ipv4.ip_forward'] == '1'",
    "has(iommu.groups) && iommu.groups > 2",
    "devices['/dev/kvm'].exists",
    "memory.total_bytes > 4294967296",
    "node.name == 'n3'",
    "'pool' in node.labels",
    "has(node.machine_id)",
    "has(collection.uid) && collection.uid == 0",
    "collection.kind == 'live' && os.id == 'debian'",
    "kernel.modules[99] == 'x'",
    "has(runtime.name) && runtime.name == 'containerd'",
    "runtime.installed.size() == 0",
    "cgroup.mode == 'v2' && has(cgroup.v2) && 'cpu' in cgroup.v2.controllers",
)
MESSAGES = (
    "'no'",
    "params.strict ? 'strict' : constants.word",
    "'kernel ' + kernel.release",
    "node.name + ' has ' + string(memory.total_bytes)",
    "collection.kind + (has(collection.uid) ? string(collection.uid) : '')",
    "has(cpu.model_name) ? cpu.model_name : cpu.architecture",
    "os.id + ' ' + constants.word",
    "kernel.modules[98]",
    "variables.new_kernel ? 'new' : os.id",
    "variables.named ? node.name : collection.context",
    "has(cgroup.v2) ? cgroup.v2.controllers.join(',') : cgroup.mode",
)
PARAMETERS = """\
parameters:
  strict: {type: bool, default: true, description: d}
  limit: {type: int, default: 5, description: d}
constants:
  four: {description: d, value: 4}
  word: {description: d, value: w}
variables:
"""
VARIABLES = {
    "new_kernel": "kernel.major >= 5",
    "named": "node.name == 'n7'",
    "both": "variables.new_kernel && variables.named",
}
POOLED = ("os.id", "kernel.release", "cpu.flags", "has(collection.uid) && collection.uid == 0")
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
    {"unknown": {"cgroup.v2.controllers": "denied", "iommu.groups": "denied"}},
    {"collected_at": "2026-01-01T00:00:00Z"},
    {"collected_at": "2099-01-01T00:00:00Z"},
    {"collected_at": None},
)


def condition(choice: random.Random, among: Sequence[str] = CONDITIONS, depth: int = 0) -> str:
    """A boolean expression."""
    shape = choice.random() if depth < 2 else 0.0
    if shape < 0.7:
        return choice.choice(among)
    one, other = condition(choice, among, depth + 1), condition(choice, among, depth + 1)
    if shape < 0.8:
        return f"({one}) && ({other})"
    if shape < 0.9:
        return f"({one}) || ({other})"
    return f"!({one})" if shape < 0.95 else f"({one}) ? ({other}) : ({choice.choice(among)})"


def policy_text(choice: random.Random, pack: str = "demo") -> str:
    """A policy of one to six rules, sometimes with one over pools of nodes."""
    # Where outcomes read little, messages read what no outcome does.
    among = CONDITIONS if choice.random() < 0.6 else (*BLIND, choice.choice(CONDITIONS))
    rules = []
    for number in range(choice.randint(1, 6)):
        more = {}
        if choice.random() < 0.4:
            more["applies_when"] = condition(choice, among)
        if choice.random() < 0.7:
            more["message_expression"] = choice.choice(MESSAGES)
        level = choice.choice(("required", "required", "recommended", "informational"))
        rules.append(packs.rule(f"r{number}", condition(choice, among), level=level, **more))
    if choice.random() < 0.25:
        more = {"value": choice.choice(POOLED), "group_by": choice.choice(("os.id", "collection.kind"))}
        pool = packs.rule("pool", "size(fleet.values) <= 1", level=choice.choice(("required", "recommended")), **more)
        rules.append(pool.replace("level:", "scope: fleet\n    level:", 1))
    block = "".join(
        f"  {name}:\n    description: d\n    expression: |\n{textwrap.indent(expression, '      ')}\n"
        for name, expression in VARIABLES.items()
    )
    return packs.text(*rules, extra=PARAMETERS + block).replace("pack: demo", f"pack: {pack}", 1)


def waivers_text(choice: random.Random) -> str:
    """Waivers of a few rules on a few nodes."""
    row = "  - {id: w%d, node: {name: %s}, rule: r%d, reason: r, owner: o, ticket: t, expires: 2027-01-01}\n"
    rows = (row % (at, json.dumps(f"n{choice.choice('123*')}"), choice.randrange(3)) for at in range(2))
    return "schema: passmuster.waivers/1\nwaivers:\n" + "".join(rows)


def fleet(choice: random.Random, size: int) -> list[bytes]:
    """Lines of a fleet, mutated."""
    lines = []
    for number in range(size):
        made = document(f"n{number}", machine_id=f"sha256:{number:064x}", **choice.choice(CHANGES))
        if choice.random() < 0.3:
            made["node"]["labels"] = {"pool": choice.choice("ab")}
        made["collection"]["uid"] = choice.choice((0, 0, 1000, None))
        if choice.random() < 0.3:
            newer(choice, made)
        canonical = choice.random() < 0.85
        text = json.dumps(made, sort_keys=canonical, ensure_ascii=False, separators=(",", ":") if canonical else None)
        lines.append(text.encode() + b"\n")
    if choice.random() < 0.3:
        again = lines[0].replace(b'"uid":', b'"uid": ')
        lines.append(choice.choice((lines[0], again, b"{}\n", b"broken\n", lines[1][:700] + b"\n")))
    choice.shuffle(lines)
    return lines


UNHEARD = ("newer", "aaa", "zzz", "node", "collection", "params", "kernel2")
"""Names that a newer collector may give; some are those of other things."""


def newer(choice: random.Random, made: dict[str, Any]) -> None:
    """Add what a newer collector says, or take away what an older one does not know; few of these are not valid."""
    sections, kernel = made["sections"], made["sections"]["kernel"]
    some: Any = choice.choice(("x", 1, None, [], {"a": [1]}))
    match choice.randrange(8):
        case 0:
            whole = {"facts": {"depth": 4}, "sources": {}, "status": "ok", "unknown": {}}
            part: dict[str, Any] = {"status": "postponed", "facts": choice.choice(({}, [1], None))}
            sections[choice.choice(UNHEARD)] = choice.choice((whole, part, {}))
        case 1:
            choice.choice((made, made["collection"], made["node"]))["newer"] = some
        case 2:
            kernel["facts"]["newer"] = some
        case 3 | 4:
            choice.choice(list(_objects(made)))[choice.choice(UNHEARD)] = some
        case 5:
            kernel["status"] = choice.choice(("postponed", "partial", "denied"))
        case 6:
            kernel["unknown"]["kernel.newer"] = {"reason": choice.choice(("denied", "postponed")), "detail": ""}
            kernel["status"] = "partial"
        case _:
            del sections[choice.choice(sorted(sections))]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects at every depth."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)
