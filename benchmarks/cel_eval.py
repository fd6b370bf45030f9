"""What judging costs beside reading: 24 rules on one snapshot of some 8 KB, and `orjson.loads` of its bytes.

Every engine that is installed evaluates the same expressions over the same facts, interleaved, and must
come to the same verdicts; figures are medians, and garbage collection is off while time is taken. The
status is 1 where the ratio of our own engine to `orjson.loads` is above its bound.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib
import importlib.metadata
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from passmuster.cel import Basic, Environment, Field, ListType, MapType, ObjectType, TextType, compile_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from passmuster.cel import CelType

Facts: TypeAlias = "dict[str, Any]"
Judge: TypeAlias = "Callable[[Facts], list[object]]"
"""What each rule says of a node: a truth value, or None."""
BOUND = 12.0
_FLAGS = """fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht
syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid
extd_apicid aperfmperf rapl pni pclmulqdq monitor ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe
popcnt aes xsave avx f16c rdrand lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse
3dnowprefetch osvw ibs skinit wdt tce topoext perfctr_core perfctr_nb bpext perfctr_llc mwaitx cpb
cat_l3 cdp_l3 hw_pstate ssbd mba ibrs ibpb stibp vmmcall fsgsbase bmi1 avx2 smep bmi2 erms invpcid
cqm rdt_a rdseed adx smap clflushopt clwb sha_ni xsaveopt xsavec xgetbv1 xsaves""".split()  # noqa: SIM905 - as Linux writes it
_MODULES = [f"module_{number:03}" for number in range(180)] + ["kvm", "kvm_amd", "vhost_net", "tun", "br_netfilter"]
RULES = """
kernel.major > 4 || (kernel.major == 4 && kernel.minor > 11)
cpu.architecture == 'x86_64'
cpu.architecture in ['x86_64', 'aarch64', 's390x']
['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4_1', 'sse4_2', 'ssse3'].all(f, f in cpu.flags)
'svm' in cpu.flags || 'vmx' in cpu.flags
!('hypervisor' in cpu.flags)
cpu.logical_count >= 8
cpu.flags.exists(f, f.startsWith('avx5')) || 'avx2' in cpu.flags
size(cpu.flags) > 50
'kvm' in kernel.modules && ('kvm_amd' in kernel.modules || 'kvm_intel' in kernel.modules)
['tun', 'vhost_net', 'br_netfilter'].all(m, m in kernel.modules)
'net.ipv4.ip_forward' in kernel.sysctl && kernel.sysctl['net.ipv4.ip_forward'] == '1'
int(kernel.sysctl['vm.max_map_count']) >= 262144
kernel.release.matches('^[5-9][.][0-9]+[.]')
memory.total_bytes >= 8 * 1024 * 1024 * 1024
memory.swap_bytes == 0
devices['/dev/kvm'].exists && devices['/dev/kvm'].accessible
devices['/dev/kvm'].major == 10 && devices['/dev/kvm'].minor == 232
['/dev/kvm', '/dev/net/tun', '/dev/vhost-net'].all(d, d in devices && devices[d].exists)
cgroup.mode == 'v2' && ['cpu', 'memory', 'io'].all(c, c in cgroup.controllers)
runtime.name == 'containerd' ? runtime.version.startsWith('1.') : runtime.name == 'cri-o'
nics.exists(n, n.speed_mbps >= 10000 && n.state == 'up')
nics.all(n, n.mtu >= 1500)
disks.filter(d, !d.rotational).map(d, d.bytes).exists(b, b > 100000000000)
""".strip().splitlines()


def document() -> dict[str, Any]:
    """The facts of one node."""
    sysctl = {f"net.ipv4.conf.all.value_{number}": str(number) for number in range(70)}
    return {
        "cpu": {"architecture": "x86_64", "flags": sorted(_FLAGS), "logical_count": 64, "vendor": "AuthenticAMD"},
        "kernel": {
            "release": "5.15.0-91-generic",
            "major": 5,
            "minor": 15,
            "modules": _MODULES,
            "sysctl": {**sysctl, "net.ipv4.ip_forward": "1", "vm.max_map_count": "262144"},
        },
        "memory": {"total_bytes": 270000000000, "swap_bytes": 0},
        "devices": {
            path: {"exists": True, "accessible": True, "type": "char", "major": 10, "minor": minor, "mode": 432}
            for path, minor in (("/dev/kvm", 232), ("/dev/net/tun", 200), ("/dev/vhost-net", 238))
        },
        "cgroup": {"mode": "v2", "controllers": ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"]},
        "runtime": {"name": "containerd", "version": "1.7.2"},
        "nics": [
            {"name": f"eth{number}", "speed_mbps": 25000 if number > 1 else 1000, "state": "up", "mtu": 1500 + number}
            for number in range(6)
        ],
        "disks": [
            {"name": f"sd{number}", "rotational": number < 8, "bytes": 1000000000000 + number, "model": "MZ7LH960HAJR"}
            for number in range(12)
        ],
    }


def type_of(value: object) -> CelType:
    """The type of a fact, with maxima as a schema has them; a map whose keys are no names is a map."""
    if isinstance(value, dict):
        if all(key.isidentifier() for key in value):
            return ObjectType({key: Field(type_of(member)) for key, member in value.items()})
        return MapType(Basic.STRING, type_of(next(iter(value.values()))), max_entries=1024)
    if isinstance(value, list):
        return ListType(type_of(value[0]), 1024)
    return Basic.BOOL if isinstance(value, bool) else Basic.INT if isinstance(value, int) else TextType(64)


def ours(facts: Facts) -> Judge:
    """Passmuster's own evaluator."""
    environment = Environment(roots={name: type_of(value) for name, value in facts.items()})
    programs = [compile_expression(rule, environment, expect=Basic.BOOL) for rule in RULES]
    return lambda facts: [program.run(facts).value for program in programs]


