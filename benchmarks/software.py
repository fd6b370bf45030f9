"""What invented nodes run: images with their kernels, container runtimes, and sysctl profiles."""

from __future__ import annotations

from dataclasses import dataclass

_BASE = """af_packet_diag autofs4 br_netfilter bridge configfs dm_mod ext4 fuse inet_diag ip6_tables ip_set ip_tables
ip_vs ip_vs_rr iptable_filter iptable_nat jbd2 libcrc32c llc loop nf_conntrack nf_conntrack_netlink nf_nat nfnetlink
overlay sch_ingress sd_mod tcp_diag tls udp_tunnel veth vxlan xfs xt_MASQUERADE xt_addrtype xt_conntrack xt_mark
xt_set""".split()  # noqa: SIM905 - as Linux writes it
_NFT = "nf_tables nft_chain_nat nft_compat nft_ct".split()  # noqa: SIM905
_GUESTS = "irqbypass kvm tap tun vhost vhost_net vhost_vsock vsock".split()  # noqa: SIM905


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Image:
    """An operating system with its kernel, as a node boots it; compared by what it is, not by its parts."""

    id: str
    pretty_name: str
    version_id: str
    id_like: tuple[str, ...]
    release: str
    """With {machine} for the architecture."""
    version: str
    cgroup: str
    """v1, v2 or hybrid."""
    lsm: str
    """apparmor, selinux or none."""
    container_selinux: str | None
    guests: bool
    """Whether modules for guests are loaded: kvm, tun, vhost_net."""
    readable: bool
    """Whether the kernel's configuration can be read."""
    joined: bool
    """Whether the collector was given the node's object of the cluster."""

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch of the kernel."""
        major, minor, patch = self.release.split("-")[0].split(".")[:3]
        return int(major), int(minor), int(patch)

    def modules(self) -> list[str]:
        """What the image loads on every machine."""
        return [*_BASE, *(_NFT if self.numbers >= (4, 18, 0) else []), *(_GUESTS if self.guests else [])]


def _image(os: str, version_id: str, release: str, version: str, cgroup: str, lsm: str, flags: str = "g") -> Image:  # noqa: PLR0913, PLR0917 - a row of the table
    """Letters of the flags: g loads modules for guests, r readable configuration, j joined to a cluster."""
    id_, _, like = os.partition(" ")
    return Image(
        id=id_,
        pretty_name=f"{id_.title()} Linux {version_id}",
        version_id=version_id,
        id_like=tuple(like.split()),
        release=release,
        version=version,
        cgroup=cgroup,
        lsm=lsm,
        container_selinux={"v1": "2.119.2", "v2": "2.229.0"}.get(cgroup) if lsm == "selinux" else None,
        guests="g" in flags,
        readable="r" in flags,
        joined="j" in flags,
    )


_DEB, _RPM = "#{0}-{1} SMP PREEMPT_DYNAMIC", "#1 SMP PREEMPT_DYNAMIC"
IMAGES = (
    _image("fernwood debian", "24.04", "6.8.0-45-generic", _DEB.format(45, "Fernwood"), "v2", "apparmor", "gj"),
    _image("fernwood debian", "22.04", "5.15.0-119-generic", _DEB.format(129, "Fernwood"), "v2", "apparmor", "gj"),
    _image("saltmarsh fedora rhel", "9.4", "5.14.0-427.31.1.el9_4.{machine}", _RPM, "v2", "selinux", "grj"),
    _image("saltmarsh fedora rhel", "9.2", "5.14.0-284.30.1.el9_2.{machine}", _RPM, "v2", "selinux"),
    _image("fernwood debian", "22.04", "5.15.0-105-generic", _DEB.format(115, "Fernwood"), "v2", "apparmor"),
    _image("birchbark", "12", "6.1.0-25-amd64", "#1 SMP PREEMPT_DYNAMIC Birchbark 6.1.106-3", "v2", "apparmor"),
    _image("fernwood debian", "20.04", "5.4.0-192-generic", _DEB.format(212, "Fernwood"), "hybrid", "apparmor"),
    _image("ironcap", "1.8.3", "6.6.52-ironcap", "#1 SMP", "v2", "none", "gj"),
    _image("saltmarsh fedora rhel", "8.10", "4.18.0-553.16.1.el8_10.{machine}", "#1 SMP", "v1", "selinux", "gr"),
    _image("birchbark", "12", "6.1.0-18-amd64", "#1 SMP PREEMPT_DYNAMIC Birchbark 6.1.76-1", "v2", "apparmor", "r"),
    _image("saltmarsh fedora rhel", "9.0", "5.14.0-70.30.1.el9_0.{machine}", _RPM, "v2", "selinux", "gj"),
    _image("fernwood debian", "20.04", "5.15.0-84-generic", _DEB.format(93, "Fernwood"), "hybrid", "apparmor"),
    _image("birchbark", "11", "5.10.0-32-amd64", "#1 SMP Birchbark 5.10.223-1", "v2", "apparmor", "g"),
    _image("glacier suse", "15.5", "5.14.21-150500.55.73-default", "#1 SMP PREEMPT_DYNAMIC", "hybrid", "apparmor"),
    _image("fernwood debian", "18.04", "4.15.0-213-generic", _DEB.format(224, "Fernwood"), "v1", "apparmor"),
    _image("saltmarsh fedora rhel", "7.9", "3.10.0-1160.119.1.el7.{machine}", "#1 SMP", "v1", "selinux"),
)
"""The most frequent first."""
RUNTIMES = (
    ("containerd", "1.7.22", "v1.30.5"),
    ("containerd", "1.7.11", "v1.29.1"),
    ("containerd", "1.6.33", "v1.28.9"),
    ("cri-o", "1.30.4", "v1.30.4"),
    ("containerd", "1.7.20", "v1.31.0"),
    ("cri-o", "1.28.11", "v1.28.9"),
    ("containerd", "2.0.0", "v1.31.0"),
    ("docker", "24.0.9", "v1.23.17"),
    ("containerd", "1.6.8", "v1.25.16"),
    ("docker", "20.10.24", "v1.23.17"),
    ("cri-o", "1.26.3", "v1.26.15"),
    ("docker", "20.10.7", "v1.21.14"),
    ("docker", "19.03.15", "v1.19.16"),
)
"""Runtime, its version, and that of the kubelet; the most frequent first."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Tuning:
    """Kernel parameters as one team sets them."""

    instances: int
    watches: int
    forward: int = 1
    ipv6_off: int = 0
    realtime: int = 950_000
    max_map_count: int = 65_530
    bridge: int | None = 1
    swap_bytes: int = 0
    policy: str = "none"
    """The kubelet's for dedicated CPUs."""


TUNINGS = (
    Tuning(instances=8192, watches=1_048_576, max_map_count=262_144),
    Tuning(instances=1024, watches=1_048_576, policy="static"),
    Tuning(instances=512, watches=1_048_576, max_map_count=262_144),
    Tuning(instances=128, watches=65_536),
    Tuning(instances=8192, watches=2_097_152, ipv6_off=1, realtime=-1, policy="static"),
    Tuning(instances=1024, watches=1_048_576, bridge=None, swap_bytes=8 << 30),
    Tuning(instances=128, watches=524_288, forward=0, bridge=None),
)
"""The most frequent first."""
