"""What an edition is gathered from: facts in the schema's words, coloured pieces, history."""

from __future__ import annotations

import pytest
from packs import POLICIES, compiled, rule, text, virtnest

from passmuster import policy
from passmuster.authoring import testing
from passmuster.authoring.docs import FORMATS, gather
from passmuster.authoring.docs.facts import described
from passmuster.authoring.docs.highlight import Kind, pieces
from passmuster.authoring.testing.policy_parts import parts
from passmuster.model.fieldpath import FieldPath
from passmuster.model.outcome import RuleOutcome

FACTS = {
    "kernel.release": ("text", "Release as printed by uname -r.", None, "/proc/sys/kernel/osrelease"),
    "memory.total_bytes": ("whole number", "", "bytes", "/proc/meminfo"),
    "cpu.flags": ("list of text", "Feature words that every listed CPU has", None, "/proc/cpuinfo"),
    "devices['/dev/kvm'].exists": ("true or false", "Whether there is a node of this name.", None, "stat(2)"),
    "kernel.config['CONFIG_KVM']": (
        "text, or none",
        "Options of the kernel's build configuration",
        None,
        "/proc/config.gz",
    ),
    "node.labels": ("names, each with text", "Labels given by the caller", None, None),
    "iommu.groups": ("whole number, or none", "", None, "/sys/kernel/iommu_groups"),
}


@pytest.mark.parametrize("path", FACTS)
def test_a_fact_is_told_in_the_words_of_the_schema(path: str) -> None:
    kind, description, unit, source = FACTS[path]
    fact = described(FieldPath.parse(path))
    assert fact.path == str(FieldPath.parse(path))
    assert fact.kind == kind
    assert description in fact.description
    assert unit is None or fact.unit == unit
    assert source is None or source in fact.sources


def test_every_fact_that_a_shipped_rule_reads_has_a_description() -> None:
    for path in virtnest().reads:
        assert described(path).description.endswith("."), path


PIECES = {
    "facts and numbers": ("kernel.major >= 6", "fact:kernel.major operator:>= number:6"),
    "a function of two names": (
        "sets.contains(cpu.flags, ['a'])",
        "function:sets operator:. function:contains operator:( fact:cpu.flags operator:, operator:[ text:'a' operator:])",
    ),
    "a method, and a key": (
        "devices['/dev/kvm'].exists || os.id.matches('a')",
        "fact:devices operator:[ text:'/dev/kvm' operator:]. fact:exists operator:|| fact:os.id operator:. function:matches operator:( text:'a' operator:)",
    ),
    "a macro's variable": (
        "kernel.modules.all(m, m in ['x'])",
        "fact:kernel.modules operator:. function:all operator:( local:m operator:, local:m word:in operator:[ text:'x' operator:])",
    ),
    "a term, whole": ("variables.x && true", "term:variables.x operator:&& word:true"),
    "a comment": ("network.ipv6 // why\n  && true", "fact:network.ipv6 comment:// why operator:&& word:true"),
}


@pytest.mark.parametrize(("expression", "expected"), PIECES.values(), ids=PIECES)
def test_an_expression_is_cut_into_what_its_parts_are(expression: str, expected: str) -> None:
    extra = "variables:\n  x:\n    description: X.\n    expression: |\n      network.ipv6\n"
    made = compiled(rule("one", expression), extra=extra)
    found = pieces(made.rules[0].expression)
    told = " ".join(f"{each.kind.value}:{each.text.strip()}" for each in found if each.kind is not Kind.BLANK)
    assert told == expected


def test_nothing_of_an_expression_is_lost() -> None:
    for part in parts(virtnest()):
        assert "".join(piece.text for piece in pieces(part.program)) == part.program.text


def version(number: str, *rules: str, extra: str = "") -> policy.Policy:
    return policy.load(text(*rules, extra=extra).replace("version: 1.0.0", f"version: {number}").encode(), "demo.yaml")


def constant(value: int) -> str:
    return f"constants:\n  least:\n    description: The least.\n    value: {value}\n"


def test_history_tells_when_a_rule_came_and_what_changed_since() -> None:
    uses = rule("one", "kernel.major >= constants.least")
    first = version("1.0.0", uses, extra=constant(5))
    second = version("1.1.0", uses, rule("two", "network.ipv6"), extra=constant(6))
    third = version(
        "1.2.0", uses, rule("two", "!network.ipv6", level="recommended", applies_when="os.id == 'a'"), extra=constant(6)
    )
    one, two = gather(third, None, [first, second]).entries
    assert [(each.version, each.what) for each in one.history] == [("1.0.0", ()), ("1.1.0", ("constants.least",))]
    assert [(each.version, each.what) for each in two.history] == [
        ("1.1.0", ()),
        ("1.2.0", ("expression", "level", "when it applies")),
    ]
    before, after = (gather(each, None).entries[0].digest for each in (first, second))
    assert before != after
    assert after == one.digest


def test_an_edition_holds_rules_terms_and_examples() -> None:
    folder = POLICIES / "virtnest/1.0.0"
    source = policy.load((folder / "policy.yaml").read_bytes(), "policy.yaml", released=True)
    suite = testing.load((folder / "tests.yaml").read_bytes(), "tests.yaml")
    whole = gather(source, suite)
    assert [entry.id for entry in whole.entries] == [each.id for each in source.rules]
    assert {example.outcome for entry in whole.entries for example in entry.examples} == {
        RuleOutcome.PASS,
        RuleOutcome.FAIL,
        RuleOutcome.UNKNOWN,
        RuleOutcome.NOT_APPLICABLE,
    }
    alone = gather(source, suite, rule="cpu-x86-64-v2")
    (entry,) = alone.entries
    assert [term.name for term in alone.terms] == ["constants.x86_64_v2", "variables.is_x86", "variables.missing_words"]
    assert [fact.path for fact in entry.facts] == ["cpu.architecture", "cpu.flags"]
    assert entry.history[0].what == ()


def test_parameters_are_told_with_their_type_and_default() -> None:
    extra = """\
parameters:
  least: {type: int, default: 6, description: The least.}
  strict: {type: bool, default: true, description: Strict.}
  words: {type: list, default: [], description: Words.}
  more: {type: list, default: [a, b], description: More.}
"""
    uses = "kernel.major >= params.least && params.strict && params.words == params.more"
    made = gather(policy.load(text(rule("one", uses), extra=extra).encode(), "demo.yaml"), None)
    assert [(term.name, term.kind) for term in made.terms] == [
        ("params.least", "int, default 6"),
        ("params.strict", "bool, default true"),
        ("params.words", "list, default empty"),
        ("params.more", "list, default a, b"),
    ]
    for _, render in FORMATS:
        assert "list, default a, b" in render(made)
