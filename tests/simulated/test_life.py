"""The committed stacks live through their whole life on the simulated clouds, under an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mllab.clouds.registry import CLOUDS
from mllab.engines.contract import Op, Status
from mllab.simulated.aws.rules import tokens as aws
from mllab.simulated.azure.rules import tokens as azure
from mllab.simulated.faults import Faults, How, Killed, Rule
from mllab.simulated.gcp.rules import tokens as gcp
from tests.simulated.caller import MORNING
from tests.simulated.lives import Life, ops

every_cloud = pytest.mark.parametrize("cloud", CLOUDS)


@dataclass(frozen=True)
class Here:
    """What is a cloud's own.

    Args:
        seconds: that the first `up` of a lab surely takes.
        standing: types that stay when all is deleted, since the cloud itself keeps one of them;
            remains: how many of a type it keeps for a while after their delete, of the tiny lab.
        opened: type, property and value of a hand that opens data to the public.
        schedule: type of the schedules, and the end of the name of one.
        quota: code and need of the course's machine; refusal: code, and a part of the hint.
        data: type of what holds objects. blocks: what is said where it is full; nothing where
            the cloud itself would delete it. kills: creates at which a run dies.
    """

    seconds: float
    standing: frozenset[str]
    opened: tuple[str, str, Any]
    schedule: tuple[str, str]
    quota: tuple[str, float]
    refusal: tuple[str, str]
    data: str
    blocks: str
    disk: str
    kills: tuple[int, ...]
    remains: Mapping[str, int]


HERE = {
    "aws": Here(
        seconds=60,
        standing=frozenset({aws.SERVICE_LINKED_ROLE}),
        opened=(aws.BUCKET_BLOCK, "blockPublicAcls", False),
        schedule=(aws.SCHEDULE, "-watch"),
        quota=("L-DB2E81BA", 4),
        refusal=("VcpuLimitExceeded", "--quota-code L-DB2E81BA --desired-value 4"),
        data=aws.BUCKET,
        blocks="BucketNotEmpty",
        disk=aws.VOLUME,
        kills=(0, 20, 41),
        remains={aws.DEFINITION: 1},
    ),
    "azure": Here(
        seconds=300,
        standing=frozenset(),
        opened=(azure.ACCOUNT, "allowBlobPublicAccess", True),
        schedule=(azure.SCHEDULE, ""),
        quota=("StandardNCASv3_T4Family", 4),
        refusal=("OperationNotAllowed", "--resource-name StandardNCASv3_T4Family"),
        data=azure.ACCOUNT,
        blocks="",
        disk=azure.DISK,
        kills=(0, 12, 30),
        remains={azure.VAULT: 1, azure.WORKSPACE: 1},
    ),
    "gcp": Here(
        seconds=60,
        # the APIs, and the network that came with one of them
        standing=frozenset({gcp.SERVICE, gcp.NETWORK, gcp.FIREWALL}),
        opened=(gcp.BUCKET, "publicAccessPrevention", "inherited"),
        schedule=(gcp.SCHEDULE, "-watch"),
        quota=("GPUS_ALL_REGIONS", 1),
        refusal=(
            "QUOTA_EXCEEDED",
            "--quota-id=GPUS-ALL-REGIONS-per-project --preferred-value=1",
        ),
        data=gcp.BUCKET,
        blocks="without `force_destroy` set to true",
        disk=gcp.DISK,
        kills=(0, 12, 30),
        remains={gcp.ROLE: 1, gcp.ACCOUNT: 3},
    ),
}


@pytest.fixture
def born(root: Path, tmp_path: Path, cloud: str, size: str) -> Iterator[Life]:
    """A lab of a size; `managed` is the tiny one with managed notebooks and shared files."""
    life = Life(root, tmp_path, f"{cloud}-{size.replace('managed', 'tiny')}")
    if size == "managed":
        life.change("notebook", kind="managed")
        life.change("storage", files=True)
    yield life
    life.cloud.database.close()


@pytest.mark.parametrize("size", ["course", "lab", "tiny", "managed"])
@every_cloud
def test_up_again_refresh_and_down(born: Life, cloud: str) -> None:
    engine = born.engine
    types = [resource.type for resource in engine.preview().resources if resource.custom]
    declared = len(types)
    read = len([type for type in types if not type.startswith("pulumi:providers:")])
    up = engine.up()
    assert up.failures == ()
    assert ops(up) == {(Op.CREATE, Status.DONE): declared}
    assert up.seconds > HERE[cloud].seconds
    assert engine.preview().empty
    assert ops(engine.up()) == {(Op.SAME, Status.DONE): declared}
    assert ops(engine.refresh()) == {(Op.SAME, Status.DONE): read}
    assert engine.preview().empty
    down = born.down()
    assert down.failures == ()
    assert ops(down) == {(Op.DELETE, Status.DONE): declared}
    assert born.cloud.inventory() == []
    standing = born.cloud.inventory(standing=True)
    assert {record.type for record in standing} == HERE[cloud].standing
    assert engine.holdings() == ()


@pytest.mark.parametrize("size", ["tiny"])
@every_cloud
def test_a_lab_can_be_made_again_at_once(born: Life, cloud: str) -> None:
    """No name is fixed, so what the cloud still keeps of the first blocks nothing."""
    for number in (1, 2):
        assert born.engine.up().failures == ()
        assert born.down().failures == ()
        kept = Counter(found.type for found in born.cloud.remains(MORNING.replace(day=15)))
        assert kept == {type: number * each for type, each in HERE[cloud].remains.items()}


@every_cloud
def test_two_labs_live_in_one_account(root: Path, tmp_path: Path, cloud: str) -> None:
    lives = [Life(root, tmp_path, f"{cloud}-{size}") for size in ("tiny", "course")]
    for life in lives:
        assert life.engine.up().failures == ()
    assert lives[0].down().failures == ()
    assert lives[1].engine.preview().empty
    assert set(ops(lives[1].engine.refresh())) == {(Op.SAME, Status.DONE)}


@every_cloud
def test_a_kill_anywhere_is_recovered_from(root: Path, tmp_path: Path, cloud: str) -> None:
    """After a kill at any create the next run takes in what exists, and makes nothing twice."""
    stack = f"{cloud}-tiny"
    reference = Life(root, tmp_path / "whole", stack)
    assert reference.engine.up().ok
    expected = Counter(record.type for record in reference.cloud.inventory())
    for skip in HERE[cloud].kills:
        for how in (How.KILL_BEFORE, How.KILL_AFTER):
            home = tmp_path / f"{how}-{skip}"
            killed = Life(root, home, stack, Faults([Rule(how, op="create", skip=skip)]))
            with pytest.raises(Killed):
                killed.engine.up()
            again = Life(root, home, stack)
            assert again.engine.up().failures == ()
            assert Counter(record.type for record in again.cloud.inventory()) == expected
            assert again.engine.preview().empty


@pytest.mark.parametrize("size", ["course"])
@every_cloud
def test_drift_is_seen_and_healed(born: Life, cloud: str) -> None:
    born.engine.up()
    type, key, value = HERE[cloud].opened
    born.cloud.tamper(type, born.only(type).id, key, value)
    type, suffix = HERE[cloud].schedule
    (schedule, *_) = [each for name, each in born.all(type).items() if name.endswith(suffix)]
    born.cloud.remove(type, schedule.id)
    seen = ops(born.engine.refresh())
    assert (seen[Op.UPDATE, Status.DONE], seen[Op.DELETE, Status.DONE]) == (1, 1)
    healed = ops(born.engine.up())
    assert (healed[Op.UPDATE, Status.DONE], healed[Op.CREATE, Status.DONE]) == (1, 1)
    assert born.engine.preview().empty


@pytest.mark.parametrize("size", ["tiny"])
@every_cloud
def test_a_machine_that_is_stopped_is_no_change(born: Life, cloud: str) -> None:
    born.engine.up()
    born.cloud.stop(born.only(born.cloud.machines).id)
    assert set(ops(born.engine.refresh())) == {(Op.SAME, Status.DONE)}
    assert born.engine.preview().empty


@pytest.mark.parametrize("size", ["course"])
@every_cloud
def test_without_a_quota_only_the_machine_and_what_needs_it_are_missing(
    born: Life, cloud: str
) -> None:
    (code, need), (refusal, hint) = HERE[cloud].quota, HERE[cloud].refusal
    born.quota({})
    (failure,) = born.engine.up().failures
    assert (failure.type, failure.code) == (born.cloud.machines, refusal)
    assert hint in failure.hint
    born.cloud.grant(code, need)
    assert born.engine.up().failures == ()


@pytest.mark.parametrize("size", ["course"])
@every_cloud
def test_data_stay_where_they_are_kept(born: Life, cloud: str) -> None:
    """Azure itself deletes full accounts with their group, so the engine must stand before it."""
    here = HERE[cloud]
    born.engine.up()
    data = born.only(here.data).id
    born.cloud.put_object("data" if cloud == "azure" else data, "results/model.bin", 12_000_000)
    held = {holding.type: holding.amount for holding in born.engine.holdings()}
    assert held[here.data] == "1 object, 12 MB"
    assert held[here.disk] == "50 GB disk, in use since 2027-01-11"
    if cloud != "gcp":  # whose course has no shared files: they cost too much
        assert held[born.cloud.shares] == ""
    outcome = born.engine.destroy()
    said = [f"{failure.code}: {failure.message}" for failure in outcome.failures]
    assert [words for words in said if here.blocks in words]
    assert data in {record.id for record in born.cloud.inventory()}
    assert born.down().failures == ()
    assert born.cloud.inventory() == []