def cel_python(rules: list[str], _names: Iterable[str]) -> Judge:
    """cel-python's interpreter."""
    celpy: Any = importlib.import_module("celpy")
    environment = celpy.Environment()
    programs = [environment.program(environment.compile(rule)) for rule in rules]

    def run(facts: Facts) -> list[object]:
        bound = celpy.json_to_cel(facts)
        return [_or_none(lambda: bool(program.evaluate(bound))) for program in programs]  # noqa: B023 - called at once

    return run


def cel_expr_python(rules: list[str], names: Iterable[str]) -> Judge:
    """Google's C++ runtime."""
    cel: Any = importlib.import_module("cel_expr_python.cel")
    environment = cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))
    programs = [environment.compile(rule) for rule in rules]

    def run(facts: Facts) -> list[object]:
        activation = environment.Activation(facts)
        values = [_or_none(lambda: program.eval(activation).value()) for program in programs]  # noqa: B023
        return [value if isinstance(value, bool) else None for value in values]

    return run


def common_expression_language(rules: list[str], _names: Iterable[str]) -> Judge:
    """cel-rust."""
    cel: Any = importlib.import_module("cel")
    programs = [cel.compile(rule) for rule in rules]

    def run(facts: Facts) -> list[object]:
        context = cel.Context(variables=facts)
        return [_or_none(lambda: program.execute(context)) for program in programs]  # noqa: B023

    return run


def _or_none(evaluate: Callable[[], object]) -> object:
    """What an expression gives; None where it ends in an error, as it does where a fact is missing."""
    try:
        return evaluate()
    except Exception:  # noqa: BLE001 - each library has errors of its own
        return None


def installed(distribution: str) -> bool:
    """Whether a distribution is there; names of modules are not enough, for two libraries are called cel."""
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


OTHERS = {
    "cel-python": cel_python,
    "cel-expr-python": cel_expr_python,
    "common-expression-language": common_expression_language,
}


def main() -> int:
    """Print a table; returns 1 where the bound is broken or the engines do not agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds: int = parser.parse_args().rounds
    facts = document()
    data = orjson.dumps(facts)
    judges = {"passmuster": ours(facts)}
    judges |= {name: make(RULES, facts) for name, make in OTHERS.items() if installed(name)}
    runs: dict[str, Callable[[], object]] = {"orjson.loads": lambda: orjson.loads(data)}
    runs |= {name: functools.partial(judge, facts) for name, judge in judges.items()}
    for name, run in runs.items():
        if name != "orjson.loads" and (verdicts := run()) != [True] * len(RULES):
            print(f"{name} does not come to the verdicts: {verdicts}")
            return 1
    return _table(_timed(runs, rounds), len(data), [name for name in OTHERS if not installed(name)])


def _timed(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of one run, for each engine and round; slow ones are repeated less often."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name, run in runs.items():
            begin = time.perf_counter()
            run()
            repeats = max(1, min(400, int(0.02 / (time.perf_counter() - begin))))
            begin = time.perf_counter()
            for _ in range(repeats):
                run()
            times[name].append((time.perf_counter() - begin) / repeats)
    gc.enable()
    return times


def _table(times: dict[str, list[float]], size: int, absent: list[str]) -> int:
    base = statistics.median(times["orjson.loads"])
    print(f"{len(RULES)} rules, one snapshot of {size} bytes")
    print(f"{'engine':<28} {'median us':>10} {'x orjson':>9}")
    for name, each in times.items():
        print(f"{name:<28} {statistics.median(each) * 1e6:>10.1f} {statistics.median(each) / base:>9.1f}")
    for name in absent:
        print(f"{name:<28} {'not installed':>20}")
    ratio = statistics.median(times["passmuster"]) / base
    print(f"passmuster: {ratio:.1f} times orjson.loads (bound {BOUND:.0f}){' OVER' if ratio > BOUND else ''}")
    return int(ratio > BOUND)


if __name__ == "__main__":
    sys.exit(main())
