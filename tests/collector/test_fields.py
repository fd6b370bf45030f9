"""Paths, limits and harmless text; and that the collector's own list of fields is the schema's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from snapshot_rules import sections

from passmuster_collector import kerneloptions, kernelparameters, modulenames, sysctls
from passmuster_collector.facts import SECTIONS, cgroup, devices, kernel, storage, virtualization
from passmuster_collector.fields import Limit, excess, plain, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster_collector.section import Section

SPELLED = {
    ("kernel", "release"): "kernel.release",
    ("kernel", "sysctl", "net.ipv4.ip_forward"): "kernel.sysctl['net.ipv4.ip_forward']",
    ("devices", "/dev/kvm", "accessible"): "devices['/dev/kvm'].accessible",
    ("kernel", "config", "CONFIG_KVM"): "kernel.config.CONFIG_KVM",
    ("x", "it's\\\n"): "x['it\\'s\\\\\\n']",
    ("x", "é"): "x['é']",
    ("x", "1a"): "x['1a']",
    ("x", "a\n"): "x['a\\n']",
    ("x", ""): "x['']",
}


@pytest.mark.parametrize("path", SPELLED)
def test_paths_are_spelled_in_one_way(path: tuple[str, ...]) -> None:
    assert spelled(path) == SPELLED[path]


EXCESS = {
    "null": (None, Limit(), ""),
    "true": (True, Limit(high=0), ""),
    "a string that fits": ("abc", Limit(length=3), ""),
    "a string too long": ("abcd", Limit(length=3), "too large (got 4 characters, limit 3)"),
    "a number in range": (5, Limit(high=5), ""),
    "a number above": (6, Limit(high=5), "too large (got 6, limit 5)"),
    "a list too long": (["a", "b"], Limit(items=1, length=9), "too large (got 2 items, limit 1)"),
    "an item too long": (["aa"], Limit(items=1, length=1), "too large (got 2 characters, limit 1)"),
    "a map too large": ({"a": 1, "b": 2}, Limit(items=1), "too large (got 2 items, limit 1)"),
    "a key too long": ({"k" * 257: 1}, Limit(items=1), "too large (got 257 characters in a key, limit 256)"),
    "a map's number above": ({"a": 9}, Limit(items=1, high=5), "too large (got 9, limit 5)"),
    "an empty map": ({}, Limit(), ""),
}


@pytest.mark.parametrize("name", EXCESS)
def test_what_exceeds_a_limit(name: str) -> None:
    value, limit, expected = EXCESS[name]
    assert excess(value, limit) == expected


def test_no_lone_surrogate_is_left() -> None:
    assert plain({"\udcff": ["a\udc80", ("\ud800",), 1, None]}) == {"\\xff": ["a\\x80", ["\\ud800"], 1, None]}


def test_control_characters_are_kept() -> None:
    assert plain("a\x1b[31m\n") == "a\x1b[31m\n"


def _leaves(field: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    members = dict(field.get("properties", {}))
    if field.get("x-map") == "open" and field["additionalProperties"]["type"] == "object":
        members = dict.fromkeys(field["x-keys"], field["additionalProperties"])
    if not members:
        yield path, field
    for name, member in members.items():
        yield from _leaves(member, (*path, name))


def _limit(field: dict[str, Any]) -> Limit:
    """The limit that a field of the schema sets, as the collector writes it."""
    inner = field.get("items") or field.get("additionalProperties") or field
    words = field.get("enum") or inner.get("enum")
    types = inner.get("type", ())
    number = "integer" in types
    parts = list(inner.get("properties", {}).values())
    if "array" in types and inner is not field:
        parts = [inner["items"]]
    lengths = [16 if words else each["maxLength"] for each in parts or [inner] if "string" in each["type"]]
    return Limit(
        items=field.get("maxItems", field.get("maxProperties", 0)),
        length=max(lengths, default=0),
        high=inner["maximum"] if number else Limit().high,
        inner=inner.get("maxItems", 0) if inner is not field else 0,
    )


@pytest.mark.parametrize("one", SECTIONS, ids=lambda one: one.name)
def test_fields_and_limits_are_the_schemas(one: Section) -> None:
    expected = {path: _limit(field) for path, field in _leaves(sections()[one.name], ())}
    assert one.fields == expected


def test_every_section_of_the_schema_is_collected_once() -> None:
    assert [one.name for one in SECTIONS] == sorted(sections())


def test_keys_of_open_maps_are_the_schemas() -> None:
    schema = sections()
    assert list(sysctls.LISTED) == schema["kernel"]["properties"]["sysctl"]["x-keys"]
    assert list(sysctls.SIZED) == schema["sysctl_sized"]["properties"]["values"]["x-keys"]
    assert list(kernel.OPTIONS) == schema["kernel"]["properties"]["config"]["x-keys"]
    assert list(devices.PROMISES) == schema["devices"]["x-keys"]
    parameters = schema["virtualization"]["properties"]["kvm"]["properties"]["parameters"]
    assert list(virtualization.PARAMETERS) == parameters["x-keys"]


def test_paths_of_mounts_are_the_schemas() -> None:
    assert list(storage.PATHS) == sections()["storage"]["properties"]["propagation"]["x-keys"]


def test_lists_of_names_are_sorted() -> None:
    assert list(kernelparameters.LISTED) == sorted(set(kernelparameters.LISTED))
    arguments = sections()["boot"]["properties"]["arguments"]
    assert list(kernelparameters.LISTED) == arguments["x-listed"]
    schema = sections()
    assert list(kerneloptions.LISTED) == schema["kernel_config"]["properties"]["options"]["x-listed"]
    assert list(modulenames.LISTED) == schema["kernel_modules"]["properties"]["available"]["x-listed"]
    for names in (kerneloptions.LISTED, modulenames.LISTED, sysctls.LISTED, sysctls.SIZED):
        assert list(names) == sorted(set(names))
    assert set(sysctls.LISTED).isdisjoint(sysctls.SIZED)
    assert set(kernel.OPTIONS) <= set(kerneloptions.LISTED)
    assert set(kerneloptions.LISTED) >= kerneloptions.TEXTS
    assert "cpuacct" in cgroup.CONTROLLERS
