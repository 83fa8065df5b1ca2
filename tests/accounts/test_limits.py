"""What a real account grants, uses and offers is asked before machines are taken away, and what it
does not tell is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from mllab.accounts.contract import Grant, Offer, Placement
from mllab.accounts.responses import QueryFailed
from mllab.engines.contract import Op, Plan
from mllab.errors import LabError, RunFailed
from mllab.lifecycle import granted
from mllab.session.realm import RealRealm
from mllab.settings import files
from tests.accounts.conftest import ROOT
from tests.cli.scripted import MACHINE, entry, step, urn

GPU = "L-DB2E81BA"
SIZED = Placement("g4dn.xlarge", "us-east-1")
THERE = Offer(True)
CLUSTER = urn("lab-cluster-nodes", "azure-native:machinelearningservices:Compute", "Cluster")
NODES = Placement("Standard_NC4as_T4_v3", "eastus", use="job")
SPOT = "Total Cluster LowPriority Regional vCPUs"


class Asked:
    """An account that answers so, and remembers what it was asked."""

    def __init__(self, grants: Any, offer: Any = THERE) -> None:
        self.grants, self.offer = grants, offer
        self.asked: list[Any] = []

    def quotas(self, services: Mapping[str, str], going: Any) -> Any:
        self.asked.append((dict(services), [*going]))
        return self._answer(self.grants)

    def offers(self, wanted: Any) -> Any:
        self.asked.append([*wanted])
        answer = self._answer(self.offer)
        return {each: answer if each in (SIZED, NODES) else Offer(True) for each in wanted}

    def _answer(self, answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer


def refused(account: Asked, *ops: Op, machine: str = MACHINE) -> list[str]:
    """What is noted where the lab's GPU machine is made anew in an account that answers so."""
    stack = "azure-course" if machine == CLUSTER else "aws-course"
    path = files.find(ROOT, stack)
    lab = files.load(path)
    state = {"deployment": {"resources": [entry(machine, id="i-old")]}}
    session: Any = SimpleNamespace(
        stack=stack,
        declared=lab,
        config=files.config(path),
        engine=SimpleNamespace(state=lambda: state),
        realm=RealRealm(account, lambda _: ""),  # type: ignore[arg-type]
        command=lambda verb, options="": f"mllab {verb} {stack}",
    )
    notes: list[str] = []
    plan = Plan(stack, "pulumi", tuple(step(op, machine) for op in ops))
    granted.refuse_short(session, plan, SimpleNamespace(note=notes.append, waiting=nullcontext))  # type: ignore[arg-type]
    return notes


@pytest.mark.parametrize(
    ("limit", "used", "ops", "needed"),
    [
        (0.0, 0.0, [Op.REPLACE], 4),
        (7.0, 4.0, [Op.REPLACE], 8),
        (8.0, 4.0, [Op.REPLACE], None),
        (4.0, 0.0, [Op.REPLACE], None),
        (4.0, 4.0, [Op.CREATE, Op.DELETE], 8),
        (8.0, 4.0, [Op.CREATE, Op.DELETE], None),
        (7.0, 0.0, [Op.CREATE, Op.REPLACE], 8),
    ],
)
def test_a_machine_that_the_quota_cannot_replace_stays(
    limit: float, used: float, ops: list[Op], needed: int | None
) -> None:
    account = Asked({GPU: Grant(limit, used)})
    if needed is None:
        assert refused(account, *ops) == []
    else:
        use = f"{used:g} of them in use already, " if used else ""
        words = f"{GPU}: {needed} vCPUs needed at the same time, {use}{limit:g} granted"
        with pytest.raises(RunFailed, match=words) as error:
            refused(account, *ops)
        assert f"--desired-value {needed}" in str(error.value.hint)
    going = ["i-old"] if Op.REPLACE in ops else []
    assert account.asked[0] == ({GPU: "ec2"}, going), "what goes first does not count"


def test_a_machine_that_is_not_offered_replaces_none() -> None:
    account = Asked({GPU: Grant(64.0, 0.0)}, Offer(False, "us-east-1 offers it in no zone"))
    with pytest.raises(RunFailed) as error:
        refused(account, Op.REPLACE)
    assert error.value.message == (
        "aws-course: notebooks would go, and what is to be made would be refused; nothing was "
        "changed\n  g4dn.xlarge in us-east-1: not offered, us-east-1 offers it in no zone"
    )
    hint = str(error.value.hint).splitlines()
    assert hint[0].startswith("Choose another mllab:notebook.size; offered in us-east-1 are cpu-")
    assert "gpu-small" not in hint[0]
    assert hint[1] == "Then:  mllab up aws-course"


def test_a_cluster_that_is_granted_or_offered_no_more_stays() -> None:
    """The answer is taken for Azure's, whose clusters are deleted to be made anew."""
    account = Asked({SPOT: Grant(12.0, 0.0)}, Offer(False, "eastus does not have it"))
    with pytest.raises(RunFailed) as error:
        refused(account, Op.REPLACE, machine=CLUSTER)
    assert error.value.message == (
        "azure-course: the cluster would go, and what is to be made would be refused; nothing was "
        f"changed\n  {SPOT}: 16 vCPUs needed at the same time, 12 granted\n"
        "  Standard_NC4as_T4_v3 in eastus: not offered, eastus does not have it"
    )
    assert "Choose another mllab:cluster.size; offered in eastus are cpu-" in error.value.hint
    assert account.asked[0] == ({SPOT: "Microsoft.MachineLearningServices"}, ["i-old"])
    enough = Asked({SPOT: Grant(16.0, 0.0)})
    assert refused(enough, Op.REPLACE, machine=CLUSTER) == []
    assert enough.asked[1] == [NODES]


@pytest.mark.parametrize("op", [Op.CREATE, Op.DELETE, Op.UPDATE])
def test_nobody_is_asked_where_none_is_made_anew(op: Op) -> None:
    account = Asked(AssertionError("asked"), AssertionError("asked"))
    assert refused(account, op) == []


WHETHER = "not checked: whether the quota is enough for the machines that replace others"
USE = "not checked: how much of the quota is in use already"
OFFERED = "not checked: whether the machines that replace others are offered"


@pytest.mark.parametrize(
    ("grants", "offer", "notes"),
    [
        ({GPU: Grant()}, Offer(True), [f"{WHETHER}, {GPU} (the account does not tell)"]),
        ({GPU: Grant(4.0, None, "no")}, Offer(True), [f"{USE}, {GPU} (no)"]),
        (QueryFailed("AWS is mute"), Offer(True), [f"{WHETHER}, {GPU} (AWS is mute)"]),
        (LabError("no login", hint="log in"), Offer(True), [f"{WHETHER}, {GPU} (no login)"]),
        ({GPU: Grant(4.0, 0.0)}, Offer(None, "no"), [f"{OFFERED}, g4dn.xlarge in us-east-1 (no)"]),
        (
            {GPU: Grant(4.0, 0.0)},
            QueryFailed("AWS is mute"),
            [f"{OFFERED}, g4dn.xlarge in us-east-1 (AWS is mute)"],
        ),
    ],
)
def test_what_the_account_does_not_tell_is_said_and_not_called_enough(
    grants: Any, offer: Any, notes: list[str]
) -> None:
    assert refused(Asked(grants, offer), Op.REPLACE) == notes
