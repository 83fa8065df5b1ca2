"""Valid inputs for storage and registries of the simulated Azure."""

from __future__ import annotations

import base64
from typing import Any

from mllab.simulated.azure.rules import tokens

Sample = tuple[str, str, dict[str, Any]]
"""Logical name, type token, inputs; `@name.property` stands for an output of an earlier one."""

TAGS = {"lab": "ml-course", "role": "test"}
IN = {"resourceGroupName": "@lab.name"}
ACCOUNT = {**IN, "accountName": "@files.name"}


def stores() -> list[Sample]:
    return [
        (
            "files",
            tokens.ACCOUNT,
            {
                **IN,
                "accountName": "mlcourse0a1b2c3d",
                "kind": "StorageV2",
                "sku": {"name": "Standard_LRS"},
                "allowBlobPublicAccess": False,
                "allowSharedKeyAccess": True,
                "minimumTlsVersion": "TLS1_2",
                "tags": TAGS,
            },
        ),
        (
            "blobs",
            tokens.BLOB_SERVICE,
            {
                **ACCOUNT,
                "blobServicesName": "default",
                "deleteRetentionPolicy": {"enabled": True, "days": 7},
            },
        ),
        ("data", tokens.CONTAINER, {**ACCOUNT, "publicAccess": "None"}),
        (
            "aging",
            tokens.LIFECYCLE,
            {
                **ACCOUNT,
                "managementPolicyName": "default",
                "policy": {
                    "rules": [
                        {
                            "name": "scratch",
                            "type": "Lifecycle",
                            "definition": {
                                "actions": {
                                    "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 90}}
                                },
                                "filters": {"blobTypes": ["blockBlob"]},
                            },
                        }
                    ]
                },
            },
        ),
        (
            "fileservice",
            tokens.FILE_SERVICE,
            {
                **ACCOUNT,
                "fileServicesName": "default",
                "shareDeleteRetentionPolicy": {"enabled": True, "days": 7},
            },
        ),
        ("signs", tokens.TABLE, {**ACCOUNT, "tableName": "signs"}),
        ("shared", tokens.SHARE, {**ACCOUNT, "shareQuota": 100, "enabledProtocols": "SMB"}),
        (
            "images",
            tokens.REGISTRY,
            {
                **IN,
                "registryName": "mlcourse0A1b",
                "sku": {"name": "Basic"},
                "adminUserEnabled": False,
            },
        ),
        (
            "clean-up",
            tokens.REGISTRY_TASK,
            {
                **IN,
                "registryName": "@images.name",
                "platform": {"os": "Linux", "architecture": "amd64"},
                "agentConfiguration": {"cpu": 2},
                "step": {
                    "type": "EncodedTask",
                    "encodedTaskContent": base64.b64encode(b"steps: []").decode(),
                    "values": [{"name": "keep", "value": "10"}],
                },
                "trigger": {"timerTriggers": [{"name": "nightly", "schedule": "0 3 * * *"}]},
                "status": "Enabled",
                "timeout": 3600,
            },
        ),
    ]
