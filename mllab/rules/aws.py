"""Rules for AWS."""

from __future__ import annotations

from typing import Final

from mllab.rules.finding import STRICT, Rule
from mllab.rules.values import must

_INSTANCE: Final = "aws:ec2/instance:Instance"
_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"

RULES: Final = (
    Rule(
        "aws-metadata-token",
        (_INSTANCE, _TEMPLATE),
        must("metadataOptions.httpTokens", "required"),
        "whoever makes a program on the machine fetch an address reads the keys of its role",
        'set metadata_options http_tokens to "required"',
        links=("CKV_AWS_79", "AWS-0028", "CIS AWS 6.7"),
    ),
    Rule(
        "aws-volume-encrypted",
        ("aws:ebs/volume:Volume",),
        must("encrypted", True),
        "a snapshot or a lost disk is readable",
        "set encrypted to True",
        links=("CKV_AWS_3", "AWS-0026", "CIS AWS 6.1.1"),
    ),
    Rule(
        "aws-bucket-versions",
        ("aws:s3/bucketVersioning:BucketVersioning",),
        must("versioningConfiguration.status", "Enabled"),
        "what is overwritten or deleted is lost",
        "set storage.undelete_days to 1 or more",
        profiles=STRICT,
        links=("CKV_AWS_21", "AWS-0090"),
        setting="storage.undelete_days",
    ),
)
