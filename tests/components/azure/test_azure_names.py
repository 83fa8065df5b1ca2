"""Traps of names: narrow alphabets, names that are taken, names that a deleted thing blocks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.components.azure.azure_account import STACKS, committed, variant
from tests.components.render import Rendered

# What Azure takes, from its naming rules:
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
GLOBAL = {
    "storage:StorageAccount": ("accountName", r"[a-z0-9]{3,24}"),
    "containerregistry:Registry": ("registryName", r"[a-zA-Z0-9]{5,50}"),
    "keyvault:Vault": ("vaultName", r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]"),
    "machinelearningservices:Workspace": ("workspaceName", r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}"),
}
LONGEST = {"lab": {"name": "a" + "-b" * 14 + "c"}, "seats": ("s" * 20,)}


def names(rendered: Rendered) -> dict[str, str]:
    return {kind: rendered.one(kind).inputs[key] for kind, (key, _) in GLOBAL.items()}


@pytest.mark.parametrize("changes", [{}, LONGEST])
def test_trap_names_that_are_unique_in_the_world_have_narrow_alphabets(
    changes: dict[str, Any],
) -> None:
    found = names(variant(**changes))
    for kind, (_, pattern) in GLOBAL.items():
        assert re.fullmatch(pattern, found[kind]), f"{kind}: {found[kind]}"


def test_trap_a_soft_deleted_workspace_or_vault_blocks_its_name() -> None:
    """All names change with the generated one of the resource group: a new lab has new names."""
    group = {"azure-course-network-group": {"name": "azure-course-network-group-f00"}}
    first, second = names(committed()), names(variant(recorded=group))
    assert not set(first.values()) & set(second.values())


def test_names_of_a_lab_stay() -> None:
    assert names(variant(seats=("ana",), max_nodes=9)) == names(committed())


@pytest.mark.parametrize("stack", STACKS)
def test_trap_a_fixed_name_keeps_two_labs_apart(stack: str) -> None:
    """Besides those above, fixed names are only given to what lies in something with its own."""
    given = {
        (resource.type.rpartition(":")[2], key)
        for resource in committed(stack).custom()
        for key in resource.inputs
        if re.fullmatch(r"(.*[a-z])?[nN]ame", key) and key != "resourceGroupName"
    }
    inside = {
        ("BlobContainer", "containerName"),
        ("BlobServiceProperties", "blobServicesName"),
        ("Compute", "computeName"),
        ("Datastore", "name"),
        ("FileServiceProperties", "fileServicesName"),
        ("FileShare", "shareName"),
        ("GlobalSchedule", "name"),
        ("ManagementPolicy", "managementPolicyName"),
        ("Table", "tableName"),
        ("Task", "taskName"),
        ("VirtualMachine", "vmName"),
    }
    owners = {
        *((kind, "accountName") for kind, key in inside if key != "name"),
        *(("Compute", "workspaceName"), ("Datastore", "workspaceName")),
        *(("Subnet", "virtualNetworkName"), ("Task", "registryName")),
        ("VirtualMachineExtension", "vmName"),
        ("ActionGroup", "groupShortName"),
    }
    unique = {(kind.partition(":")[2], key) for kind, (key, _) in GLOBAL.items()}
    assert given <= inside | owners | unique
    assert unique <= given


def test_trap_generated_names_are_longer_than_azure_takes() -> None:
    """Azure's provider puts eight characters behind the logical name, whatever that makes."""
    rendered = variant(**LONGEST)
    longest = {
        "logic:Workflow": 80,
        "network:PublicIPAddress": 80,
        "network:NetworkInterface": 80,
        "network:VirtualNetwork": 64,
        "network:NetworkSecurityGroup": 80,
        "resources:ResourceGroup": 90,
        "compute:Disk": 80,
        "operationalinsights:Workspace": 63,
        "managedidentity:UserAssignedIdentity": 128,
        "monitor:ActionGroup": 260,
        "consumption:Budget": 63,
        "compute:VirtualMachineExtension": 80,
    }
    for kind, limit in longest.items():
        for each in rendered.of(kind):
            assert len(each.name) + 8 <= limit, each.name
    assert len(rendered.one("compute:VirtualMachine").inputs["vmName"]) <= 64


@pytest.mark.parametrize("stack", STACKS)
def test_trap_no_lock_ever_keeps_a_lab_from_going(stack: str) -> None:
    kinds = {resource.type.rpartition(":")[2] for resource in committed(stack).custom()}
    assert not [kind for kind in kinds if "Lock" in kind]
