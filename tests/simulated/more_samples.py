"""The samples of storage; see `samples.py`."""

from __future__ import annotations

import json
from typing import Any

from mllab.simulated.aws.rules import tokens
from tests.simulated.account import allow

Sample = tuple[str, str, dict[str, Any]]
"""Logical name, type token, inputs; `@name.property` stands for an output of an earlier one."""

RULES = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
            "action": {"type": "expire"},
        }
    ]
}
TAGS = {"lab": "test", "role": "network"}


def stores() -> list[Sample]:
    """Buckets, file systems, image repositories."""
    return [
        ("bucket", tokens.BUCKET, {"forceDestroy": False, "tags": TAGS}),
        (
            "private",
            tokens.BUCKET_BLOCK,
            {
                "bucket": "@bucket.bucket",
                "blockPublicAcls": True,
                "blockPublicPolicy": True,
                "ignorePublicAcls": True,
                "restrictPublicBuckets": True,
            },
        ),
        (
            "owner",
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            {"bucket": "@bucket.bucket", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        ),
        (
            "encryption",
            tokens.BUCKET_ENCRYPTION,
            {
                "bucket": "@bucket.bucket",
                "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
            },
        ),
        (
            "versions",
            tokens.BUCKET_VERSIONING,
            {"bucket": "@bucket.bucket", "versioningConfiguration": {"status": "Enabled"}},
        ),
        (
            "cleanup",
            tokens.BUCKET_LIFECYCLE,
            {
                "bucket": "@bucket.bucket",
                "rules": [
                    {
                        "id": "clean-up",
                        "status": "Enabled",
                        "filter": {"prefix": ""},
                        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 3},
                    }
                ],
            },
        ),
        (
            "tls",
            tokens.BUCKET_POLICY,
            {
                "bucket": "@bucket.bucket",
                "policy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": "@bucket.arn",
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            },
        ),
        ("files", tokens.FILES, {"encrypted": True, "throughputMode": "elastic", "tags": TAGS}),
        (
            "target",
            tokens.MOUNT_TARGET,
            {
                "fileSystemId": "@files.id",
                "subnetId": "@subnet.id",
                "securityGroups": ["@group.id"],
            },
        ),
        (
            "point",
            tokens.ACCESS_POINT,
            {
                "fileSystemId": "@files.id",
                "posixUser": {"uid": 1000, "gid": 1000},
                "rootDirectory": {
                    "path": "/shared",
                    "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"},
                },
            },
        ),
        (
            "backup",
            "aws:efs/backupPolicy:BackupPolicy",
            {"fileSystemId": "@files.id", "backupPolicy": {"status": "DISABLED"}},
        ),
        (
            "mounters",
            tokens.FILES_POLICY,
            {
                "fileSystemId": "@files.id",
                "policy": allow("elasticfilesystem:ClientMount", Principal={"AWS": "*"}),
            },
        ),
        ("images", tokens.REPOSITORY, {"imageScanningConfiguration": {"scanOnPush": True}}),
        (
            "expiry",
            tokens.IMAGE_RULES,
            {"repository": "@images.name", "policy": json.dumps(RULES)},
        ),
    ]
