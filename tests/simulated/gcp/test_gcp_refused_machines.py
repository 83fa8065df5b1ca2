"""Machines and disks that Compute Engine refuses, in its words."""

from __future__ import annotations

import pytest

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import GPU_FAMILY, Project
from tests.simulated.gcp.refusals import DISK_FULL, GPU_VM, LINK, VM, Refusals, holds

MACHINES: Refusals = {
    "machine type that does not exist": (
        tokens.INSTANCE,
        {**VM, "machineType": "e2-standard-3"},
        "invalid: Invalid value for field 'resource.machineType': 'zones/us-central1-a/"
        "machineTypes/e2-standard-3'. Machine type with name 'e2-standard-3' does not exist in "
        "zone 'us-central1-a'.",
    ),
    "machine type that the zone has not": (
        tokens.INSTANCE,
        {**GPU_VM, "zone": "us-central1-f"},
        "invalid: Invalid value for field 'resource.machineType': 'zones/us-central1-f/"
        "machineTypes/g2-standard-4'. Machine type with name 'g2-standard-4' does not exist in "
        "zone 'us-central1-f'.",
    ),
    "unknown zone": (
        tokens.INSTANCE,
        {**VM, "zone": "us-central1-d"},
        "invalid: Invalid value for field 'zone': 'us-central1-d'. Unknown zone.",
    ),
    "gpu that the zone has not": (
        tokens.INSTANCE,
        {
            **VM,
            "machineType": "n1-standard-4",
            "zone": "us-east5-a",
            "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}],
        },
        "notFound: The resource 'zones/us-east5-a/acceleratorTypes/nvidia-tesla-t4' was not found",
    ),
    "gpu on a machine that takes none": (
        tokens.INSTANCE,
        {**VM, "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}]},
        "badRequest: [e2-standard-2, nvidia-tesla-t4] features are not compatible for creating "
        "instance.",
    ),
    "gpu that would have to move": (
        tokens.INSTANCE,
        {**GPU_VM, "scheduling": {}},
        "badRequest: Instances with guest accelerators do not support live migration.",
    ),
    "spot that would start again": (
        tokens.INSTANCE,
        {**VM, "scheduling": {"provisioningModel": "SPOT", "onHostMaintenance": "TERMINATE"}},
        "badRequest: Scheduling must have preemptible be false when AutomaticRestart is true.",
    ),
    "longest time without what follows": (
        tokens.INSTANCE,
        {**VM, "scheduling": {"maxRunDuration": {"seconds": 3600}}},
        "invalid: Invalid value for field 'resource.scheduling.maxRunDuration': it needs an "
        "instanceTerminationAction.",
    ),
    "longest time of a year": (
        tokens.INSTANCE,
        {
            **VM,
            "scheduling": {
                "maxRunDuration": {"seconds": 31536000},
                "instanceTerminationAction": "STOP",
            },
        },
        "invalid: Invalid value for field 'resource.scheduling.maxRunDuration.seconds': "
        "'31536000'. Must be between 30 and 10368000.",
    ),
    "termination of what does not end": (
        tokens.INSTANCE,
        {**VM, "scheduling": {"instanceTerminationAction": "STOP"}},
        "invalid: Invalid value for field 'resource.scheduling.instanceTerminationAction': "
        "'STOP'. You cannot specify a termination action for a VM instance that has the standard "
        "provisioning model and no limit of its run time.",
    ),
    "image family that is gone": (
        tokens.INSTANCE,
        {
            **VM,
            "bootDisk": {
                "initializeParams": {
                    "image": "projects/deeplearning-platform-release/global/images/family/"
                    "common-cu128-ubuntu-2204-nvidia-570"
                }
            },
        },
        "notFound: The resource 'projects/deeplearning-platform-release/global/images/family/"
        "common-cu128-ubuntu-2204-nvidia-570' was not found",
    ),
    "disk too small for its image": (
        tokens.INSTANCE,
        {**VM, "bootDisk": {"initializeParams": {"image": GPU_FAMILY, "size": 20}}},
        DISK_FULL,
    ),
    "disk that the machine does not take": (
        tokens.INSTANCE,
        {
            **GPU_VM,
            "bootDisk": {
                "initializeParams": {"image": GPU_FAMILY, "size": 60, "type": "pd-standard"}
            },
        },
        "badRequest: [pd-standard, g2-standard-4] features are not compatible for creating "
        "instance.",
    ),
    "machine in a network without subnet": (
        tokens.INSTANCE,
        {**VM, "networkInterfaces": [{"network": "@net"}]},
        "badRequest: Invalid value for field 'resource.networkInterfaces[0]': Subnetwork should "
        "be specified for custom subnetmode network",
    ),
    "machine far from its subnet": (
        tokens.INSTANCE,
        {**VM, "zone": "us-east1-b"},
        "invalid: Invalid value for field 'resource.networkInterfaces[0].subnetwork': '#sub.id'. "
        "The referenced subnetwork resource cannot be found in region 'us-east1'.",
    ),
    "machine of nobody": (
        tokens.INSTANCE,
        {**VM, "serviceAccount": {"email": "no@one.com", "scopes": []}},
        "SERVICE_ACCOUNT_NOT_FOUND: The resource 'no@one.com' of type 'serviceAccount' was not "
        "found.",
    ),
    "disk in use": (
        tokens.INSTANCE,
        {**VM, "attachedDisks": [{"source": "@home"}]},
        "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE: The disk resource '#home.id' is already being used "
        "by '#machine.id'",
    ),
    "disk in another zone": (
        tokens.INSTANCE,
        {**VM, "zone": "us-central1-b", "attachedDisks": [{"source": "@home"}]},
        "invalid: Invalid value for field 'resource.disks[1].source': '#home.id'. The disk is in "
        "zone 'us-central1-a', the instance in zone 'us-central1-b'.",
    ),
    "disk of nothing": (
        tokens.DISK,
        {"size": 5},
        "invalid: Disk size: '5 GB' is smaller than the minimum (10 GB) size allowed.",
    ),
    "machine with a schedule that is gone": (
        tokens.INSTANCE,
        {**VM, "resourcePolicies": f"{LINK}/regions/us-central1/resourcePolicies/gone"},
        f"notFound: The resource '{LINK}/regions/us-central1/resourcePolicies/gone' was not found",
    ),
}


@pytest.mark.parametrize("case", MACHINES)
def test_compute_engine_refuses(project: Project, case: str) -> None:
    holds(project, MACHINES[case])
