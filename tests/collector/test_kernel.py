"""The running kernel."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from host_tree import MOUNTED, UNAME, Entry, Link, host_of, plant, section

from passmuster_collector.facts.kernel import parse_misc, parse_modules, parse_release
from passmuster_collector.facts.kernel_config import parse_config
from passmuster_collector.reading import UnreadableError
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

RELEASES = {
    "6.1.0-13-amd64": (6, 1, 0),
    "5.15.153.1-microsoft-standard-WSL2": (5, 15, 153),
    "4.11": (4, 11, 0),
    "4.11-rc3": (4, 11, 0),
    "4.9.0+": (4, 9, 0),
    "6.18.44-fc-v595": (6, 18, 44),
    "3.10.0-1160.el7.x86_64": (3, 10, 0),
}


@pytest.mark.parametrize("release", RELEASES)
def test_numbers_of_a_release(release: str) -> None:
    assert parse_release(release) == RELEASES[release]


@pytest.mark.parametrize("release", ["", "5", "v5.4", "linux", "5.x", "9" * 19 + ".1", "5." + "9" * 19])
def test_a_release_that_does_not_start_with_two_numbers_is_unreadable(release: str) -> None:
    with pytest.raises(UnreadableError, match="two numbers"):
        parse_release(release)


def test_modules_are_the_first_words_sorted() -> None:
    assert parse_modules("tun 61440 2 vhost_net, Live 0x0\nkvm_hv 1 0 - Live 0x0\n") == ["kvm_hv", "tun"]


def test_the_heading_of_lsmod_is_no_module() -> None:
    assert parse_modules("Module                  Size  Used by\ntls 1 0\n") == ["tls"]


def test_misc_drivers_are_names_to_minors() -> None:
    assert parse_misc("232 kvm\n 60 vfio/vfio\n") == {"kvm": 232, "vfio/vfio": 60}


def test_a_misc_driver_without_a_number_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="not a misc driver"):
        parse_misc("kvm 232\n")


def test_options_are_taken_as_written() -> None:
    text = '#\n# CONFIG_VFIO is not set\nCONFIG_KVM=m\nCONFIG_CC="gcc"\nCONFIG_BROKEN\n'
    assert parse_config(text).values == {"CONFIG_KVM": "m", "CONFIG_CC": '"gcc"'}


def test_a_file_without_options_is_no_configuration() -> None:
    with pytest.raises(UnreadableError, match="not a kernel configuration"):
        parse_config("<html>")


SYSCTL = {
    "/proc/sys/net/ipv4/ip_forward": "1\n",
    "/proc/sys/vm/overcommit_memory": "0\n",
    "/proc/sys/fs/inotify/max_user_watches": "8192\n",
    "/proc/sys/kernel/sched_rt_runtime_us": "-1\n",
    "/proc/self/ns/pid": Link("pid:[4026531836]"),
    "/proc/self/ns/net": Link("net:[4026531833]"),
}


def test_a_parameter_is_null_only_where_its_family_is_there(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {**MOUNTED, **SYSCTL}
    del tree["/proc/sys/fs/inotify/max_user_watches"]
    facts = section(host_of(plant(tmp_path, tree)), "kernel")
    assert facts["facts"]["sysctl"]["net.ipv4.ip_forward"] == "1"
    assert facts["facts"]["sysctl"]["net.ipv4.ip_unprivileged_port_start"] is None
    assert facts["facts"]["sysctl"]["kernel.sched_rt_runtime_us"] == "-1"
    assert facts["unknown"]["kernel.sysctl['fs.inotify.max_user_watches']"] == {
        "reason": "not_collected",
        "detail": "/proc/sys/fs is not there",
    }
    assert facts["facts"]["sysctl"]["crypto.fips_enabled"] is None, "not every kernel has this family"


NETWORKS = {
    "with the number of the first namespace": ({}, True),
    "the same as the first process's": (
        {"/proc/self/ns/net": Link("net:[4026531999]"), "/proc/1/ns/net": Link("net:[4026531999]")},
        True,
    ),
    "another than the first process's": (
        {"/proc/self/ns/net": Link("net:[4026532000]"), "/proc/1/ns/net": Link("net:[4026531999]")},
        False,
    ),
    "one that cannot be compared": ({"/proc/self/ns/net": Link("net:[4026532000]")}, False),
    "of a process whose first process is a container's": (
        {
            "/proc/self/ns/net": Link("net:[4026532000]"),
            "/proc/1/ns/net": Link("net:[4026532000]"),
            "/proc/self/ns/pid": Link("pid:[4026532001]"),
        },
        False,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.ROOT])
def test_parameters_of_the_network_are_the_nodes_in_a_namespace(tmp_path: Path, name: str, kind: Kind) -> None:
    links, own = NETWORKS[name]
    facts = section(host_of(plant(tmp_path, {**MOUNTED, **SYSCTL, **links}), kind), "kernel")
    assert ("net.ipv4.ip_forward" in facts["facts"]["sysctl"]) is own
    assert facts["facts"]["sysctl"]["vm.overcommit_memory"] == "0"
    if not own:
        detail = facts["unknown"]["kernel.sysctl['net.ipv4.ip_forward']"]
        assert detail == {"reason": "not_collected", "detail": "seen from another network namespace"}


def test_copied_parameters_of_the_network_are_the_nodes(tmp_path: Path) -> None:
    tree = {**MOUNTED, "/proc/sys/net/ipv4/ip_forward": "0\n"}
    facts = section(host_of(plant(tmp_path, tree), Kind.ROOT, uname=None), "kernel")["facts"]
    assert facts["sysctl"]["net.ipv4.ip_forward"] == "0"


CONFIG = "CONFIG_KVM=y\n# CONFIG_VFIO is not set\n"
CONFIGS: dict[str, tuple[dict[str, Entry], str]] = {
    "packed in /proc": ({"/proc/config.gz": gzip.compress(CONFIG.encode())}, "/proc/config.gz"),
    "beside the kernel": ({"/boot/config-6.1.0-13-amd64": CONFIG}, "/boot/config-6.1.0-13-amd64"),
    "beside the modules": ({"/lib/modules/6.1.0-13-amd64/config": CONFIG}, "/lib/modules/6.1.0-13-amd64/config"),
    "the next where one is broken": (
        {"/proc/config.gz": b"no", "/boot/config-6.1.0-13-amd64": CONFIG},
        "/boot/config-6.1.0-13-amd64",
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_configuration_is_found(tmp_path: Path, name: str) -> None:
    tree, source = CONFIGS[name]
    facts = section(host_of(plant(tmp_path, {**MOUNTED, **tree})), "kernel")
    assert facts["facts"]["config"]["CONFIG_KVM"] == "y"
    assert facts["facts"]["config"]["CONFIG_VFIO"] is None
    assert facts["sources"][source] == ["config"]


BROKEN: dict[str, tuple[bytes, str]] = {
    "that is not packed": (b"CONFIG_KVM=y\n", "unreadable"),
    "that is cut off": (gzip.compress(CONFIG.encode())[:-12], "failed"),
    "that unpacks to too much": (gzip.compress(b"CONFIG_KVM=y\n" * 500_000), "failed"),
    "that unpacks to something else": (gzip.compress(b"hello"), "unreadable"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_configuration_is_unknown(tmp_path: Path, name: str) -> None:
    data, reason = BROKEN[name]
    unknown = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/config.gz": data})), "kernel")["unknown"]
    assert unknown["kernel.config"]["reason"] == reason


def test_a_release_is_no_way_out_of_its_folder(tmp_path: Path) -> None:
    plant(tmp_path, {**MOUNTED, "/etc/evil": CONFIG, "/boot/config-x/a": ""})
    host = host_of(tmp_path, uname=UNAME._replace(release="x/../../etc/evil"))
    assert section(host, "kernel")["unknown"]["kernel.config"]["reason"] == "not_collected"


def test_a_live_host_says_what_uname_says(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/misc": "232 kvm\n"})), "kernel")["facts"]
    assert (facts["release"], facts["major"], facts["minor"], facts["patch"]) == ("6.1.0-13-amd64", 6, 1, 0)
    assert (facts["machine"], facts["version"]) == ("x86_64", "#1 SMP Debian 6.1.55-1")
    assert facts["modules"] == []
    assert facts["misc_devices"] == {"kvm": 232}


DUMPS: dict[str, tuple[dict[str, Entry], tuple[str, str]]] = {
    "its parameters": (
        {"/proc/sys/kernel/osrelease": "5.4.0-99-generic\n", "/proc/sys/kernel/version": "#112-Ubuntu SMP\n"},
        ("5.4.0-99-generic", "#112-Ubuntu SMP"),
    ),
    "its banner": (
        {"/proc/version": "Linux version 5.4.0-99-generic (b@l) (gcc version 9 (U 9)) #112-Ubuntu SMP Thu\n"},
        ("5.4.0-99-generic", "#112-Ubuntu SMP Thu"),
    ),
    "uname of an archive": (
        {"/uname": "Linux n 5.4.0-99-generic #112-Ubuntu SMP Thu UTC 2022 x86_64 x86_64 x86_64 GNU/Linux\n"},
        ("5.4.0-99-generic", "#112-Ubuntu SMP Thu UTC 2022"),
    ),
}


@pytest.mark.parametrize("name", DUMPS)
def test_the_kernel_of_a_dump_is_read_from(tmp_path: Path, name: str) -> None:
    tree, expected = DUMPS[name]
    facts = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "kernel")["facts"]
    assert (facts["release"], facts["version"]) == expected
    assert facts["major"] == 5


def test_a_release_that_means_nothing_is_kept_and_its_numbers_are_unreadable(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, MOUNTED), uname=UNAME._replace(release="custom")), "kernel")
    assert facts["facts"]["release"] == "custom"
    assert facts["unknown"]["kernel.major"] == {
        "reason": "unreadable",
        "detail": "does not start with two numbers (got 'custom')",
    }


LIVE = "vfio_pci 1 0 - Live 0x0\nkvm 1 0 - Live 0x0\n"
LSMOD = "Module Size Used\nkvm_intel 1 0\nkvm 1 0\n"
COPIED: dict[str, tuple[str, str, list[str] | None]] = {
    "two that end alike": (LIVE, LSMOD, ["kvm", "vfio_pci"]),
    "two of which one is cut between two lines": (LIVE, LSMOD.replace("kvm 1 0\n", ""), None),
    "two of which the other is cut": (LIVE.replace("kvm 1 0 - Live 0x0\n", ""), LSMOD, None),
    "one alone": (LIVE, "", None),
    "what lsmod printed alone": ("", LSMOD, None),
}


@pytest.mark.parametrize("name", COPIED)
def test_copied_lists_of_modules_are_whole_where_there_are(tmp_path: Path, name: str) -> None:
    copy, printed, expected = COPIED[name]
    tree = {"/proc/modules": copy, "/sos_commands/kernel/lsmod": printed}
    facts = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "kernel")
    assert facts["facts"].get("modules") == expected
    assert expected is not None or facts["unknown"]["kernel.modules"]["reason"] == "not_collected"


def test_a_module_that_one_copied_list_shows_is_loaded(tmp_path: Path) -> None:
    tree = {"/proc/modules": "nf_tables 1 0 - Live 0x0\n"}
    facts = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "network")
    assert facts["facts"]["nf_tables"] is True


def test_an_empty_dump_knows_nothing_and_says_why(tmp_path: Path) -> None:
    facts = section(host_of(tmp_path, Kind.DUMP, uname=None), "kernel")
    assert facts["facts"] == {}
    assert facts["status"] == "not_collected"
    assert facts["unknown"]["kernel.sysctl"]["detail"].startswith("/proc/sys/crypto/fips_enabled is not in")
    assert facts["unknown"]["kernel.machine"]["detail"] == "known only to the running kernel"


@pytest.mark.parametrize("text", ["Windows\n", "Linux version 5.14.0-4"])
def test_a_banner_that_means_nothing_is_unreadable(tmp_path: Path, text: str) -> None:
    unknown = section(host_of(plant(tmp_path, {"/proc/version": text}), Kind.DUMP, uname=None), "kernel")["unknown"]
    assert unknown["kernel.release"]["reason"] == "unreadable"
    assert unknown["kernel.version"]["reason"] == "unreadable"


@pytest.mark.parametrize("text", ["hello\n", "Linux n 5.4 #1 SMP unknown GNU/Linux\n"])
def test_uname_that_means_nothing_is_unreadable(tmp_path: Path, text: str) -> None:
    unknown = section(host_of(plant(tmp_path, {"/uname": text}), Kind.DUMP, uname=None), "kernel")["unknown"]
    assert unknown["kernel.machine"]["reason"] == "unreadable"
