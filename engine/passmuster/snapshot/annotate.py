"""Adding the cluster's data on a node to its snapshot: the section `kubernetes`, from a Node object.

Values in, values out. The collector writes the same section with ``--node-object`` (a test ties the two). All labels
are kept; annotations and addresses never are.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.errors import Location, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "Node object"
_INFO = {
    "architecture": ("architecture", 64),
    "container_runtime_version": ("containerRuntimeVersion", 128),
    "kernel_version": ("kernelVersion", 256),
    "kubelet_version": ("kubeletVersion", 128),
    "os_image": ("osImage", 256),
}
"""Facts to fields of status.nodeInfo, and the most characters that the schema allows."""
_EXPECTED = "not a list of nodes (expected `kubectl get nodes -o json`: items with metadata.name)"
_NAME_MAX = 253
_LABELS_MAX = 512
_LABEL_KEY_MAX = 256
_LABEL_MAX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNode:
    """One Node object: its name, what its kubelet reports, and its labels."""

    name: str
    info: Mapping[str, Any]
    labels: Any
    """As the object has them."""

    @property
    def machine_id(self) -> str | None:
        """The digest that snapshots have of the machine id; None where the object has none."""
        reported = self.info.get("machineID")
        if not isinstance(reported, str) or not re.fullmatch(r"[0-9a-f]{32}", reported):
            return None
        return "sha256:" + hashlib.sha256(reported.encode()).hexdigest()


def nodes(data: bytes, file: str) -> tuple[ClusterNode, ...]:
    """Read ``kubectl get nodes -o json``, or Node objects one after another; raises UsageError."""
    nodes: list[ClusterNode] = []
    for line, value in json.documents(data):
        try:
            document = json.loads(value)
        except json.InvalidJSONError as error:
            raise _error(file, line + error.line - 1, error.column, error.message) from None
        nodes += _listed(document, file, line)
    if not nodes:
        raise _error(file, 1, 1, _EXPECTED)
    return tuple(nodes)


def _listed(document: Any, file: str, line: int) -> list[ClusterNode]:
    items = document.get("items") if isinstance(document, dict) else None
    nodes = [_node(item) for item in (items if isinstance(items, list) else [document])]
    if None in nodes:
        raise _error(file, line, 1, _EXPECTED)
    return [node for node in nodes if node is not None]


def annotate(document: Mapping[str, Any], node: ClusterNode) -> dict[str, Any]:
    """The same snapshot with the section `kubernetes` from a Node object, in place of the one that it has."""
    return {**document, "sections": {**document["sections"], "kubernetes": section(node)}}


def section(node: ClusterNode) -> dict[str, Any]:
    """The section that a Node object makes."""
    facts: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    _place("node", node.name, _NAME_MAX, facts, unknown)
    for fact, (field, most) in _INFO.items():
        value = node.info.get(field)
        if isinstance(value, str) and value:
            _place(fact, value, most, facts, unknown)
        else:
            unknown[f"kubernetes.{fact}"] = _reason("not_collected", f"the Node object has no status.nodeInfo.{field}")
    if not isinstance(node.labels, dict) or not all(isinstance(value, str) for value in node.labels.values()):
        unknown["kubernetes.labels"] = _reason("unreadable", "the labels of the Node object are not all text")
    elif excess := _excess(node.labels):
        unknown["kubernetes.labels"] = _reason("failed", excess)
    else:
        facts["labels"] = node.labels
    return {
        "facts": facts,
        "sources": {SOURCE: sorted(facts)} if facts else {},
        "status": "partial" if unknown else "ok",
        "unknown": unknown,
    }


def _place(fact: str, value: str, most: int, facts: dict[str, Any], unknown: dict[str, Any]) -> None:
    if len(value) <= most:
        facts[fact] = value
    else:
        unknown[f"kubernetes.{fact}"] = _reason("failed", _words(len(value), most, " characters"))


def _excess(labels: Mapping[str, str]) -> str | None:
    longest = max((len(key) for key in labels), default=0)
    if len(labels) > _LABELS_MAX:
        return _words(len(labels), _LABELS_MAX, " items")
    if longest > _LABEL_KEY_MAX:
        return _words(longest, _LABEL_KEY_MAX, " characters in a key")
    long = next((value for value in labels.values() if len(value) > _LABEL_MAX), None)
    return None if long is None else _words(len(long), _LABEL_MAX, " characters")


def _words(got: int, allowed: int, unit: str) -> str:
    return f"too large (got {got}{unit}, limit {allowed})"


def _reason(reason: str, detail: str) -> dict[str, str]:
    return {"detail": detail, "reason": reason}


def _node(item: Any) -> ClusterNode | None:
    metadata = _member(item, "metadata")
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        return None
    return ClusterNode(name=name, info=_member(_member(item, "status"), "nodeInfo"), labels=metadata.get("labels", {}))


def _member(value: Any, key: str) -> Mapping[str, Any]:
    member = value.get(key) if isinstance(value, dict) else None
    return member if isinstance(member, dict) else {}


def _error(file: str, line: int, column: int, message: str) -> UsageError:
    place = Location(file=file, line=line, column=column)
    return UsageError([Problem(code="nodes", message=message, location=place)])
