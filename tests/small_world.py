"""A few facts of the real schema with a few values each, and all the nodes that they make."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from passmuster import cel
from passmuster.authoring.diff.simplify import Form, Normalizer
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason, UnknownFact
from passmuster.model.verdict import PolicyHeader
from passmuster.policy.compile import CompiledPolicy
from passmuster.policy.environments import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

NONE = object()
"""The host has no such thing: the key is unset."""
CONSTANTS: dict[str, Any] = {"words": ["a", "b"], "limit": 4}


def _unknown(path: str) -> cel.Unknown:
    return cel.Unknown(frozenset({UnknownFact(path=FieldPath.parse(path), reason=Reason.DENIED)}))


VALUES: dict[str, tuple[object, ...]] = {
    "network.ipv6": (True, False),
    "network.nf_tables": (True, False),
    "cpu.architecture": ("x86_64", "i686", "aarch64"),
    "cpu.flags": ([], ["a"], ["b", "a"], ["c"]),
    "kernel.major": (3, 4, 5),
    "kernel.minor": (3, 4),
    "kernel.release": ("4.11.0", "4.15-rc1", "4.15", "no version"),
    "iommu.groups": (NONE, 0, 1, 2),
    "cgroup.v1": ({}, {"cpu": "/x"}, {"cpu": "/y", "memory": "/x"}),
}
MAX_NODES = 1500

EMPTY = CompiledPolicy(
    header=PolicyHeader(pack="demo", version="1.0.0", title="", digest="", released=False),
    constants=CONSTANTS,
    variables={},
    rules=(),
)


@functools.cache
def program(text: str) -> cel.Program:
    """Compile an expression over the facts of the real schema."""
    return cel.compile_expression(text, environment(constants=CONSTANTS), expect=cel.Basic.BOOL)


def form(text: str) -> Form:
    """The normal form of an expression."""
    return Normalizer(EMPTY).form(program(text))


def nodes(*texts: str) -> Iterator[dict[str, Any]]:
    """The roots of every node that differs in a fact which the expressions name; every nth where there are many."""
    paths = [path for path in VALUES if any(path in text for text in texts)]
    choices = [(*VALUES[path], _unknown(path)) for path in paths]
    count = 1
    for each in choices:
        count *= len(each)
    # A step without a common divisor with the numbers of values, so that none is left out.
    step = (
        1
        if count <= MAX_NODES
        else next(n for n in (7, 11, 17, 31, 61, 127, 257, 521, 1031) if count // n <= MAX_NODES)
    )
    for values in itertools.islice(itertools.product(*choices), 0, None, step):
        roots: dict[str, Any] = {"constants": CONSTANTS}
        for path, value in zip(paths, values, strict=True):
            section, name = path.split(".")
            roots.setdefault(section, {})
            if value is not NONE:
                roots[section][name] = value
        yield roots


def value(text: str, roots: dict[str, Any]) -> str:
    """What an expression comes to: `true`, `false`, `unknown` or `error`."""
    found = program(text).run(roots).value
    if isinstance(found, bool):
        return "true" if found else "false"
    return "unknown" if isinstance(found, cel.Unknown) else "error"
