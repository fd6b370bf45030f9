"""What is one form, what is not, and what follows from what: by example."""

from __future__ import annotations

import pytest
from packs import compiled, rule
from small_world import form

from passmuster.authoring.diff.simplify import Kind, Normalizer, TooLargeError, follows, impossible, negated, written

SAME = {
    "operands in another order": ("network.ipv6 && network.nf_tables", "network.nf_tables && network.ipv6"),
    "an operand twice": ("network.ipv6 || network.ipv6", "network.ipv6"),
    "a chain in other brackets": (
        "network.ipv6 || (network.nf_tables || 'a' in cpu.flags)",
        "('a' in cpu.flags || network.ipv6) || network.nf_tables",
    ),
    "a double negation": ("!!network.ipv6", "network.ipv6"),
    "De Morgan": ("!(network.ipv6 && network.nf_tables)", "!network.ipv6 || !network.nf_tables"),
    "De Morgan over elements": ("!cpu.flags.exists(f, f < 'b')", "cpu.flags.all(g, g >= 'b')"),
    "a comparison from the other side": ("kernel.major > 3", "3 < kernel.major"),
    "integers have neighbours": ("kernel.major > 3", "kernel.major >= 4"),
    "not below": ("!(kernel.major < kernel.minor)", "kernel.major >= kernel.minor"),
    "versions from the other side": (
        "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.11'))",
        "kernelVersion('4.11').isLessThan(kernelVersion(kernel.release))",
    ),
    "versions by their order, from the other side": (
        "0 != kernelVersion(kernel.release).compareTo(kernelVersion('4.11'))",
        "!(kernelVersion('4.11').compareTo(kernelVersion(kernel.release)) == 0)",
    ),
    "versions by their order": (
        "!kernelVersion(kernel.release).isLessThan(kernelVersion('4.11'))",
        "kernelVersion(kernel.release).compareTo(kernelVersion('4.11')) >= 0",
    ),
    "a choice written out": (
        "cpu.architecture in ['i686', 'x86_64']",
        "cpu.architecture == 'x86_64' || 'i686' == cpu.architecture",
    ),
    "a choice denied": (
        "!(cpu.architecture in ['i686', 'x86_64'])",
        "cpu.architecture != 'x86_64' && cpu.architecture != 'i686'",
    ),
    "a constant worked in": ("kernel.major == constants.limit", "kernel.major == 4"),
    "a constant calculated": ("kernel.major == size(constants.words) * 2", "kernel.major == 4"),
    "a set written out": ("sets.contains(cpu.flags, constants.words)", "constants.words.all(w, w in cpu.flags)"),
    "one of a set written out": ("sets.intersects(['a', 'b'], cpu.flags)", "'b' in cpu.flags || 'a' in cpu.flags"),
    "an element that is equal": ("cpu.flags.exists(f, f == 'a')", "'a' in cpu.flags"),
    "a key that is there": ("has(cgroup.v1.cpu)", "'cpu' in cgroup.v1"),
    "a key by its name": (
        "'cpu' in cgroup.v1 && cgroup.v1.cpu == '/x'",
        "'cpu' in cgroup.v1 && cgroup.v1['cpu'] == '/x'",
    ),
    "the size as a method": ("cpu.flags.size() > 1", "size(cpu.flags) >= 2"),
    "a boolean compared": ("network.ipv6 == false", "!network.ipv6"),
    "a macro's variable renamed": ("cpu.flags.all(a, a > 'b')", "cpu.flags.all(b, b > 'b')"),
    "a bound variable renamed": ("cel.bind(a, kernel.major, a > 3)", "cel.bind(b, kernel.major, b >= 4)"),
    "a condition turned round": (
        "has(iommu.groups) ? network.ipv6 : network.nf_tables",
        "!has(iommu.groups) ? network.nf_tables : network.ipv6",
    ),
    "a condition that is known": ("1 < 2 ? network.ipv6 : network.nf_tables", "network.ipv6"),
    "lists put together": ("sets.contains(cpu.flags, ['a'] + constants.words)", "sets.contains(cpu.flags, ['b', 'a'])"),
    "what is always so": ("network.ipv6 && true", "network.ipv6"),
}
OTHER = {
    "a macro's variable is not another's": (
        "runtime.installed.all(a, runtime.installed.exists(b, a < b))",
        "runtime.installed.all(a, runtime.installed.exists(b, b < a))",
    ),
    "a thing or its opposite may be unknown": ("network.ipv6 || !network.ipv6", "true"),
    "of nothing wanted the list must still be known": ("sets.contains(cpu.flags, [])", "true"),
    "text is not a number": ("kernel.release == '4'", "kernel.major == 4"),
    "a fact or its absence": ("has(iommu.groups)", "has(iommu.groups) && iommu.groups > 0"),
    "the ends of 64 bits have no neighbour": (
        "kernel.major > 9223372036854775807",
        "kernel.major >= 9223372036854775807",
    ),
    "what is no boolean stays an error": ("(!(!dyn(kernel.major))) == dyn(4)", "dyn(kernel.major) == dyn(4)"),
    "the order of concatenation": ("kernel.release + 'a' == 'ba'", "'a' + kernel.release == 'ba'"),
}
FOLLOWS = {
    "a part of a conjunction": ("network.ipv6 && network.nf_tables", "network.ipv6"),
    "an alternative more": ("network.ipv6", "network.nf_tables || network.ipv6"),
    "a higher bound": ("kernel.major > 5", "kernel.major > 4"),
    "a number within bounds": ("kernel.major == 5", "kernel.major > 3 && kernel.major < 9"),
    "bounds that leave one number": ("kernel.major > 3 && kernel.major < 5", "kernel.major == 4"),
    "a higher version": (
        "kernelVersion(kernel.release).isGreaterThan(kernelVersion('5.0'))",
        "!kernelVersion(kernel.release).isLessThan(kernelVersion('4.11'))",
    ),
    "fewer choices": ("cpu.architecture == 'i686'", "cpu.architecture in ['i686', 'arm']"),
    "another choice": ("cpu.architecture == 'i686'", "cpu.architecture != 'arm'"),
    "more words": ("sets.contains(cpu.flags, ['a', 'b', 'c'])", "sets.contains(cpu.flags, ['c', 'a'])"),
    "what is so of all in a smaller choice": (
        "cpu.flags.all(f, f in ['a', 'b'])",
        "cpu.flags.all(f, f in ['a', 'b', 'c'])",
    ),
    "two things of all": (
        "cpu.flags.all(f, f > 'a') && cpu.flags.all(f, f < 'd')",
        "cpu.flags.all(f, f > 'a' && f < 'e')",
    ),
    "an element with more to it": ("cpu.flags.exists(f, f > 'c')", "cpu.flags.exists(f, f > 'b')"),
    "both ways of a condition": (
        "network.ipv6 ? kernel.major > 5 : kernel.major > 6",
        "kernel.major > 4",
    ),
    "one of two cases": (
        "(network.ipv6 || network.nf_tables) && kernel.major > 5",
        "(network.ipv6 && kernel.major > 4) || (network.nf_tables && kernel.major > 3)",
    ),
    "a higher semantic version": (
        "semver(kernel.release).isGreaterThan(semver('1.4.0'))",
        "!semver(kernel.release).isLessThan(semver('1.4.0-rc.1'))",
    ),
    "below is not above": ("kernel.major < kernel.minor", "kernel.major <= kernel.minor"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_one_form(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_not_one_form(one: str, other: str) -> None:
    assert form(one) != form(other)


@pytest.mark.parametrize(("one", "other"), FOLLOWS.values(), ids=FOLLOWS)
def test_follows_and_not_back(one: str, other: str) -> None:
    assert follows([form(one)], [form(other)])
    assert follows([negated(form(other)), form(one)], [])
    assert bounds_that_leave_one(one) or not follows([form(other)], [form(one)])


def bounds_that_leave_one(text: str) -> bool:
    """Whether the first of a pair follows from the second as well."""
    return text == "kernel.major > 3 && kernel.major < 5"


IMPOSSIBLE = (
    "kernel.major < 3 && kernel.major > 3",
    "size(cpu.flags) < 0",
    "cpu.architecture == 'i686' && cpu.architecture == 'arm'",
    "network.ipv6 && !network.ipv6",
    "kernel.major < kernel.minor && kernel.minor <= kernel.major",
    "cpu.flags.exists(f, f > 'c') && cpu.flags.all(f, f < 'b')",
    "!has(kernel.release)",
    "kernelVersion(kernel.release).isLessThan(kernelVersion('4.0')) && kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.0'))",
)


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_impossible(text: str) -> None:
    assert impossible(form(text))
    assert not impossible(negated(form(text)))


WRITTEN = {
    "!(kernel.major > 3 && network.ipv6)": "kernel.major <= 3 || !network.ipv6",
    "cpu.flags.all(f, !(f in ['b', 'a']))": "!('a' in cpu.flags) && !('b' in cpu.flags)",
    "cpu.flags.exists_one(word, word != 'a')": "cpu.flags.exists_one(word, word != 'a')",
    "kernel.config['CONFIG_VFIO'] == 'y' && 'CONFIG_VFIO' in kernel.config": (
        "has(kernel.config.CONFIG_VFIO) && kernel.config.CONFIG_VFIO == 'y'"
    ),
    "devices['/dev/kvm'].exists": "devices['/dev/kvm'].exists",
    "cpu.flags[0] == 'it\\'s'": "cpu.flags[0] == 'it\\'s'",
    "-kernel.major + 1 < 0": "((-kernel.major) + 1) <= -1",
    "has(iommu.groups) ? iommu.groups > 0 : network.ipv6": "has(iommu.groups) ? (iommu.groups >= 1) : network.ipv6",
    "cel.bind(m, kernel.major, m == kernel.minor)": "cel.bind(m, kernel.major, m == kernel.minor)",
    "{'a': 1}.exists(k, v, v == 1 && k != '')": "true",
}


@pytest.mark.parametrize(("text", "told"), WRITTEN.items(), ids=WRITTEN)
def test_a_form_is_written_as_an_expression_again(text: str, told: str) -> None:
    assert written(form(text)) == told
    assert form(told) == form(text)


def test_variables_are_worked_in_and_parameters_where_they_are_given() -> None:
    extra = (
        "parameters:\n  least: {type: int, default: 2, description: d}\n"
        "variables:\n  many:\n    description: d\n    expression: |\n      cpu.logical_count >= params.least\n"
    )
    policy = compiled(rule("one", "variables.many"), rule("two", "cpu.logical_count > 1"), extra=extra)
    one, two = (each.expression for each in policy.rules)
    assert written(Normalizer(policy).form(one)) == "params.least <= cpu.logical_count"
    assert Normalizer(policy, {"least": 2}).form(one) == Normalizer(policy).form(two)


def test_what_doubles_with_each_variable_is_refused_and_not_waited_for() -> None:
    extra = "variables:\n"
    for number in range(40):
        text = "network.ipv6" if number == 0 else f"variables.v{number - 1} == variables.v{number - 1}"
        extra += f"  v{number}:\n    description: d\n    expression: |\n      {text}\n"
    policy = compiled(rule("one", "variables.v39"), extra=extra)
    with pytest.raises(TooLargeError):
        Normalizer(policy).form(policy.rules[0].expression)


@pytest.mark.parametrize(("pairs", "proved"), [(3, True), (14, False)])
def test_a_question_that_is_too_hard_is_not_answered_with_yes(pairs: int, *, proved: bool) -> None:
    either = [f"('a{n:02}' in cpu.flags || 'b{n:02}' in cpu.flags)" for n in range(pairs)]
    given = form(" && ".join(either))
    assert given.kind is Kind.AND
    assert follows([given], [form(either[-1])])
    assert follows([given], [form(f"{either[pairs // 2]} || network.ipv6")]) is proved


PARTS_KEPT = (
    "cgroup.v1.?cpu.orValue('') == '/x'",
    "cgroup.v1[?'cpu'].optMap(path, path + '/').orValue('') == '/x/'",
    "[?cgroup.v1.?cpu, 'a'].size() > 1",
    "{'a': kernel.major, ?'b': cgroup.v1.?cpu.optMap(x, 1)}.size() > 1",
    "cgroup.v1.transformMap(k, v, v + k) == {'cpu': 'a'}",
    "cpu.flags.map(f, f != 'a', f + 'b') == ['ab']",
)


@pytest.mark.parametrize("text", PARTS_KEPT)
def test_what_no_rule_is_about_is_kept_part_by_part(text: str) -> None:
    assert form(text) == form(f"!!({text})")
    assert form(text) != form(text.replace("'a'", "'c'").replace("?'cpu'", "?'memory'").replace(".?cpu", ".?memory"))
    assert written(form(text))
