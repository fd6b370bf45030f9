"""AppArmor's paths: the same as a regular expression would match, in time that no path makes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster_collector.apparmor import QEMU, _means, allows

RULES = {
    "/usr/libexec/qemu-kvm PUx,": True,
    "  owner /usr/libexec/qemu-kvm rix,": True,
    '"/usr/libexec/qemu-kvm" ux,': True,
    "/usr/** PUx,": True,
    "/usr/* PUx,": False,
    "/usr/libexec/qemu-?vm x,": True,
    "/usr/{lib,libexec}/qemu-{kvm,system-*} PUx,": True,
    "/usr/{lib{,exec},share}/qemu-kvm PUx,": True,
    "/usr/{lib,share}/qemu-kvm PUx,": False,
    "/usr/{libexec/qemu-kvm PUx,": False,
    "/usr/libexec/qemu-kvm r,": False,
    "# /usr/libexec/qemu-kvm x,": False,
}


@pytest.mark.parametrize("line", RULES)
def test_a_line_that_lets_qemu_run(line: str) -> None:
    assert allows("profile x {\n" + line + "\n}\n") is RULES[line]


def _by_expression(path: str, file: str) -> bool:
    """The same by the standard library, which may take for ever."""
    meanings = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
    pattern, deep = "", 0
    for part in re.findall(r"\*\*|[*?{},]|[^*?{},]+", path):
        deep += {"{": 1, "}": -1}.get(part, 0)
        if deep < 0:
            return False  # the file has no brace
        pattern += "|" if part == "," and deep else meanings.get(part, re.escape(part))
    return deep == 0 and re.fullmatch(pattern, file) is not None


@given(st.text("/ab*?{},", max_size=12), st.text("/ab", max_size=5))
def test_paths_mean_what_a_regular_expression_says(path: str, file: str) -> None:
    assert _means(path, file) is _by_expression(path, file)


@pytest.mark.long
@pytest.mark.parametrize("piece", ["{,}", "{a,*}", "**", "{**,", "?*", "{{,},{,}}"])
def test_no_path_takes_long(piece: str) -> None:
    assert _means("/usr/" + piece * 5000 + "/nowhere", QEMU) is False
