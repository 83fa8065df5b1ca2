"""Data is private, cleaned up after, does not go unnamed, and is not expensive unasked."""

from __future__ import annotations

import pytest

from tests.components.gcp.gcp_account import STACKS, asked, committed, variant

every_stack = pytest.mark.parametrize("stack", STACKS)
switch = pytest.mark.parametrize("keep", [True, False])
BUCKET = "storage/bucket:Bucket"


@every_stack
def test_bucket_is_private_and_in_the_labs_region(stack: str) -> None:
    inputs = committed(stack).one(BUCKET).inputs
    assert inputs["uniformBucketLevelAccess"] is True
    assert inputs["publicAccessPrevention"] == "enforced"
    assert inputs["location"] == asked(stack).lab.region
    assert "name" not in inputs


@pytest.mark.parametrize(("undelete_days", "seconds"), [(0, 0), (7, 604_800), (14, 1_209_600)])
def test_what_was_deleted_is_billed_only_as_long_as_asked(undelete_days: int, seconds: int) -> None:
    inputs = variant(undelete_days=undelete_days).one(BUCKET).inputs
    assert inputs["softDeletePolicy"] == {"retentionDurationSeconds": seconds}
    assert inputs["lifecycleRules"] == [
        {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 3}}
    ]


@switch
@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_kept_data_does_not_go_with_the_lab(keep: bool, kind: str) -> None:
    rendered = variant(keep=keep, kind=kind)
    assert rendered.one(BUCKET).inputs["forceDestroy"] is not keep
    protected = {r.type for r in rendered.custom() if r.options.get("protect")}
    box = {"vm": "gcp:compute/disk:Disk", "managed": "gcp:workbench/instance:Instance"}[kind]
    assert protected == ({"gcp:filestore/instance:Instance", box} if keep else set())


def test_without_files_there_is_the_bucket_and_no_trace_of_filestore() -> None:
    rendered = variant(files=False)
    assert not [r.name for r in rendered.custom() if "filestore" in r.type]
    services = {r.inputs["service"] for r in rendered.of("projects/service:Service")}
    assert "file.googleapis.com" not in services
    (mount,) = rendered.registered["mllab:gcp:Storage"]["mounts"]
    assert mount == {
        "kind": "gcsfuse",
        "source": "gcp-course-storage-bucket-0abc123",
        "path": "/bucket",
        "options": "rw,allow_other,implicit_dirs,uid=2000,gid=2000,file_mode=664,dir_mode=775",
    }


def test_files_are_the_smallest_that_is_sold() -> None:
    inputs = dict(committed().one("filestore/instance:Instance").inputs)
    del inputs["labels"]
    assert inputs == {
        "location": "us-central1-a",
        "tier": "ZONAL",
        "protocol": "NFS_V3",
        "fileShares": {
            "name": "share",
            "capacityGb": 100,
            "nfsExportOptions": [
                {
                    "ipRanges": ["10.10.0.0/20"],
                    "accessMode": "READ_WRITE",
                    "squashMode": "NO_ROOT_SQUASH",
                }
            ],
        },
        "networks": [
            {
                "network": "projects/my-course-2027/gcp-course-network-vpc",
                "modes": ["MODE_IPV4"],
                "connectMode": "DIRECT_PEERING",
            }
        ],
        "deletionProtectionEnabled": False,
    }


def test_mounts_say_how_to_mount() -> None:
    bucket, files = committed().registered["mllab:gcp:Storage"]["mounts"]
    assert bucket["kind"] == "gcsfuse"
    assert files == {
        "kind": "nfs",
        "source": "10.9.0.2:/share",
        "path": "/shared",
        "options": "rw,hard",
    }


def test_files_are_in_the_zone_that_was_named() -> None:
    rendered = variant(switches={"zone": "us-central1-f"})
    assert rendered.one("filestore/instance:Instance").inputs["location"] == "us-central1-f"


def test_uri_has_no_slash_at_the_end() -> None:
    storage = committed().registered["mllab:gcp:Storage"]
    assert storage["name"] == "gcp-course-storage-bucket-0abc123"
    assert storage["uri"] == "gs://gcp-course-storage-bucket-0abc123"
