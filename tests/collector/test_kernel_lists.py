"""Lists of what a kernel has: its configuration, its modules, and parameters that follow the memory."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from host_tree import MOUNTED, Entry, host_of, plant, section

from passmuster_collector.facts.kernel_config import parse_config
from passmuster_collector.facts.kernel_modules import parse_modules_list
from passmuster_collector.kerneloptions import LISTED
from passmuster_collector.reading import UnreadableError
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = "6.1.0-13-amd64"
BOOT = f"/boot/config-{RELEASE}"
TEXT = """\
CONFIG_KVM=m
CONFIG_NR_CPUS=8192
CONFIG_LSM="landlock,yama"
CONFIG_CMDLINE="password=hunter2"
CONFIG_WEATHER=y
# CONFIG_VFIO is not set
"""
END = "# end of Kernel hacking\n"
OTHERS = "kernel_config.options['*']"


def looked(tmp_path: Path, tree: dict[str, Entry], *, kind: Kind = Kind.LIVE, full: bool = False) -> dict[str, Any]:
    """The section about the configuration."""
    host = host_of(plant(tmp_path, {**MOUNTED, **tree}), kind)._replace(full=full)
    return section(host, "kernel_config")


def test_listed_options_are_told_and_that_there_are_others(tmp_path: Path) -> None:
    found = looked(tmp_path, {BOOT: TEXT})
    assert found["facts"]["options"] == {"CONFIG_KVM": "m", "CONFIG_LSM": "landlock,yama", "CONFIG_NR_CPUS": "8192"}
    assert found["sources"] == {BOOT: ["options"]}
    assert {path: why["reason"] for path, why in found["unknown"].items()} == {OTHERS: "not_collected"}


def test_all_options_are_told_in_full_but_for_texts_that_may_be_secret(tmp_path: Path) -> None:
    found = looked(tmp_path, {"/proc/config.gz": gzip.compress(TEXT.encode())}, full=True)
    assert sorted(found["facts"]["options"]) == ["CONFIG_KVM", "CONFIG_LSM", "CONFIG_NR_CPUS", "CONFIG_WEATHER"]
    assert {path: why["reason"] for path, why in found["unknown"].items()} == {
        "kernel_config.options.CONFIG_CMDLINE": "redacted"
    }
    assert "hunter2" not in str(found)


def test_the_running_kernels_own_copy_is_read_first(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {
        BOOT: "CONFIG_KVM=n\n",
        f"/lib/modules/{RELEASE}/config": "CONFIG_KVM=y\n",
        "/proc/config.gz": gzip.compress(b"CONFIG_KVM=m\n"),
    }
    for source, value in (("/proc/config.gz", "m"), (f"/lib/modules/{RELEASE}/config", "y"), (BOOT, "n")):
        found = looked(tmp_path / value, tree)
        assert (found["facts"]["options"], list(found["sources"])) == ({"CONFIG_KVM": value}, [source])
        del tree[source]


DUMPS = {
    "that shows its end": (TEXT + END, True),
    "that may be cut between two lines": (TEXT, False),
}


@pytest.mark.parametrize("name", DUMPS)
def test_an_option_is_absent_from_a_dump_only_if_the_file_shows_its_end(tmp_path: Path, name: str) -> None:
    text, whole = DUMPS[name]
    found = looked(
        tmp_path, {BOOT: text, "/uname": f"Linux n {RELEASE} #1 SMP Debian x86_64 GNU/Linux\n"}, kind=Kind.DUMP
    )
    assert found["facts"]["options"]["CONFIG_KVM"] == "m"
    assert (OTHERS if whole else "kernel_config.options['**']") in found["unknown"]
    host = host_of(tmp_path, Kind.DUMP)
    kernel = section(host, "kernel")
    assert kernel["facts"]["config"]["CONFIG_VFIO"] is None, "the file itself says so"
    assert ("CONFIG_TUN" in kernel["facts"]["config"]) is whole
    assert ("kernel.config.CONFIG_TUN" in kernel["unknown"]) is not whole


LARGE = {
    "a value that is too long": ('CONFIG_LSM="' + "x" * 300 + '"\nCONFIG_KVM=y\n', "kernel_config.options.CONFIG_LSM"),
    "too many texts": ("".join(f'CONFIG_X{at}="x"\n' for at in range(600)), "kernel_config.options"),
    "too many options": ("".join(f"CONFIG_X{at}=y\n" for at in range(20001)), "kernel_config.options"),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_large_is_unknown(tmp_path: Path, name: str) -> None:
    text, path = LARGE[name]
    found = looked(tmp_path, {BOOT: text}, full=True)
    assert found["unknown"][path]["reason"] == "failed"
    assert found["unknown"][path]["detail"].startswith("too large")


def test_an_option_that_is_not_set_has_a_comment() -> None:
    config = parse_config(TEXT)
    assert (config.unset, config.whole) == (frozenset({"CONFIG_VFIO"}), False)
    assert parse_config(TEXT + END).whole


def test_the_list_is_wide() -> None:
    assert len(LISTED) > 700


BUILTIN = "kernel/drivers/net/tun.ko\nkernel/fs/ext4/ext4.ko\n"
DEP = "kernel/drivers/vhost/vhost-net.ko.zst: kernel/drivers/vhost/vhost.ko.zst\nextra/weather.ko:\n"
LISTS: dict[str, Entry] = {
    f"/lib/modules/{RELEASE}/modules.builtin": BUILTIN,
    f"/lib/modules/{RELEASE}/modules.dep": DEP,
}


def modules(tmp_path: Path, tree: dict[str, Entry], *, kind: Kind = Kind.LIVE, full: bool = False) -> dict[str, Any]:
    """The section about modules."""
    host = host_of(plant(tmp_path, {**MOUNTED, **tree}), kind)._replace(full=full)
    return section(host, "kernel_modules")


def test_modules_are_built_in_or_can_be_loaded(tmp_path: Path) -> None:
    found = modules(tmp_path, LISTS)
    assert found["facts"]["available"] == {"ext4": "builtin", "tun": "builtin", "vhost_net": "loadable"}
    assert list(found["unknown"]) == ["kernel_modules.available['*']"]
    assert found["sources"] == {path: ["available"] for path in LISTS}
    assert modules(tmp_path, {}, full=True)["facts"]["available"]["weather"] == "loadable"


def test_a_kernel_may_have_nothing_to_load(tmp_path: Path) -> None:
    found = modules(tmp_path, {**LISTS, f"/lib/modules/{RELEASE}/modules.dep": ""})
    assert found["facts"]["available"] == {"ext4": "builtin", "tun": "builtin"}


MISSING: dict[str, tuple[dict[str, Entry | None], Kind, str]] = {
    "no list": ({}, Kind.LIVE, "not_collected"),
    "only what is built in": ({**LISTS, f"/lib/modules/{RELEASE}/modules.dep": None}, Kind.LIVE, "not_collected"),
    "a list of what is built in that is empty": (
        {**LISTS, f"/lib/modules/{RELEASE}/modules.builtin": ""},
        Kind.LIVE,
        "unreadable",
    ),
    "a list of something else": ({**LISTS, f"/lib/modules/{RELEASE}/modules.dep": "<html>\n"}, Kind.LIVE, "unreadable"),
    "a dump without lists": ({}, Kind.DUMP, "not_collected"),
}


@pytest.mark.parametrize("name", MISSING)
def test_modules_are_unknown_unless_both_lists_are_there(tmp_path: Path, name: str) -> None:
    tree, kind, reason = MISSING[name]
    found = modules(tmp_path, {path: entry for path, entry in tree.items() if entry is not None}, kind=kind)
    assert found["unknown"]["kernel_modules.available"]["reason"] == reason


def test_of_a_dump_the_modules_that_it_names_are_known_and_no_other_is_absent(tmp_path: Path) -> None:
    found = modules(tmp_path, {f"/lib/modules/{RELEASE}/modules.dep": DEP}, kind=Kind.DUMP)
    assert found["facts"]["available"] == {"vhost_net": "loadable"}
    assert {path: why["reason"] for path, why in found["unknown"].items()} == {
        "kernel_modules.available['**']": "not_collected"
    }


@pytest.mark.parametrize("text", ["<html>", "kernel/x.so", ".ko", "kernel/"])
def test_a_line_that_names_no_module_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="not a module"):
        parse_modules_list(text)


def test_parameters_that_follow_the_memory_are_apart(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {
        "/proc/sys/fs/file-max": "100\n",
        "/proc/sys/kernel/x": "",
        "/proc/sys/vm/min_free_kbytes": "67584\n",
    }
    host = host_of(plant(tmp_path, {**MOUNTED, **tree}))
    values = section(host, "sysctl_sized")["facts"]["values"]
    assert (values["fs.file-max"], values["vm.min_free_kbytes"]) == ("100", "67584")
    assert values["kernel.threads-max"] is None
    assert "fs.file-max" not in section(host, "kernel")["facts"]["sysctl"]
