"""What maintainers rely on: pages name what exists, and forge and hooks follow the Makefile and pyproject.toml."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
MAKEFILE = (CHECKOUT / "Makefile").read_text("utf-8")
DECISIONS = sorted((CHECKOUT / "docs" / "adr").glob("[0-9]*.md"))
PAGES = [CHECKOUT / "SECURITY.md", CHECKOUT / "docs" / "release.md", *DECISIONS]

PARTS = ["Status", "Context", "Decision", "Consequences"]
MOST_LINES = 60
WHO = [
    "owner of a node",
    "a site",
    "courier of a bundle",
    "policy author",
    "sender of a report",
    "sender of an archive or dump",
    "another user on the node",
    "another user on the judging machine",
    "reader of a snapshot or bundle",
]
_SPAN = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml)")
_SCHEMA = re.compile(r"passmuster\.\w+/\d+")
_BUILT = ("dist/",)


def _text(path: str) -> str:
    return (CHECKOUT / path).read_text("utf-8")


def _spans(page: Path) -> list[str]:
    return [span.partition("::")[0] for span in _SPAN.findall(page.read_text("utf-8"))]


def _exists(path: str) -> bool:
    """Whether a path exists, from the checkout or within the engine; parts in capitals stand for any name."""
    glob = re.sub(r"\b[A-Z]{4,}\b(?!\.md)", "*", path.rstrip("/"))
    return any(any(root.glob(glob)) for root in (CHECKOUT, CHECKOUT / "engine" / "passmuster"))


FILES = sorted(
    {
        (page, span)
        for page in PAGES
        for span in _spans(page)
        if _FILE.fullmatch(span) and not _SCHEMA.fullmatch(span) and span not in _BUILT
    }
)


@pytest.mark.parametrize(("page", "path"), FILES, ids=[f"{page.name}: {path}" for page, path in FILES])
def test_a_file_that_a_page_names_exists(page: Path, path: str) -> None:
    assert _exists(path), f"{page.relative_to(CHECKOUT)}: {path} does not exist"


THREATS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in _text("SECURITY.md").partition("## Threats")[2].splitlines()
    if line.startswith("|") and not line.startswith(("| who ", "|---"))
]


def test_every_attacker_is_in_the_table() -> None:
    assert [row[0].strip("*") for row in THREATS if row[0]] == WHO


@pytest.mark.parametrize("row", THREATS, ids=lambda row: row[1])
def test_a_threat_names_modules_and_tests_that_exist(row: list[str]) -> None:
    assert len(row) == 4
    assert _SPAN.findall(row[2]), "no module"
    named = [span.split("::") for span in _SPAN.findall(row[3])]
    assert named, "no test"
    for file, test in named:
        assert re.search(rf"^def {test}\(", _text(file), re.MULTILINE), f"{file} has no {test}"


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_parts(page: Path) -> None:
    text = page.read_text("utf-8")
    number = page.name[:4]
    assert text.startswith(f"# {number}: ")
    assert re.findall(r"(?m)^## (.+)$", text) == PARTS
    assert all(part.strip() for part in re.split(r"(?m)^## .+$", text))
    assert text.count("\n") <= MOST_LINES
    assert f"| [{number}]({page.name}) |" in _text("docs/adr/README.md")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert len(DECISIONS) >= 8


def test_targets_of_make_that_a_page_names_exist() -> None:
    targets = set(re.findall(r"(?m)^([\w-]+|\.venv/[\w.]+):", MAKEFILE))
    for page in [*PAGES, CHECKOUT / "CONTRIBUTING.md", CHECKOUT / ".github" / "workflows" / "ci.yml"]:
        named = re.findall(r"(?m)(?:^|[`#] ?|&& )make (?:\w+=[^\s`]+ )*([\w./-]*\w)", page.read_text("utf-8"))
        assert set(named) - targets == set(), page.name


def test_the_workflow_calls_ci_run_on_every_python() -> None:
    workflow = yaml.safe_load(_text(".github/workflows/ci.yml"))
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)
    versions = job["strategy"]["matrix"]["python"]
    oldest = int(PROJECT["requires-python"].removeprefix(">=3."))
    assert versions == [f"3.{minor}" for minor in range(oldest, oldest + len(versions))]
    assert f"3.{sys.version_info.minor}" in versions
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in job
    for step in job["steps"]:
        assert "uses" not in step or re.fullmatch(r"actions/[\w-]+@v\d+(\.\d+)*", step["uses"])


def test_hooks_call_commands_of_make_lint_and_fetch_nothing() -> None:
    lint = MAKEFILE.partition("\nlint:")[2].partition("\n\n")[0].replace("$(BIN)", ".venv/bin")
    commands = [line.strip() for line in lint.splitlines()[1:]]
    repositories = yaml.safe_load(_text(".pre-commit-config.yaml"))["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    hooks = repositories[0]["hooks"]
    assert [hook["entry"] for hook in hooks if hook["entry"] not in commands] == []
    assert {(hook["language"], hook["pass_filenames"]) for hook in hooks} == {("system", False)}


def test_owned_paths_exist() -> None:
    lines = [line.split() for line in _text("CODEOWNERS").splitlines() if line and not line.startswith("#")]
    assert lines[0][0] == "*"
    for path, *owners in lines:
        assert path == "*" or (CHECKOUT / path.strip("/")).exists()
        assert owners


@pytest.mark.parametrize(
    "file", sorted((CHECKOUT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda file: file.stem
)
def test_a_form_has_fields_with_labels(file: Path) -> None:
    form = yaml.safe_load(file.read_text("utf-8"))
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields) > 0
    assert all(field["attributes"]["label"] for field in fields)
