"""Dumps of made nodes, as support archives hold them: healthy ones, and each with one thing that is wrong."""

from __future__ import annotations

FLAGS = "fpu cx8 lm cx16 lahf_lm pni popcnt sse4_1 sse4_2 ssse3 avx vmx"
RELEASE = "5.14.0-427.13.1.el9_4.x86_64"


def cpuinfo(*flags: str) -> str:
    """/proc/cpuinfo of one package with a processor for each set of flags."""
    return "".join(
        f"processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel name\t: A processor\nphysical id\t: 0\n"
        f"siblings\t: {len(flags)}\ncore id\t\t: {number}\nflags\t\t: {words}\nbugs\t\t: spectre_v1\n"
        "bogomips\t: 4000.00\npower management:\n\n"
        for number, words in enumerate(flags)
    )


API = (
    "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\nsysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0\n"
    "devtmpfs /dev devtmpfs rw,nosuid,size=4096k,mode=755 0 0\nsecurityfs /sys/kernel/security securityfs rw 0 0\n"
    "tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0\ndevpts /dev/pts devpts rw,nosuid,noexec 0 0\ntmpfs /run tmpfs rw 0 0\n"
)
ROOT = "/dev/mapper/rhel-root / xfs rw,seclabel,relatime,attr2,inode64 0 0\n"
LATER = "/dev/sda1 /boot xfs rw,relatime 0 0\ntmpfs /run/user/0 tmpfs rw,nosuid 0 0\n"
MOUNTS = API + "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n" + ROOT + LATER
CONTROLLERS_V1 = ("cpuset", "cpu,cpuacct", "blkio", "memory", "devices", "freezer", "hugetlb", "pids")
HYBRID = (
    API
    + "tmpfs /sys/fs/cgroup tmpfs ro,nosuid,mode=755 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw,nsdelegate 0 0\n"
    + "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\npstore /sys/fs/pstore pstore rw 0 0\n"
    + "".join(f"cgroup /sys/fs/cgroup/{names} cgroup rw,nosuid,{names} 0 0\n" for names in CONTROLLERS_V1)
    + ROOT
    + LATER
)
PODS = "tmpfs /var/lib/kubelet/pods/8f/volumes/token tmpfs rw,size=64k 0 0\n"


def mountinfo(mounts: str, *private: str) -> str:
    """The same mounts as /proc/1/mountinfo tells them, all shared but those named."""
    rows = [line.split() for line in mounts.splitlines()]
    return "".join(
        f"{number} 1 0:{number} / {point} rw{'' if point in private else f' shared:{number}'} - {kind} {device} {options}\n"
        for number, (device, point, kind, options, _, _) in enumerate(rows, 20)
    )


