"""What an author may have meant: words of other languages and names of other worlds get a hint that can be followed."""

from __future__ import annotations

import pytest

from passmuster import cel
from passmuster.cel import CelProblem, CelProblems
from passmuster.cel.syntax.suggestions import nearest
from passmuster.policy.environments import environment

SET = "use has(...) to test whether something is set"
CASES: dict[str, tuple[str, int, str]] = {
    "'amd64' is a distribution's word": ("cpu.architecture == 'amd64'", 21, "did you mean 'x86_64'?"),
    "'arm64' is Apple's": ("cpu.architecture in ['arm64']", 21, "did you mean 'aarch64'?"),
    "'i386'": ("cpu.architecture != 'i386'", 21, "did you mean 'i686'?"),
    "'AARCH64'": ("cpu.architecture == 'AARCH64'", 21, "did you mean 'aarch64'?"),
    "a control group's file system": ("cgroup.mode == 'cgroup2'", 16, "did you mean 'v2'?"),
    "and": ("network.ipv6 and network.nf_tables", 14, "and is written &&"),
    "OR": ("network.ipv6 OR network.nf_tables", 14, "or is written ||"),
    "not": ("not network.ipv6", 1, "not is written !"),
    "not, later": ("network.ipv6 && not network.nf_tables", 17, "not is written !"),
    "not with brackets": ("not(network.ipv6)", 1, "not is written !"),
    "not in": ("'vmx' not in cpu.flags", 7, "write: !(x in list)"),
    "is": ("network.ipv6 is true", 14, SET),
    "is a value": ("kernel.major is 5", 14, f"write ==; {SET}"),
    "is None": ("network.ipv6 is None", 14, SET),
    "is not None": ("network.ipv6 is not None", 14, SET),
    "None": ("network.ipv6 == None", 17, f"there is no null to compare with; {SET}"),
    "null": ("kernel.release != null", 16, SET),
    "True": ("network.ipv6 == True", 17, "write true"),
    "FALSE": ("network.ipv6 == FALSE", 17, "write false"),
    "a size": ("memory.total_bytes >= 2Gi", 24, "write the number of bytes: 2147483648"),
    "a size with a blank": ("memory.total_bytes >= 512 MB", 27, "write the number of bytes: 512000000"),
    "digits in groups": ("memory.total_bytes >= 1_000_000", 24, "digits are written without _"),
    "one =": ("kernel.major = 5", 14, "compare with =="),
    "three": ("kernel.major === 5", 16, "compare with =="),
    "three with !": ("kernel.major !== 5", 16, "write !="),
    "<>": ("kernel.major <> 5", 15, "not equal is written !="),
    "~=": ("kernel.release ~= '6'", 16, "a pattern is matched with text.matches('...')"),
    "=~": ("kernel.release =~ '6'", 16, "a pattern is matched with text.matches('...')"),
    "&": ("network.ipv6 & network.nf_tables", 14, "and is written &&"),
    "|": ("network.ipv6 | network.nf_tables", 14, "or is written ||"),
    "if": ("if network.ipv6 then true", 1, "a choice is written: condition ? one : other"),
    "a comprehension": (
        "[x for x in cpu.flags]",
        4,
        "of elements, write: list.all(x, ...), list.exists(x, ...) or list.map(x, ...)",
    ),
    "len": ("len(cpu.flags) > 1", 1, "write size(...)"),
    "length": ("cpu.flags.length > 1", 11, "write size(...)"),
    "any": ("cpu.flags.any(f, f == 'vmx')", 11, "did you mean 'exists'?"),
    "every": ("cpu.flags.every(f, f == 'vmx')", 11, "did you mean 'all'?"),
    "contains": ("cpu.flags contains 'vmx'", 11, "of a list, write: x in list; of a text: text.contains(x)"),
    "a comment of a shell": ("# yes\nnetwork.ipv6", 1, "a comment begins with //"),
    "quotes of a word processor": ("os.id == \u2018debian\u2019", 10, "write a text in straight quotes: '...'"),
    "a default": ("network.ipv6 ?? true", 15, "a default is written: x.?field.orValue(default)"),
    "a text with a value in it": ("f'{os.id}' == 'a'", 2, "texts are put together with + or format: '%s and %s'.format([x, y])"),
    "a key with dots": (
        "kernel.sysctl.net.ipv4.ip_forward == '1'",
        15,
        "a key with dots is written in brackets, as in ['net.ipv4.ip_forward']",
    ),
}  # fmt: skip


def problems(text: str) -> tuple[CelProblem, ...]:
    with pytest.raises(CelProblems) as caught:
        cel.compile_expression(text, environment())
    return caught.value.problems


@pytest.mark.parametrize(("text", "column", "hint"), CASES.values(), ids=CASES)
def test_a_hint_says_how_it_is_written(text: str, column: int, hint: str) -> None:
    assert (column, hint) in [(each.column, each.hint) for each in problems(text)]


@pytest.mark.parametrize(("text", "column", "hint"), CASES.values(), ids=CASES)
def test_no_hint_is_beside_another(text: str, column: int, hint: str) -> None:
    others = [each.hint for each in problems(text) if each.column != column and each.hint not in {None, hint}]
    assert all(str(each).startswith("guard it") for each in others)


@pytest.mark.parametrize("other", ["power pc", "z80", "amd"])
def test_what_is_like_nothing_gets_no_guess(other: str) -> None:
    assert nearest(other, ["x86_64", "ia64", "arm", "aarch64", "s390x"]) is None
