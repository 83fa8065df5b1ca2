"""Storage on Azure: a private account with a container, and an SMB share where asked for."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import storage

from components import contracts
from components.azure import access
from components.azure.network import Network
from components.azure.shared_files import SharedFiles, retention
from components.contracts import StorageArgs, child, publish
from components.names import truncate_with_hash
from components.tags import named, tags

CONTAINER = "data"
DEFAULT = "default"  # the only name that Azure takes for an account's settings


class Storage(pulumi.ComponentResource):
    """A private container for data sets, checkpoints and results; a share that all machines mount.

    People and machines come with their own identities, and need a role for objects: being Owner of
    the subscription is none. Machines, jobs and whoever makes the lab have it. For others: `az role
    assignment create --role "Storage Blob Data Contributor" --assignee ADDRESS --scope ACCOUNT_ID`;
    with it `az storage blob upload --auth-mode login` works. The key of the account works only with
    `files`, because SMB from Linux knows no identities: machines read it when they mount, and it is
    in no state, setting or output. Azure ML keeps its own containers and shares in the account.

    Args:
        args: `files`: an SMB share in the same account. `keep`: account and share are protected.
            `undelete_days`: deleted and overwritten objects, containers and shares can be brought
            back so long.
    Outputs:
        name: of the account. uri: `https://<account>.blob.core.windows.net/data`.
        mounts: empty without files, else one {kind: `smb`, source:
        `//<account>.file.core.windows.net/shared`, path: `/shared`, options: `vers=3.1.1,...`}.
    Cost: empty 0 USD. Container 0.0184 USD per GB and month. Share 0.06 USD; 0.0015 USD per 10,000
        reads, 0.015 USD per 10,000 writes (East US, Nov 2026).
    Source: https://learn.microsoft.com/azure/storage/common/shared-key-authorization-prevent,
        https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview,
        https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-overview,
        https://learn.microsoft.com/azure/storage/blobs/assign-azure-role-data-access
    """

    name: pulumi.Output[str]
    uri: pulumi.Output[str]
    mounts: pulumi.Output[list[dict[str, str]]]
    account: storage.StorageAccount
    files: SharedFiles | None

    def __init__(
        self, name: str, args: StorageArgs[Network], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:azure:Storage", name, None, opts)
        group = args.network.group
        self.account = storage.StorageAccount(
            f"{name}-account",
            account_name=group.name.apply(
                lambda unique: truncate_with_hash(args.lab.name, "data", unique)
            ),
            resource_group_name=group.name,
            kind="StorageV2",
            sku={"name": "Standard_LRS"},
            is_hns_enabled=False,  # Azure ML takes no other for a workspace's own
            allow_blob_public_access=False,
            allow_cross_tenant_replication=False,
            allow_shared_key_access=args.files,
            default_to_o_auth_authentication=True,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            public_network_access="Enabled",  # jobs come from Azure ML's own network
            tags=named(tags(args.lab, "storage"), f"{name}-account"),
            # Azure deletes an account with all that is in it, without asking.
            opts=child(self, deleted_with=group, protect=args.keep),
        )
        undelete = retention(args.kept_days)
        storage.BlobServiceProperties(
            f"{name}-undelete",
            blob_services_name=DEFAULT,
            account_name=self.account.name,
            resource_group_name=group.name,
            is_versioning_enabled=args.lab.strict or None,
            delete_retention_policy=undelete,
            container_delete_retention_policy=undelete,
            opts=child(self, deleted_with=self.account),
        )
        container = storage.BlobContainer(
            f"{name}-container",
            container_name=CONTAINER,
            account_name=self.account.name,
            resource_group_name=group.name,
            public_access=storage.PublicAccess.NONE,
            opts=child(self, deleted_with=self.account),
        )
        storage.ManagementPolicy(
            f"{name}-clean-up",
            management_policy_name=DEFAULT,
            account_name=self.account.name,
            resource_group_name=group.name,
            policy={"rules": [_clean_up(args.kept_days)]},
            opts=child(self, deleted_with=self.account),
        )
        access.grant_deployer(self, f"{name}-deployer", group, access.BLOB_DATA, self.account.id)
        self.files = SharedFiles(self, name, args, self.account) if args.files else None
        self.name = self.account.name
        self.uri = pulumi.Output.concat(
            "https://", self.account.name, ".blob.core.windows.net/", container.name
        )
        self.mounts = pulumi.Output.all(*([self.files.mount] if self.files else []))
        publish(self, contracts.Storage)


def _clean_up(undelete_days: int) -> storage.ManagementPolicyRuleArgsDict:
    """Old versions, which nobody sees, go; also if someone switched them on by hand.

    Only in our own container: what jobs wrote and models are made of lies in those of Azure ML.
    """
    return {
        "name": "clean-up",
        "type": "Lifecycle",
        "enabled": True,
        "definition": {
            "filters": {"blob_types": ["blockBlob"], "prefix_match": [f"{CONTAINER}/"]},
            "actions": {
                "version": {"delete": {"days_after_creation_greater_than": undelete_days or 1}}
            },
        },
    }
