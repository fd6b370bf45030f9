"""Where a fact came from: of a member of a map its own file, of many files the first and how many more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from snapshots import snapshot

from passmuster.model.fieldpath import FieldPath

SOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    "the file of a member": {
        "/proc/sys/net/ipv4/ip_forward": ("sysctl",),
        "/proc/sys/net/ipv4/ip_unprivileged_port_start": ("sysctl",),
    },
    "one list for all members": {"/sos_commands/kernel/sysctl_-a": ("sysctl",)},
    "more files than anybody reads": {f"/place/{letter}": ("sysctl",) for letter in "abcdefg"},
    "nothing": {},
}
EXPECTED = {
    "the file of a member": "/proc/sys/net/ipv4/ip_forward",
    "one list for all members": "/sos_commands/kernel/sysctl_-a",
    "more files than anybody reads": "/place/a, /place/b, /place/c, /place/d and 3 more",
    "nothing": None,
}


@pytest.mark.parametrize("name", SOURCES)
def test_source(name: str) -> None:
    given = snapshot()
    kernel = replace(given.sections["kernel"], sources=SOURCES[name])
    found = replace(given, sections={**given.sections, "kernel": kernel})
    assert found.source(FieldPath.parse("kernel.sysctl['net.ipv4.ip_forward']")) == EXPECTED[name]
