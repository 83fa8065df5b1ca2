"""What profile `strict` adds on AWS: a key of the lab's own, and a record of its traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import cloudwatch, ec2, iam, kms

from components.aws import access
from components.contracts import LabArgs, child
from components.tags import named

KEY_WINDOW_DAYS = 7  # the least; as long a deleted key can be called back, and costs nothing
LOG_DAYS = 30
STRICT_LOG_DAYS = 365


def log_days(lab: LabArgs) -> int:
    """Days that logs are kept."""
    return STRICT_LOG_DAYS if lab.strict else LOG_DAYS


def key(
    parent: pulumi.Resource,
    name: str,
    lab: LabArgs,
    account: pulumi.Input[str],
    labels: Mapping[str, str],
    *,
    protect: bool,
) -> kms.Key:
    """The key that disks, files, objects, images and logs of the lab are encrypted with.

    It holds their data as they do: it goes after all of them, is protected with them, and must be
    named before it goes. What has once been encrypted stays with the key that it has, whatever
    becomes of the profile. Disks of the cluster's nodes stay with AWS's own key: they hold nothing
    that outlives a job, and Batch's machines start only where the key's policy names a role that
    AWS makes with the first of them.

    Args:
        account: number of the account.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html,
        https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    """
    root = {"AWS": pulumi.Output.concat("arn:aws:iam::", account, ":root")}
    logs = pulumi.Output.concat(f"arn:aws:logs:{lab.region}:", account, ":*")
    write = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*"]
    return kms.Key(
        name,
        description=f"Data of the lab {lab.name}",
        enable_key_rotation=True,
        deletion_window_in_days=KEY_WINDOW_DAYS,
        policy=access.document(
            # So that policies of IAM decide, as with any other resource.
            access.allow(["kms:*"], "*") | {"Principal": root},
            access.allow([*write, "kms:Describe*"], "*")
            | {
                "Principal": {"Service": f"logs.{lab.region}.amazonaws.com"},
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
            },
        ),
        tags=named(labels, name),
        opts=child(parent, protect=protect),
    )


def use(lab_key: kms.Key | None) -> Sequence[access.Statement]:
    """Read and write what the lab's key encrypts, where there is one."""
    return [access.allow(["kms:Decrypt", "kms:GenerateDataKey"], lab_key.arn)] if lab_key else []


def arn(lab_key: kms.Key | None) -> pulumi.Output[str] | None:
    """The key's ARN, where there is one; None leaves the choice to AWS, whose own it is then."""
    return lab_key.arn if lab_key else None


def flow_logs(
    parent: pulumi.Resource,
    name: str,
    lab: LabArgs,
    network: ec2.Vpc,
    lab_key: kms.Key,
    labels: Mapping[str, str],
) -> None:
    """Who spoke to whom in the lab's network, kept for a year.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    group = cloudwatch.LogGroup(
        name,
        retention_in_days=log_days(lab),
        kms_key_id=lab_key.arn,
        tags=named(labels, name),
        opts=child(parent),
    )
    role = access.role(
        parent,
        f"{name}-role",
        lab,
        "vpc-flow-logs.amazonaws.com",
        labels,
        condition={"StringEquals": {"aws:SourceAccount": network.owner_id}},
    )
    write = [
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
    ]
    allowed = iam.RolePolicy(
        f"{name}-access",
        role=role.name,
        policy=access.document(access.allow(write, pulumi.Output.concat(group.arn, ":*"))),
        opts=child(parent),
    )
    ec2.FlowLog(
        f"{name}-all",
        vpc_id=network.id,
        traffic_type="ALL",
        iam_role_arn=role.arn,
        log_destination=group.arn,
        tags=named(labels, f"{name}-all"),
        opts=child(parent, depends_on=[allowed]),
    )
