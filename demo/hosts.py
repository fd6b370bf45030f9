"""Forty made nodes as folders that the collector reads with `--root`: plain tables of the files that a node has.

Most nodes are healthy. The others have one fault each, as fleets have them: old processors, a module that is not loaded,
a kernel that nobody upgraded, an IOMMU that is off in the firmware, a collector that was not root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOTAL = 40
"""Nodes of the cluster; nobody collected the last one."""
V2 = "fpu vme pse tsc msr pae cx8 sep mtrr cmov mmx fxsr sse sse2 ht syscall nx lm pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm"
OLD = "fpu vme pse tsc msr pae cx8 sep mtrr cmov mmx fxsr sse sse2 ht syscall nx lm cx16"
DEVICES = {
    "/dev/kvm": "c\t10\t232\t0660\t0\t104",
    "/dev/net/tun": "c\t10\t200\t0666\t0\t0",
    "/dev/vhost-net": "c\t10\t238\t0600\t0\t0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One node: what differs from a healthy one."""

    number: int
    flags: str = V2
    kernel: str = "6.1.0-28-amd64"
    vhost_net: bool = True
    iommu: bool = True
    uid: int = 0
    """Of the collector: 0 is root."""

    @property
    def name(self) -> str:
        """`worker-003`."""
        return f"worker-{self.number:03d}"

    def devices(self) -> str:
        """The device files, as `collect --recorded devices=FILE` reads them."""
        rows = [f"{path}\t{row}\n" for path, row in DEVICES.items() if self.vhost_net or path != "/dev/vhost-net"]
        return "path\ttype\tmajor\tminor\tmode\tuid\tgid\n" + "".join(rows)

    def plant(self, folder: Path) -> None:
        """Write the node's files below a folder."""
        for path, text in self._files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        for path in ("sys/kernel/iommu_groups", "sys/class/iommu", *self._groups()):
            (folder / path).mkdir(parents=True, exist_ok=True)

    def _groups(self) -> list[str]:
        return [f"sys/kernel/iommu_groups/{group}" for group in range(12)] if self.iommu else []

    def _files(self) -> dict[str, str]:
        cpus = "".join(
            f"processor\t: {cpu}\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) CPU\nflags\t\t: {self.flags} vmx\n"
            "vmx flags\t: vnmi preemption_timer ept vpid unrestricted_guest\n\n"
            for cpu in range(4)
        )
        misc = "232 kvm\n200 tun\n" + ("238 vhost-net\n" if self.vhost_net else "")
        files = {
            "dev/null": "",
            "etc/hostname": f"{self.name}\n",
            "etc/machine-id": f"{self.number:032x}\n",
            "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
            "etc/systemd/system/kubelet.service": "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n",
            "proc/1/mounts": (
                "/dev/vda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\nsysfs /sys sysfs rw 0 0\n"
                "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"
            ),
            "proc/1/mountinfo": (
                "23 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
                "24 23 0:22 / /proc rw shared:12 - proc proc rw\n25 23 0:23 / /sys rw shared:7 - sysfs sysfs rw\n"
            ),
            "proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro quiet intel_iommu=on\n",
            "proc/cpuinfo": cpus,
            "proc/meminfo": "MemTotal:       65812340 kB\nSwapTotal:             0 kB\n",
            "proc/misc": misc,
            "proc/modules": "kvm_intel 380928 0 - Live 0x0\nkvm 1142784 1 kvm_intel, Live 0x0\n",
            "proc/sys/kernel/osrelease": f"{self.kernel}\n",
            "proc/sys/net/ipv4/ip_forward": "1\n",
            "proc/version": f"Linux version {self.kernel} (build@example) (gcc) #1 SMP\n",
            "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
            "sys/fs/cgroup/cgroup.subtree_control": "cpuset cpu io memory pids\n",
            "sys/module/kvm_intel/parameters/nested": "Y\n",
            "var/lib/kubelet/config.yaml": "containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n",
        }
        if not self.kernel.startswith("4.4"):
            files["proc/sys/net/ipv4/ip_unprivileged_port_start"] = "1024\n"
        if self.iommu:
            files["sys/firmware/acpi/tables/DMAR"] = "DMAR"
            files["sys/class/iommu/dmar0/intel-iommu/cap"] = "d2078c106f0466\n"
        return files


def fleet() -> Iterator[Made]:
    """The nodes of which there are snapshots, by number."""
    for number in range(1, TOTAL):
        match number:
            case 11 | 12 | 13 | 14 | 15 | 16:
                yield Made(number=number, flags=OLD)
            case 20:
                yield Made(number=number, uid=1000)
            case 23 | 24:
                yield Made(number=number, vhost_net=False)
            case 31:
                yield Made(number=number, kernel="4.4.0-210-generic")
            case 32:
                yield Made(number=number, kernel="4.11.0-14-generic")
            case 35 | 36 | 37:
                yield Made(number=number, iommu=False)
            case _:
                yield Made(number=number)
