"""/dev as the listing of a support archive has it: what is there, what is not, and what a cut listing cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from host_tree import Entry, host_of, plant, section

from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

FILE = "/sos_commands/block/ls_-lanR_.dev"
TOP = "total 0\ndrwxr-xr-x. 20 0 0 3300 Jan  1 00:00 .\ndr-xr-xr-x. 18 0 0  235 Jan  1 00:00 ..\n"
KVM = "crw-rw-rw-. 1 0 36 10, 232 Jan  1 00:00 kvm\n"
NET = "drwxr-xr-x. 2 0 0 60 Jan  1 00:00 net\n"
TUN = "crw-rw-rw-. 1 0 0 10, 200 Jan  1 00:00 tun\n"
WHOLE = f"/dev:\n{TOP}{KVM}{NET}\n/dev/net:\n{TOP}{TUN}\n/dev/shm:\n{TOP}"
ABSENT = {"exists": False, "type": None, "major": None, "minor": None, "mode": None, "uid": None, "gid": None}

CASES: dict[str, tuple[str, str, Any]] = {
    "a device": (
        WHOLE,
        "/dev/kvm",
        {"exists": True, "type": "character", "major": 10, "minor": 232, "mode": "0666", "uid": 0, "gid": 36},
    ),
    "a device in a folder": (
        WHOLE,
        "/dev/net/tun",
        {"exists": True, "type": "character", "major": 10, "minor": 200, "mode": "0666", "uid": 0, "gid": 0},
    ),
    "none of that name": (WHOLE, "/dev/vhost-net", {**ABSENT, "accessible": None}),
    "no folder of that name": (WHOLE, "/dev/vfio/vfio", {**ABSENT, "accessible": None}),
    "the last folder, which may be cut": (WHOLE.partition(TUN)[0], "/dev/net/tun", "not_collected"),
    "a folder that is cut": (f"/dev:\n{TOP}{KVM}", "/dev/vhost-net", "not_collected"),
    "a listing whose beginning is lost": (f"{KVM}{NET}\n/dev/net:\n{TOP}{TUN}\n/dev/x:\n", "/dev/kvm", "not_collected"),
    "a folder that was not listed": (f"/dev:\n{TOP}{KVM}{NET}\n/dev/shm:\n{TOP}", "/dev/net/tun", "not_collected"),
    "another format": ("ls: cannot access '/dev'\n", "/dev/kvm", "not_collected"),
    "a row that is cut": (f"/dev:\n{TOP}crw-rw-rw-. 1 0\n\n/dev/net:\n", "/dev/kvm", "not_collected"),
    "a link": (f"/dev:\n{TOP}lrwxrwxrwx. 1 0 0 5 Jan  1 00:00 kvm -> kvm0\n\n/dev/net:\n", "/dev/kvm", "not_collected"),
    "no character device": (
        f"/dev:\n{TOP}-rw-r--r--. 1 0 0 12 Jan  1 00:00 kvm\n",
        "/dev/kvm",
        {
            "exists": True,
            "type": "regular",
            "major": None,
            "minor": None,
            "mode": "0644",
            "uid": 0,
            "gid": 0,
            "accessible": False,
        },
    ),
    "another number": (
        f"/dev:\n{TOP}crw-rw-rw- 1 0 36 10, 231 2024-01-01 00:00 kvm\n",
        "/dev/kvm",
        {
            "exists": True,
            "type": "character",
            "major": 10,
            "minor": 231,
            "mode": "0666",
            "uid": 0,
            "gid": 36,
            "accessible": False,
        },
    ),
    "contexts and names of users": (
        f"/dev:\n{TOP}crw-rw----+ 1 root kvm system_u:object_r:kvm_device_t:s0 10, 232 Jan  1 00:00 kvm\n",
        "/dev/kvm",
        {"exists": True, "type": "character", "major": 10, "minor": 232, "mode": "0660", "uid": 0},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_listing_has(tmp_path: Path, name: str) -> None:
    text, path, expected = CASES[name]
    found = section(host_of(plant(tmp_path, {FILE: text}), Kind.DUMP, uname=None), "devices")
    if isinstance(expected, str):
        unknown = found["unknown"].get(f"devices['{path}']", found["unknown"].get("devices"))
        assert unknown["reason"] == expected
    else:
        assert found["facts"][path] == expected
        assert path in found["sources"][FILE]


PLACES = ["/sos_commands/block/ls_-laR_.dev", "/sos_commands/devices/ls_-lR_.dev", "/insights_commands/ls_-lanR_.dev"]


@pytest.mark.parametrize("place", PLACES)
def test_other_versions_name_it_otherwise(tmp_path: Path, place: str) -> None:
    found = section(host_of(plant(tmp_path, {place: WHOLE}), Kind.DUMP, uname=None), "devices")
    assert found["facts"]["/dev/kvm"]["exists"] is True


@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.ROOT])
def test_a_host_is_not_asked_for_a_listing(tmp_path: Path, kind: Kind) -> None:
    tree: dict[str, Entry] = {FILE: WHOLE, "/dev/null": ""}
    found = section(host_of(plant(tmp_path, tree), kind), "devices")
    assert found["facts"]["/dev/kvm"]["exists"] is False


def test_a_plain_file_in_a_dump_is_no_device(tmp_path: Path) -> None:
    found = section(host_of(plant(tmp_path, {"/dev/kvm": ""}), Kind.DUMP, uname=None), "devices")
    assert "plain file" in found["unknown"]["devices['/dev/kvm']"]["detail"]
