"""What Google Cloud refuses to make besides machines, in its words."""

from __future__ import annotations

import pytest

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import PROJECT, ZONE, Project
from tests.simulated.gcp.refusals import (
    BUCKET,
    BUDGET,
    FIREWALL,
    INVALID,
    LINK,
    NETWORK_GONE,
    SUBNET,
    Refusals,
    holds,
)

REFUSALS: Refusals = {
    "network of the same name": (
        tokens.NETWORK,
        {"name": "default"},
        f"alreadyExists: The resource '{LINK}/global/networks/default' already exists",
    ),
    "subnet without network": (
        tokens.SUBNET,
        {**SUBNET, "network": f"{LINK}/global/networks/gone"},
        NETWORK_GONE,
    ),
    "subnet on another": (
        tokens.SUBNET,
        {**SUBNET, "ipCidrRange": "10.10.8.0/24"},
        "invalid: Invalid IPCidrRange: 10.10.8.0/24 conflicts with existing subnetwork '#sub' in "
        "region 'us-central1'.",
    ),
    "subnet of a few addresses": (
        tokens.SUBNET,
        {**SUBNET, "ipCidrRange": "10.20.0.0/30"},
        "invalid: Invalid value for field 'resource.ipCidrRange': '10.20.0.0/30'. IpCidrRange is "
        "too small.",
    ),
    "firewall without network": (
        tokens.FIREWALL,
        {**FIREWALL, "network": f"{LINK}/global/networks/gone"},
        NETWORK_GONE,
    ),
    "nat that wants both": (
        tokens.NAT,
        {
            "router": "@router",
            "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
            "natIpAllocateOption": "AUTO_ONLY",
            "enableDynamicPortAllocation": True,
            "enableEndpointIndependentMapping": True,
        },
        "invalid: Invalid value for field 'resource.nats[0].enableDynamicPortAllocation': 'true'. "
        "Dynamic port allocation and endpoint-independent mapping cannot be enabled together.",
    ),
    "schedule that does nothing": (
        tokens.POLICY,
        {"instanceSchedulePolicy": {"timeZone": "Etc/UTC"}},
        "invalid: Invalid value for field 'resource.instanceSchedulePolicy': at least one of "
        "vmStartSchedule and vmStopSchedule must be specified.",
    ),
    "schedule in no time zone": (
        tokens.POLICY,
        {
            "instanceSchedulePolicy": {
                "timeZone": "Europe/Copenhaven",
                "vmStopSchedule": {"schedule": "0 2 * * *"},
            }
        },
        "invalid: Invalid time zone: 'Europe/Copenhaven'",
    ),
    "job without time": (
        tokens.SCHEDULE,
        {"httpTarget": {"uri": "https://example.org"}, "schedule": "daily"},
        "INVALID_ARGUMENT: Schedule or time zone is invalid. (schedule: daily)",
    ),
    "bucket nowhere": (
        tokens.BUCKET,
        {"location": "moon-central1"},
        "invalid: The specified location constraint is not valid: moon-central1",
    ),
    "bucket that keeps for a day": (
        tokens.BUCKET,
        {**BUCKET, "softDeletePolicy": {"retentionDurationSeconds": 86400}},
        "invalid: Soft delete policy retention duration must be 0 or between 7 and 90 days (got "
        "86400 s)",
    ),
    "bucket with folders and object rights": (
        tokens.BUCKET,
        {**BUCKET, "hierarchicalNamespace": {"enabled": True}},
        "invalid: Hierarchical namespace buckets must use uniform bucket-level access.",
    ),
    "bucket of a taken name": (
        tokens.BUCKET,
        {**BUCKET, "name": "#bucket"},
        "conflict: Your previous request to create the named bucket succeeded and you already own "
        "it.",
    ),
    "member of no bucket": (
        tokens.BUCKET_MEMBER,
        {"bucket": "gone", "role": "roles/storage.admin", "member": "user:ada@uni.edu"},
        "notFound: The specified bucket does not exist.",
    ),
    "repository twice": (
        tokens.REPOSITORY,
        {"repositoryId": "ml", "format": "DOCKER"},
        "ALREADY_EXISTS: the repository already exists",
    ),
    "clean-up that deletes the newest": (
        tokens.REPOSITORY,
        {
            "repositoryId": "other",
            "format": "DOCKER",
            "cleanupPolicies": [
                {"id": "a", "action": "DELETE", "mostRecentVersions": {"keepCount": 3}}
            ],
        },
        "INVALID_ARGUMENT: cleanup policy a: mostRecentVersions can only KEEP",
    ),
    "files below the least size": (
        tokens.FILES,
        {
            "tier": "BASIC_HDD",
            "location": ZONE,
            "fileShares": {"name": "share", "capacityGb": 100},
            "networks": [{"network": "#net", "modes": ["MODE_IPV4"]}],
        },
        "INVALID_ARGUMENT: Invalid value '100' for capacity_gb of tier BASIC_HDD: at least 1024 "
        "GiB are required.",
    ),
    "notebook of an old family": (
        tokens.NOTEBOOK,
        {
            "location": ZONE,
            "gceSetup": {
                "vmImage": {"project": "cloud-notebooks-managed", "family": "workbench-instances"}
            },
        },
        "INVALID_ARGUMENT: Image cloud-notebooks-managed/workbench-instances was not found",
    ),
    "channel without address": (
        tokens.CHANNEL,
        {"type": "email", "labels": {}},
        "INVALID_ARGUMENT: Field \"labels['email_address']\" is required for a channel of type "
        "email and must be an address (got '')",
    ),
    "budget of no billing account": (tokens.BUDGET, {**BUDGET, "billingAccount": "mine"}, INVALID),
    "budget by the project's id": (
        tokens.BUDGET,
        {**BUDGET, "budgetFilter": {"projects": [f"projects/{PROJECT}"]}},
        INVALID,
    ),
    "budget in another currency": (
        tokens.BUDGET,
        {**BUDGET, "amount": {"specifiedAmount": {"units": "100", "currencyCode": "DKK"}}},
        INVALID,
    ),
    "budget without topic": (
        tokens.BUDGET,
        {**BUDGET, "allUpdatesRule": {"pubsubTopic": f"{LINK}/topics/gone"}},
        f"INVALID_ARGUMENT: The Pub/Sub topic {LINK}/topics/gone does not exist",
    ),
    "label in capitals": (
        tokens.BUCKET,
        {**BUCKET, "labels": {"Owner": "ada"}},
        "invalid: Invalid value for field 'labels': Label key 'Owner' violates format "
        "constraints. The key must start with a lowercase character, can only contain lowercase "
        "letters, numeric characters, underscores and dashes. The key can be at most 63 "
        "characters long.",
    ),
    "label with an address": (
        tokens.TOPIC,
        {"labels": {"owner": "ada@uni.edu"}},
        "invalid: Invalid value for field 'labels': Label value 'ada@uni.edu' violates format "
        "constraints. The value can only contain lowercase letters, numeric characters, "
        "underscores and dashes. The value can be at most 63 characters long.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_google_refuses(project: Project, case: str) -> None:
    holds(project, REFUSALS[case])
