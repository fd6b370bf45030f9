"""Who a node is and how it was collected: the part of a snapshot that has no place for `unknown`.

So nothing here is taken out in silence. Names become pseudonyms if that is asked for; else they stay. What is changed
is named in `redacted`, so that no rule takes a pseudonym for a name, or what was left out for what is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.exchange.redaction.pseudonyms import SiteKey
    from passmuster.exchange.redaction.reads import Reads

_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){2}(-?(a|b|rc|dev|alpha|beta)\.?[0-9]{0,6})?")
_NO_VERSION = "redacted"
_RECORDED = frozenset(("devices", "devices_bpf", "gid", "machine", "uid"))
_COLLECTION = ("collected_at", "collector", "context", "kind", "recorded", "uid")


@dataclass(slots=True, kw_only=True)
class Pseudonyms:
    """Which pseudonym stands for what; what was one already is not listed."""

    names: dict[str, str] = field(default_factory=dict)
    machine_ids: dict[str, str] = field(default_factory=dict)
    label_keys: dict[str, str] = field(default_factory=dict)
    label_values: dict[str, str] = field(default_factory=dict)

    def add(self, other: Pseudonyms) -> None:
        """Take in those of another snapshot."""
        self.names.update(other.names)
        self.machine_ids.update(other.machine_ids)
        self.label_keys.update(other.label_keys)
        self.label_values.update(other.label_values)


def collection(given: Mapping[str, Any]) -> dict[str, Any]:
    """How it was collected: the fields that the schema names, and only such texts as a collector writes."""
    known = {name: given[name] for name in _COLLECTION}
    changed = set(given.get("redacted", ()))
    if not _VERSION.fullmatch(given["collector"]):
        known["collector"] = _NO_VERSION
        changed.add("collector")
    known["recorded"] = [key_name for key_name in given["recorded"] if key_name in _RECORDED]
    if known["recorded"] != given["recorded"]:
        changed.add("recorded")
    return {**known, "redacted": sorted(changed)} if changed else known


def node(given: Mapping[str, Any], read: Reads | None, key: SiteKey | None, pseudonyms: Pseudonyms) -> dict[str, Any]:
    """Which node it is, under pseudonyms where there is a key; `read` says which labels packs know by their keys."""
    if key is None:
        return {name: given[name] for name in ("labels", "machine_id", "name", "redacted") if name in given}
    machine_id = given["machine_id"]
    labels = None if read is None else read.child("labels")
    return {
        "labels": _labels(given, labels, key, pseudonyms),
        "redacted": _told(given, labels),
        "machine_id": None
        if machine_id is None
        else _note(key.machine_id(machine_id), machine_id, pseudonyms.machine_ids),
        "name": _note(key.name(given["name"]), given["name"], pseudonyms.names),
    }


def _labels(given: Mapping[str, Any], read: Reads | None, key: SiteKey, pseudonyms: Pseudonyms) -> dict[str, str]:
    made = {}
    kept = _told(given, read)["kept"]
    for name, value in sorted(given["labels"].items()):
        shown = name if name in kept else _note(key.label(name), name, pseudonyms.label_keys)
        made[shown] = _note(key.label_value(shown, value), value, pseudonyms.label_values)
    return made


def _told(given: Mapping[str, Any], read: Reads | None) -> dict[str, list[str]]:
    """The labels that packs ask for by their keys: those that are there, and those that are known not to be.

    Where an earlier redaction gave pseudonyms, no more is known than it told.
    """
    asked = set() if read is None else set(read.below)
    before = given.get("redacted")
    there = set(given["labels"]) if before is None else set(before["kept"])
    absent = asked - there if before is None else asked & set(before["absent"])
    return {"absent": sorted(absent), "kept": sorted(asked & there)}


def _note(pseudonym: str, real: str, known: dict[str, str]) -> str:
    if pseudonym != real:
        known[pseudonym] = real
    return pseudonym
