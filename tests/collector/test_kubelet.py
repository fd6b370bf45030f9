"""Which kubelet counts, and what it is told: processes, units, configuration files and their drop-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from daemons import CONTAINERD, CRIO, ENDPOINT, PROCESSES, daemon, kubelet
from host_tree import FIFO, FOLDER, SOCKET, Entry, Link, host_of, plant, section

from passmuster_collector import trusted
from passmuster_collector.reading import Absent, Unknown
from passmuster_collector.runtimes import runtime_of, scheme_of
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

UNIT = "/etc/systemd/system/kubelet.service"
DOCKER = "unix:///var/run/cri-dockerd.sock"


def unit(*words: str, env: str = "") -> dict[str, Entry]:
    """A unit that runs a kubelet."""
    lines = f"EnvironmentFile={env}\n" if env else ""
    return {UNIT: f"[Service]\n{lines}ExecStart=/usr/bin/kubelet {' '.join(words)}\n"}


def package(name: str, version: str) -> dict[str, Entry]:
    """An installed package."""
    return {"/var/lib/dpkg/status": f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n"}


def runtime(tmp_path: Path, tree: dict[str, Entry], kind: Kind = Kind.LIVE) -> tuple[Any, Any]:
    """The name, or the reason why it is unknown; and its detail."""
    host = host_of(plant(tmp_path, {**PROCESSES, **tree}), kind)
    found = section(host, "runtime")
    unknown = found["unknown"].get("runtime.name", {})
    return found["facts"].get("name", unknown.get("reason")), unknown.get("detail", "")


def conf(endpoint: str) -> str:
    return f"kind: KubeletConfiguration\ncontainerRuntimeEndpoint: {endpoint}\n"


TOLD: dict[str, tuple[dict[str, Entry], str | None]] = {
    "a process of another user does not count": (
        {**kubelet(f"--{ENDPOINT}={DOCKER}", uid=1000), **unit(f"--{ENDPOINT}={CRIO}")},
        "cri-o",
    ),
    "a process in a container does not count": (
        {**kubelet(f"--{ENDPOINT}={DOCKER}", pids="20 1"), **unit(f"--{ENDPOINT}={CRIO}")},
        "cri-o",
    ),
    "a process on other mounts leaves it open": (
        {**kubelet(f"--{ENDPOINT}={DOCKER}", mounts="mnt:[4026532000]"), **unit(f"--{ENDPOINT}={CRIO}")},
        "not_collected",
    ),
    "a process whose program is gone leaves it open": (
        {**kubelet(f"--{ENDPOINT}={DOCKER}"), "/proc/20/exe": Link("/opt/kubelet"), **unit(f"--{ENDPOINT}={CRIO}")},
        "not_collected",
    ),
    "a process whose program was replaced while it ran": (
        {**kubelet(f"--{ENDPOINT}={DOCKER}"), "/proc/20/exe": Link("/usr/bin/kubelet (deleted)")},
        "docker",
    ),
    "two kubelets that are told the same": (
        {**kubelet(f"--{ENDPOINT}={CRIO}"), **kubelet(f"--{ENDPOINT}={CRIO}", pid=9)},
        "cri-o",
    ),
    "two kubelets that are told different things": (
        {**kubelet(f"--{ENDPOINT}={CRIO}"), **kubelet(f"--{ENDPOINT}={CONTAINERD}", pid=9)},
        "failed",
    ),
    "an environment file that the unit names": (
        {**unit("$A", env="-/etc/kubernetes/kubelet.env"), "/etc/kubernetes/kubelet.env": f"A=--{ENDPOINT}={DOCKER}\n"},
        "docker",
    ),
    "an environment file that the unit names and that is not there": (
        {**unit("$A", env="/etc/kubernetes/kubelet.env"), **package("kubelet", "1.28.2-1.1")},
        "not_collected",
    ),
    "environment files that the unit does not name do not count": (
        {**unit(), "/etc/default/kubelet": f"A=--{ENDPOINT}={DOCKER}\n", **package("kubelet", "1.28.2-1.1")},
        "containerd",
    ),
    "a drop-in folder of the configuration beats the file": (
        {
            **unit("--config=/etc/k.yaml", "--config-dir=/etc/k.d"),
            "/etc/k.yaml": conf(CONTAINERD),
            "/etc/k.d/10.conf": conf(CRIO),
            "/etc/k.d/20.conf": conf(DOCKER),
            "/etc/k.d/30.yaml": conf(CRIO),
        },
        "docker",
    ),
    "a flag beats both": (
        {
            **unit("--config=/etc/k.yaml", "--config-dir=/etc/k.d", f"--{ENDPOINT}={CRIO}"),
            "/etc/k.d/10.conf": conf(DOCKER),
        },
        "cri-o",
    ),
    "a drop-in folder that is not there leaves it open": (
        {**unit("--config-dir=/etc/k.d"), **package("kubelet", "1.28.2-1.1")},
        "not_collected",
    ),
    "a drop-in in a folder of the folder leaves it open": (
        {**unit("--config-dir=/etc/k.d"), "/etc/k.d/sub/10.conf": conf(DOCKER), **package("kubelet", "1.28.2-1.1")},
        "not_collected",
    ),
    "a drop-in that means nothing leaves it open": (
        {**unit("--config-dir=/etc/k.d"), "/etc/k.d/1.conf": "{", **package("kubelet", "1.28.2-1.1")},
        "unreadable",
    ),
    "a configuration that is not there leaves it open": (
        {**unit("--config=/etc/k.yaml"), **package("kubelet", "1.28.2-1.1")},
        "not_collected",
    ),
    "without a flag no configuration is read": (
        {**unit(), "/var/lib/kubelet/config.yaml": conf(DOCKER), **package("kubelet", "1.28.2-1.1")},
        "containerd",
    ),
    "a shell's command": (
        {UNIT: f"[Service]\nExecStart=/bin/sh -c 'exec /usr/bin/kubelet --{ENDPOINT}={CRIO}'\n"},
        "cri-o",
    ),
    "a shell's command with a variable": (
        {
            UNIT: "[Service]\nExecStart=/bin/sh -c 'exec /usr/bin/kubelet $$ARGS'\n",
            **package("kubelet", "1.28.2-1.1"),
        },
        "not_collected",
    ),
    "a program that runs the kubelet": (
        {UNIT: f"[Service]\nExecStart=/usr/bin/nice -n 5 /usr/bin/kubelet --{ENDPOINT}={CRIO}\n"},
        "cri-o",
    ),
    "a script in the kubelet's place leaves it open": (
        {UNIT: "[Service]\nExecStart=/opt/start-kubelet.sh\n", **package("kubelet", "1.28.2-1.1")},
        "not_collected",
    ),
    "a unit without a command leaves it open": (
        {UNIT: "[Service]\n", "/etc/default/kubelet": f"A=--{ENDPOINT}={CRIO}\n", **package("kubelet", "1.28.2-1.1")},
        "unreadable",
    ),
    "an init script leaves it open": (
        {"/etc/init.d/kubelet": "#!/sbin/openrc-run\n", **package("kubelet", "1.28.2-1.1")},
        "not_collected",
    ),
    "the shim's socket of an old kubelet": (
        {**unit(f"--{ENDPOINT}=unix:///var/run/dockershim.sock"), **package("kubelet", "1.23.5-00")},
        "docker",
    ),
    "the shim's socket of an old kubelet that is told to go without": (
        {
            **unit("--container-runtime=remote", f"--{ENDPOINT}=unix:///run/dockershim.sock"),
            **package("kubelet", "1.23.5-00"),
        },
        "not_collected",
    ),
    "the shim's socket of a kubelet that has none": (
        {**unit(f"--{ENDPOINT}=unix:///run/dockershim.sock"), **package("kubelet", "1.24.0-00")},
        "not_collected",
    ),
    "another runtime": ({**unit(f"--{ENDPOINT}=unix:///run/isulad.sock")}, "other"),
    "a kubelet that is built in, and no socket": (
        {**daemon("/usr/local/bin/k3s"), **unit(f"--{ENDPOINT}={DOCKER}")},
        "not_collected",
    ),
    "a kubelet that is built in, and its socket": (
        {**daemon("/usr/local/bin/k3s"), "/run/k3s/containerd/containerd.sock": SOCKET},
        "containerd",
    ),
    "sockets of two runtimes": (
        {"/run/k3s/containerd/containerd.sock": SOCKET, "/run/k3s/cri-dockerd/cri-dockerd.sock": SOCKET},
        "not_collected",
    ),
    "the socket of k0s": ({"/run/k0s/containerd.sock": SOCKET}, "containerd"),
    "the socket of MKE": ({"/run/cri-dockerd-mke.sock": SOCKET}, "docker"),
    "one runtime alone, and no kubelet": ({**daemon("/usr/bin/containerd")}, "containerd"),
    "two runtimes, and no kubelet": (
        {**daemon("/usr/bin/containerd"), **daemon("/usr/bin/dockerd", pid=21)},
        "not_collected",
    ),
    "no runtime and no kubelet": ({}, None),
    "no runtime, and a trace of a kubelet": ({"/usr/local/bin/k3s": ""}, "not_collected"),
    "no runtime, and the socket of one": ({"/run/docker.sock": SOCKET}, "not_collected"),
}


@pytest.mark.parametrize("name", TOLD)
def test_the_runtime(tmp_path: Path, name: str) -> None:
    tree, expected = TOLD[name]
    assert runtime(tmp_path, tree)[0] == expected


HIDDEN: dict[str, tuple[dict[str, Entry], str]] = {
    "a folder that others may write to": ({"/etc/k/k.yaml": conf(DOCKER)}, "/etc/k"),
    "a file that others may write to": ({"/etc/k/k.yaml": conf(DOCKER)}, "/etc/k/k.yaml"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_configuration_that_others_may_have_written_is_not_read(tmp_path: Path, name: str) -> None:
    tree, path = HIDDEN[name]
    plant(tmp_path, tree)
    (tmp_path / path[1:]).chmod(0o777)
    got, detail = runtime(tmp_path, unit("--config=/etc/k/k.yaml"))
    assert (got, "others than root may have written it" in detail) == ("not_collected", True)


PLACES: dict[str, tuple[dict[str, Entry], str, str]] = {
    "below /proc": ({}, "/proc/kmsg", "no file on a disk"),
    "below /dev, by a link": ({"/etc/k.yaml": Link("/dev/zero")}, "/etc/k.yaml", "no file on a disk"),
    "below /proc, by two links": (
        {"/etc/k.yaml": Link("../opt/k"), "/opt/k": Link("../proc/kmsg")},
        "/etc/k.yaml",
        "no file on a disk",
    ),
    "relative": ({}, "k.yaml", "relative path"),
    "links in a circle": ({"/etc/k.yaml": Link("k.yaml")}, "/etc/k.yaml", "too many links"),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_is_not_read(tmp_path: Path, name: str) -> None:
    tree, path, words = PLACES[name]
    found = trusted.read(host_of(plant(tmp_path, {**PROCESSES, **tree})), path)
    assert isinstance(found, Unknown)
    assert words in found.detail


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    plant(tmp_path, {**PROCESSES, "/etc/k.yaml": Link("gone")})
    assert isinstance(trusted.read(host_of(tmp_path), "/etc/k.yaml"), Absent)


def test_a_pipe_that_is_named_does_not_hang(tmp_path: Path) -> None:
    assert runtime(tmp_path, {**unit("--config=/etc/k.yaml"), "/etc/k.yaml": FIFO})[0] == "failed"


def test_the_state_is_read_in_the_folder_that_the_kubelet_is_told(tmp_path: Path) -> None:
    state = '{"policyName":"static"}'
    tree: dict[str, Entry] = {**PROCESSES, **unit("--root-dir=/data"), "/data/cpu_manager_state": state}
    found = section(host_of(plant(tmp_path, tree)), "runtime")
    assert found["facts"]["kubelet"]["cpu_manager_policy"] == "static"


def test_no_state_says_something_only_of_a_kubelet_whose_folder_is_known(tmp_path: Path) -> None:
    known = section(host_of(plant(tmp_path / "a", {**PROCESSES, **unit()})), "runtime")
    assert known["facts"]["kubelet"]["cpu_manager_policy"] is None
    guessed = section(host_of(plant(tmp_path / "b", {**PROCESSES, "/usr/bin/kubelet": FOLDER})), "runtime")
    assert "runtime.kubelet.cpu_manager_policy" in guessed["unknown"]


DAEMONS: dict[str, tuple[dict[str, Entry], str]] = {
    "one that runs": (daemon("/data/docker/dockerd"), "/data/docker/dockerd"),
    "one that a unit starts": (
        {"/etc/systemd/system/docker.service": "[Service]\nExecStart=/data/docker/dockerd -H fd://\n"},
        "/data/docker/dockerd",
    ),
}


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_is_found_wherever_it_lies(tmp_path: Path, name: str) -> None:
    tree, path = DAEMONS[name]
    host = host_of(plant(tmp_path, {**PROCESSES, **tree, **package("docker.io", "20.10.25")}))
    found = section(host, "runtime")
    assert found["unknown"]["runtime.docker.version"]["detail"].startswith(path)
    assert found["facts"]["installed"] == ["docker"]


def test_a_daemon_of_a_package_that_runs_has_the_package_s_version(tmp_path: Path) -> None:
    tree = {**PROCESSES, **daemon("/usr/bin/dockerd"), **package("docker.io", "20.10.25")}
    assert section(host_of(plant(tmp_path, tree)), "runtime")["facts"]["docker"] == {"version": "20.10.25"}


def test_two_daemons_leave_the_version_open(tmp_path: Path) -> None:
    tree = {**package("docker.io", "20.10.25"), "/usr/bin/dockerd": FOLDER, "/usr/local/bin/dockerd": FOLDER}
    found = section(host_of(plant(tmp_path, tree), Kind.ROOT, uname=None), "runtime")
    assert "several are there" in found["unknown"]["runtime.docker.version"]["detail"]


@pytest.mark.parametrize("runtime", ["docker", "containerd", "cri-o"])
def test_the_runtime_in_use_is_never_absent(tmp_path: Path, runtime: str) -> None:
    socket = {"docker": DOCKER, "containerd": CONTAINERD, "cri-o": CRIO}[runtime]
    found = section(host_of(plant(tmp_path, {**PROCESSES, **unit(f"--{ENDPOINT}={socket}")})), "runtime")
    assert found["facts"]["name"] == runtime
    assert "runtime." + {"cri-o": "crio"}.get(runtime, runtime) in found["unknown"]
    assert "runtime.installed" in found["unknown"]


def test_what_is_absent_has_a_witness(tmp_path: Path) -> None:
    for path in ("/usr/lib/systemd/system/dbus.service", "/lib/systemd/system/dbus.service"):
        folder = tmp_path / path.split("/")[1]
        alone = section(host_of(plant(folder, {"/etc/hostname": "x"}), Kind.ROOT, uname=None), "runtime")
        assert set(alone["unknown"]) >= {
            "runtime.docker",
            "runtime.installed",
            "runtime.name",
            "runtime.kubelet.version",
        }
        seen = section(host_of(plant(folder, {path: ""}), Kind.ROOT, uname=None), "runtime")["facts"]
        assert (seen["docker"], seen["installed"], seen["name"], seen["kubelet"]) == (None, [], None, None)


PACKAGES = {
    "docker": "20.10.7-5.amzn2",
    "docker-ce": "19.03.15-3.el7",
    "moby-engine": "24.0.5-1.fc40",
    "docker-latest": "1.13.1-58.el7",
    "docker-stable": "24.0.9_ce-150000.1.15.1",
    "podman-docker": None,
    "docker-ce-cli": None,
    "docker-compose-plugin": None,
    "python3-docker": None,
    "docker-distribution": None,
}


@pytest.mark.parametrize("name", PACKAGES)
def test_rpms_that_are_docker(tmp_path: Path, name: str) -> None:
    version = PACKAGES[name]
    tree: dict[str, Entry] = {"/installed-rpms": f"bash-5-1.x86_64 x\n{name}-{version or '4.9.4-1.el9'}.x86_64 x\n"}
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "runtime")
    assert (found["facts"].get("docker") or {}).get("version") == version


def test_a_deb_called_docker_is_none(tmp_path: Path) -> None:
    tree = package("docker", "1.5-2")
    assert "docker" not in section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "runtime")["facts"]


SOCKETS = {
    "unix:///var/run/cri-dockerd-mke.sock": "docker",
    "unix:///var/run/isulad.sock": "other",
    "/run/my-isulad.sock": None,
    "unix:///run/cri-dockerd-x.sock": None,
}


@pytest.mark.parametrize("endpoint", SOCKETS)
def test_sockets(endpoint: str) -> None:
    assert runtime_of(endpoint) == SOCKETS[endpoint]


@pytest.mark.parametrize(("told", "name"), [("docker://24.0.7", "docker"), ("iSulad://2.1", "other"), ("x://1", None)])
def test_what_the_cluster_calls_a_runtime(told: str, name: str | None) -> None:
    assert scheme_of(told) == name
