"""What an AWS account grants, uses and offers. Machines and notebooks are moto's; the quotas have
the form that AWS documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.validate import validate_parameters

from mllab.accounts.aws.client import Client
from mllab.accounts.contract import Offer, Placement
from mllab.accounts.responses import QueryFailed
from mllab.clouds.registry import open_account
from tests.accounts.telling import told

GPU, STANDARD = "L-DB2E81BA", "L-1216C47A"
NOTEBOOKS = "ml.t3.medium for notebook instance usage"


@pytest.fixture
def granting(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Service Quotas and reservations, which moto does not know, beside machines that run."""
    pages = {
        "ec2": [
            {"Quotas": [{"QuotaCode": "L-1", "QuotaName": "another", "Value": 9.0}]},
            {
                "Quotas": [
                    {"QuotaCode": GPU, "QuotaName": "Running G", "Value": 8.0},
                    {"QuotaCode": STANDARD, "QuotaName": "Running Standard", "Value": 32.0},
                ]
            },
        ],
        "sagemaker": [
            {"Quotas": [{"QuotaCode": "L-ABC", "QuotaName": NOTEBOOKS, "Value": 2.0}]},
        ],
    }
    really = Client.ask

    def ask(self: Client, service: str, operation: str, args: Mapping[str, Any]) -> Iterator[Any]:
        if service == "service-quotas":
            assert operation == "list_service_quotas"
            return iter(pages[args["ServiceCode"]])
        if operation == "describe_capacity_reservations":
            validate_parameters(args, RESERVATIONS.input_shape)
            assert {each["Name"] for each in args["Filters"]} == {"state", "owner-id"}
            found = [reservation("active"), reservation("pending"), reservation("active", BLOCK)]
            return iter([{"CapacityReservations": found}])
        return really(self, service, operation, args)

    monkeypatch.setattr(Client, "ask", ask)


RESERVATIONS = (
    botocore.session.get_session()
    .get_service_model("ec2")
    .operation_model("DescribeCapacityReservations")
)
BLOCK = "capacity-block"


def reservation(state: str, type: str = "default") -> dict[str, Any]:
    """Room for two machines, of which one runs; moto knows none."""
    found = {
        "InstanceType": "m6i.large",
        "AvailableInstanceCount": 1,
        "TotalInstanceCount": 2,
        "ReservationType": type,
        "State": state,
    }
    described = RESERVATIONS.output_shape.members["CapacityReservations"].member.members
    assert found.keys() <= described.keys()
    assert state in described["State"].enum
    return found


def launch(type: str, count: int = 1, **more: Any) -> list[str]:
    """Instances of a type that run."""
    ec2 = boto3.client("ec2", region_name="us-east-1")
    ami = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=ami, InstanceType=type, MinCount=count, MaxCount=count, **more)
    return [each["InstanceId"] for each in made["Instances"]]


def test_aws_counts_what_runs_by_family_but_not_what_goes(granting: None) -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    mine, _ = launch("g4dn.xlarge", 2)
    launch("g4dn.2xlarge")
    launch("m6i.large"), launch("inf1.xlarge"), launch("trn1.2xlarge")
    launch("g4dn.12xlarge", InstanceMarketOptions={"MarketType": "spot"})
    ec2.stop_instances(InstanceIds=launch("g4dn.xlarge"))
    sagemaker = boto3.client("sagemaker", region_name="us-east-1")
    for name in ("a", "b", "stopped"):
        sagemaker.create_notebook_instance(
            NotebookInstanceName=name,
            InstanceType="ml.t3.medium",
            RoleArn="arn:aws:iam::123456789012:role/x",
        )
    sagemaker.stop_notebook_instance(NotebookInstanceName="stopped")
    account = open_account("aws", {"aws:region": "us-east-1"})
    services = {GPU: "ec2", STANDARD: "ec2", NOTEBOOKS: "sagemaker", "L-untold": "ec2"}
    assert told(account.quotas(services, ())) == {
        GPU: (8.0, 16.0),
        STANDARD: (32.0, 8.0),
        NOTEBOOKS: (2.0, 2.0),
        "L-untold": (None, None),
    }
    left = told(account.quotas(services, [mine, "a"]))
    assert (left[GPU], left[NOTEBOOKS]) == ((8.0, 12.0), (2.0, 1.0))


@pytest.mark.parametrize(
    ("refused", "told"),
    [("describe_instances", (8.0, None)), ("list_service_quotas", (None, 0.0))],
)
def test_who_may_not_see_one_thing_still_hears_the_other(
    granting: None,
    monkeypatch: pytest.MonkeyPatch,
    refused: str,
    told: tuple[float | None, float | None],
) -> None:
    really = Client.ask

    def ask(self: Client, service: str, operation: str, args: Mapping[str, Any]) -> Iterator[Any]:
        if operation == refused:
            raise QueryFailed(f"AWS does not answer {service} {refused}: UnauthorizedOperation")
        return really(self, service, operation, args)

    monkeypatch.setattr(Client, "ask", ask)
    account = open_account("aws", {"aws:region": "us-east-1"})
    [(_, found)] = account.quotas({GPU: "ec2"}, ()).items()
    assert (found.limit, found.used) == told
    assert "UnauthorizedOperation" in found.why


def test_aws_offers_by_zone(aws: None) -> None:
    account = open_account("aws", {"aws:region": "us-east-1"})
    zone = Placement("m6i.large", "us-east-1e")  # one of the oldest zones
    here, none = Placement("m6i.large", "us-east-1"), Placement("x9.large", "us-east-1")
    managed = Placement("ml.t3.large", "us-east-1", use="managed")
    found = account.offers([zone, here, none, managed])
    assert {each: offer.there for each, offer in found.items()} == {
        zone: False,
        here: True,
        none: False,
        managed: None,
    }
    assert found[none].why == "us-east-1 offers it in no zone"
    assert "us-east-1a, us-east-1b" in found[zone].why
    assert found[managed] == Offer(None, "SageMaker does not tell")
