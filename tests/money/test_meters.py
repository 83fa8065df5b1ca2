"""Meters: every type has one, every one can be read, and what no price is known for is listed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from components.resource_types import ROWS
from mllab.money import meters, prices
from mllab.money.meters import When
from mllab.settings.usage import Usage

USE = dict(Usage(files_gb=Decimal(10)))

UNKNOWN_ANYWHERE = {
    "ACR task", "AWS Backup storage", "Azure Files transactions", "Bastion {sku.name}",
    "DynamoDB on-demand requests", "Filestore {tier}",
    "Logic App action (consumption)",
    "SMS and mail of an action group", "SageMaker notebook storage", "Table storage",
    "Workflows step", "data transfer out to the internet",
}  # fmt: skip
"""Items that the price book does not hold for any region."""


@pytest.mark.parametrize("type", sorted(ROWS))
def test_every_type_is_free_for_a_reason_or_billed_by_something(type: str) -> None:
    row = ROWS[type]
    assert row.meter, "priced, free, by usage or unknown: see mllab/money/meters.py"
    if meters.free(type):
        return
    for part in row.meter.split("; "):
        found = meters._PART.fullmatch(part)
        assert found, part
        item = found["item"]
        if found["stated"] or "{" in item or item.startswith(("machine ", "disk ")):
            continue
        assert (not prices.sold(row.cloud, item)) == (item in UNKNOWN_ANYWHERE), item


def charged(token: str, region: str, /, **inputs: object) -> list[tuple[When, str, Decimal, bool]]:
    found = meters.charges("urn", token, inputs, region, USE)
    return [(one.when, one.item, one.quantity, one.price is not None) for one in found]


def test_a_quantity_is_an_input_or_an_assumption() -> None:
    volume = charged("aws:ebs/volume:Volume", "us-east-1", type="gp3", size=50)
    assert volume == [(When.ALWAYS, "EBS gp3 storage", Decimal(50), True)]
    (kept, *_) = charged("aws:s3/bucket:Bucket", "us-east-1")
    assert kept == (When.ALWAYS, "S3 Standard storage, first 50 TB", Decimal(20), True)


STEPS = {4: 1, 8: 2, 16: 3, 32: 4, 64: 6, 128: 10, 256: 15, 512: 20, 1024: 30, 2048: 40,
         4096: 50, 8192: 60, 16384: 70, 32767: 80}  # fmt: skip
"""GiB -> the number of a managed disk, by learn.microsoft.com/azure/virtual-machines/disks-types;
hard disks begin with S4."""


@pytest.mark.parametrize(
    ("kind", "title"), [("Premium", "P"), ("StandardSSD", "E"), ("Standard", "S")]
)
def test_every_step_of_a_disk_is_as_large_as_the_vendor_says(kind: str, title: str) -> None:
    for gigabytes, number in STEPS.items():
        if title == "S" and gigabytes < 32:
            continue
        words = f"{title}{number} LRS"
        assert meters._step(f"{kind}_LRS", str(gigabytes)).endswith(f" {words}")
        assert not meters._step(f"{kind}_LRS", str(gigabytes + 1)).endswith(f" {words}")


@pytest.mark.parametrize(
    ("gigabytes", "item"),
    [(4, "E1"), (5, "E2"), (64, "E6"), (65, "E10"), (128, "E10"), (32767, "E80")],
)
def test_a_disk_is_the_smallest_step_that_holds_it(gigabytes: int, item: str) -> None:
    found = charged(
        "azure-native:compute:Disk",
        "westeurope",
        sku={"name": "StandardSSD_LRS"},
        diskSizeGB=gigabytes,
    )
    assert found[0] == (When.ALWAYS, f"Standard SSD {item} LRS", Decimal(1), True)


def test_a_disk_that_is_too_large_for_every_step_is_unknown() -> None:
    sku = {"name": "StandardSSD_LRS"}
    found, _ = charged("azure-native:compute:Disk", "westeurope", sku=sku, diskSizeGB=40000)
    assert found == (When.ALWAYS, "StandardSSD_LRS disk of 40000 GB", Decimal(1), False)


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        ("AmlCompute", ["Standard_NC4as_T4_v3", "public IPv4, Standard, static",
                        "load balancer of a compute cluster"]),
        ("ComputeInstance", ["Standard_NC4as_T4_v3", "Premium SSD P10 LRS",
                             "load balancer of a compute instance"]),
    ],
)  # fmt: skip
def test_one_type_that_is_two_things(kind: str, items: list[str]) -> None:
    properties = {"computeType": kind, "properties": {"vmSize": "Standard_NC4as_T4_v3"}}
    found = charged("azure-native:machinelearningservices:Compute", "eastus", properties=properties)
    assert [item for _, item, *_ in found] == items


def test_of_several_machine_types_the_dearest_counts_and_the_unknown_is_told() -> None:
    kinds = ["g4dn.xlarge", "no.such", "g5.xlarge"]
    found = charged(
        "aws:batch/computeEnvironment:ComputeEnvironment",
        "us-east-1",
        computeResources={"instanceTypes": kinds},
    )
    assert [(item, known) for _, item, _, known in found] == [
        ("g5.xlarge", True), ("no.such", False), ("public IPv4 address, in use", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("gpus", "item"),
    [([], "n1-standard-4"), (["nvidia-tesla-t4"], "n1-standard-4+nvidia-tesla-t4")],
)
def test_an_attached_gpu_is_part_of_the_machine(gpus: list[str], item: str) -> None:
    disk = {"initializeParams": {"type": "pd-balanced", "size": 100}}
    (machine, *_) = charged(
        "gcp:compute/instance:Instance",
        "us-central1",
        machineType="n1-standard-4",
        guestAccelerators=[{"type": gpu, "count": 1} for gpu in gpus],
        bootDisk=disk,
    )
    assert machine[1] == item


def test_a_type_that_nobody_knows_is_unknown_and_not_free() -> None:
    (found,) = charged("aws:new/thing:Thing", "us-east-1")
    assert found == (When.ALWAYS, "aws:new/thing:Thing", Decimal(1), False)


@pytest.mark.parametrize("inputs", [{"size": 50}, {"size": 50, "type": {"$unknown": True}}])
def test_what_is_not_known_yet_is_no_zero(inputs: dict[str, object]) -> None:
    found = charged("aws:ebs/volume:Volume", "us-east-1", **inputs)
    assert found == [(When.ALWAYS, "EBS {type} storage", Decimal(1), False)]


def test_a_condition_that_is_not_known_yet_is_no_no() -> None:
    found = charged(
        "aws:ec2/vpcEndpoint:VpcEndpoint", "us-east-1", vpcEndpointType={"$unknown": True}
    )
    assert found == [(When.ALWAYS, "interface VPC endpoint", Decimal(1), False)]
    assert charged("aws:ec2/vpcEndpoint:VpcEndpoint", "us-east-1", vpcEndpointType="Gateway") == []


@pytest.mark.parametrize(
    ("type", "gpu", "item"),
    [
        ("n1-standard-4", "NVIDIA_TESLA_T4", "n1-standard-4+nvidia-tesla-t4"),
        ("g2-standard-4", "NVIDIA_L4", "g2-standard-4"),
        ("n1-standard-4", "NVIDIA_TESLA_K80", "n1-standard-4+nvidia-tesla-k80"),
    ],
)
def test_a_gpu_that_a_service_writes_its_own_way(type: str, gpu: str, item: str) -> None:
    disk = {"diskType": "PD_BALANCED", "diskSizeGb": "30"}
    setup = {
        "machineType": type,
        "acceleratorConfigs": [{"type": gpu, "coreCount": "1"}],
        "bootDisk": disk,
        "dataDisks": disk,
        "disablePublicIp": False,
    }
    machine, address, *_ = charged("gcp:workbench/instance:Instance", "us-central1", gceSetup=setup)
    assert machine == (When.RUNNING, item, Decimal(1), "k80" not in item)
    assert address[1] == "external IPv4, in use by a VM"


@pytest.mark.parametrize(
    ("access", "item", "quantity"),
    [([{}], "external IPv4, in use by a VM", "1"), ([], "Cloud NAT gateway", "0.03125")],
)
def test_a_machine_has_an_address_or_its_part_of_the_nat(
    access: list[object], item: str, quantity: str
) -> None:
    _, found, *_ = charged(
        "gcp:compute/instance:Instance",
        "us-central1",
        machineType="e2-standard-2",
        networkInterfaces=[{"accessConfigs": access}],
        bootDisk={"initializeParams": {"type": "pd-balanced", "size": 100}},
    )
    assert found == (When.RUNNING, item, Decimal(quantity), True)


@pytest.mark.parametrize("kind", ["cluster", "instance"])
def test_a_load_balancer_of_machine_learning_is_about_a_third_of_a_dollar_a_day(kind: str) -> None:
    """learn.microsoft.com/azure/machine-learning/concept-plan-manage-cost: "around $0.33/day"."""
    price = prices.flat("azure", "eastus", f"load balancer of a compute {kind}")
    assert price
    assert (price.over(Decimal(24)), price.over(Decimal(240))) == (Decimal("0.33"), Decimal("3.3"))


def test_a_cluster_may_have_a_load_balancer_while_it_is_empty() -> None:
    properties = {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_D2s_v5"}}
    token = "azure-native:machinelearningservices:Compute"
    *_, balancer = charged(token, "eastus", properties=properties)
    always = (When.ALWAYS, "load balancer of a compute cluster", Decimal(1), True)
    assert balancer == always


@pytest.mark.parametrize(
    ("log", "items"),
    [({}, []), ({"aggregationInterval": "INTERVAL_10_MIN"}, ["Cloud Logging ingest"])],
)
def test_flow_logs_are_billed(log: dict[str, str], items: list[str]) -> None:
    found = charged("gcp:compute/subnetwork:Subnetwork", "us-central1", logConfig=log)
    assert [item for _, item, *_ in found] == items
