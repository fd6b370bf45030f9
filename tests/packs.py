"""Compiled policies for tests: the shipped ones, and small ones made of a few expressions."""

from __future__ import annotations

import functools
import textwrap
from pathlib import Path
from typing import Any

from policy_text import GOOD

from passmuster import policy
from passmuster.authoring import scaffold
from passmuster.policy import lock
from passmuster.policy.compile import CompiledPolicy, compile_policy

CHECKOUT = Path(__file__).resolve().parent.parent
POLICIES = CHECKOUT / "policies"


@functools.cache
def virtnest() -> CompiledPolicy:
    """Virtnest 1.0.0, compiled."""
    return compile_policy(
        policy.load((POLICIES / "virtnest/1.0.0/policy.yaml").read_bytes(), "virtnest.yaml", released=True)
    )


def rule(id_: str, expression: str, *, level: str = "required", **more: str) -> str:
    """A rule's YAML; `applies_when` and `message_expression` are given as text."""
    parts = {"expression": expression, **more}
    blocks = "".join(f"{key}: |\n{textwrap.indent(text, '  ')}\n" for key, text in parts.items())
    head = f"id: {id_}\ntitle: {id_} holds\nlevel: {level}\n"
    tail = f"rationale: r\ndeviation: none\nremediation: mend {id_}\nreferences: [{{title: t, url: 'https://example.org'}}]\n"
    return "  - " + textwrap.indent(head + blocks + tail, "    ").lstrip()


def text(*rules: str, extra: str = "") -> str:
    """A policy's YAML; `extra` stands in front of the rules (constants, variables, parameters)."""
    head = GOOD.split("parameters:")[0]
    return head + extra + "rules:\n" + "".join(rules)


def write_draft(home: Path, pack: str, version: str = "1.0.0") -> Path:
    """A draft that can be released: what `policy new` writes, with what it leaves to a person written."""
    files = scaffold.begun(pack)
    folder = home / pack / version
    folder.mkdir(parents=True)
    written = files.policy.replace("TODO: ", "").replace("https://example.org/the-document", "https://docs.kernel.org/")
    (folder / "policy.yaml").write_text(written.replace("version: 0.1.0", f"version: {version}"))
    (folder / "tests.yaml").write_text(files.tests)
    return folder


def locked(home: Path, *names: str) -> None:
    """Write the lock of a folder of packs, whatever the drafts are like."""
    digests = {name: policy.digest(home.joinpath(*name.split("@"), "policy.yaml").read_bytes()) for name in names}
    entries = {name: lock.Locked(digest=each) for name, each in digests.items()}
    (home / "policies.lock").write_text(lock.render(entries))


def compiled(*rules: str, extra: str = "") -> CompiledPolicy:
    """A policy of a few rules, compiled."""
    return compile_policy(policy.load(text(*rules, extra=extra).encode(), "demo.yaml"))


def no_parameters(*policies: CompiledPolicy) -> dict[str, dict[str, Any]]:
    """No parameters for each pack."""
    return {each.header.pack: {} for each in policies}
