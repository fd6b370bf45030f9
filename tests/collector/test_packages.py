"""Packages: by Debian's list, by the lists of support archives, and by what rpm prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from host_tree import FOLDER, Entry, host_of, plant, section

from passmuster_collector.dpkg import parse_list
from passmuster_collector.packages import parse_installed_rpms, parse_query
from passmuster_collector.reading import UnreadableError
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

RPMS = """\
container-selinux-2.229.0-1.module_el9+12.noarch            Tue Jan  2 10:00:00 2024
containerd.io-1.6.28-3.1.el9.x86_64                         Tue Jan  2 10:00:01 2024
gpg-pubkey-8483c65d-5ccc5b19                                Tue Jan  2 10:00:02 2024
"""
DEBS = """\
Desired=Unknown/Install/Remove/Purge/Hold
||/ Name                Version              Architecture Description
+++-===================-====================-============-===========
ii  containerd:amd64    1.5.5-0ubuntu3       amd64        daemon to control runC
rc  docker.io           20.10.7-0ubuntu5     amd64        removed, its configuration is left
"""


def test_rpms_are_names_to_versions_and_releases() -> None:
    found = parse_installed_rpms(RPMS)
    assert found == {"container-selinux": "2.229.0-1.module_el9+12", "containerd.io": "1.6.28-3.1.el9"}


def test_only_installed_debs_count() -> None:
    assert parse_list(DEBS) == {"containerd": "1.5.5-0ubuntu3"}


def test_what_is_no_list_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match=r"no list of packages \(got 'rpmdb: damaged'\)"):
        parse_installed_rpms("rpmdb: damaged")


def test_two_versions_of_one_rpm_are_no_version() -> None:
    assert parse_installed_rpms("a-1-1.noarch\na-2-1.noarch\nb-1-1.noarch\nb-1-1.i686\n") == {"a": None, "b": "1-1"}


def test_a_list_with_an_error_is_not_whole() -> None:
    with pytest.raises(UnreadableError, match="the list of packages is not whole"):
        parse_installed_rpms(RPMS + "error: rpmdb: damaged header\n")


ROWS = {
    "installed": ("ii ", "1.5.5"),
    "on hold": ("hi ", "1.5.5"),
    "marked for removal, still there": ("ri ", "1.5.5"),
    "marked for purging, still there": ("pi ", "1.5.5"),
    "nobody said what is wanted": ("ui ", "1.5.5"),
    "broken, to be installed again": ("iiR", "1.5.5"),
    "unpacked": ("iU ", "1.5.5"),
    "half configured": ("iF ", "1.5.5"),
    "triggers awaited": ("iW ", "1.5.5"),
    "triggers pending": ("it ", "1.5.5"),
    "half installed, in no version": ("iH ", None),
    "removed": ("rn ", "none"),
    "removed, its configuration is left": ("rc ", "none"),
    "to be installed": ("in ", "none"),
    "on hold, and not there": ("hc ", "none"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_dpkg(name: str) -> None:
    state, version = ROWS[name]
    found = parse_list(f"ii  dpkg 1.21 amd64 x\n{state} containerd:amd64 1.5.5 amd64 x\n")
    assert found.get("containerd", "none") == version


def test_a_version_that_a_terminal_cut_is_none() -> None:
    heading = "+++-" + "=" * 14 + "-" + "=" * 14 + "-" + "=" * 48
    found = parse_list(f"{heading}\nii  docker.io      20.10.7-0ubunt Linux container runtime\nii  a  1.2  b\n")
    assert found == {"docker.io": None, "a": "1.2"}


QUERIES = {
    "installed": ("container-selinux-2.229.0-1.el9.noarch\n", "2.229.0-1.el9"),
    "two of them, the first counts": (
        "container-selinux-2.1-1.noarch\ncontainer-selinux-2.2-1.noarch\n",
        "2.1-1",
    ),
    "not installed": ("package container-selinux is not installed\n", None),
}


@pytest.mark.parametrize("name", QUERIES)
def test_an_answer_of_rpm(name: str) -> None:
    text, expected = QUERIES[name]
    assert parse_query(text, "container-selinux") == expected


@pytest.mark.parametrize("text", ["", "error: db5 error\n", "other-1-1.noarch\n"])
def test_an_answer_that_means_nothing_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="not from rpm -q container-selinux"):
        parse_query(text, "container-selinux")


DUMPS: dict[str, tuple[dict[str, Entry], object]] = {
    "the list of rpms": ({"/installed-rpms": RPMS}, "2.229.0-1.module_el9+12"),
    "a list of debs that goes on behind its place": (
        {"/sos_commands/dpkg/dpkg_-l": DEBS + "ii  zlib1g  1:1.2 amd64 x\n"},
        None,
    ),
    "a list of debs that may be cut before its place": ({"/sos_commands/dpkg/dpkg_-l": DEBS}, "not_collected"),
    "a list of rpms that is cut in a line": ({"/installed-rpms": RPMS.rstrip("\n")}, "not_collected"),
    "a list with two versions of it": (
        {"/installed-rpms": RPMS + "container-selinux-2.1-1.noarch\n"},
        "unreadable",
    ),
    "nothing": ({}, "not_collected"),
}


@pytest.mark.parametrize("name", DUMPS)
def test_a_package_of_a_dump(tmp_path: Path, name: str) -> None:
    tree, expected = DUMPS[name]
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "security")
    unknown = found["unknown"].get("security.container_selinux", {}).get("reason")
    assert found["facts"].get("container_selinux", unknown) == expected


def test_a_list_of_packages_shows_what_is_there_and_not_what_is_absent(tmp_path: Path) -> None:
    found = section(host_of(plant(tmp_path, {"/installed-rpms": RPMS}), Kind.DUMP, uname=None), "runtime")
    assert found["facts"]["containerd"] == {"version": "1.6.28-3.1.el9"}
    assert found["unknown"]["runtime.docker"]["reason"] == "not_collected"


@pytest.mark.parametrize("folder", ["/var/lib/rpm", "/usr/lib/sysimage/rpm"])
def test_only_rpm_reads_its_database(tmp_path: Path, folder: str) -> None:
    found = section(host_of(plant(tmp_path, {folder: FOLDER}), Kind.ROOT, uname=None), "security")
    detail = found["unknown"]["security.container_selinux"]["detail"]
    assert detail == "only rpm reads its own database"
