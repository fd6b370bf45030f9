"""Control groups by the mount table, and the query of the kernel."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from host_tree import MOUNTED, UNAME, Entry, host_of, plant, section

from passmuster_collector import bpf
from passmuster_collector.context import Context
from passmuster_collector.facts.cgroup import CONTROLLERS, mode, parse_cgroups, version1, version2
from passmuster_collector.mounts import parse_mounts
from passmuster_collector.reading import Known, Reason, Unknown
from passmuster_collector.recorded import Recorded
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

CPU = "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,relatime,cpu,cpuacct 0 0\n"
NAMED = "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\n"
UNIFIED = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nsdelegate 0 0\n"
WHOLE = "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"
BOTH = {"cpu": "/sys/fs/cgroup/cpu,cpuacct", "cpuacct": "/sys/fs/cgroup/cpu,cpuacct"}

TABLES = {
    "nothing": ("proc /proc proc rw 0 0\n", "none", {}, None),
    "version 1": (CPU, "v1", BOTH, None),
    "a named hierarchy alone is none": (NAMED, "none", {}, None),
    "version 2": (WHOLE, "v2", {}, "/sys/fs/cgroup"),
    "version 2 beside a named hierarchy is no hybrid": (NAMED + WHOLE, "v2", {}, "/sys/fs/cgroup"),
    "both": (CPU + NAMED + UNIFIED, "hybrid", BOTH, "/sys/fs/cgroup/unified"),
    "the last mount counts": (
        CPU + "cgroup /a\\040b cgroup rw,cpu 0 0\n" + UNIFIED + WHOLE,
        "hybrid",
        {"cpu": "/a b", "cpuacct": "/sys/fs/cgroup/cpu,cpuacct"},
        "/sys/fs/cgroup",
    ),
    "words are exact": ("cgroup /x cgroup rw,cpusets,noprefix,release_agent=/cpu 0 0\n", "v1", {"cpusets": "/x"}, None),
    "flags are no controllers": ("cgroup /x cgroup rw,noexec,seclabel,clone_children,name=cpu 0 0\n", "none", {}, None),
    "another file system with such options is none": ("x /x tmpfs rw,cpu 0 0\n", "none", {}, None),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_mount_table_tells(name: str) -> None:
    text, expected, first, second = TABLES[name]
    mounts = parse_mounts(text)
    assert version1(mounts, CONTROLLERS) == first
    assert version2(mounts) == second
    assert mode(first, second) == expected


def test_the_kernel_may_have_controllers_of_other_names(tmp_path: Path) -> None:
    tree = {
        "/proc/cgroups": "#subsys_name\thierarchy\nnew\t1\t1\t1\n\n",
        "/proc/mounts": "cgroup /x cgroup rw,new 0 0\n",
    }
    facts = section(host_of(plant(tmp_path, tree)), "cgroup")["facts"]
    assert facts["v1"] == {"new": "/x"}
    assert parse_cgroups(tree["/proc/cgroups"]) == {"new"}


V2: dict[str, Entry] = {
    **MOUNTED,
    "/proc/1/mounts": WHOLE,
    "/sys/fs/cgroup/cgroup.controllers": "memory cpu io\n",
    "/sys/fs/cgroup/cgroup.subtree_control": "\n",
}


def test_the_unified_hierarchy_is_described(tmp_path: Path) -> None:
    recorded = Recorded(devices_bpf=Known(value=True))
    facts = section(host_of(plant(tmp_path, V2), recorded=recorded), "cgroup")
    assert facts["facts"] == {
        "mode": "v2",
        "v1": {},
        "v2": {"mount_point": "/sys/fs/cgroup", "controllers": ["cpu", "io", "memory"], "subtree_control": []},
        "devices_bpf": True,
        "misc_capacity": {},
    }
    assert facts["sources"]["--recorded devices_bpf"] == ["devices_bpf"]
    assert facts["status"] == "ok"


def test_without_the_unified_hierarchy_there_is_nothing_to_ask(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/1/mounts": CPU})), "cgroup")["facts"]
    assert facts["v2"] is None
    assert facts["devices_bpf"] is None
    assert facts["misc_capacity"] == {}


CAPACITIES: dict[str, tuple[str, dict[str, str] | str]] = {
    "two resources": ("sev 509\nsev_es 0\n", {"sev": "509", "sev_es": "0"}),
    "no limit": ("tdx max\n", {"tdx": "max"}),
    "nothing is offered": ("", {}),
    "a line without a limit": ("tdx\n", "unreadable"),
    "more resources than there can be": ("".join(f"r{number} 1\n" for number in range(65)), "failed"),
}


@pytest.mark.parametrize("name", CAPACITIES)
def test_the_capacity_of_the_misc_controller(tmp_path: Path, name: str) -> None:
    text, expected = CAPACITIES[name]
    found = section(host_of(plant(tmp_path, {**V2, "/sys/fs/cgroup/misc.capacity": text})), "cgroup")
    if isinstance(expected, str):
        assert found["unknown"]["cgroup.misc_capacity"]["reason"] == expected
    else:
        assert found["facts"]["misc_capacity"] == expected


def test_the_capacity_is_unknown_where_the_mounts_are(tmp_path: Path) -> None:
    found = section(host_of(plant(tmp_path, MOUNTED)), "cgroup")
    assert found["unknown"]["cgroup.misc_capacity"]["reason"] == "not_collected"


def test_only_the_running_kernel_is_asked(tmp_path: Path) -> None:
    unknown = section(host_of(plant(tmp_path, V2), Kind.ROOT, uname=None), "cgroup")["unknown"]
    assert unknown["cgroup.devices_bpf"] == {"reason": "not_collected", "detail": "known only to the running kernel"}


def test_on_a_machine_whose_call_numbers_are_not_known_nothing_is_called(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, V2), uname=UNAME._replace(machine="alpha"))
    assert section(host, "cgroup")["unknown"]["cgroup.devices_bpf"]["reason"] == "not_collected"


def test_a_folder_that_is_no_hierarchy_is_not_one_to_the_kernel(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, V2))
    found = section(host, "cgroup")
    answer = found["facts"].get("devices_bpf", found["unknown"].get("cgroup.devices_bpf", {}).get("reason"))
    assert answer in (False, "denied", "failed", "not_collected")


def test_a_mount_point_that_is_not_there(tmp_path: Path) -> None:
    tree = {**MOUNTED, "/proc/1/mounts": "c /none cgroup2 rw 0 0\n"}
    unknown = section(host_of(plant(tmp_path, tree)), "cgroup")["unknown"]
    assert unknown["cgroup.devices_bpf"]["detail"] == "/none is not there"
    assert unknown["cgroup.v2.controllers"]["reason"] == "not_collected"


ANSWERS = {
    0: Known(value=True),
    errno.EINVAL: Known(value=False),
    errno.ENOSYS: Known(value=False),
    errno.EPERM: Unknown(Reason.DENIED, "bpf(2): permission denied"),
    errno.EACCES: Unknown(Reason.DENIED, "bpf(2): permission denied"),
    errno.EBADF: Unknown(Reason.FAILED, "bpf(2): Bad file descriptor"),
}


@pytest.mark.parametrize("number", ANSWERS)
def test_what_an_error_of_the_query_means(number: int) -> None:
    assert bpf.answer(number) == ANSWERS[number]


def test_in_a_container_nothing_is_the_nodes(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, V2), context=Context.CONTAINER), "cgroup")
    assert facts["status"] == "not_collected"
    assert facts["unknown"]["cgroup.mode"]["detail"] == "seen from inside a container"


def test_an_unreadable_table_makes_all_unknown(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/1/mounts": "cgroup\n"}), Kind.ROOT), "cgroup")
    assert facts["status"] == "unreadable"
    assert facts["unknown"]["cgroup.v2"]["detail"] == "not a mount (got 'cgroup')"
