"""A real cluster of Spark on this machine: a master and workers as processes of their own, and what runs on them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packs import CHECKOUT

_MARK = "PASSMUSTER_TEST_CLUSTER"
"""A variable that every process of a cluster, and of what it starts, has in its environment."""
_PATIENCE = 90
QUICK = "-XX:TieredStopAtLevel=1 -Xss4m"
"""Java starts sooner without its last optimizations."""
COMMAND = [sys.executable, "-m", "passmuster", "fleet", "check", "--engine", "spark"]


@dataclass(slots=True)
class Cluster:
    """The processes of a cluster; they end with it, whatever became of them."""

    folder: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    url: str = ""
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every process."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
        paths = os.pathsep.join(str(CHECKOUT / each) for each in ("engine", "collector"))
        return {**kept, _MARK: self.mark, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": paths}

    def start(self, workers: int) -> None:
        """Start a master and its workers, and wait until they know each other."""
        self.url = self._start("master", "master.Master", r"(spark://127\.0\.0\.1:\d+)")
        for number in range(workers):
            options = ["--cores", "1", "--memory", "700m", "--work-dir", str(self.folder / f"work-{number}"), self.url]
            self._start(f"worker-{number}", "worker.Worker", r"(Successfully registered with master)", *options)
            self.workers.append(self._started[-1])

    def _start(self, name: str, kind: str, ready: str, *options: str) -> str:
        import pyspark  # noqa: PLC0415 - an extra

        program = Path(str(pyspark.__file__)).parent / "bin" / "spark-class"
        log = self.folder / f"{name}.log"
        command = [str(program), f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1", "--port", "0"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "--webui-port", "0", *options],
                env={**self.environment, "SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": QUICK},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._started.append(process)
        return self._said(log, ready, process)

    @staticmethod
    def _said(log: Path, ready: str, process: subprocess.Popen[bytes]) -> str:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and process.poll() is None:
            found = re.search(ready, log.read_text(errors="replace"))
            if found:
                return found[1]
            time.sleep(0.1)
        raise AssertionError(f"{log.name}: {log.read_text(errors='replace')[-2000:]}")

    def kill(self, worker: int) -> int:
        """Kill a worker, its executor and their Python by SIGKILL, all at once; returns how many processes it were."""
        root = self.workers[worker].pid
        family = [pid for pid in self.processes() if os.getsid(pid) == root]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.workers[worker].wait()
        return len(family)

    def executors(self, worker: int) -> list[str]:
        """The numbers of the executors that a worker has started."""
        root, found = self.workers[worker].pid, []
        for pid in self.processes():
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if os.getsid(pid) == root and b"--executor-id" in words:
                    found.append(words[words.index(b"--executor-id") + 1].decode())
        return found

    def processes(self) -> list[int]:
        """Every process of the cluster and of what runs on it that is alive."""
        mark, found = f"{_MARK}={self.mark}".encode(), []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                pid = int(entry.name)
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(pid)
        return found

    def stop(self) -> None:
        """End every process of the cluster."""
        for process in reversed(self._started):
            process.terminate()
        for process in self._started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        until = time.monotonic() + 20
        while self.processes() and time.monotonic() < until:
            time.sleep(0.2)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self._started:
            process.wait()


@dataclass(slots=True)
class Job:
    """One run of the command."""

    process: subprocess.Popen[bytes]
    port: int

    def active(self) -> dict[str, Any]:
        """What Spark says of each executor; empty where it does not say anything yet."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            base = f"http://127.0.0.1:{self.port}/api/v1/applications"
            application = _fetched(base)[0]["id"]
            return {each["id"]: each for each in _fetched(f"{base}/{application}/executors")}
        return {}

    def end(self) -> tuple[int, bytes, bytes]:
        """Status, standard output and standard error."""
        out, err = self.process.communicate(timeout=_PATIENCE * 2)
        return self.process.returncode, out, err


def run(cluster: Cluster, *arguments: str, conf: dict[str, str] | None = None) -> Job:
    """Start the command on a cluster."""
    port = _free()
    settings = {
        "spark.ui.port": str(port),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": QUICK,
        "spark.executor.extraJavaOptions": QUICK,
        "spark.driver.memory": "500m",
        "spark.executor.memory": "500m",
        "spark.sql.codegen.wholeStage": "false",
        **(conf or {}),
    }
    words = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    process = subprocess.Popen(
        [*COMMAND, *arguments, *words],
        env=cluster.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return Job(process, port)


def events(folder: Path) -> list[dict[str, Any]]:
    """What Spark wrote down of the applications that ran."""
    logs = [each for each in sorted(folder.rglob("*")) if each.is_file() and each.name.startswith("events_")]
    lines = [line for log in logs for line in log.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def _fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=2) as answer:
        return json.load(answer)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
