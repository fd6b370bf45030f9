"""The kernel command line: read as the kernel reads it, and nothing that may be a secret leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from host_tree import MOUNTED, host_of, plant, section

from passmuster_collector.facts.boot import last_value, parse_cmdline

if TYPE_CHECKING:
    from pathlib import Path

LINES: dict[str, tuple[str, list[tuple[str, str | None]]]] = {
    "names and values, in order": ("ro iommu=pt a=\n", [("ro", None), ("iommu", "pt"), ("a", "")]),
    "a name may come twice": ("hugepagesz=1G hugepagesz=2M", [("hugepagesz", "1G"), ("hugepagesz", "2M")]),
    "dashes in names are underscores, in values not": ("kvm-intel.x-y=a-b", [("kvm_intel.x_y", "a-b")]),
    "the first equals sign parts": ("a=b=c", [("a", "b=c")]),
    "one in the first place does not": ("=a x", [("=a", None), ("x", None)]),
    "quotes keep blanks, and are no part of the value": (
        'dyndbg="file a iommu=x +p" ro',
        [("dyndbg", "file a iommu=x +p"), ("ro", None)],
    ),
    "a whole word may be quoted": ('"dyndbg=file a" "a b"', [("dyndbg", "file a"), ("a b", None)]),
    "an open quote takes the rest": ('foo="bar iommu=pt\n', [("foo", "bar iommu=pt")]),
    "quotes within a value stay": ('a=b"c d"', [("a", 'b"c d"')]),
    "other blanks part too": ("a\tb\x0bc", [("a", None), ("b", None), ("c", None)]),
    "text beyond ASCII is kept": ("é=中", [("é", "中")]),
    "two dashes with a value are a name": ("--=x a", [("__", "x"), ("a", None)]),
    "an empty line": ("\n", []),
}


@pytest.mark.parametrize("name", LINES)
def test_words(name: str) -> None:
    text, expected = LINES[name]
    assert [(word.name, word.value) for word in parse_cmdline(text).words] == expected


def test_what_follows_two_dashes_is_counted() -> None:
    line = parse_cmdline('selinux=0 -- iommu=pt token=x "a b"\n')
    assert [word.name for word in line.words] == ["selinux"]
    assert line.init_words == 3


def test_the_last_value_counts() -> None:
    assert last_value("prot_virt=0 prot_virt=1 x prot_virt", "prot_virt") == "1"
    assert last_value("prot_virtual=1 prot_virt", "prot_virt") is None


def boot(folder: Path, line: str) -> dict[str, Any]:
    return section(host_of(plant(folder, {**MOUNTED, "/proc/cmdline": line})), "boot")


def test_where_everything_may_be_shown_everything_is_known(tmp_path: Path) -> None:
    assert boot(tmp_path, "root=/dev/sda2 ro iommu=pt iommu=strict\n") == {
        "facts": {
            "words": [
                {"name": "root", "value": "/dev/sda2"},
                {"name": "ro", "value": None},
                {"name": "iommu", "value": "pt"},
                {"name": "iommu", "value": "strict"},
            ],
            "arguments": {"root": ["/dev/sda2"], "ro": [], "iommu": ["pt", "strict"]},
            "other_words": 0,
            "init_words": 0,
        },
        "sources": {"/proc/cmdline": ["arguments", "init_words", "other_words", "words"]},
        "status": "ok",
        "unknown": {},
    }


HIDDEN = {
    "a name on no list": "pw=s3cret",
    "a disk": "root=UUID=0f3d",
    "a logical volume that is named after the host": "root=/dev/mapper/vg_s3cret-root",
    "an identifier in a value that else is shown": "video=5f0c1f2e-0000-s3cret",
    "an address": "iommu=10.0.0.1s3cret",
    "a value of a name whose values are not shown": "rd.luks.key=s3cret",
    "a name that comes twice, once with a value that may be shown": "root=/dev/sda2 root=LABEL=s3cret",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_value_that_is_not_shown_is_unknown_and_so_is_the_list(tmp_path: Path, name: str) -> None:
    found = boot(tmp_path, f"quiet {HIDDEN[name]}\n")
    key = HIDDEN[name].partition("=")[0]
    path = f"boot.arguments.{key}" if "." not in key else f"boot.arguments['{key}']"
    assert found["facts"]["arguments"] == {"quiet": []}
    assert {at: each["reason"] for at, each in found["unknown"].items()} == {path: "redacted", "boot.words": "redacted"}
    assert "s3cret" not in str(found)


def test_a_word_that_no_document_knows_is_counted(tmp_path: Path) -> None:
    found = boot(tmp_path, "quiet s3cret nopti *=s3cret other\n")
    assert found["facts"] == {"arguments": {"quiet": [], "nopti": []}, "other_words": 3, "init_words": 0}
    assert set(found["unknown"]) == {"boot.words", "boot.arguments['*']"}
    assert "s3cret" not in str(found)


def test_words_of_init_are_counted_and_hide_nothing(tmp_path: Path) -> None:
    found = boot(tmp_path, "quiet -- s3cret pw=s3cret\n")
    assert found["facts"]["init_words"] == 2
    assert found["facts"]["words"] == [{"name": "quiet", "value": None}]
    assert "s3cret" not in str(found)


def test_a_value_beyond_the_limit_makes_them_unknown(tmp_path: Path) -> None:
    unknown = boot(tmp_path, "isolcpus=" + "1," * 600)["unknown"]
    assert unknown["boot.words"]["detail"] == unknown["boot.arguments"]["detail"]
    assert unknown["boot.words"]["detail"].startswith("too large")
