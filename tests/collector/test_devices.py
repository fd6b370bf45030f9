"""Device nodes: what they are, and whether uid 0 could use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FIFO, MOUNTED, Entry, Link, host_of, plant, section

from passmuster_collector.facts.devices import PROMISES, accessible, by_mode, minor_of
from passmuster_collector.reading import Absent, Known, Node, Reason, Unknown
from passmuster_collector.recorded import Recorded
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from passmuster_collector.reading import Result

KVM = Node("character", 0o660, 0, 104, 10, 232, 0)
MISC = Known({"kvm": 232, "sev": 122})
REFUSED = (Reason.DENIED, "permission denied to uid 1000 (mode 0660)")

RECORDED: dict[str, tuple[str, Node, int | None, int | None, object]] = {
    "uid 0 always may": ("/dev/kvm", KVM._replace(mode=0), 0, 0, True),
    "without a recorded uid it is uid 0": ("/dev/kvm", KVM._replace(mode=0), None, None, True),
    "the owner by the first bits": ("/dev/kvm", KVM._replace(uid=1000, mode=0o600), 1000, 1, True),
    "the owner's bits alone count for the owner": ("/dev/kvm", KVM._replace(uid=1000, mode=0o066), 1000, 104, "denied"),
    "the group by the second bits": ("/dev/kvm", KVM, 1000, 104, True),
    "others by the third bits": ("/dev/kvm", KVM._replace(mode=0o666), 1000, 1000, True),
    "reading alone is not enough": ("/dev/kvm", KVM._replace(mode=0o664), 1000, 1000, "denied"),
    "another is refused": ("/dev/kvm", KVM, 1000, 1000, "denied"),
    "another minor is another device": ("/dev/kvm", KVM._replace(minor=1), 0, 0, False),
    "another major is another device": ("/dev/kvm", KVM._replace(major=1), 0, 0, False),
    "a block device is none": ("/dev/kvm", KVM._replace(kind="block"), 0, 0, False),
    "a file is none, even to one who is refused": ("/dev/kvm", KVM._replace(kind="regular"), 1000, 1000, False),
    "the kernel chose the minor, and says it": ("/dev/sev", KVM._replace(minor=122), 0, 0, True),
    "the kernel says another minor": ("/dev/sev", KVM._replace(minor=121), 0, 0, False),
    "the kernel does not say the minor": ("/dev/iommu", KVM._replace(minor=99), 0, 0, True),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_nodes_are_judged_by_numbers_and_mode(tmp_path: Path, name: str) -> None:
    path, node, uid, gid, expected = RECORDED[name]
    host = host_of(tmp_path, Kind.ROOT, uname=None, recorded=Recorded(devices={path: node}), uid=uid)
    result = accessible(host._replace(gid=gid), path, node, minor_of(PROMISES[path], MISC), MISC)
    assert (result.value if isinstance(result, Known) else result.reason.value) == expected


def test_a_refusal_tells_whom() -> None:
    assert by_mode(KVM, 1000, 1000) == Unknown(*REFUSED)


def test_a_recorded_table_is_complete(tmp_path: Path) -> None:
    host = host_of(tmp_path, Kind.DUMP, uname=None, recorded=Recorded(devices={"/dev/kvm": KVM}), uid=None)
    found = section(host, "devices")
    assert found["facts"]["/dev/kvm"] == {
        "exists": True,
        "type": "character",
        "major": 10,
        "minor": 232,
        "mode": "0660",
        "uid": 0,
        "gid": 104,
        "accessible": True,
    }
    assert found["facts"]["/dev/sev"] == {
        "exists": False,
        "type": None,
        "major": None,
        "minor": None,
        "mode": None,
        "uid": None,
        "gid": None,
        "accessible": None,
    }
    assert found["sources"]["--recorded devices"] == sorted(PROMISES)
    assert found["status"] == "ok"


def test_a_dump_without_a_table_knows_no_devices(tmp_path: Path) -> None:
    found = section(host_of(tmp_path, Kind.DUMP, uname=None), "devices")
    assert found["facts"] == {}
    assert found["unknown"]["devices['/dev/kvm']"] == {
        "reason": "not_collected",
        "detail": "/dev/kvm is not in the dump",
    }
    assert len(found["unknown"]) == len(PROMISES)


PLANTED: dict[str, tuple[Entry, str, Any]] = {
    "a file is no device": ("", "regular", False),
    "a pipe is no device": (FIFO, "fifo", False),
    "a link to a file is that file": (Link("/etc/file"), "regular", False),
    "a link to nowhere is a link": (Link("/nowhere"), "symlink", False),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_stands_in_the_place_of_a_node(tmp_path: Path, name: str) -> None:
    entry, kind, access = PLANTED[name]
    host = host_of(plant(tmp_path, {**MOUNTED, "/dev/null": "", "/etc/file": "", "/dev/kvm": entry}))
    facts = section(host, "devices")["facts"]
    assert facts["/dev/kvm"]["type"] == kind
    assert facts["/dev/kvm"]["accessible"] is access
    assert facts["/dev/kvm"]["major"] is None
    assert facts["/dev/net/tun"]["exists"] is False


NOT_TRIED: dict[str, tuple[Result, str]] = {
    "a driver that is not registered": (Known({"tun": 200}), "not opened, for that could load a driver"),
    "a /proc/misc that could not be read": (Unknown(Reason.DENIED, "no"), "not opened: /proc/misc does not say"),
}


@pytest.mark.parametrize("name", NOT_TRIED)
def test_a_node_is_not_opened_for(tmp_path: Path, name: str) -> None:
    misc, words = NOT_TRIED[name]
    result = accessible(host_of(tmp_path), "/dev/kvm", KVM, 232, misc)
    assert isinstance(result, Unknown)
    assert result.reason is Reason.NOT_COLLECTED
    assert result.detail.startswith(words)


def test_a_node_of_another_machine_is_not_opened(tmp_path: Path) -> None:
    for host in (host_of(tmp_path, Kind.ROOT, uname=None), host_of(tmp_path, Kind.DUMP, uname=None)):
        result = accessible(host, "/dev/kvm", KVM, 232, MISC)
        assert result == Unknown(Reason.NOT_COLLECTED, "known only to the running kernel")


def test_a_registered_node_is_opened(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {"/dev/kvm": ""}))
    assert accessible(host, "/dev/kvm", KVM, 232, MISC) == Known(value=False)
    gone = accessible(host_of(plant(tmp_path / "b", {**MOUNTED, "/dev/null": ""})), "/dev/kvm", KVM, 232, MISC)
    assert gone == Unknown(Reason.FAILED, "/dev/kvm went away")


def test_what_is_not_there_is_not_accessible(tmp_path: Path) -> None:
    assert accessible(host_of(tmp_path), "/dev/kvm", Absent("/dev/kvm"), 232, MISC) == Known(None)
