"""What AWS refuses in buckets, file systems, registries and identity, with AWS's code and words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import Account, allow, trust
from tests.simulated.refusing import Refusals, holds, in_lab, plain, twice


def ecr(**selection: Any) -> dict[str, Any]:
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
        "action": {"type": "expire"},
    }
    rule["selection"] |= selection  # type: ignore[operator]
    return {"repository": "@images", "policy": json.dumps({"rules": [rule]})}


LIFECYCLE = (
    "InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to satisfy "
    "constraint: 'Lifecycle policy validation failure: "
)

REFUSALS: Refusals = {
    "bucket name in use": (
        twice(tokens.BUCKET, {"bucket": "my-bucket"}),
        "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and "
        "you already own it.",
    ),
    "setting of no bucket": (
        plain(
            tokens.BUCKET_VERSIONING,
            {"bucket": "b", "versioningConfiguration": {"status": "Enabled"}},
        ),
        "NoSuchBucket: The specified bucket does not exist",
    ),
    "bucket policy on another bucket": (
        in_lab(
            tokens.BUCKET_POLICY,
            {"bucket": "@bucket", "policy": allow(resource="arn:aws:s3:::other/*", Principal="*")},
        ),
        "MalformedPolicy: Policy has invalid resource",
    ),
    "bucket policy without principal": (
        in_lab(tokens.BUCKET_POLICY, {"bucket": "@bucket", "policy": allow()}),
        "MalformedPolicy: Missing required field Principal",
    ),
    "mount target in an occupied zone": (
        in_lab(tokens.MOUNT_TARGET, {"fileSystemId": "@files", "subnetId": "@subnet"}),
        "MountTargetConflict: mount target already exists in this AZ",
    ),
    "mount target of no file system": (
        in_lab(tokens.MOUNT_TARGET, {"fileSystemId": "fs-0", "subnetId": "@subnet"}),
        "FileSystemNotFound: File system 'fs-0' does not exist.",
    ),
    "file system modes that do not go together": (
        plain(tokens.FILES, {"performanceMode": "maxIO", "throughputMode": "elastic"}),
        "BadRequest: Performance mode maxIO is not supported with elastic throughput.",
    ),
    "provisioned without a figure": (
        plain(tokens.FILES, {"throughputMode": "provisioned"}),
        "BadRequest: Provisioned throughput must be given with throughput mode provisioned, and "
        "with no other.",
    ),
    "repository in use": (
        twice(tokens.REPOSITORY, {"name": "images"}),
        "RepositoryAlreadyExistsException: The repository with name 'images' already exists in the "
        "registry with id '123456789012'",
    ),
    "clean-up of no repository": (
        plain(tokens.IMAGE_RULES, {"repository": "r", "policy": "{}"}),
        "RepositoryNotFoundException: The repository with name 'r' does not exist in the registry "
        "with id '123456789012'",
    ),
    "clean-up without rules": (
        in_lab(tokens.IMAGE_RULES, {"repository": "@images", "policy": "{}"}),
        LIFECYCLE + 'object has missing required properties (["rules"])\'',
    ),
    "clean-up by an unknown count": (
        in_lab(tokens.IMAGE_RULES, ecr(countType="imageAge")),
        LIFECYCLE + 'instance value ("imageAge") not found in enum (possible values: '
        '["imageCountMoreThan", "sinceImagePushed"])\'',
    ),
    "clean-up by age without a unit": (
        in_lab(tokens.IMAGE_RULES, ecr(countType="sinceImagePushed")),
        LIFECYCLE + "countUnit must be given with countType sinceImagePushed, and with no other'",
    ),
    "clean-up of tagged images without tags": (
        in_lab(tokens.IMAGE_RULES, ecr(tagStatus="tagged")),
        LIFECYCLE + "tagPatternList or tagPrefixList must be given with tagStatus tagged, and no "
        "other'",
    ),
    "role name in use": (
        twice(tokens.ROLE, {"name": "r", "assumeRolePolicy": trust()}),
        "EntityAlreadyExists: Role with name r already exists.",
    ),
    "trust without principal": (
        plain(
            tokens.ROLE,
            {"assumeRolePolicy": allow("sts:AssumeRole").replace(', "Resource": "*"', "")},
        ),
        "MalformedPolicyDocument: Missing required field Principal",
    ),
    "trust with a resource": (
        plain(tokens.ROLE, {"assumeRolePolicy": allow("sts:AssumeRole", Principal="*")}),
        "MalformedPolicyDocument: Has prohibited field Resource",
    ),
    "policy with a principal": (
        plain(tokens.POLICY, {"policy": allow(Principal="*")}),
        "MalformedPolicyDocument: Policy document should not specify a principal.",
    ),
    "policy with a wrong effect": (
        plain(tokens.POLICY, {"policy": allow().replace("Allow", "allow")}),
        "MalformedPolicyDocument: Invalid effect: allow",
    ),
    "policy with an action of no service": (
        plain(tokens.POLICY, {"policy": allow("GetObject")}),
        "MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, "
        "ec2, etc.",
    ),
    "policy on what is no ARN": (
        plain(tokens.POLICY, {"policy": allow(resource="my-bucket")}),
        'MalformedPolicyDocument: Resource my-bucket must be in ARN format or "*".',
    ),
    "policy of no known version": (
        plain(tokens.POLICY, {"policy": allow().replace("2012-10-17", "2020-01-01")}),
        "MalformedPolicyDocument: Syntax errors in policy.",
    ),
    "policy with an unknown key": (
        plain(tokens.POLICY, {"policy": allow(Resources="*")}),
        "MalformedPolicyDocument: Syntax errors in policy.",
    ),
    "policy too long": (
        plain(
            tokens.POLICY,
            {"policy": allow(resource=[f"arn:aws:s3:::{'b' * 60}{i}" for i in range(90)])},
        ),
        "LimitExceeded: Cannot exceed quota for PolicySize: 6144",
    ),
    "inline policy of no role": (
        plain(tokens.ROLE_POLICY, {"role": "r", "policy": allow()}),
        "NoSuchEntity: The role with name r cannot be found.",
    ),
    "role by its ARN where its name is meant": (
        lambda account: account.refused(
            tokens.ROLE_POLICY,
            {"role": account.role(name="r", path="/a/").outputs["arn"], "policy": allow()},
        ),
        "NoSuchEntity: The role with name arn:aws:iam::123456789012:role/a/{r} cannot be found.",
    ),
    "unknown managed policy": (
        in_lab(
            tokens.ROLE_ATTACHMENT,
            {"role": "@role", "policyArn": "arn:aws:iam::aws:policy/NoSuchPolicy"},
        ),
        "NoSuchEntity: Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not "
        "attachable.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_aws_refuses(case: str, account: Account) -> None:
    holds(account, *REFUSALS[case])
