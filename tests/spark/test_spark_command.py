"""What `fleet check --engine spark` refuses before anything is started."""

from __future__ import annotations

import argparse

import pytest

from passmuster.cli import fleet_spark, fleet_spark_arguments
from passmuster.errors import PassmusterError

COMMAND = ("in", "out", "--engine", "spark")
REFUSED: dict[str, tuple[tuple[str, ...], dict[str, object], str]] = {
    "no place to write to": (
        ("in", "--engine", "spark"),
        {},
        "--engine spark: nowhere to write to (expected fleet check --engine spark INPUT OUTPUT)",
    ),
    "a format of one machine": (
        (*COMMAND, "-o", "html"),
        {},
        "-o html: not written by a cluster (got 'html', expected one of: json, parquet)",
    ),
    "waivers": (
        COMMAND,
        {"waivers": "waivers.yaml"},
        "--waivers: not with --engine spark (expected to be judged on one machine)",
    ),
    "what is no setting of Spark": (
        (*COMMAND, "--conf", "driver.memory=2g"),
        {},
        "--conf driver.memory=2g: no setting of Spark (expected spark.NAME=VALUE)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_cluster_does_not_do_is_refused(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, more, expected = REFUSED[case]
    monkeypatch.setattr("passmuster.spark.session.find_spec", lambda _name: True)
    monkeypatch.setattr("shutil.which", lambda _name: "java")
    parser = argparse.ArgumentParser()
    fleet_spark_arguments.add_arguments(parser)
    options = argparse.Namespace(**vars(parser.parse_args(arguments)), **more)
    with pytest.raises(PassmusterError) as caught:
        fleet_spark.run(options)
    assert str(caught.value) == expected
    assert caught.value.status == 2
