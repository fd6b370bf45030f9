"""Under which values of parameters two versions are compared: all of them, or those that a sentence then names.

One command line is given to both versions. A parameter that both declare alike has one value in both. Where only the
default moved, it is either set to one value in both, or has each version's default: what is claimed must hold in both
cases. A parameter that only one version has, or of another type, cannot be set in both: what holds for each of its
values is claimed plainly, and what holds for its default is claimed with a note.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from passmuster.authoring.diff.simplify import Normalizer, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from passmuster import cel
    from passmuster.authoring.diff.simplify import Form
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy

Claim = TypeVar("Claim")
MAX_MOVED = 4
"""Parameters with a moved default that one comparison may depend on; each doubles its cases."""


class Pair(NamedTuple):
    """What makes the normal forms of the old version and of the new one, under the same values of parameters."""

    old: Normalizer
    new: Normalizer

    def same(self, old: cel.Program | None, new: cel.Program | None) -> bool:
        """Whether two expressions have one normal form; raises TooLargeError."""
        return _form(self.old, old) == _form(self.new, new)


class Proven(NamedTuple):
    """What holds in every case."""

    claims: frozenset[object]
    given: tuple[str, ...]
    """Values of parameters without which it is not proven, in words; empty where it holds for all of them."""
    cases: tuple[Pair, ...]
    """Empty where there are too many."""

    @property
    def note(self) -> str:
        """The values of parameters, to stand behind a sentence; empty where it needs none."""
        return noted(self.given)

    def asks(self, test: Callable[[Pair], bool]) -> bool:
        """Whether a test holds in every case."""
        try:
            return bool(self.cases) and all(map(test, self.cases))
        except TooLargeError:
            return False


def noted(given: Iterable[str]) -> str:
    """Values of parameters, to stand behind a sentence; empty for none."""
    words = " and ".join(given)
    return f" (while {words}, by default)" if words else ""


class Cases:
    """The cases in which two versions of a policy are compared."""

    def __init__(self, old: tuple[Policy, CompiledPolicy], new: tuple[Policy, CompiledPolicy]) -> None:
        self.policies = old[1], new[1]
        before, after = ({parameter.name: parameter for parameter in policy.parameters} for policy, _ in (old, new))
        both = before.keys() & after.keys()
        self._retyped = frozenset(name for name in both if before[name].type is not after[name].type)
        self._moved = frozenset(
            name for name in both - self._retyped if repr(before[name].default) != repr(after[name].default)
        )
        self._single = frozenset(before.keys() ^ after.keys())
        self._defaults = tuple(
            {name: parameter.default for name, parameter in side.items()} for side in (before, after)
        )
        self._pairs: dict[frozenset[str], Pair] = {}

    def prove(
        self,
        old: Iterable[cel.Program | None],
        new: Iterable[cel.Program | None],
        question: Callable[[Pair], frozenset[Claim]],
    ) -> Proven:
        """What a question about some programs of both sides answers in every case."""
        used = _parameters(self.policies[0], old) | _parameters(self.policies[1], new)
        free = self._answered(used, used & self._retyped, question)
        bound = used & (self._retyped | self._single)
        if not bound:
            return free
        by_default = self._answered(used, bound, question)
        if by_default.claims == free.claims and not used & self._retyped:
            return free
        return by_default._replace(given=tuple(self._words(bound)))

    def _answered(
        self, used: frozenset[str], bound: frozenset[str], question: Callable[[Pair], frozenset[Claim]]
    ) -> Proven:
        moved = sorted(used & self._moved)
        if len(moved) > MAX_MOVED:
            return Proven(frozenset(), (), ())
        chosen = (
            combination for count in range(len(moved) + 1) for combination in itertools.combinations(moved, count)
        )
        pairs = tuple(self._pair(bound | set(combination)) for combination in chosen)
        try:
            answers = [question(pair) for pair in pairs]
        except TooLargeError:
            return Proven(frozenset(), (), ())
        return Proven(frozenset[object](answers[0]).intersection(*answers[1:]), (), pairs)

    def _pair(self, defaults: frozenset[str]) -> Pair:
        """Normalizers that put defaults in the place of some parameters."""
        if defaults not in self._pairs:
            old, new = (
                Normalizer(policy, {name: value for name, value in values.items() if name in defaults})
                for policy, values in zip(self.policies, self._defaults, strict=True)
            )
            self._pairs[defaults] = Pair(old, new)
        return self._pairs[defaults]

    def _words(self, names: frozenset[str]) -> Iterator[str]:
        before, after = self._defaults
        for name in sorted(names):
            yield f"{name} is {json.dumps(after.get(name, before.get(name)), ensure_ascii=False)}"


def _form(normalizer: Normalizer, program: cel.Program | None) -> Form | None:
    return None if program is None else normalizer.form(program)


def _parameters(policy: CompiledPolicy, programs: Iterable[cel.Program | None]) -> frozenset[str]:
    """The parameters that the values of programs can depend on."""
    waiting = [program for program in programs if program is not None]
    parameters: set[str] = set()
    while waiting:
        program = waiting.pop()
        parameters |= set(program.parameters)
        waiting += [policy.variables[name].program for name in program.variables]
    return frozenset(parameters)
