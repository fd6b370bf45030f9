"""/proc/cpuinfo of all architectures, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from host_tree import INTEL, MOUNTED, host_of, plant, section

from passmuster_collector.facts.cpu import architecture_of, inferred, parse_cpuinfo
from passmuster_collector.reading import Known, Reason, Unknown, UnreadableError
from passmuster_collector.recorded import Recorded
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

ARM64 = "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
S390 = """\
vendor_id       : IBM/S390
# processors    : 2
features\t: esan3 zarch sie
facilities      : 158 0 1 2 2
processor 0: version = FF,  identification = 29AA14,  machine = 2817
processor 1: version = FF,  identification = 29AA14,  machine = 2817
"""


def power(model: str) -> str:
    return f"processor\t: 0\ncpu\t\t: {model}\nclock\t\t: 3425.0MHz\n\ntimebase\t: 512000000\nplatform\t: pSeries\n"


def test_words_are_those_of_every_and_of_any_processor() -> None:
    info = parse_cpuinfo(INTEL)
    assert info.processors == 2
    assert info.flags == frozenset({"fpu", "lm", "vmx", "sse2"})
    assert info.flags_any == {"fpu", "lm", "vmx", "sse2", "avx"}


def test_lines_of_vmx_flags_are_no_flags() -> None:
    assert "ept" not in parse_cpuinfo(INTEL).flags_any


def test_words_are_exact_and_parted_by_any_blanks() -> None:
    assert parse_cpuinfo("processor: 0\nflags:  svm_lock\tfma4  x\n").flags == frozenset({"svm_lock", "fma4", "x"})


COUNTS = {
    "one line for all on s390x": (S390, 2, True),
    "one line for all on old ARM": ("Processor: ARMv7\nprocessor: 0\n\nprocessor: 1\n\nFeatures: swp\n", 2, True),
    "one processor without a number on older ARM": ("Processor: ARMv6\nFeatures: swp\n", 1, True),
    "no words at all on POWER": (power("POWER9"), 1, True),
    "a count alone on sparc64": ("cpu : UltraSparc T2\ntype : sun4v\nncpus active : 24\n", 24, True),
    "x86 with a line cut off": ("processor: 0\nflags: a\n\nprocessor: 1\n", 2, False),
    "ARM with some lines cut off": ("processor: 0\nFeatures: a\nprocessor: 1\nFeatures: a\nprocessor: 2\n", 3, False),
}


@pytest.mark.parametrize("name", COUNTS)
def test_processors_are_counted_and_need_their_words(name: str) -> None:
    text, count, whole = COUNTS[name]
    info = parse_cpuinfo(text)
    assert info.processors == count
    assert (info.flags is not None) is whole


@pytest.mark.parametrize("text", ["", "\n\n", "nothing here", "ncpus active : x"])
def test_text_without_a_processor_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="no processor is listed"):
        parse_cpuinfo(text)


MACHINES = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "i586": "i686",
    "i686": "i686",
    "aarch64": "aarch64",
    "arm64": "aarch64",
    "armv7l": "arm",
    "ppc64le": "ppc64le",
    "ppc64": "ppc64",
    "ppc": "ppc",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "loongarch64": "loongarch64",
    "mips64": "mips",
    "ia64": "ia64",
    "sparc64": "sparc64",
    "alpha": "other",
    "x86_64 ": "other",
}


@pytest.mark.parametrize("machine", MACHINES)
def test_machines_have_an_architecture(machine: str) -> None:
    assert architecture_of(machine) == MACHINES[machine]


LAYOUTS = {
    "x86 with lm": ("processor: 0\nflags: lm\n", "x86_64"),
    "x86 without lm": ("processor: 0\nflags: fpu\n", "i686"),
    "a 32-bit kernel on a processor with lm": ("processor: 0\ncoma_bug: no\nflags: lm\n", "i686"),
    "ARMv8": (ARM64, "aarch64"),
    "ARMv8 as it was printed first": ("Processor: AArch64 rev 0\nCPU architecture: AArch64\n", "aarch64"),
    "a 32-bit kernel on ARMv8": ("processor: 0\nFeatures: half thumb\nCPU architecture: 8\n", "arm"),
    "ARMv7": ("processor: 0\nFeatures: swp\nCPU architecture: 7\n", "arm"),
    "s390x": (S390, "s390x"),
    "s390": ("vendor_id: IBM/S390\nfeatures: esan3\nprocessor 0: version = FF\n", "s390"),
    "POWER6": (power("POWER6 (raw), altivec supported"), "ppc64"),
    "Cell": (power("Cell Broadband Engine"), "ppc64"),
    "a small PowerPC": (power("740/750"), "ppc"),
    "riscv64": ("processor: 0\nhart: 0\nisa: rv64imafdc\n", "riscv64"),
    "riscv32": ("processor: 0\nhart: 0\nisa: rv32imac\n", "riscv32"),
    "loongarch64": ("processor: 0\nCPU Family: Loongson-64bit\n", "loongarch64"),
    "MIPS": ("processor: 0\ncpu model: MIPS 24Kc V7.4\n", "mips"),
    "Itanium": ("processor: 0\narch: IA-64\n", "ia64"),
    "SPARC": ("cpu: UltraSparc T2\ntype: sun4v\nncpus active: 8\n", "sparc64"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_tells_the_architecture(name: str) -> None:
    text, expected = LAYOUTS[name]
    assert inferred(parse_cpuinfo(text)) == Known(expected)


@pytest.mark.parametrize("model", ["POWER7 (raw)", "POWER9", "Power11 (architected)"])
def test_the_layout_of_newer_power_does_not_tell_the_byte_order(model: str) -> None:
    result = inferred(parse_cpuinfo(power(model)))
    assert isinstance(result, Unknown)
    assert result.reason is Reason.NOT_COLLECTED


def test_an_unknown_layout_is_unreadable() -> None:
    result = inferred(parse_cpuinfo("processor: 0\n"))
    assert isinstance(result, Unknown)
    assert result.reason is Reason.UNREADABLE


def test_a_live_host_tells_its_machine_by_uname(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": INTEL})), "cpu")
    assert facts["facts"] == {
        "architecture": "x86_64",
        "vendor": "GenuineIntel",
        "model_name": "A processor",
        "logical_count": 2,
        "flags": ["fpu", "lm", "sse2", "vmx"],
        "flags_any": ["avx", "fpu", "lm", "sse2", "vmx"],
        "flags_partial": {"avx": 1},
        "vmx_flags": [],
        "facilities": None,
    }
    assert facts["sources"]["uname(2)"] == ["architecture"]
    assert facts["status"] == "ok"


SOURCES = {
    "the recorded machine comes first": (
        {"/sos_commands/kernel/uname_-a": "Linux n 5.4 #1 SMP x86_64 GNU/Linux\n"},
        "ppc64le",
        ("ppc64le", "--recorded machine"),
    ),
    "then uname of an archive": (
        {"/sos_commands/kernel/uname_-a": "Linux n 5.4 #1 SMP aarch64 GNU/Linux\n"},
        None,
        ("aarch64", "/sos_commands/kernel/uname_-a"),
    ),
    "then the end of the release": (
        {"/proc/sys/kernel/osrelease": "4.14.0-49.el7a.ppc64le\n"},
        None,
        ("ppc64le", "/proc/sys/kernel/osrelease"),
    ),
    "then the layout": ({"/proc/sys/kernel/osrelease": "5.4.0-99-generic\n"}, None, ("x86_64", "/proc/cpuinfo")),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_dump_tells_its_architecture_by(tmp_path: Path, name: str) -> None:
    tree, machine, (expected, source) = SOURCES[name]
    recorded = Recorded(machine=machine)
    host = host_of(plant(tmp_path, {"/proc/cpuinfo": INTEL, **tree}), Kind.DUMP, uname=None, recorded=recorded)
    facts = section(host, "cpu")
    assert facts["facts"]["architecture"] == expected
    assert "architecture" in facts["sources"][source]


def test_facilities_are_numbers_of_s390x(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, {"/proc/cpuinfo": S390}), Kind.DUMP, uname=None), "cpu")["facts"]
    assert facts["facilities"] == [0, 1, 2, 158]
    assert facts["flags"] == ["esan3", "sie", "zarch"]
    assert facts["model_name"] is None
    assert facts["vendor"] == "IBM/S390"


def test_facilities_that_are_no_numbers_are_unreadable(tmp_path: Path) -> None:
    text = S390.replace("158", "x158")
    unknown = section(host_of(plant(tmp_path, {"/proc/cpuinfo": text}), Kind.DUMP, uname=None), "cpu")["unknown"]
    assert unknown["cpu.facilities"]["reason"] == "unreadable"


INCOMPLETE = {
    "x86 without any line of flags": "processor\t: 0\nvendor_id\t: GenuineIntel\n",
    "x86 with fewer lines than processors": "processor\t: 0\nflags\t\t: fpu\n\nprocessor\t: 1\n",
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_flags_are_unreadable_on(tmp_path: Path, name: str) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": INCOMPLETE[name]}))
    facts = section(host, "cpu")
    assert facts["unknown"]["cpu.flags"]["reason"] == "unreadable"
    assert facts["unknown"]["cpu.flags_any"]["reason"] == "unreadable"
    assert facts["status"] == "partial"


def test_a_host_without_cpuinfo_knows_its_architecture_only(tmp_path: Path) -> None:
    facts = section(host_of(plant(tmp_path, MOUNTED)), "cpu")
    assert facts["facts"] == {"architecture": "x86_64"}
    assert facts["unknown"]["cpu.flags"] == {"reason": "not_collected", "detail": "/proc/cpuinfo is not there"}


def test_five_hundred_processors_are_read(tmp_path: Path) -> None:
    words = " ".join(f"word{n}" for n in range(300))
    text = "".join(f"processor\t: {n}\nvendor_id\t: V\nflags\t\t: {words}\n\n" for n in range(512))
    assert len(text) > 1 << 20
    facts = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": text})), "cpu")["facts"]
    assert facts["logical_count"] == 512
    assert len(facts["flags"]) == 300


def processors(*lines: str) -> str:
    return "".join(f"processor: {at}\nflags: fpu lm vmx\n{line}\n" for at, line in enumerate(lines))


VMX = {
    "the same on all": (("vmx flags: vpid ept\n",) * 2, ["ept", "vpid"]),
    "what all have, where they differ": (("vmx flags: ept vpid\n", "vmx flags: ept\n"), ["ept"]),
    "none, where one has no line": (("vmx flags: ept\n", ""), []),
    "null, where none has a line": (("", ""), None),
}


@pytest.mark.parametrize("name", VMX)
def test_words_of_vmx(tmp_path: Path, name: str) -> None:
    lines, expected = VMX[name]
    host = host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": processors(*lines)}))
    assert section(host, "cpu")["facts"]["vmx_flags"] == expected


def test_words_that_only_some_processors_have_are_counted(tmp_path: Path) -> None:
    text = "processor: 0\nflags: fpu vmx avx\n\n" + "".join(f"processor: {at}\nflags: fpu\n\n" for at in range(1, 16))
    facts = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": text})), "cpu")["facts"]
    assert facts["flags_partial"] == {"avx": 1, "vmx": 1}
    assert facts["logical_count"] == 16


def test_where_a_line_is_missing_nothing_is_counted(tmp_path: Path) -> None:
    text = "processor: 0\nflags: fpu vmx\n\nprocessor: 1\n\n"
    found = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": text})), "cpu")
    assert found["unknown"]["cpu.flags_partial"]["reason"] == "unreadable"
