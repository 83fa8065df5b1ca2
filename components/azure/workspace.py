"""The Azure ML workspace of a lab, with what Azure asks for before there can be one."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import (
    applicationinsights,
    authorization,
    keyvault,
    operationalinsights,
)
from pulumi_azure_native import machinelearningservices as ml

from components.azure.network import Network
from components.azure.registry import Registry
from components.azure.storage import CONTAINER, Storage
from components.contracts import ClusterArgs, child
from components.names import truncate_with_hash
from components.tags import named

LOG_DAYS = 30  # included in the price
STRICT_LOG_DAYS = 365  # 0.10 USD per GB and month from the second on
LOG_GB_A_DAY = 0.5  # a loop that logs ends here, not on the bill
UNDELETE_DAYS = 7  # the least; its names are generated, so a deleted one is in nobody's way

Args = ClusterArgs[Network, Storage, Registry]


class Workspace:
    """A workspace over the lab's own storage account and registry.

    All names that a soft-deleted one would block are generated with the resource group's. What is
    deleted stays, free of charge: the workspace for 14 days, the vault for 7.

    Args:
        parent: the cluster role, whose children all resources are.
    Attributes:
        resource: the workspace. datastore: name of the lab's container in it.
        shares_keys: it uses the account's key, where storage allows that; else identities alone.
    Source: https://learn.microsoft.com/azure/machine-learning/concept-workspace,
        https://learn.microsoft.com/azure/machine-learning/how-to-disable-local-auth-storage,
        https://learn.microsoft.com/azure/machine-learning/concept-soft-delete
    """

    def __init__(
        self, parent: pulumi.Resource, name: str, args: Args, labels: Mapping[str, str]
    ) -> None:
        group = args.network.group
        self.shares_keys = args.storage.files is not None
        # Before the first image is built, or Azure ML makes a registry of its own: with an admin
        # user, without tags, and in no state.
        registry = args.registry.registry
        self.resource = ml.Workspace(
            f"{name}-workspace",
            workspace_name=group.name.apply(
                lambda unique: truncate_with_hash(args.lab.name, "ml", unique)
            ),
            resource_group_name=group.name,
            kind="Default",
            sku={"name": "Basic", "tier": ml.SkuTier.BASIC},
            identity={"type": "SystemAssigned"},
            storage_account=args.storage.account.id,
            container_registry=registry.id,
            key_vault=_vault(parent, name, args, labels).id,
            application_insights=_insights(parent, name, args, labels).id,
            system_datastores_auth_mode="AccessKey" if self.shares_keys else "Identity",
            public_network_access="Enabled",
            v1_legacy_mode=False,
            tags=named(labels, f"{name}-workspace"),
            opts=child(parent, deleted_with=group),
        )
        store = ml.Datastore(
            f"{name}-data",
            name=CONTAINER,
            workspace_name=self.resource.name,
            resource_group_name=group.name,
            properties=ml.AzureBlobDatastoreArgs(
                datastore_type="AzureBlob",
                account_name=args.storage.name,
                container_name=CONTAINER,
                # Whoever may read the workspace could read stored credentials.
                credentials=ml.NoneDatastoreCredentialsArgs(credentials_type="None"),
            ),
            opts=child(parent, deleted_with=self.resource),
        )
        self.datastore = store.name


def _vault(
    parent: pulumi.Resource, name: str, args: Args, labels: Mapping[str, str]
) -> keyvault.Vault:
    group = args.network.group
    me = authorization.get_client_config_output(opts=pulumi.InvokeOptions(parent=parent))
    properties: keyvault.VaultPropertiesArgsDict = {
        "tenant_id": me.tenant_id,
        "sku": {"family": "A", "name": keyvault.SkuName.STANDARD},
        "enable_rbac_authorization": True,
        "soft_delete_retention_in_days": UNDELETE_DAYS,
    }
    if args.lab.strict:  # nobody can switch it off again, so a course goes without
        properties["enable_purge_protection"] = True
    return keyvault.Vault(
        f"{name}-vault",
        vault_name=group.name.apply(lambda unique: truncate_with_hash(args.lab.name, "kv", unique)),
        resource_group_name=group.name,
        properties=properties,
        tags=named(labels, f"{name}-vault"),
        opts=child(parent, deleted_with=group),
    )


def _insights(
    parent: pulumi.Resource, name: str, args: Args, labels: Mapping[str, str]
) -> applicationinsights.Component:
    group = args.network.group
    logs = operationalinsights.Workspace(
        f"{name}-logs",
        resource_group_name=group.name,
        sku={"name": "PerGB2018"},
        retention_in_days=STRICT_LOG_DAYS if args.lab.strict else LOG_DAYS,
        workspace_capping={"daily_quota_gb": LOG_GB_A_DAY},
        tags=named(labels, f"{name}-logs"),
        opts=child(parent, deleted_with=group),
    )
    return applicationinsights.Component(
        f"{name}-insights",
        resource_group_name=group.name,
        kind="web",
        application_type="web",
        ingestion_mode="LogAnalytics",
        workspace_resource_id=logs.id,
        tags=named(labels, f"{name}-insights"),
        opts=child(parent, deleted_with=group),
    )
