"""What is another on every node is not remembered: sections are known by the rest, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
from fleets import fast, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import compiled, no_parameters, rule
from shipped_packs import shipped
from snapshots import data
from stores import machine

from passmuster.evaluation.criteria import EvaluationCriteria

pytestmark = pytest.mark.usefixtures("impatient")
SMALL = compiled(
    rule("memory", "memory.total_bytes >= 5"),
    rule("words", "'a' in boot.arguments && boot.arguments.a.exists(w, w.endsWith('3'))", level="recommended"),
    rule("release", "kernel.release.startsWith('4')", message_expression="'it is ' + kernel.release"),
    rule("hierarchy", "has(cgroup.v2) && 'cpu' in cgroup.v2.controllers"),
    rule("device", "devices['/dev/kvm'].exists && has(devices['/dev/kvm'].minor) && devices['/dev/kvm'].minor == 232"),
    rule("whole", "size(kernel.modules) > 0"),
)
KUBEVIRT = shipped("kubevirt", "1.1.0")
TERMS = {
    "a small policy": EvaluationCriteria(policies=(SMALL,), parameters=no_parameters(SMALL)),
    "a pack with fleet rules": EvaluationCriteria(
        policies=(KUBEVIRT.policy,), parameters={"kubevirt": dict(KUBEVIRT.defaults)}
    ),
}


def fleet(vary: Any, size: int = 40) -> list[bytes]:
    return [data(f"n{at}", machine_id=machine(at), set_=vary(at)) for at in range(size)]


V2 = {"mount_point": "/sys/fs/cgroup", "controllers": ["cpu"], "subtree_control": ["cpu"]}
DEVICE = {
    "exists": True,
    "type": "character",
    "major": 10,
    "minor": 232,
    "mode": "0660",
    "uid": 0,
    "gid": 36,
    "accessible": True,
}
FLEETS: dict[str, Any] = {
    "an amount of memory each": lambda at: {"memory.total_bytes": at},
    "a command line each": lambda at: {"boot.arguments.a": [f"a={at}", "b"]},
    "a command line each, some not ASCII": lambda at: {"boot.arguments.a": [f"é={at}" if at % 3 else f"a={at}"]},
    "a command line each, then none": lambda at: {"boot.arguments.a": [f"a={at}"] if at < 20 else []},
    "a kernel release each": lambda at: {"kernel.release": f"4.{at}.0"},
    "a kernel release each, then those that were seen before": lambda at: {"kernel.release": f"{at % 20}.1"},
    "modules each": lambda at: {"kernel.modules": [f"m{at}"]},
    "modules and a release each": lambda at: {"kernel.modules": [f"m{at}"], "kernel.release": f"{at}.0"},
    "a mount point each, which no rule looks at": lambda at: {"cgroup.v2": {**V2, "mount_point": f"/{at}"}},
    "controllers each": lambda at: {"cgroup.v2": {**V2, "controllers": [f"c{at}", *["cpu"] * (at % 2)]}},
    "some without a hierarchy": lambda at: {"cgroup.v2": None if at % 3 else {**V2, "mount_point": f"/{at}"}},
    "a group of a device each": lambda at: {"devices['/dev/kvm']": {**DEVICE, "gid": at, "exists": at % 5 > 0}},
    "a model each": lambda at: {
        "cpu.model_name": f"A processor {at}",
        "cpu.vendor": ["GenuineIntel", "AuthenticAMD"][at % 2],
    },
    "a wrong value now and then": lambda at: {"memory.total_bytes": -1 if at % 7 == 6 else at},
    "all at once": lambda at: {
        "memory.total_bytes": at,
        "boot.arguments.a": [f"a={at}"],
        "kernel.release": f"4.{at}.0",
        "cgroup.v2": {**V2, "mount_point": f"/{at}"},
        "os.pretty_name": f"O{at}",
    },
}


@pytest.mark.long
@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
@pytest.mark.parametrize("vary", FLEETS.values(), ids=FLEETS)
def test_a_fleet_of_which_every_node_differs(vary: Any, terms: EvaluationCriteria) -> None:
    lines = fleet(vary)
    text, remembered = fast(lines, terms)
    assert text == plain(lines, terms)
    assert remembered >= len(lines) - 6


UNKNOWN = [
    {},
    {"boot.arguments.a": "denied"},
    {"memory.total_bytes": "failed"},
    {"kernel.sysctl['net.ipv4.ip_forward']": "denied"},
    {"cgroup.v2": "denied"},
    {"cgroup": "timeout"},
]
VALUES: dict[str, list[Any]] = {
    "memory.total_bytes": [*range(30), 10**17, 2**62],
    "boot.arguments.a": [[f"w{at}"] for at in range(30)] + [[], ["\u00e9"], ['"'], ["a,b", "c"]],
    "kernel.release": [f"{at}.1" for at in range(30)] + ["4.4-\u00e9"],
    "kernel.modules": [[f"m{at}"] for at in range(20)] + [[]],
    "cgroup.v2": [{**V2, "mount_point": f"/{at}"} for at in range(20)] + [None, {**V2, "controllers": []}],
    "os.pretty_name": [f"O{at}" for at in range(20)] + [None],
}


@pytest.mark.long
@settings(max_examples=40)
@given(
    st.sampled_from(list(TERMS)),
    st.lists(
        st.tuples(
            st.fixed_dictionaries({path: st.sampled_from(each) for path, each in VALUES.items()}),
            st.sampled_from(UNKNOWN),
        ),
        min_size=12,
        max_size=25,
    ),
)
def test_any_fleet(name: str, nodes: list[tuple[dict[str, Any], dict[str, str]]]) -> None:
    lines, terms = [], TERMS[name]
    for at, (values, unknown) in enumerate(nodes):
        known = {path: value for path, value in values.items() if not any(path.startswith(each) for each in unknown)}
        lines.append(data(f"n{at % 20}", machine_id=machine(at % 22), set_=known, unknown=unknown))
    assert fast(lines, terms)[0] == plain(lines, terms)
