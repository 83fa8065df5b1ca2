"""What AWS answers to a program: the shape of the SDK, the facts of the data."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.aws import places
from tests.simulated.account import Account

OFFERINGS = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
TYPE = "aws:ec2/getInstanceType:getInstanceType"
AMI = "aws:ec2/getAmi:getAmi"
PARAMETER = "aws:ssm/getParameter:getParameter"
BY_PATH = "aws:ssm/getParametersByPath:getParametersByPath"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
FOLDER = "/aws/service/deeplearning/ami/x86_64/"
UBUNTU = FOLDER + "base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"


def ask(token: str, region: str = "us-east-1", **args: Any) -> dict[str, Any]:
    return Account(region=region).provider.invoke(token, args, preview=True)


def refused(token: str, **args: Any) -> str:
    try:
        ask(token, **args)
    except ProviderFailure as failure:
        return f"{failure.code}: {failure.message}"
    raise AssertionError("answered")


def only(name: str, *values: str) -> list[dict[str, Any]]:
    return [{"name": name, "values": list(values)}]


ARGS: dict[str, dict[str, Any]] = {
    TYPE: {"instanceType": "g4dn.xlarge"},
    AMI: {"mostRecent": True, "owners": ["amazon"]},
    PARAMETER: {"name": UBUNTU},
    BY_PATH: {"path": FOLDER, "recursive": True},
}


@pytest.mark.parametrize("token", Account().provider._schema.functions)
def test_answers_hold_nothing_that_the_sdk_does_not_know(token: str) -> None:
    args = ARGS.get(token, {})
    answer, results = ask(token, **args), Account().provider._schema.results(token)
    assert answer.keys() <= results.keys()
    assert answer["id"]
    for name, value in args.items():
        assert answer[name] == value


def test_who_and_where() -> None:
    who = ask("aws:index/getCallerIdentity:getCallerIdentity")
    assert who["accountId"] == "123456789012"
    assert ask("aws:index/getRegion:getRegion", "eu-west-1")["region"] == "eu-west-1"
    assert ask("aws:index/getPartition:getPartition")["dnsSuffix"] == "amazonaws.com"


def test_zones() -> None:
    answer = ask(ZONES, "eu-central-1")
    assert answer["names"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    assert answer["zoneIds"] == ["euc1-az1", "euc1-az2", "euc1-az3"]
    assert ask(ZONES, "eu-central-1", excludeNames=["eu-central-1a"])["names"] == [
        "eu-central-1b",
        "eu-central-1c",
    ]
    assert ask(ZONES, filters=only("zone-id", "use1-az4"))["names"] == ["us-east-1d"]


def test_where_machines_are_offered_in_parallel_lists() -> None:
    answer = ask(
        OFFERINGS,
        locationType="availability-zone",
        filters=only("instance-type", "g6.xlarge", "g4dn.xlarge"),
    )
    pairs = set(zip(answer["instanceTypes"], answer["locations"], strict=True))
    assert {zone for machine, zone in pairs if machine == "g6.xlarge"} == {
        "us-east-1a",
        "us-east-1b",
        "us-east-1c",
        "us-east-1d",
        "us-east-1f",
    }
    assert ("g4dn.xlarge", "us-east-1f") in pairs
    assert set(answer["locationTypes"]) == {"availability-zone"}


def test_offerings_by_region_and_by_zone_id() -> None:
    machine = only("instance-type", "g6.xlarge")
    assert ask(OFFERINGS, filters=machine)["locations"] == ["us-east-1"]
    assert ask(OFFERINGS, "eu-west-1", filters=machine)["locations"] == []
    ids = ask(OFFERINGS, locationType="availability-zone-id", filters=machine)["locations"]
    assert sorted(ids) == [f"use1-az{n}" for n in (1, 2, 4, 5, 6)]


def test_a_machine_type() -> None:
    answer = ask(TYPE, instanceType="g5.12xlarge")
    assert (answer["defaultVcpus"], answer["memorySize"]) == (48, 196608)
    assert answer["gpuses"] == [{"count": 4, "manufacturer": "NVIDIA", "name": "A10G"}]
    assert ask(TYPE, instanceType="m7i.large")["gpuses"] == []


def test_the_image_behind_a_parameter() -> None:
    here = ask(PARAMETER, name=UBUNTU)
    there = ask(PARAMETER, "eu-west-1", name=UBUNTU)
    assert here["insecureValue"] == here["value"] == places.images()[0].id("us-east-1")
    assert there["value"] != here["value"]
    assert ask(PARAMETER, name=UBUNTU, region="eu-west-1")["value"] == there["value"]


def test_parameters_below_a_folder() -> None:
    answer = ask(BY_PATH, path=FOLDER, recursive=True)
    assert UBUNTU in answer["names"]
    assert all(name.startswith(FOLDER) for name in answer["names"])
    assert len(answer["names"]) == len(answer["values"]) == len(answer["types"])
    assert ask(BY_PATH, path=FOLDER)["names"] == []
    linux = ask(BY_PATH, path="/aws/service/ami-amazon-linux-latest")["names"]
    assert "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" in linux


def test_an_image_by_its_name() -> None:
    name = "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) ????????"
    answer = ask(AMI, mostRecent=True, owners=["amazon"], filters=only("name", name))
    assert answer["id"] == places.images()[0].id("us-east-1")
    assert answer["blockDeviceMappings"][0]["ebs"]["volume_size"] == "75"


@pytest.mark.parametrize(
    ("token", "args", "words"),
    [
        (PARAMETER, {"name": "/mine"}, "ParameterNotFound: couldn't find SSM Parameter (/mine)"),
        (PARAMETER, {}, ": name: missing, it is required"),
        (
            PARAMETER,
            {"name": "a", "nam": "b"},
            f": {PARAMETER}: nam: unknown property; did you mean 'name'?",
        ),
        (
            BY_PATH,
            {"path": "mine"},
            "ValidationException: The parameter doesn't meet the parameter name requirements. The "
            'parameter name must begin with a forward slash "/".',
        ),
        (
            TYPE,
            {"instanceType": "g99.xlarge"},
            "InvalidInstanceType: The following supplied instance types do not exist: [g99.xlarge]",
        ),
        (
            OFFERINGS,
            {"locationType": "city"},
            "InvalidParameterValue: Value (city) for parameter locationType is invalid.",
        ),
        (
            OFFERINGS,
            {"filters": only("instance-typ", "g4dn.xlarge")},
            "InvalidParameterValue: The filter 'instance-typ' is invalid",
        ),
        (
            AMI,
            {"owners": ["amazon"]},
            ": Your query returned more than one result. Please try a more specific search "
            "criteria, or set `most_recent` attribute to true.",
        ),
        (
            AMI,
            {"owners": ["self"], "mostRecent": True},
            ": Your query returned no results. Please change your search criteria and try again.",
        ),
        (
            "aws:index/getRegion:getRegion",
            {"name": "mars-1"},
            "UnknownRegion: the simulated AWS does not know the region 'mars-1'",
        ),
        (
            "aws:ec2/getVpc:getVpc",
            {},
            ": the simulated AWS does not know the function aws:ec2/getVpc:getVpc",
        ),
    ],
)
def test_refusals(token: str, args: dict[str, Any], words: str) -> None:
    assert refused(token, **args) == words
