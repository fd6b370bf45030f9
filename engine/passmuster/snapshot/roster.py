"""The roster: the expected nodes. One name per line, or `kubectl get nodes -o json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from passmuster.codec import json
from passmuster.errors import Location, Problem, UsageError
from passmuster.model.text import BOM, NotTextError, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable


def parse(data: bytes, file: str) -> frozenset[str]:
    """Read the names of a roster; raises UsageError. Blank lines and lines that begin with `#` are passed over."""
    data = data.removeprefix(BOM)
    names = _from_kubectl(data, file) if data.lstrip().startswith(b"{") else _from_lines(data, file)
    if not names:
        raise _error(file, 1, "a roster without a name (expected one name a line, or `kubectl get nodes -o json`)")
    return names


def _from_lines(data: bytes, file: str) -> frozenset[str]:
    try:
        lines = decoded(data).split("\n")
    except NotTextError as error:
        raise _error(file, error.line, error.message) from None
    names = set()
    for number, line in enumerate(lines, start=1):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        if len(name.split()) != 1:
            raise _error(file, number, f"not a name of a node (got {name[:60]!r}, expected one name a line)")
        names.add(name)
    return frozenset(names)


def _from_kubectl(data: bytes, file: str) -> frozenset[str]:
    try:
        document = json.loads(data)
    except json.InvalidJSONError as error:
        raise _error(file, error.line, error.message) from None
    items = document.get("items")
    names = [_name(item) for item in items] if isinstance(items, list) else []
    if not names or not all(isinstance(name, str) and name for name in names):
        raise _error(file, 1, "not a list of nodes (expected `kubectl get nodes -o json`: items with metadata.name)")
    return frozenset(names)


def _name(item: Any) -> Any:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    return metadata.get("name") if isinstance(metadata, dict) else None


def _error(file: str, line: int, message: str) -> UsageError:
    return UsageError([Problem(code="roster", message=message, location=Location(file=file, line=line, column=1))])


# Rosters of sites: a node of one site is not there because another site has one of that name.


def of_site(site: str | None, name: str) -> str:
    """The name of a node in rosters of sites; None if no site is named."""
    return f"{site or ''}/{name}"


def parted(entry: str) -> Node:
    """The node that is called so in the rosters of sites."""
    site, _, name = entry.partition("/")
    return Node(name, site or None)


class Node(NamedTuple):
    """A node that is expected or present."""

    name: str
    site: str | None
    """None in a caller's roster, which is of no site, and where nobody named one."""


def order(node: Node) -> tuple[str, str]:
    """The order of reports."""
    return node.name, node.site or ""


def called(some: Iterable[Node], every: Iterable[Node]) -> dict[Node, str]:
    """What reports call nodes: by their names, and their sites too where several of all have that name."""
    wanted = set(some)
    sites: dict[str, set[str | None]] = {node.name: set() for node in wanted}
    for node in every:
        if node.name in sites:
            sites[node.name].add(node.site)
    return {node: node.name if len(sites[node.name]) < 2 else of_site(node.site, node.name) for node in wanted}