LISTING = """\
/dev:
total 0
drwxr-xr-x. 20 0  0    3300 Jan  2 10:00 .
dr-xr-xr-x. 18 0  0     235 Jan  2 10:00 ..
crw-rw-rw-.  1 0 36 10, 232 Jan  2 10:00 kvm
drwxr-xr-x.  2 0  0      60 Jan  2 10:00 net
crw-------.  1 0  0 10, 238 Jan  2 10:00 vhost-net

/dev/net:
total 0
drwxr-xr-x.  2 0  0      60 Jan  2 10:00 .
drwxr-xr-x. 20 0  0    3300 Jan  2 10:00 ..
crw-rw-rw-.  1 0  0 10, 200 Jan  2 10:00 tun

/dev/shm:
total 0
drwxrwxrwt.  2 0  0      40 Jan  2 10:00 .
drwxr-xr-x. 20 0  0    3300 Jan  2 10:00 ..
"""
SYSCTLS = (
    "kernel.sched_rt_runtime_us = 950000\nnet.ipv4.conf.all.rp_filter = 0\nnet.ipv4.ip_forward = 1\n"
    "net.ipv4.ip_unprivileged_port_start = 1024\nnet.ipv6.conf.all.forwarding = 0\nvm.max_map_count = 65530\n"
)
PS = (
    "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
    "root           1  0.0  0.1 170000 11000 ?        Ss   Jan01   0:09 /sbin/init\n"
    "root         900  1.0  0.2      1     1 ?        Ssl  Jan01  10:00 /usr/bin/kubelet {}\n"
    "root        1200  1.0  0.2      1     1 ?        Ssl  Jan01  10:00 /usr/sbin/sshd -D\n"
)
CRIO = "--container-runtime-endpoint=unix:///var/run/crio/crio.sock --node-ip=10.0.0.1"
DOCKER = "--cloud-provider aws --container-runtime docker --network-plugin cni"
RPMS = (
    "audit-3.0.7-104.el9.x86_64          Tue Jan  2 10:00:00 2024\n{}"
    "kubelet-1.29.1-1.x86_64             Tue Jan  2 10:00:00 2024\nzlib-1.2.11-40.el9.x86_64           Tue Jan  2 2024\n"
)
SELINUX = "container-selinux-2.229.0-1.el9.noarch Tue Jan  2 10:00:00 2024\n"
SESTATUS = "SELinux status:                 enabled\nSELinuxfs mount:  /sys/fs/selinux\nCurrent mode:     enforcing\n"
MISC = "238 vhost-net\n200 tun\n232 kvm\n235 autofs\n 63 vga_arbiter\n"
MODULES = "vhost_net 32768 0 - Live 0x0\nkvm_intel 409600 0 - Live 0x0\nkvm 1134592 1 kvm_intel, Live 0x0\n"
NODE = """\
apiVersion: v1
kind: Node
metadata:
  labels:
    kubernetes.io/arch: amd64
  name: w1
status:
  nodeInfo:
    containerRuntimeVersion: {}
    kernelVersion: 5.14.0-427.13.1.el9_4.x86_64
    kubeletVersion: v1.23.1
"""

HEALTHY: dict[str, str] = {
    "date": "Tue Jan  2 10:11:12 UTC 2024\n",
    "hostname": "w1\n",
    "installed-rpms": RPMS.format(SELINUX),
    "ps": PS.format(CRIO),
    "uname": f"Linux w1 {RELEASE} #1 SMP PREEMPT_DYNAMIC Tue Jan 2 x86_64 x86_64 x86_64 GNU/Linux\n",
    "etc/os-release": 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="9.4"\n',
    "proc/1/mountinfo": mountinfo(MOUNTS + PODS),
    "proc/cgroups": "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t0\t1\t1\n",
    "proc/cmdline": f"BOOT_IMAGE=/vmlinuz-{RELEASE} root=/dev/mapper/rhel-root ro intel_iommu=on\n",
    "proc/cpuinfo": cpuinfo(*[FLAGS] * 4),
    "proc/meminfo": "MemTotal:       131072000 kB\nMemFree:        1 kB\nSwapTotal:             0 kB\n",
    "proc/misc": MISC,
    "proc/modules": MODULES,
    "proc/mounts": MOUNTS,
    "proc/version": f"Linux version {RELEASE} (b@d) (gcc) #1 SMP PREEMPT_DYNAMIC\n",
    "sos_commands/block/ls_-lanR_.dev": LISTING,
    "sos_commands/kernel/sysctl_-a": SYSCTLS,
    "sos_commands/selinux/sestatus": SESTATUS,
    "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
    "sys/fs/cgroup/cgroup.subtree_control": "cpuset cpu io memory pids\n",
    "sys/module/kvm_intel/parameters/nested": "Y\n",
}
OLD = "5.4.17-2136.el7.x86_64"

