"""IAM on AWS: roles and the statements that several of them share, each as narrow as its use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import iam

from components.contracts import LabArgs, child
from components.tags import named

Statement = Mapping[str, Any]


def document(*statements: Statement) -> pulumi.Output[str]:
    """A policy of these statements, as the JSON text that IAM, S3, EFS and SNS take."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: list[str], *resources: pulumi.Input[str]) -> dict[str, Any]:
    """Allow these actions on these resources."""
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def tls_only(actions: str, *resources: pulumi.Input[str]) -> dict[str, Any]:
    """Refuse everybody who does not come over TLS."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def bucket(arn: pulumi.Input[str]) -> list[Statement]:
    """List, read and write one bucket; not its settings, not its old versions."""
    whole = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"]
    objects = [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    ]
    return [allow(whole, arn), allow(objects, pulumi.Output.concat(arn, "/*"))]


def pull(repository: pulumi.Input[str]) -> list[Statement]:
    """Pull images from one repository. The login belongs to none: ECR knows it only as `*`."""
    actions = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "ecr:DescribeImages",
        "ecr:ListImages",
    ]
    return [allow(["ecr:GetAuthorizationToken"], "*"), allow(actions, repository)]


def push(repository: pulumi.Input[str]) -> list[Statement]:
    """Push images to one repository; needs `pull` as well."""
    actions = [
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
    ]
    return [allow(actions, repository)]


def mount(file_system: pulumi.Input[str], access_point: pulumi.Input[str]) -> dict[str, Any]:
    """Mount a file system through one access point and write to it; never as root."""
    actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    only = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point}}
    return allow(actions, file_system) | {"Condition": only}


def session_manager() -> list[Statement]:
    """Be reached by Session Manager, and nothing else.

    The managed policy AmazonSSMManagedInstanceCore would also read every parameter of the account.
    Source:
    https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
    """
    actions = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    return [allow(actions, "*")]


def path(lab: LabArgs) -> str:
    """IAM path of a lab's roles, by which they are found again: look-ups by tag leave IAM out."""
    return f"/mllab/{lab.name}/"


def role(
    parent: pulumi.Resource,
    name: str,
    lab: LabArgs,
    service: str,
    labels: Mapping[str, str],
    *,
    condition: Mapping[str, Any] | None = None,
) -> iam.Role:
    """A role that one AWS service may take on.

    Args:
        service: `ec2.amazonaws.com` and the like.
        condition: narrows the trust, where the service is documented to support it.
    """
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return iam.Role(
        name,
        path=path(lab),
        assume_role_policy=document(trust | ({"Condition": condition} if condition else {})),
        force_detach_policies=True,  # a policy attached by hand must not hold up the removal
        tags=named(labels, name),
        opts=child(parent),
    )
