"""Data is private, encrypted, cleaned up after, and does not go unnamed."""

from __future__ import annotations

import pytest

from mllab.engines.contract import Resource
from tests.components.labs import STACKS, committed, policy, variant
from tests.components.render import ACCOUNT, Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)
switch = pytest.mark.parametrize("keep", [True, False])


def bucket_part(rendered: Rendered, kind: str) -> Resource:
    """The bucket's only resource of a kind; it must name that bucket."""
    found = rendered.one(f"s3/{kind}")
    bucket = rendered.one("s3/bucket:Bucket")
    assert found.inputs["bucket"] == f"{bucket.name}-0abc123"
    return found


@every_stack
def test_bucket_is_private(stack: str) -> None:
    rendered = committed(stack)
    block = bucket_part(rendered, "bucketPublicAccessBlock:BucketPublicAccessBlock")
    switches = {key for key, value in block.inputs.items() if value is True}
    assert switches == {
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    }
    owner = bucket_part(rendered, "bucketOwnershipControls:BucketOwnershipControls")
    assert owner.inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert not rendered.of("s3/bucketAcl:BucketAcl")


@every_stack
def test_bucket_is_encrypted(stack: str) -> None:
    kind = "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = bucket_part(committed(stack), kind).inputs["rules"]
    strict = stack == "aws-lab"
    algorithm = rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
    assert algorithm == ("aws:kms" if strict else "AES256")
    assert rule.get("bucketKeyEnabled", False) is strict


@every_stack
def test_bucket_refuses_what_does_not_come_over_tls(stack: str) -> None:
    rendered = committed(stack)
    arn = f"arn:aws:test::{ACCOUNT}:{stack}-storage-bucket"
    assert policy(bucket_part(rendered, "bucketPolicy:BucketPolicy")) == [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


@pytest.mark.parametrize(("undelete_days", "gone_after"), [(0, 1), (14, 14)])
def test_what_nobody_sees_is_cleaned_up(undelete_days: int, gone_after: int) -> None:
    rendered = variant(undelete_days=undelete_days)
    kind = "bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    (rule,) = bucket_part(rendered, kind).inputs["rules"]
    assert rule == {
        "id": "clean-up",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 3},
        "noncurrentVersionExpiration": {"noncurrentDays": gone_after},
        "expiration": {"expiredObjectDeleteMarker": True},
    }


def test_versions_are_kept_only_when_asked_for() -> None:
    assert not variant(undelete_days=0).of("s3/bucketVersioning:BucketVersioning")
    rendered = variant(undelete_days=14)
    versioning = bucket_part(rendered, "bucketVersioning:BucketVersioning")
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    rules = rendered.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    assert versioning.urn in rules.dependencies


@switch
def test_kept_data_does_not_go_with_the_lab(keep: bool) -> None:
    rendered = variant(keep=keep)
    assert rendered.one("s3/bucket:Bucket").inputs["forceDestroy"] is not keep
    assert rendered.one("efs/fileSystem:FileSystem").options.get("protect", False) is keep
    assert rendered.one("ebs/volume:Volume").options.get("protect", False) is keep
    protected = {r.type for r in rendered.custom() if r.options.get("protect")}
    assert protected == (
        {"aws:efs/fileSystem:FileSystem", "aws:ebs/volume:Volume"} if keep else set()
    )


def test_without_files_there_is_no_trace_of_them() -> None:
    rendered = variant(files=False)
    assert not [r.name for r in rendered.custom() if r.type.startswith("aws:efs/")]
    text = str([r.inputs for r in rendered.custom()])
    assert "elasticfilesystem" not in text
    assert "efsVolumeConfiguration" not in text
    assert committed("aws-tiny").outputs["storage"]["mounts"] == []


def test_files_are_encrypted_and_become_cheaper_unused() -> None:
    """AWS takes one transition for each entry."""
    inputs = dict(committed("aws-course").one("efs/fileSystem:FileSystem").inputs)
    inputs.pop("tags")
    assert inputs == {
        "encrypted": True,
        "performanceMode": "generalPurpose",
        "throughputMode": "elastic",
        "lifecyclePolicies": [
            {"transitionToIa": "AFTER_30_DAYS"},
            {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
        ],
    }


def test_everybody_is_the_same_user_in_the_shared_folder() -> None:
    point = committed("aws-course").one("efs/accessPoint:AccessPoint")
    assert point.inputs["posixUser"] == {"uid": 2000, "gid": 2000}
    assert point.inputs["rootDirectory"] == {
        "path": "/shared",
        "creationInfo": {"ownerUid": 2000, "ownerGid": 2000, "permissions": "0775"},
    }


def test_mounts_say_how_to_mount() -> None:
    (mount,) = committed("aws-course").outputs["storage"]["mounts"]
    assert mount == {
        "kind": "efs",
        "source": "aws-course-storage-files-id",
        "path": "/shared",
        "options": "tls,iam,accesspoint=aws-course-storage-shared-id",
    }


def test_uri_has_no_slash_at_the_end() -> None:
    storage = committed("aws-course").outputs["storage"]
    assert storage["name"] == "aws-course-storage-bucket-0abc123"
    assert storage["uri"] == "s3://aws-course-storage-bucket-0abc123"
