"""What `fleet check --engine spark` refuses before anything is started."""

from __future__ import annotations

import pytest

from passmuster.cli import main

COMMAND = ("in", "out", "--engine", "spark")
REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "no place to write to": (
        ("in", "--engine", "spark"),
        "--engine spark: nowhere to write to (expected fleet check --engine spark INPUT OUTPUT)",
    ),
    "a format of one machine": (
        (*COMMAND, "-o", "html"),
        "-o html: not written by a cluster (got 'html', expected one of: json, parquet)",
    ),
    "waivers": (
        (*COMMAND, "--waivers", "waivers.yaml"),
        "--waivers: not with --engine spark (expected to be judged on one machine)",
    ),
    "what is no setting of Spark": (
        (*COMMAND, "--conf", "driver.memory=2g"),
        "--conf driver.memory=2g: no setting of Spark (expected spark.NAME=VALUE)",
    ),
    "a folder to write to, without a cluster": (
        ("in", "out"),
        "OUTPUT: only with --engine spark (expected a store alone)",
    ),
    "a master, without a cluster": (
        ("in", "--master", "local[2]"),
        "--master: only with --engine spark (expected a store alone)",
    ),
}


@pytest.mark.parametrize(("arguments", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_a_cluster_does_not_do_is_refused(
    arguments: tuple[str, ...], expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("passmuster.fleet.spark.session.find_spec", lambda _name: True)
    monkeypatch.setattr("shutil.which", lambda _name: "java")
    assert main(["fleet", "check", *arguments]) == 2
    assert capsys.readouterr().err == f"{expected}\n"
