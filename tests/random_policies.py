"""Random policies over mutated fleets: every path and every format against judging each node the plain way.

    python tests/random_policies.py --policies 1000 [--seed N] [--limit BYTES]

The plain way is `judge.judge` and the format's renderer. The paths: from memory in one process and in several, as
counts alone, in a pass, and all at once; from a store, the second time from kept verdicts; and the function over Arrow
batches that Spark carries.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import random_inputs
import read_back

from passmuster import policy
from passmuster.cli import main
from passmuster.codec import resources
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.evaluation.node import judge
from passmuster.fleet.cache import remember
from passmuster.fleet.spark.task import PolicyText
from passmuster.intake import inputs
from passmuster.intake.bundle_input import InputRecord
from passmuster.model.outcome import NodeOutcome
from passmuster.policy import waivers
from passmuster.policy.compile import compile_policy
from passmuster.policy.parameters import effective
from passmuster.report import REPORTERS, Style, json_v1

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.model.verdict import Verdict

NOW = datetime(2026, 11, 23, tzinfo=UTC)
STATUS = {NodeOutcome.PASS: 0, NodeOutcome.WARN: 0, NodeOutcome.FAIL: 1, NodeOutcome.UNKNOWN: 3}
WAYS = {
    "counts alone": ("summary", "matrix"),
    "a pass": ("json", "ndjson"),
    "all at once": ("csv", "markdown", "html", "table", "attestation"),
}
"""What decides the path: which formats are asked for together."""
RENDER = {each.name: each.render for each in REPORTERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Policies over one fleet, in the working folder."""

    words: tuple[str, ...]
    """What `check` is told beside the snapshots and the formats."""
    texts: tuple[PolicyText, ...]
    terms: EvaluationCriteria
    expected: Verdict


def case(choice: random.Random, lines: Sequence[bytes]) -> Case:
    """Write the files, and judge each node the plain way."""
    Path("fleet.ndjson").write_bytes(b"".join(lines))
    names = ["demo", "other"][: 2 if choice.random() < 0.15 else 1]
    texts = tuple(
        PolicyText(file=f"{name}.yaml", text=random_inputs.policy_text(choice, name), lock=None, released=False)
        for name in names
    )
    for each in texts:
        Path(each.file).write_text(each.text)
    loaded = [policy.load(each.text.encode(), each.file) for each in texts]
    words = ["--now", "2026-11-23T00:00:00Z", *(word for each in texts for word in ("-p", each.file))]
    settings = [f"demo.limit={choice.choice('357')}"] if choice.random() < 0.2 else []
    words += [word for each in settings for word in ("--set", each)]
    compiled = tuple(map(compile_policy, loaded))
    terms = EvaluationCriteria(policies=compiled, parameters=effective(loaded, settings), received=NOW)
    if choice.random() < 0.15:
        chosen = [rule.header.name for each in compiled for rule in each.every_rule if choice.random() < 0.5]
        words += [word for name in chosen for word in ("--rule", name)]
        terms = replace(terms, rules=frozenset(chosen) if chosen else None)
    if choice.random() < 0.15:
        listed = [f"n{at}" for at in range(5, 24)]
        Path("roster.txt").write_text("\n".join(listed) + "\n")
        words += ["--roster", "roster.txt"]
        terms = replace(terms, roster=frozenset(listed), roster_source="caller")
    if choice.random() < 0.15:
        words += ["--max-age", "30d"]
        terms = replace(terms, max_age=MaximumAge(text="30d", span=timedelta(days=30), now=NOW))
    if choice.random() < 0.3:
        text = random_inputs.waivers_text(choice)
        Path("waivers.yaml").write_text(text)
        words += ["--waivers", "waivers.yaml"]
        in_force = waivers.InForce(waivers=waivers.load(text.encode(), "waivers.yaml"), now=NOW)
        terms = replace(terms, waivers=in_force)
    expected = judge(inputs.read(InputRecord(), ["fleet.ndjson"]), terms)
    return Case(words=tuple(words), texts=texts, terms=terms, expected=expected)


