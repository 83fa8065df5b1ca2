"""The committed stacks live through their whole life on the simulated AWS, driven by an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mllab import program
from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, Outcome, Plan, StackTarget, Status
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from mllab.simulated.faults import Faults, How, Killed, Rule
from tests.simulated.account import MORNING, PLENTY

STACKS = ("aws-course", "aws-lab", "aws-tiny")
STANDING = 5
"""Service-linked roles that AWS keeps."""


class Life:
    """One stack on one account."""

    def __init__(self, root: Path, home: Path, stack: str, faults: Faults | None = None) -> None:
        path = files.find(root, stack)
        lab = files.load(path)
        self.aws = SimulatedAws(home / "aws.db", quotas=PLENTY, faults=faults)
        target = StackTarget(
            "mllab", stack, "aws", files.config(path), lambda: program.declare(lab), root
        )
        clock = SimulatedClock(MORNING)
        self.engine = EmbeddedEngine(target, {"aws": self.aws}, home, clock)

    def down(self) -> Outcome:
        release = frozenset(holding.urn for holding in self.engine.holdings())
        return self.engine.destroy(release=release)


def ops(outcome: Outcome | Plan) -> Counter[tuple[Op, Status]]:
    return Counter((step.op, step.status) for step in outcome.steps if step.custom)


@pytest.fixture(params=STACKS)
def life(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[Life]:
    life = Life(root, tmp_path, request.param)
    yield life
    life.aws.database.close()


def test_up_again_refresh_and_down(life: Life) -> None:
    declared = len([r for r in life.engine.preview().resources if r.custom])
    up = life.engine.up()
    assert up.failures == ()
    assert ops(up) == {(Op.CREATE, Status.DONE): declared}
    assert up.seconds > 60
    assert life.engine.preview().empty
    assert ops(life.engine.up()) == {(Op.SAME, Status.DONE): declared}
    assert ops(life.engine.refresh()) == {(Op.SAME, Status.DONE): declared}
    assert life.engine.preview().empty
    down = life.down()
    assert down.failures == ()
    assert ops(down) == {(Op.DELETE, Status.DONE): declared}
    assert life.aws.inventory() == []
    assert len(life.aws.inventory(standing=True)) <= STANDING
    assert life.engine.holdings() == ()


def test_a_kill_anywhere_is_recovered_from(root: Path, tmp_path: Path) -> None:
    """After a kill at any create the next run takes in what exists, and makes nothing twice."""
    reference = Life(root, tmp_path / "whole", "aws-tiny")
    assert reference.engine.up().ok
    expected = Counter(record.type for record in reference.aws.inventory())
    for skip in (0, 20, 41):
        for how in (How.KILL_BEFORE, How.KILL_AFTER):
            home = tmp_path / f"{how}-{skip}"
            killed = Life(root, home, "aws-tiny", Faults([Rule(how, op="create", skip=skip)]))
            with pytest.raises(Killed):
                killed.engine.up()
            again = Life(root, home, "aws-tiny")
            assert again.engine.up().failures == ()
            assert Counter(record.type for record in again.aws.inventory()) == expected
            assert again.engine.preview().empty


def test_drift_is_seen_and_healed(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "aws-course")
    life.engine.up()
    (block,) = [r for r in life.aws.inventory() if r.type == tokens.BUCKET_BLOCK]
    schedules = [r for r in life.aws.inventory() if r.type == tokens.SCHEDULE]
    (watch,) = [r for r in schedules if r.inputs["name"] == "watch"]
    life.aws.tamper(block.type, block.id, "blockPublicAcls", False)
    life.aws.remove(watch.type, watch.id)
    seen = ops(life.engine.refresh())
    assert (seen[Op.UPDATE, Status.DONE], seen[Op.DELETE, Status.DONE]) == (1, 1)
    healed = ops(life.engine.up())
    assert (healed[Op.UPDATE, Status.DONE], healed[Op.CREATE, Status.DONE]) == (1, 1)
    assert life.engine.preview().empty


def test_without_a_quota_only_the_machine_and_what_needs_it_are_missing(
    root: Path, tmp_path: Path
) -> None:
    life = Life(root, tmp_path, "aws-course")
    life.aws._quotas = {}
    outcome = life.engine.up()
    (failure,) = outcome.failures
    assert (failure.type, failure.code) == (tokens.INSTANCE, "VcpuLimitExceeded")
    assert "--quota-code L-DB2E81BA --desired-value 4" in failure.hint
    life.aws.grant("L-DB2E81BA", 4)
    assert life.engine.up().failures == ()


def test_data_stay_where_they_are_kept(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "aws-course")
    life.engine.up()
    (bucket,) = [r.id for r in life.aws.inventory() if r.type == tokens.BUCKET]
    life.aws.put_object(bucket, "results/model.bin", 12_000_000)
    held = {holding.type: holding.amount for holding in life.engine.holdings()}
    assert held[tokens.BUCKET] == "1 object, 12 MB"
    assert held[tokens.FILES] == ""
    assert held[tokens.VOLUME] == "50 GB disk, in use since 2027-01-11"
    outcome = life.engine.destroy()
    assert "BucketNotEmpty" in {failure.code for failure in outcome.failures}
    assert bucket in {record.id for record in life.aws.inventory()}
    assert life.down().failures == ()
    assert life.aws.inventory() == []
