"""Advice that people were given and could not follow."""

from __future__ import annotations

import data_here
import pytest

from passmuster.cli import main

CASES = {
    "root was refused to open /dev/kvm": (
        "root-was-refused/denied.json",
        ["root was refused", "audit log", "device cgroup", "nodev", "privileged"],
        "run the collector as root",
    ),
    "/dev/kvm is there, its driver is not": (
        "static-node-without-driver/static.json",
        ["modprobe", "collect again"],
        "collect on the node itself",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_advice(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, said, not_said = CASES[name]
    status = main(["check", str(data_here.data(f"field/{file}")), "--rule", "device-kvm-accessible"])
    text = " ".join(capsys.readouterr().out.split())
    assert status == 3
    assert all(words in text for words in said)
    assert not_said not in text
