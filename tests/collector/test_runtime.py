"""The container runtime: what is installed, which one is used, and what shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from daemons import CONTAINERD, CRIO, ENDPOINT, PROCESSES, kubelet
from host_tree import FOLDER, SOCKET, Entry, Link, host_of, plant, section

from passmuster_collector import programs
from passmuster_collector.dpkg import parse_status
from passmuster_collector.kubelet import (
    Options,
    flags,
    parse_config_file,
    parse_cpu_manager,
    parse_environment,
)
from passmuster_collector.reading import UnreadableError
from passmuster_collector.runtimes import default_of, runtime_of
from passmuster_collector.source import Kind
from passmuster_collector.systemd import Word

if TYPE_CHECKING:
    from pathlib import Path


def texts(options: Options) -> dict[str, Any]:
    """Options without their sources."""
    return {option: word.text for option, word in options.items()}


def dpkg(**packages: str) -> dict[str, Entry]:
    """Installed packages."""
    text = "".join(
        f"Package: {n.replace('_', '.')}\nStatus: install ok installed\nVersion: {v}\n\n" for n, v in packages.items()
    )
    return {"/var/lib/dpkg/status": text}


ENV = "/var/lib/kubelet/kubeadm-flags.env"
DEFAULT, SYSCONFIG = "/etc/default/kubelet", "/etc/sysconfig/kubelet"
DROP_IN = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
CONFIG = "/var/lib/kubelet/config.yaml"
ARGS = f'KUBELET_KUBEADM_ARGS="--{ENDPOINT}={{}} --pod-infra-container-image=x"\n'

EVIDENCE: dict[str, tuple[dict[str, Entry], str, tuple[str, str, str]]] = {
    "the running kubelet's flag": (
        kubelet(f"--{ENDPOINT}={CRIO}"),
        "cri-o",
        ("/proc/PID/cmdline", f"--{ENDPOINT}", CRIO),
    ),
    "the running kubelet's flag in two words": (
        {**kubelet(f"--{ENDPOINT}", CRIO), ENV: ARGS.format(CONTAINERD)},
        "cri-o",
        ("/proc/PID/cmdline", f"--{ENDPOINT}", CRIO),
    ),
    "the running kubelet's old flag": (
        kubelet("--container-runtime=docker"),
        "docker",
        ("/proc/PID/cmdline", "--container-runtime", "docker"),
    ),
    "the configuration that the running kubelet names": (
        {
            **kubelet("--config=/etc/k.yaml"),
            "/etc/k.yaml": f"kind: K\ncontainerRuntimeEndpoint: {CONTAINERD}\n",
            ENV: ARGS.format(CRIO),
        },
        "containerd",
        ("/etc/k.yaml", "containerRuntimeEndpoint", CONTAINERD),
    ),
    "a kubelet in a container of the host does not count": (
        {**kubelet(f"--{ENDPOINT}={CRIO}", pids="20\t3"), ENV: ARGS.format(CONTAINERD)},
        "containerd",
        (ENV, f"--{ENDPOINT}", CONTAINERD),
    ),
    "kubeadm's flags": (
        {ENV: ARGS.format("unix:///var/run/cri-dockerd.sock"), CONFIG: f"containerRuntimeEndpoint: {CRIO}\n"},
        "docker",
        (ENV, f"--{ENDPOINT}", "unix:///var/run/cri-dockerd.sock"),
    ),
    "Debian's defaults": (
        {DEFAULT: f"KUBELET_EXTRA_ARGS=--{ENDPOINT}={CRIO}\n"},
        "cri-o",
        (DEFAULT, f"--{ENDPOINT}", CRIO),
    ),
    "Red Hat's": (
        {SYSCONFIG: f"KUBELET_EXTRA_ARGS='--{ENDPOINT} {CRIO}'\n"},
        "cri-o",
        (SYSCONFIG, f"--{ENDPOINT}", CRIO),
    ),
    "a drop-in": (
        {DROP_IN: f'[Service]\nEnvironment="A=--{ENDPOINT}={CONTAINERD}"\nExecStart=\nExecStart=/usr/bin/kubelet $A\n'},
        "containerd",
        (DROP_IN, f"--{ENDPOINT}", CONTAINERD),
    ),
    "the unit": (
        {
            "/usr/lib/systemd/system/kubelet.service": f"[Service]\nExecStart=/usr/bin/kubelet \\\n  --{ENDPOINT}={CRIO}\n"
        },
        "cri-o",
        ("/usr/lib/systemd/system/kubelet.service", f"--{ENDPOINT}", CRIO),
    ),
    "a later drop-in counts": (
        {
            DROP_IN: f"[Service]\nExecStart=/usr/bin/kubelet --{ENDPOINT}={CRIO}\n",
            "/usr/lib/systemd/system/kubelet.service.d/20-x.conf": f"[Service]\nExecStart=\nExecStart=/kubelet --{ENDPOINT}={CONTAINERD}\n",
            "/usr/lib/systemd/system/kubelet.service.d/readme": "x",
        },
        "containerd",
        ("/usr/lib/systemd/system/kubelet.service.d/20-x.conf", f"--{ENDPOINT}", CONTAINERD),
    ),
    "the configuration file": (
        {CONFIG: f'containerRuntimeEndpoint: "{CRIO}"\n'},
        "cri-o",
        (CONFIG, "containerRuntimeEndpoint", CRIO),
    ),
    "the socket of k3s": (
        {"/run/k3s/containerd/containerd.sock": SOCKET},
        "containerd",
        ("/run/k3s/containerd/containerd.sock", "socket", "/run/k3s/containerd/containerd.sock"),
    ),
    "the default of an old kubelet": (
        dpkg(kubelet="1.23.5-00"),
        "docker",
        ("/var/lib/dpkg/status", "default of kubelet", "1.23.5-00"),
    ),
    "the default of a newer kubelet": (
        dpkg(kubelet="1.24.0-1.1"),
        "containerd",
        ("/var/lib/dpkg/status", "default of kubelet", "1.24.0-1.1"),
    ),
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_the_runtime_is_shown_by(tmp_path: Path, name: str) -> None:
    tree, runtime, (source, key, value) = EVIDENCE[name]
    found = section(host_of(plant(tmp_path, {**PROCESSES, **tree})), "runtime")
    assert found["facts"]["name"] == runtime
    assert found["facts"]["evidence"] == {"source": source, "key": key, "value": value}
    assert {"name", "evidence"} <= set(found["sources"][source])


NO_EVIDENCE: dict[str, tuple[dict[str, Entry], str, str]] = {
    "a runtime's socket and package": (
        {
            **dpkg(docker_ce="5:24.0.7", containerd_io="1.6.8"),
            "/run/docker.sock": SOCKET,
            "/run/containerd/containerd.sock": SOCKET,
        },
        "not_collected",
        "no kubelet was found",
    ),
    "a kubelet of no known version": ({"/usr/bin/kubelet": "", CONFIG: ""}, "not_collected", "version of the kubelet"),
    "a kubelet of a strange version": (dpkg(kubelet="unknown"), "not_collected", "kubelet 'unknown'"),
    "a kubelet told to use another one, not which": (
        {**dpkg(kubelet="1.23.5"), ENV: 'X="--container-runtime=remote"\n'},
        "not_collected",
        "kubelet '1.23.5'",
    ),
    "a socket of no known runtime": ({ENV: ARGS.format("unix:///run/some.sock")}, "unreadable", "some.sock"),
    "flags that cannot be read hide the weaker": (
        {ENV: 'X="open\n', CONFIG: f"containerRuntimeEndpoint: {CRIO}\n"},
        "unreadable",
        "a quotation without an end",
    ),
    "flags that are no file hide the weaker": (
        {ENV: FOLDER, CONFIG: f"containerRuntimeEndpoint: {CRIO}\n"},
        "failed",
        "no regular file",
    ),
    "drop-ins that are no files": ({DROP_IN: FOLDER, **dpkg(kubelet="1.23.5")}, "failed", "no regular file"),
    "processes that are hidden": ({"/proc/1/comm": Link("gone"), ENV: ARGS.format(CRIO)}, "denied", "hidden"),
}


@pytest.mark.parametrize("name", NO_EVIDENCE)
def test_the_runtime_is_unknown_with(tmp_path: Path, name: str) -> None:
    tree, reason, words = NO_EVIDENCE[name]
    unknown = section(host_of(plant(tmp_path, {**PROCESSES, **tree})), "runtime")["unknown"]["runtime.name"]
    assert unknown["reason"] == reason
    assert words in unknown["detail"]


def test_a_mounted_disk_has_no_processes_and_its_files_are_all(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {
        **dpkg(kubelet="1.28.2-1.1", containerd="1.7.2"),
        "/usr/lib/systemd/system/kubelet.service": "[Service]\nExecStart=/usr/bin/kubelet\n",
        DROP_IN: "[Service]\n",
    }
    found = section(host_of(plant(tmp_path, tree), Kind.ROOT, uname=None), "runtime")["facts"]
    assert found["name"] == "containerd"
    assert found["kubelet"] == {
        "version": "1.28.2-1.1",
        "endpoint": None,
        "cgroup_driver": None,
        "cpu_manager_policy": None,
        "root_dir": "/var/lib/kubelet",
    }
    assert found["containerd"] == {"version": "1.7.2"}
    assert found["docker"] is None


@pytest.mark.parametrize("kind", [Kind.ROOT, Kind.DUMP])
def test_a_unit_with_a_kubelet_built_in_leaves_open_which_kubelet_is_in_use(tmp_path: Path, kind: Kind) -> None:
    tree: dict[str, Entry] = {
        **dpkg(kubelet="1.28.2-1.1", containerd="1.7.2", docker_io="19.03.8"),
        "/usr/lib/systemd/system/kubelet.service": f"[Service]\nExecStart=/usr/bin/kubelet --{ENDPOINT}={CRIO}\n",
        "/etc/systemd/system/k3s.service": "[Service]\nExecStart=/usr/local/bin/k3s server --docker\n",
    }
    found = section(host_of(plant(tmp_path, tree), kind, uname=None), "runtime")
    assert "k3s.service runs, which may have a kubelet built in" in found["unknown"]["runtime.name"]["detail"]
    tree["/etc/systemd/system/k3s.service"] = ""  # masked
    found = section(host_of(plant(tmp_path / "masked", tree), kind, uname=None), "runtime")
    assert found["facts"]["name"] == "cri-o"


ROOT_DIRS = {
    "/var/lib/kubelet/": "/var/lib/kubelet",
    "/var/lib//kubelet": "/var/lib/kubelet",
    "//var/lib/x/../kubelet/.": "/var/lib/kubelet",
    "/data/kubelet": "/data/kubelet",
    "kubelet": None,
}


@pytest.mark.parametrize("written", ROOT_DIRS)
def test_the_folder_of_the_kubelet_is_written_in_one_way(tmp_path: Path, written: str) -> None:
    tree = {**PROCESSES, **kubelet(f"--root-dir={written}"), "/usr/bin/kubelet": ""}
    found = section(host_of(plant(tmp_path, tree)), "runtime")
    assert found["facts"]["kubelet"].get("root_dir") == ROOT_DIRS[written]
    unknown = found["unknown"].get("runtime.kubelet.root_dir", {"detail": ""})
    assert ("relative path" in unknown["detail"]) is (ROOT_DIRS[written] is None)


def test_a_dump_does_not_default(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, dpkg(kubelet="1.28.2-1.1", docker_io="20.10.25")), Kind.DUMP, uname=None)
    found = section(host, "runtime")
    assert found["unknown"]["runtime.name"]["detail"].startswith("no evidence of the runtime in use")
    assert found["unknown"]["runtime.kubelet.endpoint"]["reason"] == "not_collected"
    assert found["unknown"]["runtime.installed"]["reason"] == "not_collected"
    assert found["facts"]["docker"] == {"version": "20.10.25"}
    assert found["unknown"]["runtime.crio"]["detail"] == "no crio was found, and a dump lacks what was not copied"


def test_a_dump_with_flags_is_believed(tmp_path: Path) -> None:
    found = section(host_of(plant(tmp_path, {ENV: ARGS.format(CRIO)}), Kind.DUMP, uname=None), "runtime")
    assert found["facts"]["name"] == "cri-o"
    assert found["unknown"]["runtime.installed"]["reason"] == "not_collected"


def test_an_empty_dump_knows_nothing(tmp_path: Path) -> None:
    found = section(host_of(tmp_path, Kind.DUMP, uname=None), "runtime")
    assert (found["facts"], found["status"]) == ({}, "not_collected")


def test_programs_without_packages_are_found_and_their_versions_are_unknown(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {"/usr/local/bin/containerd": "", "/usr/bin/crio": Link("/opt/crio"), "/opt/crio": ""}
    found = section(host_of(plant(tmp_path, tree), Kind.ROOT, uname=None), "runtime")
    assert (
        found["unknown"]["runtime.installed"]["detail"] == "no dockerd was found, and nothing shows that there is none"
    )
    assert found["unknown"]["runtime.containerd.version"]["detail"] == "known only to the running host"


def test_packages_that_cannot_be_read_leave_unknown_what_no_file_shows(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {"/var/lib/dpkg/status": FOLDER, "/usr/bin/dockerd": ""}
    found = section(host_of(plant(tmp_path, tree), Kind.ROOT, uname=None), "runtime")
    assert found["unknown"]["runtime.installed"]["reason"] == "failed"
    assert found["unknown"]["runtime.docker.version"]["reason"] == "failed"
    assert found["unknown"]["runtime.containerd"]["reason"] == "failed"


def test_a_kubelet_built_into_another_program_has_no_version(tmp_path: Path) -> None:
    state = '{"policyName":"static","defaultCpuSet":"0-3","checksum":1}'
    tree: dict[str, Entry] = {**PROCESSES, "/var/lib/kubelet/cpu_manager_state": state}
    found = section(host_of(plant(tmp_path, tree)), "runtime")
    assert found["facts"]["kubelet"]["cpu_manager_policy"] == "static"
    assert found["unknown"]["runtime.kubelet.version"]["detail"] == "no file has the version of this kubelet"


def test_the_cgroup_driver_is_the_flags_or_the_configurations(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {**PROCESSES, **kubelet("--cgroup-driver=cgroupfs"), CONFIG: "cgroupDriver: systemd\n"}
    facts = section(host_of(plant(tmp_path / "a", tree)), "runtime")["facts"]
    assert facts["kubelet"]["cgroup_driver"] == "cgroupfs"
    tree.update(kubelet(f"--config={CONFIG}"))
    facts = section(host_of(plant(tmp_path / "b", tree)), "runtime")["facts"]
    assert facts["kubelet"]["cgroup_driver"] == "systemd"
    tree.update(kubelet())
    facts = section(host_of(plant(tmp_path / "c", tree)), "runtime")["facts"]
    assert facts["kubelet"]["cgroup_driver"] is None


def test_a_relative_path_of_the_configuration_leads_nowhere(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**PROCESSES, **kubelet("--config=k.yaml"), "/usr/bin/kubelet": ""}))
    assert "relative path" in section(host, "runtime")["unknown"]["runtime.kubelet.endpoint"]["detail"]


def test_a_broken_environment_is_not_quoted(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**PROCESSES, ENV: 'HTTP_PROXY="http://user:s3cret@proxy\n'}))
    found = section(host, "runtime")
    assert found["unknown"]["runtime.name"]["reason"] == "unreadable"
    assert "s3cret" not in str(found)


def test_no_secret_of_a_command_line_is_kept(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**PROCESSES, **kubelet("--token=s3cret", f"--{ENDPOINT}={CRIO}")}))
    assert "s3cret" not in str(section(host, "runtime"))


FLAGS: dict[str, tuple[list[str], dict[str, str]]] = {
    "with an equals sign": (["--config=/a"], {"config": "/a"}),
    "in two words": (["--config", "/a", "-v"], {"config": "/a"}),
    "the last counts": (["--config=/a", "--config=/b"], {"config": "/b"}),
    "underscores are dashes": (["--cgroup_driver=systemd"], {"cgroup-driver": "systemd"}),
    "without a value": (["--config"], {"config": ""}),
    "others are dropped": (["--token=x", "config=/a", "--"], {}),
}


@pytest.mark.parametrize("name", FLAGS)
def test_flags(name: str) -> None:
    words, expected = FLAGS[name]
    assert texts(flags([Word(word, "x") for word in words])) == expected


def test_environment_files_have_comments_and_quotes() -> None:
    text = "# X=--config=/no\nexport A='--config=/a --v=2'\nB=--cgroup-driver=systemd # end\n"
    assert texts(parse_environment(text, "x")) == {"config": "/a", "cgroup-driver": "systemd"}


CONFIGS: dict[str, tuple[str, dict[str, str]]] = {
    "plain": ("a: b\ncgroupDriver: systemd\n", {"cgroup-driver": "systemd"}),
    "with a comment": ("cgroupDriver: systemd # x\n", {"cgroup-driver": "systemd"}),
    "in quotes": ("cgroupDriver: 'systemd'\n", {"cgroup-driver": "systemd"}),
    "empty": ('containerRuntimeEndpoint: ""\n', {ENDPOINT: ""}),
    "without a value": ("containerRuntimeEndpoint:\ncgroupDriver: systemd\n", {"cgroup-driver": "systemd"}),
    "further in is another field": ("x:\n  cgroupDriver: systemd\n", {}),
    "indented as a whole": ("---\n  a: b\n  cgroupDriver: systemd\n", {"cgroup-driver": "systemd"}),
    "behind a list as far to the left": ("a:\n- b\nc: [\n d\n]\ncgroupDriver: systemd\n", {"cgroup-driver": "systemd"}),
    "behind a text of several lines": ("a: |\n  x\n\n  ? y\ncgroupDriver: systemd\n", {"cgroup-driver": "systemd"}),
    "null": ("cgroupDriver: null\ncontainerRuntimeEndpoint: ~\n", {}),
    "in JSON": ('{"kind": "K", "cgroupDriver": "systemd"}', {"cgroup-driver": "systemd"}),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configuration_files(name: str) -> None:
    text, expected = CONFIGS[name]
    assert texts(parse_config_file(text, "x")) == expected


UNREADABLE_CONFIGS = {
    "a key with a question mark": "? containerRuntimeEndpoint\n: unix:///run/crio/crio.sock\n",
    "a key with a tag": "!!str containerRuntimeEndpoint: unix:///run/crio/crio.sock\n",
    "a key with an escape": '"container\\x52untimeEndpoint": unix:///run/crio/crio.sock\n',
    "a value on the next line": "containerRuntimeEndpoint:\n  unix:///run/crio/crio.sock\n",
    "a value that goes on": "containerRuntimeEndpoint: unix:///run\n  crio.sock\n",
    "an alias": "a: &a unix:///run/crio/crio.sock\ncontainerRuntimeEndpoint: *a\n",
    "what is merged": "a: &a {containerRuntimeEndpoint: x}\n<<: *a\n",
    "two documents": "a: b\n---\ncontainerRuntimeEndpoint: x\n",
    "a directive": "%YAML 1.2\n---\na: b\n",
    "flow style": "{kind: K, containerRuntimeEndpoint: x}\n",
    "less indented later on": "  a: b\ncontainerRuntimeEndpoint: x\n",
    "twice": "cgroupDriver: systemd\n'cgroupDriver': cgroupfs\n",
}


@pytest.mark.parametrize("text", UNREADABLE_CONFIGS.values(), ids=UNREADABLE_CONFIGS)
def test_a_configuration_in_which_a_field_may_be_overlooked_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        parse_config_file(text, "x")
    assert "crio" not in str(caught.value)


def test_a_state_without_a_policy_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="no policyName"):
        parse_cpu_manager("{}")


ENDPOINTS = {
    "unix:///var/run/dockershim.sock": "docker",
    "/run/cri-dockerd.sock": "docker",
    "unix:///run/k3s/containerd/containerd.sock": "containerd",
    "unix:///var/snap/microk8s/common/run/containerd.sock": "containerd",
    "/var/run/crio/crio.sock": "cri-o",
    "docker": "docker",
    "unix:///run/xcontainerd.sock": None,
    "tcp://x": None,
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_endpoints_name_a_runtime(endpoint: str) -> None:
    assert runtime_of(endpoint) == ENDPOINTS[endpoint]


@pytest.mark.parametrize(
    ("version", "runtime"),
    [
        ("v1.23.17", "docker"),
        ("1.24.0-1.1", "containerd"),
        ("1:1.9.0", "docker"),
        ("v2.0.0", "containerd"),
        ("x", None),
    ],
)
def test_defaults_by_version(version: str, runtime: str | None) -> None:
    assert default_of(version) == runtime


def test_only_installed_packages_count() -> None:
    text = (
        "Package: a\nStatus: install ok installed\nDescription: x\n .\n more\nVersion: 1\n\n"
        "Package: b\nStatus: deinstall ok config-files\nVersion: 2\n\n"
        "Package: c\nStatus: hold ok installed\nVersion: 3\n\nPackage: d\nStatus: install ok installed\n"
    )
    assert parse_status(text) == {"a": "1", "c": "3", "d": None}


PRINTED: dict[str, tuple[Any, str, str]] = {
    "Docker": (programs.DOCKER, "Docker version 20.10.10, build b485636\n", "20.10.10"),
    "containerd": (programs.CONTAINERD, "containerd github.com/containerd/containerd v1.6.8 9cd3357\n", "v1.6.8"),
    "CRI-O": (programs.CRIO, "crio version 1.24.1\nVersion: 1.24.1\n", "1.24.1"),
    "kubelet": (programs.KUBELET, "Kubernetes v1.23.5\n", "v1.23.5"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_versions_are_read_from_what_is_printed(name: str) -> None:
    program, text, version = PRINTED[name]
    assert programs.parse_version(program, text) == version
    with pytest.raises(UnreadableError, match="no version"):
        programs.parse_version(program, "podman 4.0\n")
