"""Strategies for small boolean expressions, and for pairs of them that differ in few places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("network.ipv6", "!network.ipv6", "network.ipv6 == true", "network.ipv6 != true", "false != network.ipv6"),
    ("network.nf_tables", "network.nf_tables != network.ipv6", "network.ipv6 == network.nf_tables", "true", "false"),
    (
        "cpu.architecture == 'x86_64'",
        "'x86_64' != cpu.architecture",
        "cpu.architecture in ['x86_64', 'i686']",
        "cpu.architecture in ['i686', 'x86_64', 'aarch64']",
        "!(cpu.architecture in ['aarch64'])",
        "cpu.architecture == 'x86_64' || cpu.architecture == 'i686'",
        "cpu.architecture < 'j'",
    ),
    (
        "'a' in cpu.flags",
        "sets.contains(cpu.flags, constants.words)",
        "sets.contains(cpu.flags, ['a'])",
        "sets.contains(cpu.flags, [])",
        "sets.contains(['a', 'b'], cpu.flags)",
        "sets.intersects(['a', 'c'], cpu.flags)",
        "sets.intersects(cpu.flags, constants.words)",
        "constants.words.all(w, w in cpu.flags)",
        "constants.words.exists(w, w in cpu.flags)",
    ),
    (
        "cpu.flags.exists(f, f == 'a')",
        "!cpu.flags.all(g, g != 'a')",
        "cpu.flags.all(f, f in ['a', 'b'])",
        "cpu.flags.all(f, f == 'a')",
        "cpu.flags.exists(f, f in constants.words && f != 'b')",
        "cpu.flags.exists_one(f, f == 'a')",
        "cpu.flags.all(f, f == 'a' || network.ipv6)",
    ),
    (
        "size(cpu.flags) > 1",
        "cpu.flags.size() >= 2",
        "size(cpu.flags) == 0",
        "size(cpu.flags) < 1",
        "size(cpu.flags) >= 0",
        "cpu.flags == []",
        "cpu.flags.filter(f, f == 'a') == ['a']",
    ),
    (
        "kernel.major > 3",
        "kernel.major >= 4",
        "!(kernel.major < constants.limit)",
        "kernel.major == 4",
        "kernel.major != 4",
        "3 < kernel.major && kernel.major < 5",
        "kernel.major in [4, 5]",
        "kernel.major > 4",
    ),
    (
        "kernel.major > kernel.minor",
        "kernel.minor < kernel.major",
        "kernel.minor <= kernel.major",
        "!(kernel.major <= kernel.minor)",
        "kernel.major == kernel.minor",
        "1 / (kernel.major - 4) == 1",
        "1 / (kernel.major - 4) >= 1 + 0",
        "cel.bind(m, kernel.major, m > 3 && m < 5)",
    ),
    (
        "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.11'))",
        "kernelVersion('4.15').isGreaterThan(kernelVersion(kernel.release))",
        "!kernelVersion(kernel.release).isLessThan(kernelVersion('4.15'))",
        "kernelVersion(kernel.release).compareTo(kernelVersion('4.15')) >= 0",
        "0 > kernelVersion(kernel.release).compareTo(kernelVersion('4.15'))",
        "kernelVersion(kernel.release).compareTo(kernelVersion('4.11.0')) == 0",
        "isKernelVersion(kernel.release)",
        "kernel.release.startsWith('4.1')",
    ),
    (
        "has(iommu.groups)",
        "has(iommu.groups) && iommu.groups > 0",
        "has(iommu.groups) && iommu.groups >= 2",
        "!has(iommu.groups) || iommu.groups < 1",
        "has(iommu.groups) ? iommu.groups > 0 : network.ipv6",
        "!has(iommu.groups) ? network.ipv6 : !(iommu.groups <= 0)",
    ),
    (
        "'cpu' in cgroup.v1",
        "has(cgroup.v1.cpu)",
        "'cpu' in cgroup.v1 && cgroup.v1['cpu'] == '/x'",
        "has(cgroup.v1.cpu) && cgroup.v1.cpu != '/y'",
        "cgroup.v1.all(k, k == 'cpu')",
        "cgroup.v1.exists(k, v, v == '/x')",
        "size(cgroup.v1) > 1",
    ),
    (
        "semver('1.' + string(kernel.minor) + '.0').isLessThan(semver('1.4.0'))",
        "!semver('1.' + string(kernel.minor) + '.0').isGreaterThan(semver('1.4.0-rc.1'))",
        "dyn(kernel.major) == 4",
        "!!dyn(kernel.major)",
        "(!!dyn(kernel.major)) == dyn(4)",
        "dyn(network.ipv6) && kernel.major > 3",
        "(dyn(network.ipv6) ? kernel.major : 5) > 4",
    ),
)
LEAVES = tuple(leaf for family in FAMILIES for leaf in family)


@st.composite
def pairs(draw: st.DrawFn, depth: int = 2) -> tuple[str, str]:
    """Two expressions of one shape, with a few differences: a leaf, a dropped operand, an order."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        family = draw(st.sampled_from(FAMILIES))
        one = draw(st.sampled_from(family))
        return one, draw(st.sampled_from(family)) if draw(st.booleans()) else one
    shape = draw(st.sampled_from(("&&", "||", "&&", "||", "!", "?")))
    if shape == "!":
        one, other = draw(pairs(depth - 1))
        return f"!({one})", f"!({other})"
    if shape == "?":
        three = [draw(pairs(depth - 1)) for _ in range(3)]
        return _conditional([each[0] for each in three]), _conditional([each[1] for each in three])
    return draw(_connected(shape, depth))


def _conditional(parts: Sequence[str]) -> str:
    return " ? ".join(f"({part})" for part in parts[:2]) + f" : ({parts[2]})"


@st.composite
def _connected(draw: st.DrawFn, sign: str, depth: int) -> tuple[str, str]:
    operands = draw(st.lists(pairs(depth - 1), min_size=2, max_size=3))
    one, other = [each[0] for each in operands], [each[1] for each in operands]
    if draw(st.booleans()):
        other = draw(st.permutations(other))
    if draw(st.booleans()):
        other = other[:-1]
    joint = f" {sign} "
    return joint.join(f"({each})" for each in one), joint.join(f"({each})" for each in other)
