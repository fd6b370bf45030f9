"""The same 24 rules over made snapshots by every engine that is installed; all must come to the same verdicts.

The rules are those of the shipped packs as far as plain CEL can say them: without functions and presence tests that one
of the implementations lacks. Each node is read with `orjson.loads`, bound and judged anew, which is how these are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from packs import compiled, rule

from benchmarks.cel_eval import OTHERS, installed
from passmuster import snapshot
from passmuster.evaluation.rule import evaluate
from passmuster.model.outcome import RuleOutcome
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RULES = """
cpu.architecture in ['x86_64', 'aarch64', 's390x']
cpu.architecture != 'x86_64' || ['cx16', 'lahf_lm', 'pni', 'popcnt', 'sse4_1', 'sse4_2', 'ssse3'].all(f, f in cpu.flags)
cpu.architecture != 'x86_64' || ['abm', 'avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'movbe'].all(f, f in cpu.flags)
['sie', 'svm', 'vmx'].exists(f, f in cpu.flags_any) || 'kvm' in kernel.misc_devices
'kvm' in kernel.misc_devices
devices['/dev/kvm'].exists
devices['/dev/kvm'].exists && has(devices['/dev/kvm'].accessible) && devices['/dev/kvm'].accessible
devices['/dev/net/tun'].exists
devices['/dev/vhost-net'].exists
kernel.major > 4 || (kernel.major == 4 && kernel.minor >= 11)
kernel.major > 4 || (kernel.major == 4 && kernel.minor >= 14)
kernel.release.matches('^[4-9][.][0-9]+[.]')
cgroup.mode == 'v2'
['cpu', 'memory', 'pids'].all(c, c in cgroup.v1) || (has(cgroup.v2) && cgroup.v2.controllers.exists(c, c == 'pids'))
has(runtime.name) && runtime.name in ['containerd', 'cri-o']
security.selinux == 'disabled' || (has(security.lsm) && security.lsm.exists(l, l == 'selinux'))
network.nf_tables
'net.ipv4.ip_forward' in kernel.sysctl && kernel.sysctl['net.ipv4.ip_forward'] == '1'
'net.ipv6.conf.all.disable_ipv6' in kernel.sysctl && kernel.sysctl['net.ipv6.conf.all.disable_ipv6'] == '0'
'fs.inotify.max_user_instances' in kernel.sysctl && int(kernel.sysctl['fs.inotify.max_user_instances']) >= 512
'fs.inotify.max_user_watches' in kernel.sysctl && int(kernel.sysctl['fs.inotify.max_user_watches']) >= 1048576
memory.swap_bytes == 0
memory.total_bytes >= 8589934592
has(iommu.pci_devices) && iommu.pci_devices > 0 && 'tun' in kernel.modules
""".strip().splitlines()
ROOTS = ("cgroup", "cpu", "devices", "iommu", "kernel", "memory", "network", "runtime", "security")
_VALUES = {RuleOutcome.PASS: True, RuleOutcome.FAIL: False}


def judges() -> dict[str, Callable[[bytes], list[object]]]:
    """What each engine says of a line: truth values, None for an error or what is unknown; this project's is first."""
    made = {"passmuster, each node anew": _ours()}
    for name, make in OTHERS.items():
        if installed(name):
            made[name] = _read(make(RULES, ROOTS))
    return made


def absent() -> list[str]:
    """The engines that are not installed."""
    return [name for name in OTHERS if not installed(name)]


def _read(judge: Callable[[dict[str, Any]], list[object]]) -> Callable[[bytes], list[object]]:
    def judged(line: bytes) -> list[object]:
        sections = orjson.loads(line)["sections"]
        return judge({name: sections[name]["facts"] for name in ROOTS})

    return judged


def _ours() -> Callable[[bytes], list[object]]:
    policy = compiled(*[rule(f"rule-{number}", text) for number, text in enumerate(RULES)])

    def judged(line: bytes) -> list[object]:
        node = snapshot.load(line, "line")
        results = evaluate(policy, node, bind(node), {})
        return [_VALUES.get(result.outcome) for result in results]

    return judged


def disagreement(judges_: dict[str, Callable[[bytes], list[object]]], sample: Sequence[bytes]) -> str:
    """The first engine and rule that says something else than this project does; empty where all agree.

    Where this project says unknown, others cannot agree: to them a fact that could not be looked at is one that is not.
    """
    first, *others = judges_.items()
    for line in sample:
        expected = first[1](line)
        for name, judge in others:
            for rule_, ours, theirs in zip(RULES, expected, judge(line), strict=True):
                if ours is not None and ours is not theirs:
                    return f"{name}: {rule_} (got {theirs}, expected {ours})"
    return ""
