"""What nodes are judged by, as a value."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from passmuster.model.durations import format_moment
from passmuster.model.verdict import Origin, ParameterChange, Scope
from passmuster.policy import LANGUAGE
from passmuster.snapshot.roster import Node, of_site, order, parted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from passmuster.model.outcome import Level
    from passmuster.model.verdict import RuleHeader
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy
    from passmuster.policy.waivers import InForce


CALLER = "caller"
"""Whose a roster is that no site gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumAge:
    """Snapshots older than `span` at `now` leave their nodes unknown."""

    text: str
    span: timedelta
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationCriteria:
    """What nodes are judged by."""

    policies: tuple[CompiledPolicy, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    """By pack, then name: every parameter's effective value."""
    rules: frozenset[str] | None = None
    """The only rules to judge, as PACK/ID; None for all."""
    roster: frozenset[str] | None = None
    """The nodes that there should be: by name in a caller's, as `roster.of_site` has it in those of sites."""
    roster_source: str = CALLER
    """Whose roster it is; see `verdict.RosterFindings`."""
    max_age: MaximumAge | None = None
    received: datetime | None = None
    """The moment at which all snapshots are received: later ones are from the future. None: their ages were looked at
    before, as by a store when it took them in."""
    latest: bool = False
    """Whether of the snapshots of each node only the newest are judged."""
    waivers: InForce | None = None
    assessment: str | None = None
    """Digest of the assessment that the rest is by; None where there is none."""

    @property
    def raised(self) -> dict[str, Level]:
        """Rules whose level is another than their policy gives them, by PACK/ID, with that level."""
        rules = [rule for policy in self.policies for rule in policy.every_rule]
        return {rule.header.name: rule.header.level for rule in rules if rule.header.level is not rule.source.level}

    @property
    def node_rules(self) -> tuple[RuleHeader, ...]:
        """The selected node rules, in the order of reports."""
        headers = (rule.header for policy in self.policies for rule in policy.rules)
        return tuple(header for header in headers if self.rules is None or header.name in self.rules)

    @property
    def fleet_rules(self) -> tuple[tuple[CompiledPolicy, CompiledFleetRule], ...]:
        """The selected fleet rules, each with its policy."""
        pairs = [(policy, rule) for policy in self.policies for rule in policy.fleet_rules]
        return tuple(pair for pair in pairs if self.rules is None or pair[1].header.name in self.rules)

    @property
    def scope(self) -> Scope:
        """How much of the policies is judged, and which parameters are not at their defaults."""
        rules = [rule for policy in self.policies for rule in policy.every_rule]
        named = self.named_parameters
        defaults = {
            f"{policy.header.pack}.{name}": value for policy in self.policies for name, value in policy.defaults.items()
        }
        return Scope(
            judged=sum(self.rules is None or rule.header.name in self.rules for rule in rules),
            total=len(rules),
            parameters=tuple(
                ParameterChange(name=name, value=named[name], default=default)
                for name, default in defaults.items()
                if named.get(name, default) != default
            ),
        )

    @property
    def only_fleet_rules(self) -> bool:
        """Whether no node rule is selected, so that single nodes do not count in the outcome."""
        names = {rule.header.name for policy in self.policies for rule in policy.rules}
        return bool(self.fleet_rules) and not (names if self.rules is None else names & self.rules)

    @property
    def named_parameters(self) -> dict[str, Any]:
        """Every parameter's effective value, as PACK.NAME."""
        return {f"{pack}.{name}": value for pack, values in self.parameters.items() for name, value in values.items()}

    def listing(self, name: str, site: str | None) -> tuple[str, ...]:
        """What a node may be called in the roster; the first is its own."""
        return (name,) if self.roster_source == CALLER else (of_site(site, name), of_site(None, name))

    def settled(self, there: Iterable[str], absent: Iterable[str]) -> EvaluationCriteria:
        """The same, with the roster as it came out: a name on a roster of no site is of whichever site has it."""
        return self if self.roster is None else replace(self, roster=frozenset(itertools.chain(there, absent)))

    def listed(self, entry: str) -> Node:
        """The node that is called so in the roster."""
        return Node(entry, None) if self.roster_source == CALLER else parted(entry)

    def absent(self, entries: Iterable[str]) -> list[Node]:
        """Nodes that are called so in the roster, in the order of reports."""
        return sorted(map(self.listed, entries), key=order)

    def now(self, *, future: bool) -> str | None:
        """The moment that something here needs; None where nothing does. `future`: a snapshot is from after it."""
        needs = self.max_age or self.waivers
        moment = needs.now if needs else self.received if future else None
        return format_moment(moment) if moment else None


_LOOSE = Origin()


def asked(terms: EvaluationCriteria, now: str | None, origin: Origin = _LOOSE) -> dict[str, Any]:
    """What a verdict's digest holds beside its nodes: nothing of the engine, the machine, or the wording.

    `now` is the moment that the verdict depends on, if it does; `origin` says how the snapshots came.
    """
    document: dict[str, Any] = {
        "language": LANGUAGE,
        "policies": [[policy.header.pack, policy.header.version, policy.header.digest] for policy in terms.policies],
        "parameters": terms.named_parameters,
        "rules": sorted(terms.rules) if terms.rules is not None else None,
        "levels": {
            rule.header.name: rule.header.level.value for policy in terms.policies for rule in policy.every_rule
        },
        "waivers": terms.waivers.waivers.digest if terms.waivers else None,
        "roster": sorted(terms.roster) if terms.roster is not None else None,
        "max_age": terms.max_age.text if terms.max_age else None,
        "now": now,
    }
    # Only where there is one: other verdicts keep the digests that they had before there were any.
    if terms.assessment is not None:
        document["assessment"] = terms.assessment
    if terms.latest:
        document["latest"] = True
    if origin.bundles:
        document["bundles"] = [asdict(bundle) for bundle in origin.bundles]
    if origin.signatures is not None:
        document["signatures"] = asdict(origin.signatures)
    return document
