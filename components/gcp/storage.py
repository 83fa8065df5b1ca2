"""Storage on Google Cloud: a private bucket, and shared files where asked for."""

from __future__ import annotations

import pulumi
from pulumi_gcp import storage

from components import contracts
from components.contracts import StorageArgs, child, publish
from components.gcp.network import Network
from components.gcp.services import enable
from components.gcp.shared_files import POSIX_ID, SharedFiles
from components.tags import named, tags

ABORT_UPLOAD_DAYS = 3  # an upload that nobody finishes is invisible, and billed
DAY_SECONDS = 86_400
BUCKET_PATH = "/bucket"
BUCKET_OPTIONS = (
    f"rw,allow_other,implicit_dirs,uid={POSIX_ID},gid={POSIX_ID},file_mode=664,dir_mode=775"
)


class Storage(pulumi.ComponentResource):
    """A private bucket for data sets, checkpoints and results, in one region.

    Every notebook has it as a folder, too, by gcsfuse: files come and go whole, there are no locks,
    and renaming a folder copies it. That costs nothing besides the bucket. Whoever needs a real
    file system asks for Filestore, which is billed by its size from the first day.

    Args:
        args: `files`: Filestore besides the bucket. `keep`: a bucket with objects refuses to be
            deleted, and Filestore is protected. `undelete_days`: deleted and overwritten objects
            can be restored that long, 0 or 7 to 90.
    Outputs:
        name: of the bucket. uri: `gs://<name>`.
        mounts: one {kind: `gcsfuse`, source: the bucket, path: `/bucket`, options}; with files
        another {kind: `nfs`, source: `<address>:/share`, path: `/shared`, options: `rw,hard`}.
    Cost: empty 0 USD. Bucket 0.020 USD per GB and month. Files 25 USD a month, empty or full, used
        or not (us-central1, Nov 2026).
    Source: https://cloud.google.com/storage/docs/soft-delete,
        https://cloud.google.com/storage/docs/public-access-prevention,
        https://cloud.google.com/storage/docs/cloud-storage-fuse/overview
    """

    name: pulumi.Output[str]
    uri: pulumi.Output[str]
    mounts: pulumi.Output[list[dict[str, str]]]
    bucket: storage.Bucket
    files: SharedFiles | None

    def __init__(
        self, name: str, args: StorageArgs[Network], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:gcp:Storage", name, None, opts)
        self.bucket = storage.Bucket(
            f"{name}-bucket",
            location=args.lab.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=not args.keep,
            # Unsaid, everything deleted would be billed for another week.
            soft_delete_policy={"retention_duration_seconds": args.kept_days * DAY_SECONDS},
            lifecycle_rules=[
                {
                    "action": {"type": "AbortIncompleteMultipartUpload"},
                    "condition": {"age": ABORT_UPLOAD_DAYS},
                }
            ],
            labels=named(tags(args.lab, "storage"), f"{name}-bucket"),
            opts=child(self, depends_on=enable(self, name, "storage")),
        )
        self.files = SharedFiles(self, name, args) if args.files else None
        bucket: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            kind="gcsfuse", source=self.bucket.name, path=BUCKET_PATH, options=BUCKET_OPTIONS
        )
        self.name = self.bucket.name
        self.uri = self.bucket.url
        self.mounts = pulumi.Output.all(bucket, *([self.files.mount] if self.files else []))
        publish(self, contracts.Storage)
