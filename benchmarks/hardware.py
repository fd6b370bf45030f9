"""Forty invented machines as data centres buy them: word lists as Linux prints them, nothing that one maker sells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_X86 = """fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall
nx rdtscp lm constant_tsc nopl nonstop_tsc pni cx16 lahf_lm""".split()  # noqa: SIM905 - as Linux writes it
_V2 = "popcnt sse4_1 sse4_2 ssse3".split()  # noqa: SIM905
_V3 = """xsave avx f16c abm movbe fma avx2 bmi1 bmi2 aes x2apic rdrand fsgsbase smep erms invpcid rdseed adx
smap xsaveopt pdpe1gb pcid""".split()  # noqa: SIM905
_V4 = """avx512f avx512dq avx512cd avx512bw avx512vl clflushopt clwb xsavec xsaves pku avx512_vnni gfni vaes
umip rdpid sha_ni""".split()  # noqa: SIM905
_INTEL = """dts acpi ss tm pbe arch_perfmon aperfmperf est xtpr pdcm dca tsc_deadline_timer epb tpr_shadow ept vpid
tsc_adjust dtherm md_clear arch_capabilities""".split()  # noqa: SIM905
_AMD = """mmxext fxsr_opt rapl cmp_legacy extapic cr8_legacy sse4a misalignsse 3dnowprefetch osvw ibs skinit wdt
topoext cpb vmmcall clzero irperf npt nrip_save vgif succor""".split()  # noqa: SIM905
_ARM = """fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs sb
paca pacg uscat ilrcpc flagm""".split()  # noqa: SIM905
_SVE = "sve sve2 sveaes svebitperm svesha3 svesm4 i8mm svei8mm bf16 svebf16 rng bti dcpodp".split()  # noqa: SIM905
_Z = "esan3 zarch stfle msa ldisp eimm dfp edat etf3eh highgprs te vx vxd vxe gs vxe2 vxp sort dflt sie".split()  # noqa: SIM905

_DRIVERS = """ahci amd64_edac bonding ccp cxgb4 ena gve i2c_i801 i40e ice igb ioatdma ipmi_si ixgbe joydev k10temp
lpc_ich megaraid_sas mei_me mgag200 mlx5_core mpt3sas nvme ptdma qede r8169 sfc smartpqi tg3 usbhid wmi
xhci_pci""".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """A kind of machine that many nodes share."""

    name: str
    architecture: str
    vendor: str | None
    logical_count: int
    memory_bytes: int
    """Nominal; nodes have a little less, each another amount."""
    flags: tuple[str, ...]
    groups: int
    """IOMMU groups; 0 where the firmware has it switched off."""
    pci_devices: int
    drivers: tuple[str, ...]
    guest: bool
    """A virtual machine; without words for virtualization where it is not to nest."""

    @property
    def virtualizes(self) -> bool:
        """Whether the processor can run guests, as far as its words tell; on ARM none does."""
        return (not self.guest and self.architecture == "aarch64") or bool({"vmx", "svm", "sie"} & {*self.flags})

    @property
    def maker(self) -> str:
        """The maker, as the names of modules have it: intel or amd; empty elsewhere."""
        return {"GenuineIntel": "intel", "AuthenticAMD": "amd"}.get(self.vendor or "", "")

    def cpu(self) -> dict[str, Any]:
        """The facts of the section `cpu`."""
        words = sorted(self.flags)
        return {
            "architecture": self.architecture,
            "facilities": [0, 1, 2, 3, 4, 6, 7, 8, 9, 57, 76, 77, 129, 146, 158] if "sie" in words else None,
            "flags": words,
            "flags_any": words,
            "logical_count": self.logical_count,
            "model_name": None
            if self.architecture == "aarch64"
            else f"{self.name.title().replace('-', ' ')} Processor",
            "vendor": self.vendor,
        }


def _words(vendor: str, level: int, *, guest: bool, nests: bool) -> list[str]:
    words = [*_X86, *(_INTEL if vendor == "GenuineIntel" else _AMD)]
    for reached, more in ((2, _V2), (3, _V3), (4, _V4)):
        words += more if level >= reached else ()
    if not guest or nests:
        words.append("vmx" if vendor == "GenuineIntel" else "svm")
    return [*words, "hypervisor"] if guest else words


def _x86(  # noqa: PLR0913 - a row of the table
    number: int, name: str, vendor: str, level: int, cpus: int, *, guest: bool = False, nests: bool = False
) -> Hardware:
    spread = (number * 7) % 24
    return Hardware(
        name=name,
        architecture="x86_64",
        vendor=vendor,
        logical_count=cpus,
        memory_bytes=cpus * (4 << 30),
        flags=tuple(_words(vendor, level, guest=guest, nests=nests)),
        groups=0 if guest or number % 9 == 5 else 24 + 3 * spread,
        pci_devices=8 if guest else 30 + 4 * spread,
        drivers=tuple(_DRIVERS[spread % 12 :: 3 if guest else 2]),
        guest=guest,
    )


def _other(name: str, architecture: str, vendor: str | None, cpus: int, flags: list[str], groups: int) -> Hardware:  # noqa: PLR0913, PLR0917
    return Hardware(
        name=name,
        architecture=architecture,
        vendor=vendor,
        logical_count=cpus,
        memory_bytes=cpus * (4 << 30),
        flags=tuple(flags),
        groups=groups,
        pci_devices=groups and groups + 12,
        drivers=tuple(_DRIVERS[3::3]),
        guest=False,
    )


_INTEL_NAMES = ("harbour", "granite", "larch", "ridge", "tarn", "quarry", "sedge", "mooring", "flint")
_AMD_NAMES = ("kestrel", "osprey", "merlin", "harrier", "petrel", "dunlin", "avocet", "plover", "curlew")


def profiles() -> tuple[Hardware, ...]:
    """All of them, the most frequent first."""
    made: list[Hardware] = []
    for number, (intel, amd) in enumerate(zip(_INTEL_NAMES, _AMD_NAMES, strict=True)):
        level = (4, 4, 3, 4, 3, 4, 3, 3, 2)[number]
        made.append(
            _x86(2 * number, f"{amd}-{2 + number}", "AuthenticAMD", min(4, level + number % 2), 32 << number % 3)
        )
        made.append(_x86(2 * number + 1, f"{intel}-{2 + number}", "GenuineIntel", level, 24 << number % 3))
    made[5:5] = [
        _other(f"willow-{cpus}", "aarch64", "0x41", cpus, _ARM + _SVE * (cpus > 64), cpus // 2) for cpus in (80, 128)
    ]
    nested = ("GenuineIntel", "AuthenticAMD", "GenuineIntel")
    made[9:9] = [
        _x86(18 + at, f"cloud-nested-{at}", vendor, 4, 8 << at, guest=True, nests=True)
        for at, vendor in enumerate(nested)
    ]
    made += [
        _x86(21 + at, f"hopper-{at}", ("GenuineIntel", "AuthenticAMD")[at % 2], 4, 96 + 32 * at) for at in range(5)
    ]
    made += [_other(f"alder-{cpus}", "aarch64", "0x48", cpus, _ARM, cpus // 4) for cpus in (64, 96)]
    made += [
        _x86(26 + at, f"cloud-plain-{at}", ("AuthenticAMD", "GenuineIntel")[at % 2], 3, 4 << at, guest=True)
        for at in range(3)
    ]
    made += [_other(f"basalt-{cpus}", "s390x", "IBM/S390", cpus, _Z, 16) for cpus in (16, 40)]
    made += [_x86(29 + at, f"attic-{at}", ("GenuineIntel", "AuthenticAMD")[at % 2], 1 + at // 2, 8) for at in range(3)]
    made += [_other(f"furnace-{cpus}", "ppc64le", None, cpus, [], 20) for cpus in (128, 160)]
    return tuple(made)
