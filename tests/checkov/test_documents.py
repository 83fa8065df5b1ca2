"""The documents that Checkov is shown, and that its silence is no approval."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.engines.contract import Resource
from tests.checkov.__main__ import ARM, ask
from tests.checkov.documents import plan, template

BUCKET = Resource(
    "urn:b", "aws:s3/bucket:Bucket", "data", True, "", {"bucket": "x", "tags": {"aB": "c"}}
)
BLOCK = Resource(
    "urn:p",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "private",
    True,
    "",
    {"bucket": "x", "blockPublicAcls": True},
    property_dependencies={"bucket": ("urn:b",)},
)
MACHINE = Resource(
    "urn:m",
    "aws:ec2/instance:Instance",
    "ann",
    True,
    "",
    {"metadataOptions": {"httpTokens": "required"}, "ebsBlockDevices": [{"volumeSize": 1}]},
)
ACCOUNT = Resource(
    "urn:a",
    "azure-native:storage:StorageAccount",
    "account",
    True,
    "",
    {"accountName": "acc", "resourceGroupName": "g", "enableHttpsTrafficOnly": True, "tags": {}},
)


def test_a_plan_has_terraforms_names_blocks_and_references() -> None:
    made = plan([BUCKET, BLOCK, MACHINE], "aws")
    bucket, block, machine = made["planned_values"]["root_module"]["resources"]
    assert bucket["address"] == "aws_s3_bucket.data"
    assert bucket["values"]["tags"] == {"aB": "c"}, "a tag is nobody's to spell"
    assert block["type"] == "aws_s3_bucket_public_access_block"
    assert machine["values"]["metadata_options"] == [{"http_tokens": "required"}]
    assert machine["values"]["ebs_block_device"] == [{"volume_size": 1}]
    _, configured, _ = made["configuration"]["root_module"]["resources"]
    references = configured["expressions"]["bucket"]["references"]
    assert references == ["aws_s3_bucket.data.id", "aws_s3_bucket.data"]


def test_a_template_has_arms_types_and_properties() -> None:
    (account,) = template([ACCOUNT])["resources"]
    assert account["type"] == "Microsoft.Storage/storageAccounts"
    assert account["name"] == "acc"
    assert account["properties"] == {"supportsHttpsTrafficOnly": True}
    assert account["tags"] == {}


def test_no_report_is_no_approval(tmp_path: Path) -> None:
    for silent in ("true", "false"):
        with pytest.raises(RuntimeError, match="gave no report"):
            ask(silent, ARM, [])
    liar = tmp_path / "checkov"
    liar.write_text('#!/bin/sh\necho \'{"summary": {"passed": 0, "parsing_errors": 0}}\'\n')
    liar.chmod(0o755)
    path = tmp_path / "lab.arm"
    path.write_text("{}")
    with pytest.raises(RuntimeError, match="did not understand"):
        ask(str(liar), ARM, [path])