CHANGES: dict[str, dict[str, str | None]] = {
    "healthy": {},
    "parameters as files": {
        "sos_commands/kernel/sysctl_-a": None,
        "proc/sys/kernel/osrelease": RELEASE + "\n",
        "proc/sys/net/ipv4/ip_unprivileged_port_start": "1024\n",
    },
    "no parameter for ports": {"sos_commands/kernel/sysctl_-a": SYSCTLS.replace("_unprivileged_port_start", "_x")},
    "an old kernel": {
        "uname": "Linux w1 3.10.0-1160.el7.x86_64 #1 SMP Tue Jan 2 x86_64 x86_64 x86_64 GNU/Linux\n",
        "proc/version": "Linux version 3.10.0-1160.el7.x86_64 (b@d) (gcc) #1 SMP\n",
        "sos_commands/kernel/sysctl_-a": SYSCTLS.replace("net.ipv4.ip_unprivileged_port_start = 1024\n", ""),
    },
    "the last processor lacks a word": {
        "proc/cpuinfo": cpuinfo(FLAGS, FLAGS, FLAGS, FLAGS.replace(" ssse3", "")),
    },
    "no virtualization": {
        "proc/cpuinfo": cpuinfo(*[FLAGS.replace(" vmx", "")] * 2),
        "proc/misc": MISC.replace("232 kvm\n", ""),
        "sos_commands/block/ls_-lanR_.dev": LISTING.replace("crw-rw-rw-.  1 0 36 10, 232 Jan  2 10:00 kvm\n", ""),
    },
    "control groups of both versions": {
        "proc/mounts": HYBRID,
        "proc/1/mountinfo": mountinfo(HYBRID + PODS),
        "proc/cgroups": "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
        + "".join(f"{name}\t4\t9\t1\n" for names in CONTROLLERS_V1 for name in names.split(",")),
        "sys/fs/cgroup/unified/cgroup.controllers": "",
        "sys/fs/cgroup/cgroup.controllers": None,
        "sys/fs/cgroup/cgroup.subtree_control": None,
    },
    "a private mount for the kubelet": {
        "proc/1/mountinfo": mountinfo(MOUNTS + "/dev/sdb /var/lib/kubelet ext4 rw 0 0\n" + PODS, "/var/lib/kubelet")
    },
    "a controller is off": {"sys/fs/cgroup/cgroup.controllers": "cpu io pids\n"},
    "no container-selinux": {"installed-rpms": RPMS.format("")},
    "an old container-selinux": {"installed-rpms": RPMS.format(SELINUX.replace("2.229", "2.119"))},
    "SELinux is off": {"sos_commands/selinux/sestatus": "SELinux status:                 disabled\n"},
    "Docker": {"ps": PS.format(DOCKER), "installed-rpms": RPMS.format(SELINUX + "docker-ce-24.0.7-1.el7.x86_64 x\n")},
    "an old Docker": {
        "ps": PS.format(DOCKER),
        "installed-rpms": RPMS.format(SELINUX + "docker-ce-19.03.15-3.el7.x86_64 x\n"),
        "uname": f"Linux w1 {OLD} #2 SMP Tue Jan 2 x86_64 x86_64 x86_64 GNU/Linux\n",
        "proc/version": f"Linux version {OLD} (b@d) (gcc) #2 SMP\n",
    },
    "the cluster's word: Docker": {"node.yaml": NODE.format("docker://24.0.7"), "ps": None},
    "the cluster's word: an old Docker": {"node.yaml": NODE.format("docker://19.3.15"), "ps": None},
    "the kubelet's files: Docker": {
        "ps": None,
        "etc/sysconfig/kubelet": "KUBELET_EXTRA_ARGS=--container-runtime=docker\n",
        "var/lib/kubelet/kubeadm-flags.env": 'KUBELET_KUBEADM_ARGS="--network-plugin=cni"\n',
        "etc/systemd/system/kubelet.service": "[Service]\n"
        "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/sysconfig/kubelet\n"
        "ExecStart=/usr/bin/kubelet $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n",
        "installed-rpms": RPMS.format(SELINUX + "docker-ce-19.03.15-3.el7.x86_64 x\n"),
    },
    "Debian": {
        "installed-rpms": None,
        "sos_commands/selinux/sestatus": "SELinux status:                 disabled\n",
        "var/lib/dpkg/status": "".join(
            f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n"
            for name, version in (("adduser", "3.1"), ("docker-ce", "5:24.0.7-1"), ("kubelet", "1.23.1"), ("zip", "3"))
        ),
        "ps": PS.format(DOCKER),
    },
}


def made() -> dict[str, dict[str, bytes]]:
    """Names of the dumps to their files, by path."""
    return {
        name: {path: text.encode() for path, text in {**HEALTHY, **changes}.items() if text is not None}
        for name, changes in CHANGES.items()
    }
