"""What to do about a fact that could not be looked at: never what was done already."""

from __future__ import annotations

import pytest
from packs import compiled, no_parameters, rule
from snapshots import data, snapshot

from passmuster.cli import main
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason, UnknownFact
from passmuster.model.verdict import SnapshotHeader
from passmuster.report import advice
from passmuster.report.groups import missing

KVM = "devices['/dev/kvm'].accessible"
CASES = {
    "refused, not root": ("denied", KVM, ("live", "host", 1000), advice.AS_ROOT),
    "refused, root": ("denied", KVM, ("live", "host", 0), advice.ROOT_WAS_REFUSED),
    "refused, nobody knows who": ("denied", KVM, ("dump", "host", None), advice.AS_ROOT),
    "a driver that is not loaded, on the node": ("not_collected", KVM, ("live", "host", 0), advice.LOAD_THE_DRIVER),
    "a device in a dump": ("not_collected", KVM, ("dump", "host", None), advice.ON_THE_NODE),
    "inside a container": ("not_collected", KVM, ("live", "container", 0), advice.ON_THE_HOST),
    "labels without the Node object": ("not_collected", "kubernetes.labels", ("live", "host", 0), advice.NODE_OBJECT),
    "no evidence of a runtime": ("not_collected", "runtime.name", ("live", "host", 0), advice.RUNTIME),
    "anything else, on the node": ("not_collected", "kernel.release", ("live", "host", 0), advice.AS_THE_DETAIL_SAYS),
}


@pytest.mark.parametrize("name", CASES)
def test_action(name: str) -> None:
    reason, path, (kind, context, uid), expected = CASES[name]
    header = SnapshotHeader(digest="", schema="", collected_at=None, kind=kind, context=context, uid=uid)
    assert advice.action(UnknownFact(path=FieldPath.parse(path), reason=Reason(reason)), header) == expected


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_an_action_for_nobody_in_particular(reason: Reason) -> None:
    assert advice.action(UnknownFact(path=FieldPath.parse(KVM), reason=reason), None)


def test_one_reason_with_two_things_to_do_makes_two_groups() -> None:
    policy = compiled(rule("one", "kubernetes.labels.size() >= 0"), rule("two", "kernel.release != ''"))
    given = Given(
        input="n", snapshot=snapshot(unknown={"kubernetes.labels": "not_collected", "kernel.release": "not_collected"})
    )
    found = missing(judge([given], EvaluationCriteria(policies=(policy,), parameters=no_parameters(policy))))
    assert {each.action: each.rules for each in found} == {
        advice.NODE_OBJECT: ("one",),
        advice.AS_THE_DETAIL_SAYS: ("two",),
    }


@pytest.mark.long
@pytest.mark.parametrize("layout", ["canonical", "indented"])
@pytest.mark.parametrize(("uid", "expected"), [(0, "root was refused"), (1000, "run the collector as root")])
def test_the_command_says_it_from_memory_and_the_plain_way(
    tmp_path: object, capsys: pytest.CaptureFixture[str], layout: str, uid: int, expected: str
) -> None:
    line = data("n", unknown={KVM: "denied"}).replace(b'"uid":0', b'"uid":%d' % uid)
    file = f"{tmp_path}/n.json"
    with open(file, "wb") as handle:  # noqa: PTH123 - one line
        handle.write(line if layout == "canonical" else line.replace(b'{"collection":', b'{ "collection": '))
    main(["check", file])
    assert expected in " ".join(capsys.readouterr().out.split())
