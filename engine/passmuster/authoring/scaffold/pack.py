"""Beginning a pack, and adding a rule to a draft: the texts of its two files."""

from __future__ import annotations

import re
from dataclasses import dataclass

from passmuster.authoring.scaffold import templates
from passmuster.codec import yaml
from passmuster.errors import PolicyError, Problem, UsageError

FIRST_VERSION = "0.1.0"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_NO_TEXTS = frozenset(("true", "false", "null"))
"""Words that YAML reads as something else."""
_ITEM = re.compile(r"( *)- +")


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The texts of a policy and of its tests."""

    policy: str
    tests: str


def demand_name(name: str, what: str) -> None:
    """Raise UsageError unless a name can be that of a pack or a rule."""
    if not _NAME.fullmatch(name) or name in _NO_TEXTS:
        message = (
            f"not a name for a {what} (got {name!r}, expected lower-case letters, digits and hyphens, a letter first)"
        )
        raise UsageError.at(name, message, code="usage-name")


def begun(pack: str) -> Files:
    """The first draft of a pack, with one rule."""
    rule = f"{pack}-example"[:63].rstrip("-")
    policy = templates.PACK.format(pack=pack, version=FIRST_VERSION, rule=templates.filled(templates.RULE, rule, 2))
    base, cases = (templates.filled(part, rule, 2) for part in (templates.BASE, templates.CASES))
    return Files(policy=policy, tests=templates.TESTS.format(base=base, cases=cases))


def extended(files: Files, rule: str, names: tuple[str, str]) -> Files:
    """A draft with one more rule, its base and its cases; `names` are those of the files. Raises PolicyError."""
    policy, tests = (_read(text, name) for text, name in zip((files.policy, files.tests), names, strict=True))
    for document, names_there in (
        (policy, {rule["id"] for rule in policy.value["rules"]}),
        (tests, set(tests.value["bases"])),
    ):
        if rule in names_there:
            message = f"{rule!r} already exists (expected a new name)"
            raise PolicyError.at(document.file, message, code="scaffold-name")
    return Files(
        policy=_with_items(policy, "rules", templates.RULE, rule, gap=True),
        tests=_with_items(_read(_with_base(tests, rule), names[1]), "cases", templates.CASES, rule, gap=False),
    )


def _read(text: str, name: str) -> yaml.Document:
    try:
        return yaml.load(text.encode(), name)
    except yaml.YAMLProblems as error:
        raise PolicyError(error.problems) from None


def _with_items(document: yaml.Document, key: str, template: str, rule: str, *, gap: bool) -> str:
    """The text with a filled template after the last item of a list."""
    first = document.positions[key, 0]
    item = _ITEM.fullmatch(document.lines[first.line - 1][: first.column - 1])
    if item is None:
        raise PolicyError([_flow(document, key)])
    text = templates.filled(template, rule, len(item[1]))
    return _inserted(document, key, f"\n{text}" if gap else text)


def _with_base(document: yaml.Document, rule: str) -> str:
    first = document.keys["bases", next(iter(document.value["bases"]))]
    indent = document.lines[first.line - 1][: first.column - 1]
    if indent.strip() or not indent:
        raise PolicyError([_flow(document, "bases")])
    return _inserted(document, "bases", templates.filled(templates.BASE, rule, len(indent)))


def _flow(document: yaml.Document, key: str) -> Problem:
    message = f"`{key}` is not written with one item below the other (expected block style, to add to it)"
    return document.problem((key,), message, code="scaffold-flow", key=True)


def _inserted(document: yaml.Document, key: str, text: str) -> str:
    """The document's text with more at the end of a top-level block: after its last line that says something."""
    later = [at.line for path, at in document.keys.items() if len(path) == 1 and at.line > document.keys[key,].line]
    end = min(later, default=len(document.lines) + 1) - 1
    while not document.lines[end - 1].strip() or document.lines[end - 1].startswith("#"):
        end -= 1
    before, after = document.lines[:end], document.lines[end:]
    return "\n".join(before) + "\n" + text + "\n".join(after)
