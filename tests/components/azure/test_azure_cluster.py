"""The cluster is nothing while idle, has a ceiling, and its jobs end by themselves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.azure import access
from components.catalog import machine
from mllab.engines.contract import Resource
from tests.components.azure.azure_account import (
    GROUP,
    GROUP_ID,
    STACKS,
    TENANT,
    asked,
    committed,
    grants,
    variant,
)
from tests.components.labs import after
from tests.components.render import Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)
COMPUTE = "machinelearningservices:Compute"
WORKSPACE = "machinelearningservices:Workspace"


def nodes(rendered: Rendered) -> Resource:
    (found,) = [each for each in rendered.of(COMPUTE) if each.name.endswith("-cluster-nodes")]
    return found


def machines(rendered: Rendered) -> dict[str, Any]:
    whole = nodes(rendered).inputs["properties"]
    assert whole["computeType"] == "AmlCompute"
    found = whole["properties"]
    assert isinstance(found, dict)
    return found


@every_stack
def test_cluster_scales_from_nothing_to_what_was_asked_for(stack: str) -> None:
    args = asked(stack)
    assert machines(committed(stack))["scaleSettings"] == {
        "minNodeCount": 0,
        "maxNodeCount": args.max_nodes,
        "nodeIdleTimeBeforeScaleDown": "PT5M",
    }
    assert machines(committed(stack))["vmSize"] == args.cluster.type


@pytest.mark.parametrize(("spot", "priority"), [(True, "LowPriority"), (False, "Dedicated")])
def test_spot_or_on_demand(spot: bool, priority: str) -> None:
    assert machines(variant(spot=spot))["vmPriority"] == priority


@every_stack
def test_trap_nodes_are_open_to_the_world_unless_said(stack: str) -> None:
    assert machines(committed(stack))["remoteLoginPortPublicAccess"] == "Disabled"
    assert nodes(committed(stack)).inputs["properties"]["disableLocalAuth"] is True


def test_trap_a_cluster_cannot_be_changed_so_it_is_replaced_and_the_old_one_goes_first() -> None:
    options = nodes(committed()).options
    fixed = {each.removeprefix("properties.properties.") for each in options["replaceOnChanges"]}
    assert fixed == {"vmSize", "vmPriority", "osType", "remoteLoginPortPublicAccess"}, (
        "ceiling and idle time change in place"
    )
    assert options["deleteBeforeReplace"] is True, "its name is taken while it exists"


@every_stack
def test_trap_azure_asks_what_becomes_of_the_machines_of_a_deleted_cluster(stack: str) -> None:
    rendered = committed(stack)
    workspace = rendered.one(WORKSPACE)
    for each in rendered.of(COMPUTE):
        assert each.options["deletedWith"] == workspace.urn


@every_stack
def test_trap_a_workspace_makes_a_registry_of_its_own_if_it_is_given_none(stack: str) -> None:
    rendered = committed(stack)
    registry = rendered.one("containerregistry:Registry")
    workspace = rendered.one(WORKSPACE)
    assert workspace.inputs["containerRegistry"].endswith(f"/{registry.name}")
    rights = rendered.one("authorization:RoleAssignment", f"{stack}-cluster-images")
    assert after(workspace, registry)
    assert after(rights, registry)
    assert after(nodes(rendered), workspace, rights)


def test_trap_nodes_cannot_pull_images_without_the_right_to() -> None:
    """The rights come first: Azure takes minutes until they hold everywhere."""
    rendered = committed()
    given = grants(rendered)
    who = "azure-course-cluster-identity-principal"
    account, registry = "azure-course-storage-account", "azure-course-registry-images"
    assert {name: right for name, right in given.items() if "-cluster-" in name} == {
        "azure-course-cluster-objects": (access.BLOB_DATA, who, f"{GROUP_ID}/{account}"),
        "azure-course-cluster-images": (access.PULL, who, f"{GROUP_ID}/{registry}"),
    }
    rights = [r for r in rendered.of("authorization:RoleAssignment") if "-cluster-" in r.name]
    assert after(nodes(rendered), *rights)
    assert nodes(rendered).inputs["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": [f"{GROUP_ID}/azure-course-cluster-identity"],
    }


@every_stack
def test_workspace_uses_the_labs_own_account_and_has_what_azure_asks_for(stack: str) -> None:
    rendered = committed(stack)
    inputs = rendered.one(WORKSPACE).inputs
    ends = {
        "storageAccount": f"/{stack}-storage-account",
        "keyVault": f"/{stack}-cluster-vault",
        "applicationInsights": f"/{stack}-cluster-insights",
    }
    assert all(inputs[key].endswith(end) for key, end in ends.items())
    assert inputs["identity"] == {"type": "SystemAssigned"}
    assert inputs["v1LegacyMode"] is False
    assert (inputs["kind"], inputs["sku"]) == ("Default", {"name": "Basic", "tier": "Basic"})


@pytest.mark.parametrize(("files", "mode"), [(True, "AccessKey"), (False, "Identity")])
def test_trap_a_key_that_is_switched_off_cannot_be_used(files: bool, mode: str) -> None:
    rendered = variant(files=files)
    assert rendered.one(WORKSPACE).inputs["systemDatastoresAuthMode"] == mode
    assert rendered.one("storage:StorageAccount").inputs["allowSharedKeyAccess"] is files


def test_trap_whoever_reads_the_workspace_reads_stored_credentials() -> None:
    store = committed().one("machinelearningservices:Datastore").inputs
    assert store["properties"]["credentials"] == {"credentialsType": "None"}
    assert store["properties"]["containerName"] == "data"
    account = committed().one("storage:StorageAccount").inputs["accountName"]
    assert store["properties"]["accountName"] == account


@every_stack
def test_trap_a_purge_protected_vault_blocks_its_name_for_good(stack: str) -> None:
    properties = committed(stack).one("keyvault:Vault").inputs["properties"]
    # A strict lab's vault is protected; its name is made anew with each lab, so none is in its way.
    assert properties.get("enablePurgeProtection", False) is asked(stack).lab.strict
    assert properties["softDeleteRetentionInDays"] == 7
    assert properties["enableRbacAuthorization"] is True
    assert properties["tenantId"] == TENANT


@every_stack
def test_trap_a_loop_that_logs_has_a_ceiling(stack: str) -> None:
    rendered = committed(stack)
    logs = rendered.one("operationalinsights:Workspace").inputs
    assert logs["workspaceCapping"] == {"dailyQuotaGb": 0.5}
    assert logs["retentionInDays"] == (365 if asked(stack).lab.strict else 30)
    insights = rendered.one("applicationinsights:Component").inputs
    assert insights["ingestionMode"] == "LogAnalytics"
    assert insights["workspaceResourceId"].endswith(f"/{stack}-cluster-logs")


def test_submit_tells_all_that_a_submission_needs() -> None:
    submit = dict(committed().outputs["cluster"]["submit"])
    job = json.loads(submit.pop("stdin"))
    assert submit.pop("argv")[:5] == ["az", "ml", "job", "create", "--file"]
    rendered = committed()
    image = f"{rendered.one('containerregistry:Registry').inputs['registryName']}.azurecr.io"
    workspace = rendered.one(WORKSPACE).inputs["workspaceName"]
    assert submit == {
        "kind": "azureml",
        "workspace": workspace,
        "resource_group": GROUP,
        "region": "eastus",
        "compute": "nodes",
        "instance_type": "Standard_NC4as_T4_v3",
        "image": f"{image}/azure-course:latest",
        "datastore": "data",
        "gpus": 1,
        "vcpus": 4,
        "max_seconds": 14400,
    }
    assert job == {
        "$schema": "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json",
        "command": "cd ${LAB_CODE:-/app} && eval ${LAB_COMMAND:-python train.py}",
        "environment": {"image": submit["image"]},
        "compute": "azureml:nodes",
        "identity": {"type": "managed"},
        "environment_variables": {
            "LAB_BUCKET": committed().outputs["storage"]["uri"],
            "AZURE_CLIENT_ID": "azure-course-cluster-identity-client",
        },
        "limits": {"timeout": 14400},
        "experiment_name": "first-job",
    }


def test_a_job_runs_what_its_image_says_where_it_says(tmp_path: Path) -> None:
    """Azure ML hands the words to a shell, in a folder of its own."""
    job = json.loads(committed().outputs["cluster"]["submit"]["stdin"])
    run = ["sh", "-c", job["command"]]
    (tmp_path / "code").mkdir()
    image = {"LAB_CODE": str(tmp_path / "code"), "LAB_COMMAND": 'echo "a  b" $PWD'}
    done = subprocess.run(run, cwd=tmp_path, env=image, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"a b {tmp_path}/code\n")
    lost = subprocess.run(run, cwd=tmp_path, env={}, capture_output=True, text=True)
    assert lost.returncode != 0
    assert "/app" in lost.stderr


@pytest.mark.parametrize(("hours", "seconds"), [(1, 3600), (48, 172_800)])
def test_a_job_ends_by_itself(hours: int, seconds: int) -> None:
    """A cluster has no such limit, so that it is part of what is submitted."""
    registered = variant(max_job_hours=hours).registered["mllab:azure:Cluster"]
    assert registered["submit"]["max_seconds"] == seconds
    assert f'"timeout": {seconds}' in registered["submit"]["stdin"]


def test_no_gpu_is_none() -> None:
    rendered = variant(cluster=machine("azure", "cpu-small", "job"))
    assert rendered.registered["mllab:azure:Cluster"]["submit"]["gpus"] == 0
