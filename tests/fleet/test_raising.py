"""A snapshot on which the engine itself fails is one unknown node, whoever judges it; the others are judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data, document

from passmuster import snapshot
from passmuster.cli import main
from passmuster.evaluation import node as judging
from passmuster.evaluation import rule as evaluating
from passmuster.fleet import Memory
from passmuster.fleet.cache import remember

if TYPE_CHECKING:
    from collections.abc import Callable

NODES = [data("n1"), data("n2"), json.dumps(document("n3")).encode() + b"\n"]


def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remembering fails on n2 and n3: the plain way judges them."""
    whole = Memory._judged

    def judged(self: Memory, line: bytes) -> Any:
        if b'"n2"' in line:
            raise ZeroDivisionError
        return whole(self, line)

    def restated(_data: bytes, *, recorded: bool) -> bytes | None:
        raise RecursionError(recorded)

    monkeypatch.setattr(Memory, "_judged", judged)
    monkeypatch.setattr(remember, "restated", restated)


def _in_judging(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does judging n2."""
    _in_memory(monkeypatch)
    whole = evaluating.evaluate

    def evaluate(policy: Any, read: Any, roots: Any, parameters: Any) -> Any:
        if read.name == "n2":
            raise ZeroDivisionError
        return whole(policy, read, roots, parameters)

    monkeypatch.setattr(judging, "evaluate", evaluate)


def _in_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does reading n2."""
    _in_memory(monkeypatch)
    whole = snapshot.load

    def load(content: bytes, file: str, line: int = 1) -> Any:
        if b'"n2"' in content:
            raise RecursionError
        return whole(content, file, line)

    monkeypatch.setattr(snapshot, "load", load)


def _raise(*_arguments: Any) -> Any:
    raise ZeroDivisionError


WORDS: dict[Callable[[pytest.MonkeyPatch], None], tuple[str, str]] = {
    _in_judging: ("n2", "passmuster failed on this snapshot (ZeroDivisionError): a defect, please report it"),
    _in_reading: (
        "f.ndjson:2",
        "f.ndjson:2: passmuster failed on this snapshot (RecursionError): a defect, please report it",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.ndjson").write_bytes(b"".join(NODES))


@pytest.mark.long
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("more", [("--jobs", "2"), ("--jobs", "1"), ("-o", "csv=x.csv")], ids=" ".join)
@pytest.mark.parametrize("fail", [_in_memory, _in_judging, _in_reading])
def test_a_snapshot_that_raises_is_one_unknown_node(
    monkeypatch: pytest.MonkeyPatch, fail: Callable[[pytest.MonkeyPatch], None], more: tuple[str, ...]
) -> None:
    main(["check", "f.ndjson", "-p", "virtnest@1.0.0", "-o", "json=before.json"])
    fail(monkeypatch)
    status = main(["check", "f.ndjson", "-p", "virtnest@1.0.0", "-o", "json=after.json", *more])
    before, after = (json.loads(Path(name).read_bytes())["nodes"] for name in ("before.json", "after.json"))
    if fail is _in_memory:
        assert (status, after) == (0, before)
        return
    named, reason = WORDS[fail]
    assert status == 3
    assert [each for each in after if each["node"] in {"n1", "n3"}] == [before[0], before[2]]
    (failed,) = (each for each in after if each["node"] not in {"n1", "n3"})
    assert (failed["node"], failed["outcome"], failed["reason"]) == (named, "unknown", reason)


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_what_failed_in_a_store_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fleet", "add", "s.db", "f.ndjson"]) == 0
    check = ["fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary"]
    with monkeypatch.context() as patch:
        for holder, name in ((Memory, "judge_sections"), (Memory, "_judged"), (judging, "evaluate")):
            patch.setattr(holder, name, _raise)
        assert main(check) == 3
    capsys.readouterr()
    assert main(check) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["nodes"]["pass"] == 3
