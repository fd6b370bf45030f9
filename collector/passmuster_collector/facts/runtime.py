"""The container runtime that the kubelet uses, and what else is installed.

What evidence names is on the host, wherever it lies: where it was not found, its version is unknown.
"""

import re
from typing import Iterator, Optional

from passmuster_collector import kubelet
from passmuster_collector.context import INSIDE
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.kubelet import Told
from passmuster_collector.programs import Installed
from passmuster_collector.reading import Absent, Known, Reason, Result, Sourced, Unknown, interpret, quoted
from passmuster_collector.runtimes import (
    RUNTIMES,
    Seen,
    evidence,
    installed,
    look,
    name_of,
    no_kubelet,
    reported,
    scheme_of,
)
from passmuster_collector.section import Fact, fact, sourced
from passmuster_collector.trusted import read

FIELDS: Fields = {
    ("installed",): Limit(items=3, length=16),
    ("name",): Limit(length=16),
    ("evidence", "source"): Limit(length=4096),
    ("evidence", "key"): Limit(length=256),
    ("evidence", "value"): Limit(length=1024),
    ("docker", "version"): Limit(length=256),
    ("containerd", "version"): Limit(length=256),
    ("crio", "version"): Limit(length=256),
    ("kubelet", "version"): Limit(length=256),
    ("kubelet", "endpoint"): Limit(length=1024),
    ("kubelet", "cgroup_driver"): Limit(length=256),
    ("kubelet", "cpu_manager_policy"): Limit(length=256),
    ("kubelet", "root_dir"): Limit(length=4096),
}


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    if host.inside:
        yield from _inside(host)
        return
    seen = look(host)
    shown = evidence(host, seen)
    name = name_of(shown, seen)
    for key, runtime, _ in RUNTIMES:
        if name.result == Known(runtime):
            seen.runtimes[key] = _there(seen.runtimes[key])
    yield sourced("installed", installed(seen.runtimes))
    yield from _named(shown, name)
    for key, found in seen.runtimes.items():
        yield _version(host, key, found)
    yield from _kubelet(host, seen)


def _named(shown: Result, name: Sourced) -> Iterator[Fact]:
    yield sourced("name", name)
    if isinstance(shown, Unknown) or shown.value is None:
        yield sourced("evidence", Sourced(shown, name.sources))
        return
    for field, value in shown.value._asdict().items():
        yield fact("evidence." + field, Known(value), shown.value.source)


def _there(found: Installed) -> Installed:
    """A runtime that is in use, so that it is there wherever it lies."""
    there = found.there.result
    if isinstance(there, Known) and there.value:
        return found
    hidden = Unknown(Reason.NOT_COLLECTED, "it is the runtime in use, and was not found where it is looked for")
    if isinstance(there, Unknown):
        hidden = there
    return Installed(Sourced(hidden, ()), Sourced(hidden, ()))


def _version(host: Host, name: str, found: Installed) -> Fact:
    """What the kubelet reports of the runtime in use is the version that runs, whatever is installed."""
    there = found.there
    cluster = reported(host)
    if cluster is not None and _key_of(scheme_of(cluster.value)) == name:
        version = cluster.value.partition("://")[2]
        unread = Unknown(Reason.UNREADABLE, f"no version (got {quoted(cluster.value)})")
        told = Known(version) if re.match(r"v?[0-9]", version) else unread
        return fact(name + ".version", told, cluster.source)
    if isinstance(there.result, Known) and there.result.value:
        return sourced(name + ".version", found.version)
    return sourced(name, there if isinstance(there.result, Unknown) else Sourced(Known(None), there.sources))


def _kubelet(host: Host, seen: Seen) -> Iterator[Fact]:
    version = _kubelet_version(host)
    there = seen.kubelet.there
    if version is None and no_kubelet(host, seen):
        yield sourced("kubelet", Sourced(Known(None), there.sources))
        return
    nowhere = Unknown(Reason.NOT_COLLECTED, "no file has the version of this kubelet")
    found = Sourced(nowhere, ()) if there.result == Known(value=False) else seen.kubelet.version
    yield sourced("kubelet.version", version or found)
    yield sourced("kubelet.endpoint", seen.told.value(kubelet.ENDPOINT))
    yield sourced("kubelet.cgroup_driver", seen.told.value(kubelet.DRIVER))
    yield sourced("kubelet.cpu_manager_policy", _cpu_manager(host, seen.told))
    yield sourced("kubelet.root_dir", _root_dir(seen.told))


def _root_dir(told: Told) -> Sourced:
    """The folder that its command names; the default only where the whole command is known."""
    found = told.value(kubelet.ROOT_DIR)
    if found.result == Known(None) and not told.command:
        return Sourced(Unknown(Reason.NOT_COLLECTED, "nothing tells the kubelet's folder"), ())
    folder = kubelet.root_dir(told)
    return Sourced(folder, ()) if isinstance(folder, Unknown) else found._replace(result=Known(folder))


def _cpu_manager(host: Host, told: Told) -> Sourced:
    """The policy in force; that no state is where it is looked for says something only of a known kubelet."""
    folder = kubelet.root_dir(told)
    if isinstance(folder, Unknown):
        return Sourced(folder, ())
    path = folder + "/cpu_manager_state"
    state = read(host, path)
    if isinstance(state, Absent) and not told.command:
        return Sourced(
            Unknown(Reason.NOT_COLLECTED, f"{path} is not there, and nothing tells the kubelet's folder"), ()
        )
    return Sourced(interpret(state, kubelet.parse_cpu_manager, absent=Known(None)), (path,))


def _kubelet_version(host: Host) -> Optional[Sourced]:
    given = host.node_object
    if isinstance(given, Unknown) or isinstance(given.info["kubelet_version"], Unknown):
        return None
    return Sourced(given.info["kubelet_version"], (given.source,))


def _key_of(runtime: Optional[str]) -> Optional[str]:
    return next((key for key, name, _ in RUNTIMES if name == runtime), None)


def _inside(host: Host) -> Iterator[Fact]:
    """In a container only the cluster can say."""
    hidden = Unknown(Reason.NOT_COLLECTED, INSIDE)
    yield fact("installed", hidden)
    cluster = reported(host)
    shown = hidden if cluster is None else Known(cluster)
    yield from _named(shown, name_of(shown, None))
    nothing = Installed(Sourced(hidden, ()), Sourced(hidden, ()))
    for key, _, _ in RUNTIMES:
        yield _version(host, key, nothing)
    version = _kubelet_version(host)
    if version is None:
        yield fact("kubelet", hidden)
        return
    yield sourced("kubelet.version", version)
    for name in ("endpoint", "cgroup_driver", "cpu_manager_policy", "root_dir"):
        yield fact("kubelet." + name, hidden)
