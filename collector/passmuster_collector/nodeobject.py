"""A Kubernetes Node object: what the cluster says of a node, and what of that is kept.

All labels are kept, for what is missing among them is missing on the node; annotations never are.
"""

import json
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from passmuster_collector.reading import Known, Reason, Result, Unknown, UnreadableError, quoted

SOURCE = "Node object"
LIMIT = 4 << 20

FIELDS = {
    "architecture": "architecture",
    "container_runtime_version": "containerRuntimeVersion",
    "kernel_version": "kernelVersion",
    "kubelet_version": "kubeletVersion",
    "os_image": "osImage",
}
"""Names of facts to fields of status.nodeInfo."""
MACHINE_ID = re.compile(r"[0-9a-f]{32}\s*\Z")
NOT_GIVEN = Unknown(Reason.NOT_COLLECTED, "no Node object was given")
_RUNTIME = re.compile(r"([a-z0-9-]+)://(.*)\Z")


class NodeObject(NamedTuple):
    """One node as the cluster knows it."""

    name: str
    info: Dict[str, Result]
    """Facts of status.nodeInfo, text."""
    labels: Result
    """All of them, text to text."""
    machine_id: Optional[str] = None
    """To tell that it is another machine's; it goes nowhere else."""
    source: str = SOURCE
    """The file of a dump that it is from; else it was given."""

    def runtime(self) -> Optional[Tuple[str, str]]:
        """The scheme and the rest of containerRuntimeVersion (``containerd``, ``1.7.11``); None where it says none."""
        told = self.info["container_runtime_version"]
        match = _RUNTIME.match(told.value) if isinstance(told, Known) else None
        return (match.group(1), match.group(2)) if match is not None else None


def parse_node_object(text: str) -> NodeObject:
    """Read a Node object as ``kubectl get node NAME -o json`` or ``-o yaml`` prints it; raises UnreadableError."""
    if not text.lstrip().startswith("{"):
        from passmuster_collector import nodeyaml  # noqa: PLC0415 - what reads no YAML does not compile it

        return of_document(nodeyaml.parse(text))
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not JSON ({str(error)[:200].lower()})") from None
    return of_document(document)


def of_document(document: Any) -> NodeObject:
    """The object in a document that was read; raises UnreadableError."""
    if not isinstance(document, dict) or document.get("kind") != "Node":
        kind = document.get("kind") if isinstance(document, dict) else None
        raise UnreadableError(f"not a Node object (got kind {quoted(str(kind))}, expected 'Node')")
    metadata = _member(document, "metadata")
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        raise UnreadableError("a Node object without a name (expected metadata.name)")
    info = _member(_member(document, "status"), "nodeInfo")
    facts = {fact: _text(info, field) for fact, field in FIELDS.items()}
    machine = info.get("machineID")
    known = isinstance(machine, str) and MACHINE_ID.match(machine)
    return NodeObject(name, facts, _labels(metadata), str(machine).strip() if known else None)


def _member(value: Dict[str, Any], key: str) -> Dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(info: Dict[str, Any], field: str) -> Result:
    value = info.get(field)
    if not isinstance(value, str) or not value:
        return Unknown(Reason.NOT_COLLECTED, f"the Node object has no status.nodeInfo.{field}")
    return Known(value)


def _labels(metadata: Dict[str, Any]) -> Result:
    labels = metadata.get("labels", {})
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        return Unknown(Reason.UNREADABLE, "the labels of the Node object are not all text")
    return Known(labels)


def _unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