def run(*words: str) -> int:
    """A command, quietly; its status."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main(list(words))


def status(verdict: Verdict) -> int:
    """The status of a verdict."""
    return STATUS[verdict.outcome] or (3 if verdict.incomplete else 0)


def counts(verdict: Verdict) -> read_back.Counts:
    """What every format has to say."""
    results = Counter(result.outcome.value for node in verdict.nodes for result in node.results)
    return {"nodes": dict(Counter(node.outcome.value for node in verdict.nodes)), "rules": dict(results)}


def checked(found: Case, snapshots: Sequence[str], *, workers: bool) -> Iterator[str]:
    """Where `check` says something else than the plain verdict, in a path or a format."""
    expected = found.expected
    for way, formats in WAYS.items():
        outputs = [word for name in formats for word in ("-o", f"{name}=out.{name}")]
        for more in ((), ("--jobs", "2")) if workers and way != "all at once" else ((),):
            got = run("check", *snapshots, *found.words, *outputs, *more)
            if got != status(expected):
                yield f"{way} {more}: status {got}, not {status(expected)}"
                continue
            for name in formats:
                yield from (f"{way} {more}: {name} {fault}" for fault in _read(name, expected))


def _read(name: str, expected: Verdict) -> Iterator[str]:
    text = Path(f"out.{name}").read_bytes().decode()
    wanted = RENDER[name](expected, Style(width=80, engine=resources.engine_digest()))
    if name == "ndjson":
        text, wanted = _unordered(text, expected), _unordered(wanted, expected)
    if text != wanted:
        yield "differs"
    try:
        said = read_back.FORMATS[name](text)
    except AssertionError as error:
        yield str(error)
        return
    right = counts(expected)
    if any(said[what] != right[what] for what in said):
        yield f"counts {said}, not {right}"


def _unordered(text: str, expected: Verdict) -> str:
    """A stream without its order; of a node that came twice only the last line knows when the first is written."""
    *lines, last = text.split("\n")[:-1]
    return "\n".join([*(sorted(lines) if not expected.duplicates else ()), last])


def stored(found: Case) -> Iterator[str]:
    """The same from a store, twice: the second time from verdicts that were kept."""
    for each in Path().glob("fleet.db*"):
        each.unlink()
    words = [word for word in found.words if word not in {"--now", "2026-11-23T00:00:00Z"}]
    words += ["--now", "2026-11-23T00:00:00Z"] if found.terms.max_age or found.terms.waivers else []
    run("fleet", "add", "fleet.db", "fleet.ndjson")
    plain = run("fleet", "check", "fleet.db", *words, "-o", "json=stored.json")
    whole = json.loads(Path("stored.json").read_bytes())
    said = {node["node"]: (node["outcome"], [each["outcome"] for each in node["results"]]) for node in whole["nodes"]}
    wanted = {
        node.node: (node.outcome.value, [each.outcome.value for each in node.results])
        for node in found.expected.nodes
        if node.snapshot is not None or node.input is None
    }
    if said != wanted and not found.expected.duplicates:
        yield f"the store: other outcomes: {[name for name in wanted if said.get(name) != wanted[name]]}"
    for time in ("first", "again"):
        got = run("fleet", "check", "fleet.db", *words, "-o", "summary=stored.summary", "-o", "matrix=stored.matrix")
        if got != plain or json.loads(Path("stored.summary").read_bytes())["summary"] != whole["summary"]:
            yield f"the store: counts alone, {time}"
    if run("fleet", "verify", "fleet.db", "--rejudge", *(w for t in found.texts for w in ("-p", f"./{t.file}"))) != 0:
        yield "the store: verify --rejudge"


def carried(found: Case, choice: random.Random) -> Iterator[str]:
    """The same by the function over Arrow batches, cut and carried at random."""
    import arrow_engine  # noqa: PLC0415 - pyarrow is an extra

    folder = Path("spark").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy("fleet.ndjson", folder)
    data = (folder / "fleet.ndjson").read_bytes()
    expected = json_v1.render(judge(inputs.read(InputRecord(), [str(folder)]), found.terms), Style()).encode()
    for strategy in arrow_engine.STRATEGIES:
        cuts = [choice.randrange(len(data)) for _ in range(choice.randrange(3))]
        parts = arrow_engine.of_lines({f"file:{folder}/fleet.ndjson": data}, cuts, choice.randint(1, 8))
        judging = arrow_engine.Judging(terms=found.terms, texts=found.texts, strategy=strategy)
        if arrow_engine.report(folder, parts, judging) != expected:
            yield f"Arrow batches, {strategy}: differs"


def permuted(found: Case, lines: Sequence[bytes], choice: random.Random) -> Iterator[str]:
    """The same where each snapshot is a file, and the files are named in any order."""
    names = [f"{at:02}.json" for at in range(len(lines))]
    for name, line in zip(names, lines, strict=True):
        Path(name).write_bytes(line)
    again = replace(found, expected=judge(inputs.read(InputRecord(), names), found.terms))
    choice.shuffle(names)
    yield from (f"permuted: {fault}" for fault in checked(again, names, workers=True))


def faults(found: Case, lines: Sequence[bytes], choice: random.Random, number: int) -> Iterator[str]:
    """Where some path or format says something else; the slower paths take turns."""
    yield from checked(found, ["fleet.ndjson"], workers=number % 20 == 7)
    if number % 3 == 0 and found.terms.waivers is None and found.terms.max_age is None:
        yield from stored(found)
    if number % 3 == 1 and found.terms.waivers is None:
        yield from carried(found, choice)
    if number % 20 == 11:
        yield from permuted(found, lines, choice)


@contextlib.contextmanager
def forgetful(limit: int | None) -> Iterator[None]:
    """The memory holds so many bytes, so that it forgets all the time; None for what it holds by itself.

    Where it fails, the command does: the plain way in its place would hide that.
    """

    def failed(_memory: remember.Memory, error: Exception) -> None:
        raise error

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(remember.Memory, "_failed", failed))
        if limit is not None:
            whole = functools.partialmethod(remember.Memory.__init__, limit=limit)
            stack.enter_context(mock.patch.object(remember.Memory, "__init__", whole))
        yield


def search(policies: int, seed: int, *, nodes: int = 20, limit: int | None = None) -> Iterator[str]:
    """Faults of so many policies."""
    choice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), forgetful(limit):
        lines: list[bytes] = []
        for number in range(policies):
            lines = random_inputs.fleet(choice, nodes) if number % 5 == 0 else lines
            found = case(choice, lines)
            for fault in faults(found, lines, choice, number):
                yield f"policy {number} of seed {seed}: {fault}\n{' '.join(found.words)}\n{found.texts[0].text}"


def cli() -> None:
    """Print the faults; the status says whether there was one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policies", type=int, default=1000)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    found = 0
    for fault in search(options.policies, options.seed, nodes=options.nodes, limit=options.limit):
        found += 1
        sys.stdout.write(fault + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"seed {options.seed}: {options.policies} policies, {found} faults\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    cli()
