"""Published bills and worked figures, reckoned again from resources by meters, units and steps.

Their unit prices are of other days than the price book's, so each stands in a price table of a
project's own. The quantity is said as a lab would say it: as the size of a disk, as hours, or as a
typical week. Figures of what no lab declares are only multiplied, in `test_prices.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mllab.money import meters, prices
from mllab.money.estimate import cents
from mllab.money.meters import When
from mllab.settings.usage import Usage
from tests.money.test_prices import GOLDEN

HOURS = {row["item"]: Decimal(row["quantity"]) for row in GOLDEN if row["unit"] == "hour"}
MONTH = Decimal(730)


@dataclass(frozen=True)
class Bill:
    """How a published figure is declared.

    Args:
        token: of the resource. charge: what it is billed by, in the price book's words. number: of
            such resources. hours: that they are there; of bills without, a month. use: what a week
            has of it. unit: where the price book has a finer word for that of the bill.
    """

    token: str
    charge: str
    inputs: dict[str, Any] = field(default_factory=dict)
    number: int = 1
    hours: Decimal = MONTH
    use: dict[str, Decimal] = field(default_factory=dict)
    unit: str = ""


def machine(token: str, key: str, name: str, hours: str) -> Bill:
    return Bill(token, name, {key: name}, hours=HOURS[hours])


def said(token: str, charge: str, name: str, amount: int, **inputs: Any) -> Bill:
    return Bill(token, charge, inputs, use={name: Decimal(amount)})


EC2, DISK = "aws:ec2/instance:Instance", "azure-native:compute:Disk"
OUT = "data transfer out to the internet, first 10 TB"
SAGEMAKER = "aws:sagemaker/notebookInstance:NotebookInstance"
NIC = {"machineType": "e2-small", "networkInterfaces": [{"accessConfigs": [{}]}]}

BILLS = {
    "SageMaker notebook instance storage, eu-west-1": Bill(
        SAGEMAKER, "SageMaker notebook storage", {"instanceType": "ml.t3.medium", "volumeSize": 5}
    ),
    "SageMaker notebook ml.t3.medium, eu-west-1": machine(
        SAGEMAKER, "instanceType", "ml.t3.medium", "SageMaker notebook ml.t3.medium, eu-west-1"
    ),
    **{
        f"EC2 {name}, ap-southeast-1": machine(
            EC2, "instanceType", name, f"EC2 {name}, ap-southeast-1"
        )
        for name in ("t3.small", "t3.medium", "t2.large", "c5.xlarge")
    },
    "EBS gp3 storage, us-east-1": Bill(
        "aws:ebs/volume:Volume", "EBS gp3 storage", {"type": "gp3", "size": 40}
    ),
    "EBS gp2 storage, us-east-1": Bill(
        "aws:ebs/volume:Volume", "EBS gp2 storage", {"type": "gp2", "size": 10}
    ),
    "EFS standard storage, us-east-1": said(
        "aws:efs/fileSystem:FileSystem", "EFS Standard storage", "files_gb", 230
    ),
    "interface VPC endpoint, two zones, us-east-1": Bill(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "interface VPC endpoint",
        {"vpcEndpointType": "Interface"},
        number=2,
        unit="hour per zone",
    ),
    "CloudWatch Logs ingest, us-east-1": said(
        "aws:cloudwatch/logGroup:LogGroup", "CloudWatch Logs ingest", "logs_gb", 1000
    ),
    "data transfer out, us-east-1": said(
        "aws:ec2/internetGateway:InternetGateway", OUT, "internet_gb", 10240
    ),
    "data transfer out, af-south-1": said(
        "aws:ec2/internetGateway:InternetGateway", OUT, "internet_gb", 10240
    ),
    "Premium SSD P4, eastus": Bill(
        DISK, "Premium SSD P4 LRS", {"sku": {"name": "Premium_LRS"}, "diskSizeGB": 32}
    ),
    "Standard SSD E30, eastus": Bill(
        DISK, "Standard SSD E30 LRS", {"sku": {"name": "StandardSSD_LRS"}, "diskSizeGB": 1000}
    ),
    "public IPv4 static regional, eastus": Bill(
        "azure-native:network:PublicIPAddress",
        "public IPv4, Standard, static",
        {"sku": {"name": "Standard"}},
    ),
    "ACR Basic, westeurope": Bill(
        "azure-native:containerregistry:Registry",
        "ACR Basic",
        {"sku": {"name": "Basic"}},
        hours=Decimal(30 * 24),
    ),
    "Log Analytics ingest, westeurope": said(
        "azure-native:operationalinsights:Workspace",
        "Log Analytics ingest, analytics logs",
        "logs_gb",
        20,
    ),
    **{
        f"{kind}, us-central1": Bill("gcp:compute/disk:Disk", kind, {"type": kind, "size": size})
        for kind, size in (("pd-ssd", 100), ("pd-standard", 500))
    },
    "external IPv4 in use, us-central1": Bill(
        "gcp:compute/instance:Instance", "external IPv4, in use by a VM", NIC
    ),
    "Artifact Registry storage, us-central1": said(
        "gcp:artifactregistry/repository:Repository", "Artifact Registry storage", "images_gb", 150
    ),
    "Cloud Logging ingest, us-central1": Bill(
        "gcp:compute/subnetwork:Subnetwork",
        "Cloud Logging ingest",
        {"logConfig": {"aggregationInterval": "INTERVAL_10_MIN"}},
        use={"logs_gb": Decimal(100)},
        unit="GiB",
    ),
}
ROWS = {row["item"]: row for row in GOLDEN}


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "Pulumi.yaml").write_text("name: mllab\nruntime: python\n")
    (tmp_path / "prices").mkdir()
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "prices"
    prices.forget()


@pytest.mark.parametrize("item", BILLS)
def test_a_published_figure_is_what_its_resource_comes_to(item: str, book: Path) -> None:
    row, bill = ROWS[item], BILLS[item]
    cloud, region = bill.token.partition(":")[0].partition("-")[0], item.rpartition(", ")[2]
    unit = bill.unit or row["unit"]
    if bill.charge in bill.inputs.values() and unit == "hour":
        use = "managed" if bill.token == SAGEMAKER else "vm"
        titles = "cloud,region,use,name,usd_hour,spot_low,spot_high,as_of,source"
        text = f"{cloud},{region},{use},{bill.charge},{row['unit_price']},,,2030-01-01,x"
        name = "machine_prices.csv"
    else:
        titles = "cloud,region,item,unit,usd,as_of,source"
        text = f'{cloud},{region},"{bill.charge}",{unit},{row["unit_price"]},2030-01-01,x'
        name = "flat_prices.csv"
    (book / name).write_text(f"{titles}\n{text}\n")
    prices.forget()
    use_of_it = {**dict(Usage()), **bill.use}
    charges = meters.charges("urn", bill.token, bill.inputs, region, use_of_it)
    (charge,) = (one for one in charges if one.item == bill.charge)
    assert charge.price
    of = charge.price.each() if charge.when is When.USAGE else charge.price.over(bill.hours)
    assert of is not None
    assert cents(bill.number * charge.quantity * of) == Decimal(row["published_total"])


def test_many_operations_are_billed_by_the_ten_thousand() -> None:
    """50,000 of a key vault's, and 25,000 of a bucket's, by the thousand."""
    row = ROWS["Key Vault secret operations, eastus"]
    price = prices.Price("x", Decimal(row["unit_price"]), row["unit"], None, "x")
    assert cents(50_000 * price.each()) == Decimal(row["published_total"])
    assert prices.Price("x", Decimal("0.4"), "1000 operations", None, "x").each() * 25_000 == 10
