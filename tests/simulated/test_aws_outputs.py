"""What a created resource shows, in AWS's formats."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mllab.protocol.provider import UNKNOWN, ProviderFailure
from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account
from tests.simulated.samples import build, samples


@pytest.fixture(scope="module")
def built() -> tuple[Account, dict[str, dict[str, Any]]]:
    account = Account()
    return account, build(account)


def test_a_preview_changes_nothing_and_needs_nothing_to_exist() -> None:
    account = Account()
    call = account.call(tokens.SUBNET, "subnet", preview=True)
    made = account.provider.create(call, {"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/24"})
    assert made.outputs["vpcId"] is UNKNOWN
    assert made.outputs["arn"] is UNKNOWN
    assert made.outputs["cidrBlock"] == "10.0.0.0/24"
    assert account.whole.inventory() == []


@pytest.mark.parametrize(
    ("name", "output", "pattern"),
    [
        ("net", "id", r"vpc-[0-9a-f]{17}"),
        ("net", "arn", r"arn:aws:ec2:us-east-1:123456789012:vpc/vpc-[0-9a-f]{17}"),
        ("net", "mainRouteTableId", r"rtb-[0-9a-f]{17}"),
        ("subnet", "availabilityZoneId", r"use1-az6"),
        ("endpoint", "prefixListId", r"pl-[0-9a-f]{8}"),
        ("machine", "id", r"i-[0-9a-f]{17}"),
        ("machine", "privateIp", r"10\.0\.0\.\d+"),
        ("machine", "privateDns", r"ip-10-0-0-\d+\.ec2\.internal"),
        ("machine", "publicDns", r"ec2-203-0-113-\d+\.compute-1\.amazonaws\.com"),
        ("machine", "instanceState", r"running"),
        ("bucket", "arn", r"arn:aws:s3:::bucket-[0-9a-f]{7}"),
        (
            "bucket",
            "bucketRegionalDomainName",
            r"bucket-[0-9a-f]{7}\.s3\.us-east-1\.amazonaws\.com",
        ),
        ("role", "arn", r"arn:aws:iam::123456789012:role/mllab/role-[0-9a-f]{7}"),
        ("role", "uniqueId", r"AROA[A-Z2-7]{17}"),
        ("inline", "id", r"role-[0-9a-f]{7}:inline-[0-9a-f]{7}"),
        ("files", "dnsName", r"fs-[0-9a-f]{17}\.efs\.us-east-1\.amazonaws\.com"),
        (
            "target",
            "mountTargetDnsName",
            r"us-east-1a\.fs-[0-9a-f]{17}\.efs\.us-east-1\.amazonaws\.com",
        ),
        (
            "images",
            "repositoryUrl",
            r"123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com/images-[0-9a-f]{7}",
        ),
        ("job", "id", r"arn:aws:batch:us-east-1:123456789012:job-definition/job-[0-9a-f]{7}:1"),
        ("daily", "id", r"stops-[0-9a-f]{7}/daily-[0-9a-f]{7}"),
        ("limit", "id", r"123456789012:limit-[0-9a-f]{7}"),
        ("limit", "timePeriodStart", r"2027-01-01_00:00"),
    ],
)
def test_formats(
    name: str, output: str, pattern: str, built: tuple[Account, dict[str, dict[str, Any]]]
) -> None:
    assert re.fullmatch(pattern, str(built[1][name][output]))


def test_another_region_has_its_own_names_and_zones() -> None:
    account = Account(region="eu-central-1")
    subnet = account.subnet(account.vpc(), zone="eu-central-1b")
    found = account.read(tokens.INSTANCE, account.instance(subnet))
    assert found is not None
    assert found.outputs["privateDns"].endswith(".eu-central-1.compute.internal")
    assert found.outputs["publicDns"].endswith(".eu-central-1.compute.amazonaws.com")
    assert found.outputs["arn"].startswith("arn:aws:ec2:eu-central-1:")


def test_one_account_two_regions() -> None:
    here = Account()
    there = here.whole.configured({"region": "eu-west-1"})
    vpc = here.vpc()
    assert there.read(here.call(tokens.VPC, "net"), vpc, {}) is None
    with pytest.raises(ProviderFailure, match=f"The vpc ID '{vpc}' does not exist"):
        there.create(here.call(tokens.SUBNET, "s"), {"vpcId": vpc, "cidrBlock": "10.0.0.0/24"})


def test_the_argument_region_counts_before_the_providers() -> None:
    account = Account()
    made = account.create(tokens.VPC, {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1"})
    assert ":eu-west-1:" in made.outputs["arn"]
    assert account.read(tokens.VPC, made.id) is None
    found = account.provider.read(account.call(tokens.VPC, "net"), made.id, made.outputs)
    assert found is not None


def test_default_tags_of_a_provider() -> None:
    account = Account()
    settings = {"region": "us-east-1", "defaultTags": '{"tags": {"owner": "a", "lab": "x"}}'}
    aws = account.whole.configured(settings)
    made = aws.create(account.call(tokens.TOPIC, "t"), {"name": "t", "tags": {"lab": "y"}})
    assert made.outputs["tags"] == {"lab": "y"}
    assert made.outputs["tagsAll"] == {"owner": "a", "lab": "y"}


def test_ids_follow_from_the_seed_alone() -> None:
    first, second = Account(), Account()
    assert first.vpc() == second.vpc()
    assert first.vpc("10.1.0.0/16") != second.create(tokens.TOPIC).id


def test_a_machine_is_described_by_what_was_launched() -> None:
    account = Account()
    subnet = account.subnet(account.vpc())
    spot = {"marketType": "spot", "spotOptions": {"spotInstanceType": "one-time"}}
    found = account.read(
        tokens.INSTANCE,
        account.instance(subnet, "g5.12xlarge", instanceMarketOptions=spot),
    )
    assert found is not None
    assert found.outputs["instanceLifecycle"] == "spot"
    assert re.fullmatch(r"sir-[0-9a-f]{8}", found.outputs["spotInstanceRequestId"])
    assert found.outputs["cpuOptions"] == {"coreCount": 24, "threadsPerCore": 2}
    assert found.outputs["rootBlockDevice"]["volumeSize"] == 100
    assert found.outputs["metadataOptions"]["httpTokens"] == "required"


def test_what_others_change_is_seen_in_a_read() -> None:
    account = Account()
    made = build(account)
    files = account.read(tokens.FILES, made["files"]["id"])
    role = account.read(tokens.ROLE, made["role"]["id"])
    policy = account.read(tokens.POLICY, made["managed"]["id"])
    bucket = account.read(tokens.BUCKET, made["bucket"]["id"])
    topic = account.read(tokens.TOPIC, made["alerts"]["id"])
    assert files is not None
    assert role is not None
    assert policy is not None
    assert bucket is not None
    assert topic is not None
    assert files.outputs["numberOfMountTargets"] == 1
    assert role.outputs["managedPolicyArns"] == [made["managed"]["arn"]]
    assert [p["name"] for p in role.outputs["inlinePolicies"]] == [made["inline"]["name"]]
    assert policy.outputs["attachmentCount"] == 1
    assert bucket.outputs["versioning"] == {"enabled": True, "mfaDelete": False}
    assert "budgets.amazonaws.com" in topic.outputs["policy"]


def test_the_version_is_that_of_the_installed_sdk() -> None:
    account = Account()
    assert account.provider.version == account.provider._schema.version
    assert account.provider.package == "aws"
    assert account.provider.blocking is False


def test_a_preview_of_an_update_keeps_what_stays() -> None:
    account = Account()
    made = build(account)["machine"]
    call = account.call(tokens.INSTANCE, "machine", preview=True)
    same = account.provider.update(call, made["id"], made, made["given"] | {"tags": {"a": "b"}})
    assert same.id == made["id"]
    assert same.outputs["tagsAll"] == {"a": "b"}
    for key in ("privateIp", "arn", "metadataOptions", "primaryNetworkInterfaceId"):
        assert same.outputs[key] == made[key]
    other = made["given"] | {"metadataOptions": {"httpTokens": "optional"}}
    changed = account.provider.update(call, made["id"], made, other)
    assert changed.outputs["metadataOptions"] == {
        **made["metadataOptions"],
        "httpTokens": "optional",
    }


def test_machines_in_one_subnet_have_addresses_of_their_own(account: Account) -> None:
    subnet = account.subnet(account.vpc())
    found = [account.read(tokens.INSTANCE, account.instance(subnet)) for _ in range(3)]
    assert len({f.outputs["privateIp"] for f in found if f}) == 3


@pytest.mark.parametrize(
    ("name", "prefix", "pattern"),
    [
        ("role", {"namePrefix": "lab-"}, r"lab-\d{26}"),
        ("bucket", {"bucketPrefix": "lab-"}, r"lab-\d{26}"),
        ("alerts", {"namePrefix": "lab-"}, r"lab-\d{26}"),
        ("template", {"namePrefix": "lab-"}, r"lab-\d{26}"),
    ],
)
def test_a_name_may_begin_as_told(
    name: str, prefix: dict[str, str], pattern: str, account: Account
) -> None:
    token, inputs = next((t, i) for n, t, i in samples(Account) if n == name)
    made = account.create(token, inputs | prefix)
    output = account.provider.kind(token).facts.name
    assert re.fullmatch(pattern, made.outputs[output])
    assert made.outputs["arn"].endswith(made.outputs[output]) or name == "template"
    again = account.update(token, made.id, inputs | prefix | {"tags": {"a": "b"}})
    assert again.outputs[output] == made.outputs[output]
    call = account.call(token, "thing", preview=True)
    assert account.provider.create(call, inputs | prefix).outputs[output] is UNKNOWN
