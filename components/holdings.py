"""Which resources keep data that is lost with them. No SDK is imported here."""

from __future__ import annotations

from typing import Final

HOLDS_DATA: Final[dict[str, str]] = {
    "aws:s3/bucket:Bucket": "objects in the bucket",
    "aws:efs/fileSystem:FileSystem": "files",
    "aws:ebs/volume:Volume": "home disk",
    "aws:ecr/repository:Repository": "container images",
    "aws:kms/key:Key": "key of encrypted data: without it none of that can be read, nor any copy",
    "aws:sagemaker/notebookInstance:NotebookInstance": "home disk",
    "azure-native:storage:StorageAccount": "objects and files in the account",
    "azure-native:storage:FileShare": "files",
    "azure-native:compute:Disk": "home disk",
    "azure-native:containerregistry:Registry": "container images",
    "gcp:storage/bucket:Bucket": "objects in the bucket",
    "gcp:filestore/instance:Instance": "files",
    "gcp:compute/disk:Disk": "home disk",
    "gcp:workbench/instance:Instance": "home disk",
    "gcp:artifactregistry/repository:Repository": "container images",
}
"""Type token -> what it keeps, in words."""
