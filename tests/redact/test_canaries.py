"""What was planted in a snapshot is not in its redaction, in nothing that is said of it, and in no bundle of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bundles import members, order
from redactions import KEY, PACKS, Planted, asked, planted, read

from passmuster.cli import main
from passmuster.codec import json
from passmuster.exchange import redaction
from passmuster.exchange.bundle.create import Packed, create
from passmuster.exchange.redaction import REMOVABLE

VIRTNEST = {
    "cgroup.v1 (key)",
    "cgroup.v1.blkio",
    "cgroup.v1.cpu",
    "cgroup.v1.cpuacct",
    "cgroup.v1.cpuset",
    "cgroup.v1.devices",
    "cgroup.v1.memory",
    "cgroup.v2.controllers",
    "cpu.flags",
    "cpu.flags_any",
    "cpu.flags_partial (key)",
    "iommu.acpi_tables",
    "iommu.units",
    "kernel.config.CONFIG_CGROUP_BPF",
    "kernel.modules",
    "kernel.release",
    "runtime.docker.version",
    "virtualization.kvm.parameters['kvm_amd.sev']",
    "virtualization.kvm.parameters['kvm_intel.tdx']",
    "virtualization.secure_guest.prot_virt",
}
KUBEVIRT = {
    "cgroup.misc_capacity (key)",
    "cgroup.misc_capacity.tdx",
    "cgroup.v1 (key)",
    *(f"cgroup.v1.{name}" for name in ("blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids")),
    "cgroup.v1.new",
    "cgroup.v2.controllers",
    "cpu.flags",
    "cpu.flags_any",
    "cpu.flags_partial (key)",
    "kernel.clocksource",
    "kernel.config.CONFIG_CGROUP_BPF",
    "kernel.config.CONFIG_VFIO_PCI",
    "kernel.misc_devices (key)",
    "kernel.modules",
    "kernel.release",
    "kernel.sysctl['fs.inotify.max_user_instances']",
    "kernel.sysctl['fs.inotify.max_user_watches']",
    "kernel.sysctl['kernel.sched_rt_runtime_us']",
    "kernel.sysctl['net.ipv4.ip_forward']",
    "kernel.sysctl['net.ipv4.ip_unprivileged_port_start']",
    "kernel.sysctl['net.ipv6.conf.all.disable_ipv6']",
    "kernel.sysctl['vm.unprivileged_userfaultfd']",
    "memory.hugepages (key)",
    "runtime.kubelet.cpu_manager_policy",
    "virtualization.kvm.parameters['kvm_amd.sev']",
    "virtualization.kvm.parameters['kvm_intel.tdx']",
    "virtualization.secure_guest.prot_virt_host",
}
REMAIN = {
    ("virtnest", "1.0.0"): VIRTNEST,
    ("virtnest", "1.1.0"): VIRTNEST | {"kernel.sysctl['net.ipv4.ip_unprivileged_port_start']"},
    ("kubevirt", "1.0.0"): KUBEVIRT,
    ("kubevirt", "1.1.0"): KUBEVIRT | {"cpu.vendor", "cpu.vmx_flags"},
}
"""Public values that the pack reads, and the names of keys beside them in closed maps: these remain, and no others."""
IDENTITY = {"node.name", "node.machine_id", "node.labels (key)", "node.labels", "node.labels.rack"}
EVERY_CLASS = [word for each in REMOVABLE for word in ("--class", each.value)]


def test_the_canaries_stand_everywhere() -> None:
    made = planted()
    assert len(made.canaries) > 200
    data = json.canonical(made.document)
    assert made.found(data) == set(made.canaries.values())
    assert read(made.document).name in made.canaries


@pytest.mark.parametrize(("pack", "version"), PACKS)
def test_only_public_values_that_are_read_remain(pack: str, version: str) -> None:
    made = planted()
    plan = redaction.plan([asked(pack, version).policy], REMOVABLE, KEY)
    assert made.found(redaction.redact(read(made.document), plan).data) == REMAIN[pack, version]


@pytest.mark.parametrize(("pack", "version"), PACKS)
def test_without_classes_what_is_read_and_the_identity_remain(pack: str, version: str) -> None:
    made = planted()
    plan = redaction.plan([asked(pack, version).policy])
    left = made.found(redaction.redact(read(made.document), plan).data)
    beyond = left - REMAIN[pack, version] - IDENTITY
    assert {each.partition(" ")[0] for each in beyond} <= {
        "runtime.kubelet.root_dir",
        "security.container_selinux",
        "kubernetes.labels",
        "kubernetes.labels['node-role.kubernetes.io/worker']",
        "kubernetes.labels.new",
    }
    assert (pack == "virtnest") <= (not beyond)


def virtnest(made: Planted) -> bytes:
    return redaction.redact(
        read(made.document), redaction.plan([asked("virtnest", "1.1.0").policy], REMOVABLE, KEY)
    ).data


def test_a_bundle_of_it_has_no_more() -> None:
    made = planted()
    data = virtnest(made)
    packed = create(order(snapshots=[Packed(label="redacted.json", data=data)]), "site.pmb")
    assert made.found(packed, *members(packed)) == REMAIN["virtnest", "1.1.0"]
    assert made.found(members(packed)["manifest.json"]) == set()


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_bytes(KEY.secret)
    (tmp_path / "key").chmod(0o600)
    return tmp_path


def test_the_command_says_nothing_of_them(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made = planted()
    Path("given.json").write_bytes(json.canonical(made.document))
    arguments = ["snapshot", "redact", "given.json", "--for", "virtnest@1.1.0", *EVERY_CLASS, "--key", "key"]
    assert main([*arguments, "--map", "map", "-o", "out/"]) == 0
    (written,) = (site / "out").iterdir()
    said = capfd.readouterr()
    assert made.found(said.out, said.err, written.name) == set()
    assert made.found(written.read_bytes()) == REMAIN["virtnest", "1.1.0"]
    assert made.found(Path("map").read_bytes()) == IDENTITY
    assert Path("map").stat().st_mode & 0o777 == 0o600


@pytest.mark.long
def test_a_refusal_says_nothing_of_them(capfd: pytest.CaptureFixture[str]) -> None:
    made = planted()
    Path("given.json").write_bytes(json.canonical(made.document))
    assert main(["snapshot", "redact", "given.json", "--for", "kubevirt@1.1.0", *EVERY_CLASS, "--key", "key"]) == 1
    said = capfd.readouterr()
    assert "nothing was written" in said.err
    assert made.found(said.out, said.err) == set()


def test_what_is_no_snapshot_is_named_by_its_path_alone(capfd: pytest.CaptureFixture[str]) -> None:
    made = planted()
    made.document["sections"]["cpu"]["facts"]["architecture"] = made.text("cpu.architecture")
    Path("given.json").write_bytes(json.canonical(made.document))
    assert main(["snapshot", "redact", "given.json", "--for", "virtnest", "-o", "out"]) == 3
    said = capfd.readouterr()
    assert (
        said.err
        == "given.json: left out, because it is not a valid snapshot (`passmuster snapshot validate` says why)\n"
    )
    assert said.out == ""
    assert not os.path.lexists("out")


def test_a_map_that_is_none_is_not_quoted(capfd: pytest.CaptureFixture[str]) -> None:
    made = planted()
    Path("given.json").write_bytes(json.canonical(made.document))
    Path("map").write_bytes(json.canonical(made.document))
    arguments = ["--for", "virtnest", "--class", "host-identifying", "--key", "key", "--map", "map"]
    assert main(["snapshot", "redact", "given.json", *arguments]) == 2
    said = capfd.readouterr()
    assert said.err == "map: is not a map of pseudonyms (expected passmuster.redaction/1)\n"
