"""A small world of facts for the tests of expressions, its types, and short ways to run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel import (
    Basic,
    CelProblems,
    EnumType,
    Environment,
    Evaluation,
    Field,
    ListType,
    MapType,
    ObjectType,
    OpenMap,
    Presence,
    TextType,
    Unknown,
    compile_expression,
)
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason, UnknownFact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.cel import CelType, Program

_DEVICE = ObjectType({"exists": Field(Basic.BOOL), "accessible": Field(Basic.BOOL, nullable=True)})
_DOCKER = ObjectType({"version": Field(Basic.STRING, nullable=True)})
ENVIRONMENT = Environment(
    roots={
        "cpu": ObjectType(
            {
                "architecture": Field(EnumType(("x86_64", "aarch64"))),
                "count": Field(Basic.INT),
                "flags": Field(ListType(TextType(64), 512)),
            }
        ),
        "kernel": ObjectType(
            {
                "release": Field(TextType(64)),
                "sysctl": Field(
                    MapType(Basic.STRING, Basic.STRING, Presence.OPEN, ("net.a", "net.b", "net.d"), nullable=True)
                ),
            }
        ),
        "devices": MapType(Basic.STRING, _DEVICE, Presence.OPEN, ("/dev/kvm", "/dev/net/tun")),
        "runtime": ObjectType(
            {
                "name": Field(Basic.STRING),
                "docker": Field(_DOCKER, nullable=True),
                "installed": Field(ListType(_DOCKER)),
            }
        ),
        "cgroup": ObjectType({"v1": Field(MapType(Basic.STRING, Basic.STRING, Presence.CLOSED))}),
        "params": ObjectType({"limit": Field(Basic.INT), "any": Field(Basic.DYN)}),
        "variables": ObjectType({"ready": Field(Basic.BOOL)}),
    },
    constants={
        "v2": ["cx16", "ssse3"],
        "devices": ["/dev/kvm", "/dev/net/tun"],
        "table": {"one": 1, "two": 2},
        "pattern": "^6[.]",
    },
)


def unknown(path: str, reason: Reason = Reason.DENIED) -> Unknown:
    """A fact that could not be looked at."""
    return Unknown(frozenset({UnknownFact(path=FieldPath.parse(path), reason=reason)}))


def roots(**changed: object) -> dict[str, object]:
    """A healthy node; sections can be exchanged."""
    healthy: dict[str, object] = {
        "cpu": {"architecture": "x86_64", "count": 4, "flags": ["cx16", "sse4_2", "ssse3", "vmx"]},
        "kernel": {
            "release": "6.1.0-13-amd64",
            "sysctl": OpenMap(
                path=FieldPath.parse("kernel.sysctl"), values={"net.a": "1"}, absent=frozenset({"net.b"})
            ),
        },
        "devices": OpenMap(
            path=FieldPath.parse("devices"),
            values={"/dev/kvm": {"exists": True, "accessible": True}, "/dev/net/tun": {"exists": False}},
        ),
        "runtime": {"name": "docker", "docker": {"version": "20.10.9"}, "installed": [{"version": "1.7"}, {}]},
        "cgroup": {"v1": {"cpu": "/sys/fs/cgroup/cpu"}},
        "params": {"limit": 2, "any": "text"},
        "variables": {"ready": True},
    }
    return {**healthy, **changed}


def program(text: str, expect: CelType | None = None, *assume: Program) -> Program:
    """Compile an expression in this world."""
    return compile_expression(text, ENVIRONMENT, expect=expect, assume=assume)


def value(text: str, **changed: object) -> object:
    """What an expression comes to in this world."""
    return evaluation(text, roots(**changed)).value


def evaluation(text: str, over: Mapping[str, object]) -> Evaluation:
    """What an expression comes to, and what it cost."""
    return program(text).run(over)


def problems(text: str, expect: CelType | None = None) -> list[str]:
    """What is wrong with an expression, as lines."""
    try:
        program(text, expect)
    except CelProblems as found:
        return [str(problem) for problem in found.problems]
    return []
