"""Storage on AWS: a private bucket, and shared files on EFS where asked for."""

from __future__ import annotations

import pulumi
from pulumi_aws import kms, s3

from components import contracts
from components.aws import access
from components.aws.network import Network
from components.aws.shared_files import SharedFiles
from components.contracts import StorageArgs, child, publish
from components.tags import named, tags

ABORT_UPLOAD_DAYS = 3  # an upload that nobody finishes is invisible, and billed


class Storage(pulumi.ComponentResource):
    """A private bucket for data sets, checkpoints and results; files that all machines share.

    Args:
        args: `files`: EFS besides the bucket. `keep`: a bucket with objects refuses to be deleted,
            and the file system is protected. `undelete_days`: versions of overwritten and deleted
            objects stay that long, in profile `strict` at least 30 days.
    Outputs:
        name: of the bucket. uri: `s3://<name>`.
        mounts: empty without files, else one {kind: `efs`, source: `fs-...`, path: `/shared`,
        options: `tls,iam,accesspoint=fsap-...`}.
    Cost: empty 0 USD. Bucket 0.023 USD per GB and month. Files 0.30 USD, 0.016 USD for what nobody
        read for 30 days; 0.03 USD per GB read, 0.06 USD per GB written (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html,
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html,
        https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """

    name: pulumi.Output[str]
    uri: pulumi.Output[str]
    mounts: pulumi.Output[list[dict[str, str]]]
    arn: pulumi.Output[str]
    """Of the bucket."""
    files: SharedFiles | None

    def __init__(
        self, name: str, args: StorageArgs[Network], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:aws:Storage", name, None, opts)
        key = args.network.key
        bucket = s3.Bucket(
            f"{name}-bucket",
            force_destroy=not args.keep,
            tags=named(tags(args.lab, "storage"), f"{name}-bucket"),
            # Only its settings name the key; it must not go before the objects that it opens.
            opts=child(self, depends_on=[key] if key else []),
        )
        private = s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child(self),
        )
        s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child(self),
        )
        s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[_encryption(key)],
            opts=child(self),
        )
        objects = pulumi.Output.concat(bucket.arn, "/*")
        s3.BucketPolicy(
            f"{name}-tls-only",
            bucket=bucket.bucket,
            policy=access.document(access.tls_only("s3:*", bucket.arn, objects)),
            # Both write to the bucket's permissions, and S3 refuses two at a time (409).
            opts=child(self, depends_on=[private]),
        )
        s3.BucketLifecycleConfiguration(
            f"{name}-clean-up",
            bucket=bucket.bucket,
            rules=[_clean_up(args.kept_days)],
            opts=child(self, depends_on=_versions(self, name, bucket, args.kept_days)),
        )
        self.files = SharedFiles(self, name, args) if args.files else None
        self.name = bucket.bucket
        self.uri = pulumi.Output.concat("s3://", bucket.bucket)
        self.mounts = pulumi.Output.all(*([self.files.mount] if self.files else []))
        self.arn = bucket.arn
        publish(self, contracts.Storage)


def _encryption(
    key: kms.Key | None,
) -> s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if key is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": key.arn,
        },
        "bucket_key_enabled": True,  # else every object is a use of the key, which is billed
    }


def _versions(
    parent: pulumi.Resource, name: str, bucket: s3.Bucket, undelete_days: int
) -> list[pulumi.Resource]:
    if not undelete_days:
        return []
    versioning = s3.BucketVersioning(
        f"{name}-versions",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled"},
        opts=child(parent),
    )
    return [versioning]


def _clean_up(undelete_days: int) -> s3.BucketLifecycleConfigurationRuleArgsDict:
    return {
        "id": "clean-up",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": ABORT_UPLOAD_DAYS},
        # Also without versioning: old versions are still there when it has been switched off.
        "noncurrent_version_expiration": {"noncurrent_days": undelete_days or 1},
        "expiration": {"expired_object_delete_marker": True},
    }
