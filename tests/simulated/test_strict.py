"""A lab that lives takes up profile `strict` and gives it up again; no data goes unnamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mllab.engines.contract import Op
from mllab.errors import RunFailed
from mllab.simulated.aws.rules import tokens
from tests.simulated.lives import Life

STACK = "aws-tiny"
KEY = f"{STACK}-network-key"


@pytest.fixture
def lab(root: Path, tmp_path: Path) -> Iterator[Life]:
    lab = Life(root, tmp_path, STACK)
    lab.change("storage", keep=True, files=True)
    yield lab
    lab.cloud.database.close()


def test_nothing_is_lost_when_a_lab_becomes_strict(lab: Life) -> None:
    assert lab.engine.up().failures == ()
    lab.change("lab", profile="strict")
    ops = {step.name: step.op for step in lab.engine.preview().steps}
    assert ops[KEY] is Op.CREATE
    assert not [name for name, op in ops.items() if op in (Op.REPLACE, Op.DELETE)]
    assert lab.engine.up().failures == ()
    plan = lab.engine.preview()
    assert {step.op for step in plan.steps} == {Op.SAME}


def test_the_key_goes_with_the_data_and_only_if_it_is_named(lab: Life) -> None:
    lab.change("lab", profile="strict")
    assert lab.engine.up().failures == ()
    held = {holding.name: holding for holding in lab.engine.holdings()}
    assert held[KEY].amount
    lab.change("lab", profile="course")
    with pytest.raises(RunFailed, match=f"{KEY} .*: it is protected and must not be deleted"):
        lab.engine.preview()
    plan = lab.engine.preview(release=frozenset({held[KEY].urn}))
    (loss,) = [step for step in plan.steps if step.op is Op.DELETE and step.loses]
    assert loss.name == KEY
    assert tokens.KEY in {record.type for record in lab.cloud.inventory()}

    lab.change("lab", profile="strict")
    assert lab.down().failures == ()
    assert tokens.KEY not in {record.type for record in lab.cloud.inventory()}
