"""Valid inputs for every resource type that the simulated Google Cloud knows, in order."""

from __future__ import annotations

from typing import Any

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import AGENT, GPU_FAMILY, NUMBER, PROJECT, ZONE, Project
from tests.simulated.samples import filled

LABELS = {"lab": "ml-course", "owner": "ada"}
Sample = tuple[str, str, dict[str, Any]]


def samples() -> list[Sample]:
    """At least one of every type, with all properties that the components use."""
    return [*_base(), *_machines(), *_stores(), *_alerts()]


def _base() -> list[Sample]:
    return [
        ("api", tokens.SERVICE, {"service": "batch.googleapis.com", "disableOnDestroy": False}),
        ("agent", tokens.IDENTITY, {"service": "aiplatform.googleapis.com"}),
        ("net", tokens.NETWORK, {"autoCreateSubnetworks": False}),
        (
            "sub",
            tokens.SUBNET,
            {
                "network": "@net.id",
                "region": "us-central1",
                "ipCidrRange": "10.10.0.0/20",
                "privateIpGoogleAccess": True,
            },
        ),
        ("account", tokens.ACCOUNT, {"accountId": "notebooks", "displayName": "notebooks"}),
        (
            "ssh",
            tokens.FIREWALL,
            {
                "network": "@net.selfLink",
                "direction": "INGRESS",
                "sourceRanges": ["35.235.240.0/20"],
                "targetServiceAccounts": ["@account.email"],
                "allows": [{"protocol": "tcp", "ports": ["22"]}],
            },
        ),
        ("router", tokens.ROUTER, {"network": "@net.id"}),
        (
            "nat",
            tokens.NAT,
            {
                "router": "@router.name",
                "natIpAllocateOption": "AUTO_ONLY",
                "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
                "subnetworks": [{"name": "@sub.id", "sourceIpRangesToNats": ["ALL_IP_RANGES"]}],
                "enableDynamicPortAllocation": True,
                "enableEndpointIndependentMapping": False,
            },
        ),
        (
            "stopper",
            tokens.ROLE,
            {
                "roleId": "mllab_stopper",
                "title": "stops machines",
                "permissions": ["compute.instances.start", "compute.instances.stop"],
            },
        ),
        (
            "stops",
            tokens.PROJECT_MEMBER,
            {"project": PROJECT, "role": "@stopper.name", "member": AGENT},
        ),
    ]


def _machines() -> list[Sample]:
    return [
        ("home", tokens.DISK, {"type": "pd-balanced", "size": 50, "zone": ZONE, "labels": LABELS}),
        ("spare", tokens.DISK, {"size": 20}),
        (
            "machine",
            tokens.INSTANCE,
            {
                "machineType": "g2-standard-4",
                "bootDisk": {"initializeParams": {"image": GPU_FAMILY, "size": 60}},
                "attachedDisks": [{"source": "@home.selfLink", "deviceName": "home"}],
                "networkInterfaces": [{"subnetwork": "@sub.id", "accessConfigs": [{}]}],
                "scheduling": {
                    "onHostMaintenance": "TERMINATE",
                    "instanceTerminationAction": "STOP",
                    "maxRunDuration": {"seconds": 28800},
                },
                "serviceAccount": {"email": "@account.email", "scopes": ["cloud-platform"]},
                "shieldedInstanceConfig": {"enableVtpm": True},
                "metadata": {"enable-oslogin": "TRUE"},
                "labels": LABELS,
                "allowStoppingForUpdate": True,
            },
        ),
        (
            "nightly",
            tokens.POLICY,
            {
                "instanceSchedulePolicy": {
                    "timeZone": "America/New_York",
                    "vmStopSchedule": {"schedule": "0 2 * * *"},
                }
            },
        ),
        (
            "scheduled",
            tokens.POLICY_ATTACHMENT,
            {"name": "@nightly.name", "instance": "@machine.name", "zone": ZONE},
        ),
        (
            "stopping",
            tokens.INSTANCE_MEMBER,
            {
                "instanceName": "@machine.name",
                "role": "roles/compute.instanceAdmin.v1",
                "member": "@account.member",
            },
        ),
        (
            "daily",
            tokens.SCHEDULE,
            {
                "schedule": "0 23 * * *",
                "timeZone": "Europe/Berlin",
                "httpTarget": {
                    "uri": "https://compute.googleapis.com/compute/v1/projects/p/zones/z/stop",
                    "httpMethod": "POST",
                    "oauthToken": {"serviceAccountEmail": "@account.email"},
                },
            },
        ),
        (
            "managed",
            tokens.NOTEBOOK,
            {
                "location": "us-central1-b",
                "labels": LABELS,
                "gceSetup": {
                    "machineType": "g2-standard-4",
                    "acceleratorConfigs": [{"type": "NVIDIA_L4", "coreCount": "1"}],
                    "vmImage": {
                        "project": "cloud-notebooks-managed",
                        "family": "workbench-instances-2603",
                    },
                    "bootDisk": {"diskSizeGb": "150", "diskType": "PD_BALANCED"},
                    "networkInterfaces": [{"network": "@net.id", "subnet": "@sub.id"}],
                    "serviceAccounts": [{"email": "@account.email"}],
                    "metadata": {"idle-timeout-seconds": "3600"},
                },
            },
        ),
    ]


