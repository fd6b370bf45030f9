"""Every kind of mistake, in the words that a reader gets."""

from __future__ import annotations

import pytest
from packs import compiled, rule, virtnest

from passmuster.authoring.testing.mutants import edits
from passmuster.authoring.testing.policy_parts import parts
from passmuster.cel.run.attempt import unchecked

EDITS = {
    "&&": (
        "network.ipv6 && network.nf_tables",
        [
            "network.ipv6 => !(network.ipv6)",
            "network.ipv6 => true",
            "network.ipv6 && network.nf_tables => !(network.ipv6 && network.nf_tables)",
            "network.ipv6 && network.nf_tables => network.ipv6 || network.nf_tables",
            "network.nf_tables => !(network.nf_tables)",
            "network.nf_tables => true",
        ],
    ),
    "|| of three, with brackets": (
        "(network.ipv6) || network.nf_tables || (true)",
        [
            "(network.ipv6) || network.nf_tables || (true) => !((network.ipv6) || network.nf_tables || (true))",
            "network.ipv6 => !(network.ipv6)",
            "network.ipv6 => false",
            "(network.ipv6) || network.nf_tables => (network.ipv6) && network.nf_tables",
            "network.nf_tables => !(network.nf_tables)",
            "network.nf_tables => false",
            "network.nf_tables || (true) => network.nf_tables && (true)",
            "true => false",
        ],
    ),
    "a comparison and a number": (
        "kernel.major >= 0",
        [
            "kernel.major >= 0 => kernel.major < 0",
            "kernel.major >= 0 => kernel.major > 0",
            "kernel.major >= 0 => kernel.major >= (-1)",
            "kernel.major >= 0 => kernel.major >= 1",
        ],
    ),
    "equality and a text": (
        "os.id == 'debian'",
        ["os.id == 'debian' => os.id != 'debian'", "os.id == 'debian' => os.id == 'debian~'"],
    ),
    "in, and a list": (
        "os.id in ['a', 'b',]",
        [
            "os.id in ['a', 'b',] => !(os.id in ['a', 'b',])",
            "['a', 'b',] => ['b',]",
            "['a', 'b',] => ['a']",
        ],
    ),
    "a list of one": ("os.id in ['a']", ["os.id in ['a'] => !(os.id in ['a'])", "['a'] => []"]),
    "has and its guard": (
        "has(memory.ksm_run) && memory.ksm_run == 1",
        [
            "has(memory.ksm_run) => !(has(memory.ksm_run))",
            "has(memory.ksm_run) => true",
            "has(memory.ksm_run) && memory.ksm_run == 1 => !(has(memory.ksm_run) && memory.ksm_run == 1)",
            "has(memory.ksm_run) && memory.ksm_run == 1 => has(memory.ksm_run) || memory.ksm_run == 1",
            "memory.ksm_run == 1 => true",
            "memory.ksm_run == 1 => memory.ksm_run != 1",
            "memory.ksm_run == 1 => memory.ksm_run == 0",
            "memory.ksm_run == 1 => memory.ksm_run == 2",
        ],
    ),
    "a negation": ("! network.ipv6", ["! network.ipv6 => network.ipv6"]),
    "?:": (
        "network.ipv6 ? true : network.nf_tables",
        [
            "network.ipv6 => !(network.ipv6)",
            "network.ipv6 => false",
            "network.ipv6 => true",
            "network.ipv6 ? true : network.nf_tables => !(network.ipv6 ? true : network.nf_tables)",
            "true => false",
        ],
    ),
    "a version and a function that compares": (
        "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.0'))",
        [
            "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.0')) => !(kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.0')))",
            "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.0')) => (!kernelVersion(kernel.release).isLessThan(kernelVersion('4.0')))",
            "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.0')) => kernelVersion(kernel.release).isLessThan(kernelVersion('4.0'))",
            "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.0')) => kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.1'))",
        ],
    ),
    "a macro": (
        "kernel.modules.all(m, m in ['x'])",
        [
            "kernel.modules.all(m, m in ['x']) => !(kernel.modules.all(m, m in ['x']))",
            "kernel.modules.all(m, m in ['x']) => kernel.modules.exists(m, m in ['x'])",
            "m in ['x'] => !(m in ['x'])",
            "['x'] => []",
        ],
    ),
    "a pattern": (
        "os.id.matches('^(a|b)')",
        [
            "os.id.matches('^(a|b)') => !(os.id.matches('^(a|b)'))",
            "os.id.matches('^(a|b)') => os.id.matches('(a|b)')",
            "os.id.matches('^(a|b)') => os.id.matches('^(a)')",
            "os.id.matches('^(a|b)') => os.id.matches('^(b)')",
        ],
    ),
    "a sum in a set": (
        "sets.contains([kernel.major + kernel.minor], [])",
        [
            "sets.contains([kernel.major + kernel.minor], []) => !(sets.contains([kernel.major + kernel.minor], []))",
            "sets.contains([kernel.major + kernel.minor], []) => sets.intersects([kernel.major + kernel.minor], [])",
            "[kernel.major + kernel.minor] => []",
            "kernel.major + kernel.minor => kernel.major - kernel.minor",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), EDITS.values(), ids=EDITS)
def test_the_mistakes_that_are_made(expression: str, expected: list[str]) -> None:
    (part,) = parts(compiled(rule("one", expression)))
    told = [each.described(expression) for each in edits(part.program)]
    assert len(set(told)) == len(told)
    assert sorted(told) == sorted(expected)


@pytest.mark.long
def test_every_mutant_of_the_shipped_policy_is_another_text_that_runs() -> None:
    for part in parts(virtnest()):
        for edit in edits(part.program):
            changed = edit.text(part.program.text)
            assert changed != part.program.text
            assert unchecked(changed, part.program.environment) is not None, changed
