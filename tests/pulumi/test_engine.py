"""A whole lab on Pulumi's own engine and the simulated AWS."""

from __future__ import annotations

import gc
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from mllab import program
from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, StackTarget, Status, Step
from mllab.engines.pulumi import binary
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.workspace import SimulatedWorkspace
from mllab.errors import LabError
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws

pytestmark = pytest.mark.engine

STACK = "aws-tiny"


@pytest.fixture
def cloud(tmp_path: Path) -> SimulatedAws:
    return SimulatedAws(tmp_path / "aws.db")


@pytest.fixture
def engine(cli: str, root: Path, tmp_path: Path, cloud: SimulatedAws) -> PulumiEngine:
    path = files.find(root, STACK)
    target = StackTarget(
        project="mllab",
        stack=STACK,
        cloud="aws",
        config=files.config(path),
        program=partial(program.declare, files.load(path)),
        root=root,
    )
    clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
    place = SimulatedWorkspace(tmp_path / "rehearsal", target, {"aws": cloud}, clock)
    return PulumiEngine(target, place, binary.find(tmp_path), tmp_path, clock)


def test_a_lab_lives_and_goes(engine: PulumiEngine, cloud: SimulatedAws, tmp_path: Path) -> None:
    plan = engine.preview()
    made = plan.counts()[Op.CREATE]
    assert plan.counts() == {Op.CREATE: made}
    assert cloud.inventory() == [], "a preview makes nothing"
    vpc = next(found for found in plan.resources if found.type == "aws:ec2/vpc:Vpc")
    assert vpc.source.startswith("components/aws/network.py:")
    assert vpc.inputs["tags"]["lab"] == STACK

    up = engine.up()
    assert up.ok, up.failures
    assert len(up.remaining) == made
    assert up.outputs["storage"]["uri"].startswith("s3://")
    assert engine.preview().empty

    private = next(found for found in cloud.inventory() if "PublicAccessBlock" in found.type)
    cloud.tamper(private.type, private.id, "blockPublicAcls", False)
    drift = [step for step in engine.refresh(dry=True).steps if step.op is not Op.SAME]
    assert [(step.op, step.reason) for step in drift] == [
        (Op.UPDATE, "blockPublicAcls changed in the cloud")
    ]

    down = engine.destroy()
    assert down.ok, down.failures
    assert down.remaining == ()
    assert cloud.inventory() == []
    assert list((tmp_path / "backups" / STACK).glob("*.json")), "the state of before is kept"


@pytest.mark.filterwarnings(
    # The SDK's language server leaves its event loop open when the engine is gone.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
def test_what_a_killed_run_made_is_taken_in_and_not_made_again(
    engine: PulumiEngine, cloud: SimulatedAws
) -> None:
    begun: list[str] = []

    def kill(step: Step) -> None:
        """End the CLI as soon as it has begun to make the fifth thing."""
        if step.custom and step.op is Op.CREATE:
            begun.append(step.name)
            if len(begun) == 5:
                engine.cli.kill()

    with pytest.raises(LabError):
        engine.up(kill)
    assert Op.CREATE in engine.preview().counts(), "the run was cut off before its end"

    up = engine.up()
    assert up.ok, up.failures
    urns = [found.urn for found in cloud.inventory() if found.urn]
    assert len(urns) == len(set(urns)), "nothing was made twice"
    assert {urn.rpartition("::")[2] for urn in urns} == set(up.remaining)
    assert engine.preview().empty
    gc.collect()


def test_a_torn_state_is_mended_also_when_somebody_has_taken_the_lock_away(
    engine: PulumiEngine, tmp_path: Path
) -> None:
    engine.up()
    (state,) = tmp_path.glob(f"rehearsal/backend/.pulumi/stacks/*/{STACK}.json")
    state.write_text("")
    assert "half written" in "".join(engine.preview().warnings)
    up = engine.up()
    assert up.ok, up.failures


def test_nothing_that_is_exported_holds_a_secret(engine: PulumiEngine) -> None:
    engine.up()
    text = json.dumps(engine.state())
    assert "plaintext" not in text


def test_a_lab_that_the_account_refuses_says_why(engine: PulumiEngine, cloud: SimulatedAws) -> None:
    cloud.grant("L-1216C47A", 0)

    def broken(_: Step) -> None:
        raise ValueError("a fault in the telling hides no failure")

    up = engine.up(broken)
    (failure,) = up.failures
    assert failure.name == "aws-tiny-notebook-shared"
    assert failure.code == "VcpuLimitExceeded"
    assert "--quota-code L-1216C47A" in failure.hint
    assert failure.source.startswith("components/aws/notebook.py:")
    skipped = [step for step in up.steps if step.status is Status.SKIPPED]
    assert {step.reason for step in skipped} == {"needs aws-tiny-notebook-shared, which failed"}
    assert "notebook" not in up.outputs, "unknown is no value"
