"""The committed stacks live through their whole life on the simulated Azure, under an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mllab import program
from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, Outcome, Plan, StackTarget, Status
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.settings import files
from mllab.settings.lab import Lab
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.azure.rules import tokens
from mllab.simulated.faults import Faults, How, Killed, Rule
from tests.simulated.azure.subscription import MORNING, PLENTY

STACKS = ("azure-course", "azure-lab", "azure-tiny", "managed")
GPU = "StandardNCASv3_T4Family"


def stack_file(root: Path, folder: Path, stack: str) -> Path:
    """A committed stack file, or that of the tiny lab with managed notebooks."""
    if stack != "managed":
        return files.find(root, stack)
    text = files.find(root, "azure-tiny").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.strip().startswith(MACHINES_ONLY)]
    path = folder / "Pulumi.managed.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    heading = "  mllab:notebook:"
    changed = "\n".join(kept).replace(heading, f"{heading}\n    kind: managed")
    changed = changed.replace("files: false", "files: true")
    path.write_text(changed, encoding="utf-8")
    return path


MACHINES_ONLY = ("disk_gb:", "home_gb:", "max_hours:", "ssh_from:", "ssh_keys:", "mllab:azure:")
"""Settings of notebooks on machines."""


class Life:
    """One stack on one subscription."""

    def __init__(self, root: Path, home: Path, stack: str, faults: Faults | None = None) -> None:
        path = stack_file(root, home, stack)
        lab: Lab = files.load(path)
        self.azure = SimulatedAzure(home / "azure.db", quotas=dict(PLENTY), faults=faults)
        declare: Callable[[], None] = lambda: program.declare(lab, MORNING.date())  # noqa: E731
        target = StackTarget("mllab", stack, "azure", files.config(path), declare, root)
        clock = SimulatedClock(MORNING)
        self.engine = EmbeddedEngine(target, {"azure-native": self.azure}, home, clock)

    def down(self) -> Outcome:
        release = frozenset(holding.urn for holding in self.engine.holdings())
        return self.engine.destroy(release=release)


def ops(outcome: Outcome | Plan) -> Counter[tuple[Op, Status]]:
    return Counter((step.op, step.status) for step in outcome.steps if step.custom)


@pytest.fixture(params=STACKS)
def life(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[Life]:
    life = Life(root, tmp_path, request.param)
    yield life
    life.azure.database.close()


def test_up_again_refresh_and_down(life: Life) -> None:
    declared = len([r for r in life.engine.preview().resources if r.custom])
    up = life.engine.up()
    assert up.failures == ()
    assert ops(up) == {(Op.CREATE, Status.DONE): declared}
    assert up.seconds > 300
    assert life.engine.preview().empty
    assert ops(life.engine.up()) == {(Op.SAME, Status.DONE): declared}
    assert ops(life.engine.refresh()) == {(Op.SAME, Status.DONE): declared}
    assert life.engine.preview().empty
    down = life.down()
    assert down.failures == ()
    assert ops(down) == {(Op.DELETE, Status.DONE): declared}
    assert life.azure.inventory() == []
    assert life.engine.holdings() == ()


def test_a_lab_can_be_made_again_at_once(root: Path, tmp_path: Path) -> None:
    """No name is fixed, so the vault and the workspace that Azure still keeps block nothing."""
    life = Life(root, tmp_path, "azure-tiny")
    assert life.engine.up().failures == ()
    assert life.down().failures == ()
    kept = Counter(found.type for found in life.azure.remains(MORNING.replace(day=15)))
    assert kept == {tokens.VAULT: 1, tokens.WORKSPACE: 1}
    assert life.engine.up().failures == ()
    assert life.down().failures == ()


def test_two_labs_live_in_one_subscription(root: Path, tmp_path: Path) -> None:
    lives = [Life(root, tmp_path, stack) for stack in ("azure-tiny", "azure-course")]
    for life in lives:
        assert life.engine.up().failures == ()
    assert lives[0].down().failures == ()
    assert lives[1].engine.preview().empty
    assert set(ops(lives[1].engine.refresh())) == {(Op.SAME, Status.DONE)}


def test_a_kill_anywhere_is_recovered_from(root: Path, tmp_path: Path) -> None:
    """After a kill at any create the next run takes in what exists, and makes nothing twice."""
    reference = Life(root, tmp_path / "whole", "azure-tiny")
    assert reference.engine.up().ok
    expected = Counter(record.type for record in reference.azure.inventory())
    for skip in (0, 12, 30):
        for how in (How.KILL_BEFORE, How.KILL_AFTER):
            home = tmp_path / f"{how}-{skip}"
            killed = Life(root, home, "azure-tiny", Faults([Rule(how, op="create", skip=skip)]))
            with pytest.raises(Killed):
                killed.engine.up()
            again = Life(root, home, "azure-tiny")
            assert again.engine.up().failures == ()
            assert Counter(record.type for record in again.azure.inventory()) == expected
            assert again.engine.preview().empty


def test_drift_is_seen_and_healed(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "azure-course")
    life.engine.up()
    found = {record.type: record for record in life.azure.inventory() if record.urn}
    account, schedule = found[tokens.ACCOUNT], found[tokens.SCHEDULE]
    life.azure.tamper(account.type, account.id, "allowBlobPublicAccess", True)
    life.azure.remove(schedule.type, schedule.id)
    seen = ops(life.engine.refresh())
    assert (seen[Op.UPDATE, Status.DONE], seen[Op.DELETE, Status.DONE]) == (1, 1)
    healed = ops(life.engine.up())
    assert (healed[Op.UPDATE, Status.DONE], healed[Op.CREATE, Status.DONE]) == (1, 1)
    assert life.engine.preview().empty


def test_without_a_quota_only_the_machine_and_what_needs_it_are_missing(
    root: Path, tmp_path: Path
) -> None:
    life = Life(root, tmp_path, "azure-course")
    life.azure._quotas[GPU] = 0
    outcome = life.engine.up()
    (failure,) = outcome.failures
    assert (failure.type, failure.code) == (tokens.MACHINE, "OperationNotAllowed")
    assert f"--resource-name {GPU}" in failure.hint
    del life.azure._quotas[GPU]
    life.azure.grant(GPU, 4)
    assert life.engine.up().failures == ()


def test_data_stay_where_they_are_kept(root: Path, tmp_path: Path) -> None:
    """Azure itself deletes full accounts with their group, so the engine must stand before it."""
    life = Life(root, tmp_path, "azure-course")
    life.engine.up()
    (account,) = [r for r in life.azure.inventory() if r.type == tokens.ACCOUNT]
    life.azure.put_object("data", "results/model.bin", 12_000_000)
    held = {holding.type: holding.amount for holding in life.engine.holdings()}
    assert held[tokens.ACCOUNT] == "1 object, 12 MB"
    assert held[tokens.DISK] == "50 GB disk, in use since 2027-01-11"
    assert held[tokens.SHARE] == ""
    outcome = life.engine.destroy()
    assert not outcome.ok
    assert account.id in {record.id for record in life.azure.inventory()}
    assert life.down().failures == ()
    assert life.azure.inventory() == []


def test_machines_that_stop_are_no_change(root: Path, tmp_path: Path) -> None:
    life = Life(root, tmp_path, "azure-tiny")
    life.engine.up()
    (machine,) = [r.id for r in life.azure.inventory() if r.type == tokens.MACHINE]
    life.azure.stop(machine)
    assert set(ops(life.engine.refresh())) == {(Op.SAME, Status.DONE)}
    assert life.engine.preview().empty
