"""Which facts an expression reads, and which of the policy's own names it uses."""

from __future__ import annotations

import pytest

from cel.world import program


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("cpu.count > 1 && cpu.count < 9", ["cpu.count"]),
        ("has(runtime.docker)", ["runtime.docker?"]),
        ("has(runtime.docker) && runtime.docker == runtime.docker", ["runtime.docker"]),
        ("'net.a' in kernel.sysctl", ["kernel.sysctl['net.a']?"]),
        ("'net.a' in kernel.sysctl && kernel.sysctl['net.a'] == '1'", ["kernel.sysctl['net.a']"]),
        ("'vmx' in cpu.flags", ["cpu.flags"]),
        ("devices['/dev/kvm'].exists", ["devices['/dev/kvm'].exists"]),
        ("devices[kernel.release].exists", ["devices", "kernel.release"]),
        (
            "constants.devices.all(d, devices[d].exists)",
            ["devices['/dev/kvm'].exists", "devices['/dev/net/tun'].exists"],
        ),
        (
            "['/dev/kvm'].exists(d, d in devices && devices[d].exists)",
            ["devices['/dev/kvm']?", "devices['/dev/kvm'].exists"],
        ),
        ("['/dev/kvm'].filter(d, true).all(d, devices[d].exists)", ["devices['/dev/kvm'].exists"]),
        ("devices[constants.devices[0]].exists", ["devices['/dev/kvm'].exists"]),
        ("runtime.installed.exists(r, has(r.version))", ["runtime.installed"]),
        (
            "runtime.installed.exists(r, has(r.version) && r.version == runtime.name)",
            ["runtime.installed", "runtime.name"],
        ),
        ("runtime.installed[0] == runtime.installed[1]", ["runtime.installed"]),
        ("cgroup.v1.all(k, cgroup.v1[k] != '')", ["cgroup.v1"]),
        ("cpu.flags.all(cpu, cpu == 'x')", ["cpu.flags"]),
        ("cpu.flags.all(cpu, .cpu.count == 1)", ["cpu.count", "cpu.flags"]),
        ("{'a': cpu.count}.a == 1", ["cpu.count"]),
        ("kernelVersion(kernel.release).major() > 5 ? cpu.count > 1 : true", ["cpu.count", "kernel.release"]),
        ("[1, 2].all(cpu, cpu == 1)", []),
        ("params.limit > 1 && variables.ready", []),
    ],
)
def test_reads(text: str, reads: list[str]) -> None:
    assert [f"{read.path}{'?' if read.presence_only else ''}" for read in program(text).reads] == reads


def test_the_policys_own_names_are_told_apart_from_facts() -> None:
    found = program("variables.ready && params.limit > constants.table.one && sets.contains(cpu.flags, constants.v2)")
    assert (found.variables, found.parameters, found.constants) == (("ready",), ("limit",), ("table", "v2"))
