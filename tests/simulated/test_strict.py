"""A lab that lives takes up profile `strict` and gives it up again; no data goes unnamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mllab import program
from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.errors import RunFailed
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import MORNING, PLENTY

STACK = "aws-tiny"
KEY = f"{STACK}-network-key"


class Lab:
    """One lab on one account, whose profile can change."""

    def __init__(self, root: Path, home: Path) -> None:
        path = files.find(root, STACK)
        lab = files.load(path)
        storage = lab.storage.model_copy(update={"keep": True, "files": True})
        self.lab = lab.model_copy(update={"storage": storage})
        self.aws = SimulatedAws(home / "aws.db", quotas=PLENTY)
        target = StackTarget("mllab", STACK, "aws", files.config(path), self.declare, root)
        self.engine = EmbeddedEngine(target, {"aws": self.aws}, home, SimulatedClock(MORNING))

    def declare(self) -> None:
        program.declare(self.lab)

    def profile(self, name: str) -> None:
        about = self.lab.lab.model_copy(update={"profile": name})
        self.lab = self.lab.model_copy(update={"lab": about})


@pytest.fixture
def lab(root: Path, tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(root, tmp_path)
    yield lab
    lab.aws.database.close()


def test_nothing_is_lost_when_a_lab_becomes_strict(lab: Lab) -> None:
    assert lab.engine.up().failures == ()
    lab.profile("strict")
    ops = {step.name: step.op for step in lab.engine.preview().steps}
    assert ops[KEY] is Op.CREATE
    assert not [name for name, op in ops.items() if op in (Op.REPLACE, Op.DELETE)]
    assert lab.engine.up().failures == ()
    plan = lab.engine.preview()
    assert {step.op for step in plan.steps} == {Op.SAME}


def test_the_key_goes_with_the_data_and_only_if_it_is_named(lab: Lab) -> None:
    lab.profile("strict")
    assert lab.engine.up().failures == ()
    held = {holding.name: holding for holding in lab.engine.holdings()}
    assert held[KEY].amount
    lab.profile("course")
    with pytest.raises(RunFailed, match=f"{KEY} .*: it is protected and must not be deleted"):
        lab.engine.preview()
    plan = lab.engine.preview(release=frozenset({held[KEY].urn}))
    (loss,) = [step for step in plan.steps if step.op is Op.DELETE and step.loses]
    assert loss.name == KEY
    assert tokens.KEY in {record.type for record in lab.aws.inventory()}

    lab.profile("strict")
    everything = frozenset(holding.urn for holding in lab.engine.holdings())
    assert lab.engine.destroy(release=everything).failures == ()
    assert tokens.KEY not in {record.type for record in lab.aws.inventory()}
