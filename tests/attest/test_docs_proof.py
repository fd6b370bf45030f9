"""docs/proof.md is what the commands print; PASSMUSTER_UPDATE=1 writes it anew."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bundles
import pytest
from bundles import EVERY, SITE
from snapshots import data

from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.proof.claim import line

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT, ASSESSMENT = DOCS / "proof.md", DOCS / "assessment.yaml"
_BLOCK = re.compile(r"(?ms)^```console\n\$ passmuster (?P<command>[^\n]*)\n(?P<output>.*?)^```$")
FLEET: dict[str, dict[str, Any]] = {
    "worker-1": {},
    "worker-2": {"set_": {"cpu.flags": ["lm", "vmx"], "cpu.flags_any": ["lm", "vmx"]}},
    "worker-3": {"unknown": {"devices": "denied"}},
}


@pytest.fixture
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("PASSMUSTER_PASSPHRASE", raising=False)
    Path("fleet").mkdir()
    for name, changes in FLEET.items():
        Path("fleet", f"{name}.json").write_bytes(data(name, machine_id=f"sha256:{name[-1] * 64}", **changes))
    shutil.copytree("fleet", "others")
    Path("others", "worker-2.json").write_bytes(data("worker-2", machine_id=f"sha256:{'2' * 64}"))
    Path("others", "worker-3.json").unlink()
    shutil.copy(ASSESSMENT, "assessment.yaml")
    Path("auditor.key").write_bytes(SITE.pem(None))
    Path("trust.yaml").write_text(bundles.trust_text(("auditor", SITE, EVERY)))


def _changed(name: str, change: Callable[[Any], object]) -> None:
    report = _json.loads(Path("verdict.json").read_bytes())
    change(report)
    Path(name).write_bytes(line(report))


def _tamper(report: Any) -> None:
    report["parameters"]["virtnest.x86_64_level"] = 1


def _said(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    if Path("verdict.json").exists():
        _changed("tampered.json", _tamper)
        _changed("old.json", lambda report: report.update(engine="0.0.9"))
    capsys.readouterr()
    main(shlex.split(command))
    told = capsys.readouterr()
    return f"```console\n$ passmuster {command}\n{told.out}{told.err}```"


def _excerpt() -> str:
    """The statement without its lists, and without the digest that changes with each line of the engine."""
    statement = json.loads(Path("statement.json").read_bytes())
    predicate = statement["predicate"]
    predicate["configuration"][0]["digest"]["sha256"] = "..."
    shown = {
        "_type": statement["_type"],
        "subject": statement["subject"][:1],
        "predicateType": statement["predicateType"],
        "predicate": {name: predicate[name] for name in ("result", "configuration", "warnedTests", "failedTests")},
    }
    return "```json\n" + json.dumps(shown, indent=1) + "\n```"


@pytest.mark.long
@pytest.mark.usefixtures("_site")
@pytest.mark.skipif(importlib.util.find_spec("cel_expr_python") is None, reason="cel-expr-python is not installed")
def test_the_examples_are_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    written = DOCUMENT.read_text("utf-8")
    assert len(_BLOCK.findall(written)) == 7
    now = _BLOCK.sub(lambda block: _said(block["command"], capsys), written)
    now = re.sub(r"(?ms)^```yaml\n.*?^```$", lambda _: f"```yaml\n{ASSESSMENT.read_text('utf-8')}```", now)
    now = re.sub(r"(?ms)^```json\n.*?^```$", lambda _: _excerpt(), now)
    if os.environ.get("PASSMUSTER_UPDATE"):
        DOCUMENT.write_text(now, "utf-8")
    assert DOCUMENT.read_text("utf-8") == now


@pytest.mark.usefixtures("_site")
def test_the_assessment_of_the_docs_is_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "fleet", "-f", "assessment.yaml", "--now", "2026-11-23T00:00:00Z", "-o", "json"]
    assert main(words) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["levels"] == {"virtnest/iommu-enabled": "required"}
    assert report["max_age"] == "30d"
