"""Names of nodes for people: many folded into few words (worker-[011-016], gpu-7), and sites where names repeat."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.snapshot.roster import Node, called

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passmuster.model.verdict import Verdict


def with_sites(verdict: Verdict) -> Verdict:
    """The verdict for people: a node is called SITE/NAME if another site has a node of its name."""
    nodes = [Node(node.node, node.site) for node in verdict.nodes]
    if len({node.site for node in nodes}) < 2:
        return verdict
    names = called(nodes, nodes)
    renamed = (replace(node, node=names[each]) for node, each in zip(verdict.nodes, nodes, strict=True))
    return replace(verdict, nodes=tuple(renamed))


def fold(names: Iterable[str]) -> list[str]:
    """The names, sorted, with runs of two and more numbers folded; the last number in a name is what counts."""
    plain: list[str] = []
    numbered: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for name in sorted(set(names)):
        match = _last_number(name)
        if match is None:
            plain.append(name)
        else:
            head, number, tail = match
            width = len(number) if number.startswith("0") else 0
            numbered[head, tail, width].append(int(number))
    _join_widths(numbered)
    folded = [_spell(head, tail, width, numbers) for (head, tail, width), numbers in numbered.items()]
    return sorted([*plain, *folded])


def _last_number(name: str) -> tuple[str, str, str] | None:
    numbers = list(re.finditer(r"\d{1,9}", name))
    if not numbers:
        return None
    last = numbers[-1]
    return name[: last.start()], last.group(), name[last.end() :]


def _join_widths(numbered: dict[tuple[str, str, int], list[int]]) -> None:
    """010 belongs to 009 where both have the width: a number of that many digits without a zero in front joins."""
    for head, tail, width in [key for key in numbered if key[2]]:
        free = numbered.get((head, tail, 0), [])
        same = [number for number in free if len(str(number)) == width]
        if same:
            numbered[head, tail, width] += same
            numbered[head, tail, 0] = [number for number in free if number not in same]
            if not numbered[head, tail, 0]:
                del numbered[head, tail, 0]


def _spell(head: str, tail: str, width: int, numbers: list[int]) -> str:
    runs = _runs(sorted(numbers))
    spelled = [_number(a, width) if a == b else f"{_number(a, width)}-{_number(b, width)}" for a, b in runs]
    inner = ",".join(spelled)
    return f"{head}{inner}{tail}" if len(numbers) == 1 else f"{head}[{inner}]{tail}"


def _number(number: int, width: int) -> str:
    return str(number).zfill(width)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