def _stores() -> list[Sample]:
    return [
        (
            "bucket",
            tokens.BUCKET,
            {
                "location": "us-central1",
                "uniformBucketLevelAccess": True,
                "publicAccessPrevention": "enforced",
                "softDeletePolicy": {"retentionDurationSeconds": 0},
                "lifecycleRules": [
                    {
                        "action": {"type": "AbortIncompleteMultipartUpload"},
                        "condition": {"age": 1},
                    }
                ],
                "labels": LABELS,
            },
        ),
        (
            "objects",
            tokens.BUCKET_MEMBER,
            {
                "bucket": "@bucket.name",
                "role": "roles/storage.objectUser",
                "member": "@account.member",
            },
        ),
        (
            "files",
            tokens.FILES,
            {
                "location": ZONE,
                "tier": "ZONAL",
                "fileShares": {"name": "share", "capacityGb": 100},
                "networks": [{"network": "@net.name", "modes": ["MODE_IPV4"]}],
                "labels": LABELS,
            },
        ),
        (
            "images",
            tokens.REPOSITORY,
            {
                "repositoryId": "ml",
                "format": "DOCKER",
                "cleanupPolicyDryRun": False,
                "cleanupPolicies": [
                    {
                        "id": "untagged",
                        "action": "DELETE",
                        "condition": {"tagState": "UNTAGGED", "olderThan": "604800s"},
                    },
                    {"id": "newest", "action": "KEEP", "mostRecentVersions": {"keepCount": 3}},
                ],
                "vulnerabilityScanningConfig": {"enablementConfig": "DISABLED"},
                "labels": LABELS,
            },
        ),
        (
            "pulls",
            tokens.REPOSITORY_MEMBER,
            {
                "repository": "@images.name",
                "location": "us-central1",
                "role": "roles/artifactregistry.reader",
                "member": "@account.member",
            },
        ),
    ]


def _alerts() -> list[Sample]:
    return [
        ("topic", tokens.TOPIC, {"labels": LABELS}),
        (
            "mail",
            tokens.CHANNEL,
            {"type": "email", "labels": {"email_address": "ada@uni.edu"}, "userLabels": LABELS},
        ),
        (
            "budget",
            tokens.BUDGET,
            {
                "billingAccount": "012345-6789AB-CDEF01",
                "displayName": "ml-course",
                "amount": {"specifiedAmount": {"units": "100"}},
                "budgetFilter": {
                    "projects": [f"projects/{NUMBER}"],
                    "calendarPeriod": "MONTH",
                    "creditTypesTreatment": "EXCLUDE_ALL_CREDITS",
                },
                "thresholdRules": [{"thresholdPercent": 0.5}, {"thresholdPercent": 1.0}],
                "allUpdatesRule": {
                    "pubsubTopic": "@topic.id",
                    "monitoringNotificationChannels": ["@mail.name"],
                },
            },
        ),
        (
            "workflow",
            tokens.WORKFLOW,
            {"sourceContents": "main: {}", "deletionProtection": False, "labels": LABELS},
        ),
    ]


def build(project: Project) -> dict[str, dict[str, Any]]:
    """Create all samples; their outputs with `id`, `token` and `given` inputs, by name."""
    made: dict[str, dict[str, Any]] = {}
    for name, token, inputs in samples():
        given = filled(inputs, made)
        found = project.create(token, given, name)
        made[name] = {**found.outputs, "id": found.id, "token": token, "given": given}
    return made
