"""The committed stacks live through their whole life on the simulated Google Cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mllab import program
from mllab.clock import SimulatedClock
from mllab.clouds.gcp import GCP
from mllab.engines.contract import Op, Outcome, Plan, StackTarget, Status
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.settings import files
from mllab.simulated.faults import Faults, How, Killed, Rule
from mllab.simulated.gcp.cloud import SimulatedGcp
from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import MORNING

STACKS = ("gcp-course", "gcp-lab", "gcp-tiny")
PLENTY = {code: 10_000.0 for code in GCP.quotas()}


class Life:
    """One stack in one project."""

    def __init__(self, root: Path, home: Path, stack: str, faults: Faults | None = None) -> None:
        path = files.find(root, stack)
        lab = files.load(path)
        self.gcp = SimulatedGcp(home / "gcp.db", quotas=PLENTY, faults=faults)
        for name in self.gcp.missing():
            self.gcp.switch_on(name)
        target = StackTarget(
            "mllab", stack, "gcp", files.config(path), lambda: program.declare(lab), root
        )
        clock = SimulatedClock(MORNING)
        self.engine = EmbeddedEngine(target, {"gcp": self.gcp}, home, clock)

    def down(self) -> Outcome:
        release = frozenset(holding.urn for holding in self.engine.holdings())
        return self.engine.destroy(release=release)

    def only(self, type: str) -> str:
        """Id of the one thing of a type that somebody declared."""
        (found,) = [r.id for r in self.gcp.inventory() if r.type == type and r.urn]
        return found


def ops(outcome: Outcome | Plan) -> Counter[tuple[Op, Status]]:
    return Counter((step.op, step.status) for step in outcome.steps if step.custom)


@pytest.fixture(params=STACKS)
def life(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[Life]:
    life = Life(root, tmp_path, request.param)
    yield life
    life.gcp.database.close()


def test_up_again_refresh_and_down(life: Life) -> None:
    declared = len([r for r in life.engine.preview().resources if r.custom])
    up = life.engine.up()
    assert up.failures == ()
    assert ops(up) == {(Op.CREATE, Status.DONE): declared}
    assert up.seconds > 60
    assert life.engine.preview().empty
    assert ops(life.engine.up()) == {(Op.SAME, Status.DONE): declared}
    assert set(ops(life.engine.refresh())) == {(Op.SAME, Status.DONE)}
    assert life.engine.preview().empty
    down = life.down()
    assert down.failures == ()
    assert ops(down) == {(Op.DELETE, Status.DONE): declared}
    assert life.gcp.inventory() == []
    assert {record.type for record in life.gcp.inventory(standing=True)} == {
        tokens.SERVICE,
        tokens.NETWORK,
        tokens.FIREWALL,
    }, "the APIs, and the network that came with one of them"


def test_a_second_life_finds_the_apis_enabled(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "gcp-tiny")
    for _ in range(2):
        assert life.engine.up().failures == ()
        assert life.down().failures == ()


def test_a_kill_anywhere_is_recovered_from(root: Path, tmp_path: Path) -> None:
    """After a kill at any create the next run takes in what exists, and makes nothing twice."""
    reference = Life(root, tmp_path / "whole", "gcp-tiny")
    assert reference.engine.up().ok
    expected = Counter(record.type for record in reference.gcp.inventory())
    for skip in (0, 12, 30):
        for how in (How.KILL_BEFORE, How.KILL_AFTER):
            home = tmp_path / f"{how}-{skip}"
            killed = Life(root, home, "gcp-tiny", Faults([Rule(how, op="create", skip=skip)]))
            with pytest.raises(Killed):
                killed.engine.up()
            again = Life(root, home, "gcp-tiny")
            assert again.engine.up().failures == ()
            assert Counter(record.type for record in again.gcp.inventory()) == expected
            assert again.engine.preview().empty


def test_drift_is_seen_and_healed(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "gcp-tiny")
    life.engine.up()
    life.gcp.tamper(tokens.BUCKET, life.only(tokens.BUCKET), "publicAccessPrevention", "inherited")
    jobs = [r for r in life.gcp.inventory() if r.type == tokens.SCHEDULE]
    (watch,) = [r for r in jobs if r.urn.endswith("-watch")]
    life.gcp.remove(watch.type, watch.id)
    seen = ops(life.engine.refresh())
    assert (seen[Op.UPDATE, Status.DONE], seen[Op.DELETE, Status.DONE]) == (1, 1)
    healed = ops(life.engine.up())
    assert (healed[Op.UPDATE, Status.DONE], healed[Op.CREATE, Status.DONE]) == (1, 1)
    assert life.engine.preview().empty


def test_a_stopped_machine_is_no_drift(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "gcp-tiny")
    life.engine.up()
    life.gcp.stop(life.only(tokens.INSTANCE))
    life.engine.refresh()
    assert life.engine.preview().empty


def test_without_a_quota_only_the_machine_and_what_needs_it_are_missing(
    root: Path, tmp_path: Path
) -> None:
    life = Life(root, tmp_path, "gcp-course")
    life.gcp._quotas = {}
    outcome = life.engine.up()
    (failure,) = outcome.failures
    assert (failure.type, failure.code) == (tokens.INSTANCE, "QUOTA_EXCEEDED")
    assert "--quota-id=GPUS-ALL-REGIONS-per-project --preferred-value=1" in failure.hint
    life.gcp.grant("GPUS_ALL_REGIONS", 1)
    assert life.engine.up().failures == ()


def test_data_stay_where_they_are_kept(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "gcp-course")
    life.engine.up()
    bucket = life.only(tokens.BUCKET)
    life.gcp.put_object(bucket, "results/model.bin", 12_000_000)
    held = {holding.type: holding.amount for holding in life.engine.holdings()}
    assert held[tokens.BUCKET] == "1 object, 12 MB"
    assert held[tokens.DISK] == "50 GB disk, in use since 2027-01-11"
    outcome = life.engine.destroy()
    words = f"Error trying to delete bucket {bucket} without `force_destroy` set to true"
    assert words in {failure.message for failure in outcome.failures}
    assert bucket in {record.id for record in life.gcp.inventory()}
    assert life.down().failures == ()
    assert life.gcp.inventory() == []
