"""The nodes of a site, as folders that the collector looks at: with all that must not leave the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tree import FOLDER, Entry, Link, plant

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = "fpu lm vmx ept cx16 lahf_lm pni popcnt sse2 sse4_1 sse4_2 ssse3"
DEVICES = """\
path\ttype\tmajor\tminor\tmode\tuid\tgid
/dev/kvm\tc\t10\t232\t0660\t0\t104
/dev/net/tun\tc\t10\t200\t0666\t0\t0
/dev/vhost-net\tc\t10\t238\t0600\t0\t0
"""
ADDRESS, MAC, SERIAL, SECRET = "10.77.5.{}", "02:42:ac:77:05:0{}", "SN-77-5-{}", "hunter2-{}"
"""What a site may not disclose; each with the number of the node."""


def name(number: int) -> str:
    """The name of a node."""
    return f"worker-{number}"


def machine_id(number: int) -> str:
    """The machine id of a node, as it stands in its /etc."""
    return f"{number}" * 32


def tree(number: int, *, flags: str = FLAGS) -> dict[str, Entry]:
    """A node that meets every prerequisite, unless its processors lack words."""
    address, mac, serial, secret = (each.format(number) for each in (ADDRESS, MAC, SERIAL, SECRET))
    cpus = "".join(
        f"processor\t: {cpu}\nvendor_id\t: GenuineIntel\nmodel name\t: CPU {serial}\nflags\t\t: {flags}\n\n"
        for cpu in (0, 1)
    )
    kubelet = f"cgroupDriver: systemd\nproviderID: metal://{serial}\ncontainerRuntimeEndpoint: unix:///run/{address}/containerd.sock\n"
    return {
        "/dev/null": "",
        "/etc/hostname": name(number) + "\n",
        "/etc/hosts": f"{address} {name(number)}\n",
        "/etc/kubernetes/kubelet.yaml": kubelet,
        "/etc/machine-id": machine_id(number) + "\n",
        "/etc/os-release": f'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian of {name(number)}"\n',
        "/proc/1/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
        "/proc/cmdline": f"BOOT_IMAGE=/vmlinuz ip={address} ifname=eth0:{mac} intel_iommu=on console=ttyS0 pw={secret}\n",
        "/proc/cpuinfo": cpus,
        "/proc/meminfo": f"MemTotal: {16_000_000 + number} kB\nSwapTotal: 0 kB\n",
        "/proc/misc": "232 kvm\n200 tun\n238 vhost-net\n",
        "/proc/modules": "kvm_intel 1 0 - Live\nkvm 1 0 - Live\nvhost_net 1 0 - Live\n",
        "/proc/sys/kernel/osrelease": "6.1.0-13-amd64\n",
        "/proc/sys/net/ipv4/ip_unprivileged_port_start": "1024\n",
        "/proc/version": "Linux version 6.1.0-13-amd64 (b@d) (gcc) #1 SMP Debian\n",
        "/sys/class/iommu/dmar0": Link("../../devices/dmar0"),
        "/sys/class/dmi/id/product_serial": serial + "\n",
        "/sys/class/net/eth0/address": mac + "\n",
        "/sys/firmware/acpi/tables/DMAR": b"DMAR",
        "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
        "/sys/fs/cgroup/cgroup.subtree_control": "cpuset cpu io memory pids\n",
        "/sys/kernel": FOLDER,
        "/sys/kernel/iommu_groups/0": FOLDER,
        "/sys/module/kvm_intel/parameters/nested": "Y\n",
        "/usr/bin/containerd": "",
        "/etc/systemd/system/kubelet.service": "[Service]\nExecStart=/usr/bin/kubelet --config=/etc/kubernetes/kubelet.yaml\n",
    }


def canaries(number: int) -> tuple[str, ...]:
    """What must not be found anywhere once a node's snapshot is redacted with pseudonyms."""
    told = (name(number), machine_id(number), *(each.format(number) for each in (ADDRESS, MAC, SERIAL, SECRET)))
    return (*told, f"Debian of {name(number)}")


def site(folder: Path) -> None:
    """`nodes/worker-1` to 3 and the table of their devices; the third one has an old processor."""
    for number in (1, 2, 3):
        flags = FLAGS if number < 3 else "fpu lm vmx ept cx16 sse2"
        plant(folder / "nodes" / name(number), tree(number, flags=flags))
    (folder / "devices.tsv").write_text(DEVICES)
